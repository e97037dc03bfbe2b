//! The scanner compared with serde_json, on random documents.

use proptest::prelude::*;
use serde::de::IgnoredAny;

use super::super::{Scanner, ValueKind};
use super::{scan_chunks, WATCHED};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn generated_documents_are_accepted(body in document()) {
        prop_assert!(is_json_object(body.as_bytes()), "the generator: {}", body);
        prop_assert!(is_accepted(body.as_bytes()), "{}", body);
    }

    #[test]
    fn mutated_documents_are_judged_as_serde_json_judges_them(
        body in document(),
        mutations in prop::collection::vec(mutation(), 1..3),
    ) {
        let mut body = body.into_bytes();
        mutations.iter().for_each(|mutation| mutation.apply(&mut body));
        prop_assert_eq!(is_accepted(&body), is_json_object(&body), "{:?}", show(&body));
    }

    #[test]
    fn strings_are_judged_as_serde_json_judges_them(
        inside in prop::collection::vec(text_byte(), 0..20),
        before in 0usize..50,
    ) {
        let body = [br#"{"a":""#.as_slice(), &vec![b' '; before], &inside, br#""}"#].concat();
        prop_assert_eq!(is_accepted(&body), is_json_object(&body), "{:?}", show(&body));
    }

    #[test]
    fn prose_is_judged_as_serde_json_judges_it(
        pieces in prop::collection::vec(piece(), 0..60),
        size in 1usize..90,
    ) {
        let body = [br#"{"a":""#.as_slice(), &pieces.concat(), br#""}"#].concat();
        prop_assert_eq!(is_accepted(&body), is_json_object(&body), "{:?}", show(&body));
        let whole = scan_chunks(WATCHED, [body.as_slice()]);
        prop_assert_eq!(scan_chunks(WATCHED, body.chunks(size)), whole, "{:?}", show(&body));
    }

    #[test]
    fn numbers_are_judged_as_serde_json_judges_them(
        number in prop_oneof![
            "-?(0|[12]{1,2})(\\.[0-2]{0,2})?([eE][-+]?[0-2]{0,2})?",
            "[-+.eE0-2]{1,6}",
        ],
    ) {
        let body = format!(r#"{{"a":{number}}}"#).into_bytes();
        prop_assert_eq!(is_accepted(&body), is_json_object(&body), "{:?}", show(&body));
    }

    #[test]
    fn chunks_make_no_difference(
        body in document(),
        mutation in prop::option::of(mutation()),
        sizes in prop::collection::vec(0usize..40, 1..20),
    ) {
        let mut body = body.into_bytes();
        if let Some(mutation) = mutation {
            mutation.apply(&mut body);
        }
        let whole = scan_chunks(WATCHED, [body.as_slice()]);
        prop_assert_eq!(scan_chunks(WATCHED, body.chunks(1)), whole.clone(), "{:?}", show(&body));

        let mut scanner = Scanner::new(WATCHED);
        let mut rest = body.as_slice();
        for size in sizes {
            let (chunk, later) = rest.split_at(size.min(rest.len()));
            rest = later;
            let _ = scanner.feed(chunk);
        }
        let _ = scanner.feed(rest);
        prop_assert_eq!(scanner.finish(), whole, "{:?}", show(&body));
    }

    #[test]
    fn a_member_is_found_where_it_was_written(
        before in prop::collection::vec((unwatched_name(), value()), 0..4),
        name in model_name(),
        model in value(),
        after in prop::collection::vec((unwatched_name(), value()), 0..4),
        space in space(),
    ) {
        let mut body = format!("{{{space}");
        let mut comma_before = None;
        for (name, value) in &before {
            body += &format!("{name}{space}:{value}{space}");
            comma_before = Some(body.len());
            body += ",";
        }
        body += &space;
        let key = body.len()..body.len() + name.len();
        body += &format!("{name}{space}:{space}");
        let value = body.len()..body.len() + model.len();
        body += &model;
        body += &space;
        let comma_after = (!after.is_empty()).then_some(body.len());
        for (name, value) in &after {
            body += &format!(",{name}:{space}{value}");
        }
        body += "}";

        let document = scan_chunks(WATCHED, body.as_bytes().chunks(7)).unwrap();
        prop_assert_eq!(document.len(), body.len());
        let [member] = document.members() else { panic!("{body}") };
        prop_assert_eq!((member.name, &member.key, &member.value), ("model", &key, &value));
        prop_assert_eq!((member.comma_before, member.comma_after), (comma_before, comma_after));
        prop_assert_eq!(&member.raw, model.as_bytes());
        prop_assert_eq!(member.kind, kind_of(&model));
        prop_assert_eq!(member.text(), serde_json::from_str::<String>(&model).ok());
    }
}

fn is_accepted(body: &[u8]) -> bool {
    scan_chunks(&[], [body]).is_ok()
}

/// The judge. `IgnoredAny` does not look at the UTF-8 of what it ignores, and takes any value.
fn is_json_object(body: &[u8]) -> bool {
    std::str::from_utf8(body).is_ok()
        && body.trim_ascii_start().starts_with(b"{")
        && serde_json::from_slice::<IgnoredAny>(body).is_ok()
}

fn kind_of(value: &str) -> ValueKind {
    match serde_json::from_str(value) {
        Ok(serde_json::Value::Null) => ValueKind::Null,
        Ok(serde_json::Value::Bool(_)) => ValueKind::Bool,
        Ok(serde_json::Value::Number(_)) => ValueKind::Number,
        Ok(serde_json::Value::Array(_)) => ValueKind::Array,
        Ok(serde_json::Value::Object(_)) => ValueKind::Object,
        // Strings with lone surrogates, and what holds them, are errors to serde_json.
        _ => match value.as_bytes() {
            [b'[', ..] => ValueKind::Array,
            [b'{', ..] => ValueKind::Object,
            [b'"', ..] => ValueKind::String,
            _ => ValueKind::Number, // Too big for a double.
        },
    }
}

fn show(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}

fn document() -> impl Strategy<Value = String> {
    (space(), object(value().boxed()), space()).prop_map(|(a, object, b)| format!("{a}{object}{b}"))
}

fn value() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        prop::sample::select(&["null", "true", "false"]).prop_map(str::to_owned),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?",
        string(),
    ];
    scalar.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            (space(), prop::collection::vec(inner.clone(), 0..4)).prop_map(
                |(space, values)| format!("[{space}{}]", values.join(&format!("{space},{space}")))
            ),
            object(inner.boxed()),
        ]
    })
}

