use proptest::prelude::*;
use serde_json::Value;

use super::{Reader, DEEPEST};
use crate::node::Node;

/// Whether all of a text is valid JSON.
fn is_valid(text: &str) -> bool {
    let mut reader = Reader::new(text, true);
    reader.skip();
    reader.is_at_valid_end()
}

/// A tree of what is read.
fn tree(reader: &mut Reader<'_>) -> Node {
    match reader.next_byte() {
        Some(b'{') => {
            let mut members = Vec::new();
            reader.object(&mut |reader, name| members.push((name.into_owned(), tree(reader))));
            Node::Map(members)
        }
        Some(b'[') => {
            let mut items = Vec::new();
            reader.list(&mut |reader| items.push(tree(reader)));
            Node::List(items)
        }
        Some(b'"') => Node::Text(reader.text().into_owned()),
        _ => reader.scalar(),
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e6..1e6).prop_map(|number: f64| Value::from(number)),
        "[]\\[{}:,\"\\\\a é\n]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[]{}:,\"\\\\a\u{1}]{0,3}", inner, 0..5)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// JSON, and what it becomes by a slip of the pen.
fn text() -> impl Strategy<Value = String> {
    let slip = "[]\\[{}:,\"\\\\0-9a-fu.eE+ \n\t\u{1}\u{b}nrtls-]{0,2}";
    let written = (value(), any::<bool>()).prop_map(|(value, is_pretty)| match is_pretty {
        true => format!(" {value:#}\r\n"),
        false => value.to_string(),
    });
    (written, any::<prop::sample::Index>(), 0_usize..3, slip).prop_map(|(text, at, gone, more)| {
        let characters: Vec<char> = text.chars().collect();
        let at = at.index(characters.len());
        let front = characters.iter().take(at);
        let back = characters.iter().skip(at.saturating_add(gone));
        front.copied().chain(more.chars()).chain(back.copied()).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_valid_and_what_it_is_serde_json_says_too(text in text()) {
        let expected: Option<Node> = serde_json::from_str(&text).ok();
        let mut reader = Reader::new(&text, true);
        let read = tree(&mut reader);
        prop_assert_eq!(reader.is_at_valid_end().then_some(read), expected.clone());
        prop_assert_eq!(is_valid(&text), expected.is_some());
    }
}

#[test]
fn the_corners_of_the_grammar_are_those_of_serde_json() {
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let (deepest, too_deep) = (deep(DEEPEST.into()), deep(usize::from(DEEPEST) + 1));
    let valid = [
        "0",
        "-0",
        "1e3",
        "-1.5E-7",
        "18446744073709551616",
        "true",
        " null\t",
        "{}",
        "[ ]",
        r#""\u00e9\ud83d\ude00""#,
        r#"{"a":{"b":[1,{"c":""}]}}"#,
        &deepest,
    ];
    let invalid = [
        "",
        " ",
        "nul",
        "nulll",
        "True",
        "01",
        "-",
        "1.",
        ".5",
        "+1",
        "1e",
        "1e999",
        "0x1",
        "1 2",
        "{",
        "[",
        "[1",
        "[1,]",
        "{,}",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        r#"{"a" 1}"#,
        "{a:1}",
        "{1:1}",
        "[1}",
        r#"{"a":1]"#,
        "\"",
        r#""\""#,
        r#""\x""#,
        r#""\u12""#,
        r#""\ud83d""#,
        r#""\ude00""#,
        "\"\n\"",
        "\"\u{0}\"",
        r#"["\ud83d", 1]"#,
        "\u{feff}{}",
        "\u{b}1",
        r#"{"a":1e999}"#,
        "[]]",
        &too_deep,
    ];
    for (texts, expected) in [(&valid[..], true), (&invalid[..], false)] {
        for text in texts {
            assert_eq!(serde_json::from_str::<Node>(text).is_ok(), expected, "{text}");
            assert_eq!(is_valid(text), expected, "{text}");
        }
    }
}

#[test]
fn what_is_read_is_given_as_it_stands_there() {
    let mut reader = Reader::new("[ {\"a\" : 1.50} , \"x\\u0041\" ] ", true);
    let mut found = Vec::new();
    let mut again = reader;
    reader.list(&mut |reader| found.push(reader.skip()));
    assert_eq!(found, ["{\"a\" : 1.50}", "\"x\\u0041\""]);
    assert_eq!(again.skip(), "[ {\"a\" : 1.50} , \"x\\u0041\" ]");
}