fn object(value: BoxedStrategy<String>) -> impl Strategy<Value = String> {
    let name = prop_oneof![unwatched_name(), model_name()];
    (space(), prop::collection::vec((name, value), 0..4)).prop_map(|(space, members)| {
        let members: Vec<_> =
            members.iter().map(|(name, value)| format!("{name}{space}:{space}{value}")).collect();
        format!("{{{space}{}{space}}}", members.join(","))
    })
}

fn space() -> impl Strategy<Value = String> {
    "[ \t\r\n]{0,2}"
}

fn string() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ !#-\\[\\]-~]{0,40}",
        "\\PC{0,4}".prop_map(|text| text.replace(['"', '\\'], "")),
        "\\\\[\"\\\\/bfnrt]",
        "\\\\u[0-9a-fA-F]{4}",
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn unwatched_name() -> impl Strategy<Value = String> {
    string().prop_map(|string| format!("\"_{}", &string[1..]))
}

/// The name `model`, each of its characters escaped or not.
fn model_name() -> impl Strategy<Value = String> {
    prop::collection::vec(0..3, 5).prop_map(|spellings| {
        let spell = |(character, spelling)| match spelling {
            0 => format!("\\u{:04x}", u32::from(character)),
            1 => format!("\\u{:04X}", u32::from(character)),
            _ => char::to_string(&character),
        };
        format!("\"{}\"", "model".chars().zip(spellings).map(spell).collect::<String>())
    })
}

/// A byte of a string that may well be invalid: half an escape, or part of a character.
fn text_byte() -> impl Strategy<Value = u8> {
    let of_characters = [0xc3, 0xe0, 0xed, 0xf0, 0xf4, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf];
    prop_oneof![
        30 => b'a'..=b'f',
        2 => prop::sample::select(b"\\\"u0nt/".as_slice()),
        1 => prop::sample::select(of_characters.to_vec()),
        1 => any::<u8>(),
    ]
}

/// A piece of a long string: escapes and sentences, mostly good ones.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => "[a-z ]{1,40}".prop_map(String::into_bytes),
        8 => prop::sample::select(vec![r"\n", r#"\""#, r"\\\\", r"\/", r"\u00e9"])
            .prop_map(|escape| escape.as_bytes().to_vec()),
        2 => Just("ü, 語".as_bytes().to_vec()),
        1 => Just(vec![b'x'; 150]),
        1 => Just([&[b'x'; 70][..], "é".as_bytes(), &[b'x'; 70]].concat()),
        1 => prop::collection::vec(text_byte(), 1..3),
    ]
}

#[derive(Debug, Clone)]
enum Mutation {
    Replace(prop::sample::Index, u8),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Truncate(prop::sample::Index),
    Double(prop::sample::Index, usize),
}

impl Mutation {
    fn apply(&self, body: &mut Vec<u8>) {
        let len = body.len();
        if len == 0 {
            return;
        }
        match self {
            Self::Replace(at, byte) => body[at.index(len)] = *byte,
            Self::Insert(at, byte) => body.insert(at.index(len), *byte),
            Self::Remove(at) => drop(body.remove(at.index(len))),
            Self::Truncate(at) => body.truncate(at.index(len)),
            Self::Double(at, length) => {
                let at = at.index(len);
                let piece = body[at..len.min(at + length)].to_vec();
                body.splice(at..at, piece);
            }
        }
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let byte =
        || prop_oneof![prop::sample::select(b"{}[],:\"\\ \n0-+.eE1tfnu/".as_slice()), any::<u8>()];
    let at = any::<prop::sample::Index>;
    prop_oneof![
        (at(), byte()).prop_map(|(at, byte)| Mutation::Replace(at, byte)),
        (at(), byte()).prop_map(|(at, byte)| Mutation::Insert(at, byte)),
        at().prop_map(Mutation::Remove),
        at().prop_map(Mutation::Truncate),
        (at(), 1usize..20).prop_map(|(at, length)| Mutation::Double(at, length)),
    ]
}
