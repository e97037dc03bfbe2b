//! Names that differ in case alone: which of them a provider reads is not known.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::super::{STREAM, STREAM_OPTIONS};
use super::{parameters, sent};
use crate::parameters::Parameters;
use crate::reject::Reject;

#[test]
fn a_member_in_another_case_is_refused_where_it_is_changed() {
    let changed = parameters(&[("max_tokens", "1")], &[("task", "1")], &["Seed"]);
    for (body, name) in [
        (r#"{"model":"m","MAX_TOKENS":9}"#, "max_tokens"),
        (r#"{"model":"m","max_tokens":9,"Max_Tokens":null}"#, "max_tokens"),
        (r#"{"Max_Tokens":9,"model":"m","max_tokens":9}"#, "max_tokens"),
        (r#"{"max_to\u212aens":9,"model":"m"}"#, "max_tokens"),
        ("{\"model\":\"m\",\"ta\u{17f}k\":0}", "task"),
        ("{\"model\":\"m\",\"tas\u{212a}\":0,\"TASK\":0}", "task"),
        (r#"{"model":"m","seed":1}"#, "Seed"),
    ] {
        let refused = Err(Reject::RepeatedMember(name.into()));
        assert_eq!(sent(body, &changed, false), refused, "{body}");
    }
    // A name that only looks alike is another's.
    let others = "{\"model\":\"up\",\"max_tokens\":1,\"task\":1,\"max-tokens\":2,\"t\u{e4}sk\":3,\"tasks\":4}";
    assert_eq!(sent(others, &changed, false).unwrap(), others);
}

#[test]
fn a_stream_that_could_be_read_in_two_ways_is_not_asked_for_its_tokens() {
    let none = Parameters::default();
    for (rest, name) in [
        (r#""STREAM":true"#, STREAM),
        (r#""stream":false,"stream":true"#, STREAM),
        (r#""stream":true,"Stream_Options":{}"#, STREAM_OPTIONS),
        (
            r#""stream":true,"stream_options":{"include_usage":true},"STREAM_OPTIONS":{}"#,
            STREAM_OPTIONS,
        ),
    ] {
        let body = format!(r#"{{"model":"up",{rest}}}"#);
        let refused = Err(Reject::RepeatedMember(name.into()));
        assert_eq!(sent(&body, &none, true), refused, "{body}");
        assert_eq!(sent(&body, &none, false).unwrap(), body);
    }
}

proptest! {
    #[test]
    fn a_reader_that_folds_case_finds_what_the_target_says_and_nothing_else(
        members in prop::collection::vec((0..SPELLED.len(), prop::num::u16::ANY, 0..3_u8), 0..6),
        deeds in prop::collection::vec(0..4_u8, SPELLED.len()),
    ) {
        let mut body = String::from("{\"model\":\"m\"");
        let mut came = Vec::new();
        for (index, spelling, value) in members {
            let name = spelled(SPELLED[index], spelling);
            let value = ["null", "7", "[8]"][usize::from(value)];
            body += &format!(",\"{name}\":{value}");
            came.push((name, value));
        }
        body.push('}');
        let mut all = Parameters::default();
        for (name, deed) in SPELLED.into_iter().zip(deeds) {
            match deed {
                0 => {}
                1 => all.default.push((name.into(), "1".into())),
                2 => all.set.push((name.into(), "2".into())),
                _ => all.remove.push(name.into()),
            }
        }
        let alike = |name: &str| came.iter().filter(|(came, _)| folded(came) == name).collect::<Vec<_>>();
        let is_unclear = |name: &str| match alike(name)[..] {
            [] => false,
            [(came, _)] => came != name,
            _ => true,
        };
        let unclear: Vec<&str> = all.names().filter(|name| is_unclear(name)).collect();
        match sent(&body, &all, false) {
            Err(Reject::RepeatedMember(name)) => prop_assert!(unclear.contains(&&*name), "{body}"),
            Err(other) => prop_assert!(false, "{body}: {other:?}"),
            Ok(sent) => {
                prop_assert!(unclear.is_empty(), "{body} was sent as {sent}");
                let sent: Map<String, Value> = serde_json::from_str(&sent).unwrap();
                for name in all.names() {
                    let values: Vec<String> = sent
                        .iter()
                        .filter(|(sent, _)| folded(sent) == name)
                        .map(|(_, value)| value.to_string())
                        .collect();
                    let client = alike(name).first().map(|(_, value)| *value);
                    let expected = if all.remove.iter().any(|gone| **gone == *name) {
                        None
                    } else if all.set.iter().any(|(set, _)| **set == *name) {
                        Some("2")
                    } else {
                        client.filter(|value| *value != "null").or(Some("1"))
                    };
                    prop_assert_eq!(values, Vec::from_iter(expected), "{}", name);
                }
            }
        }
    }
}

const SPELLED: [&str; 3] = ["max_tokens", "k", "seed"];

/// A name in the case that the bits say, among them the two characters beyond ASCII that fold to an ASCII one. Half of
/// the time as it is.
fn spelled(name: &str, bits: u16) -> String {
    let spell = |(place, character)| match (bits >> place & 2, bits >> 13, character) {
        (0, ..) => character,
        (_, 0..=3, 's') => '\u{17f}',
        (_, 0..=3, 'k') => '\u{212a}',
        _ => character.to_ascii_uppercase(),
    };
    match bits & 1 {
        0 => name.to_owned(),
        _ => name.chars().enumerate().map(spell).collect(),
    }
}

/// As a reader that folds case finds a member: by Unicode's own tables.
fn folded(name: &str) -> String {
    name.to_uppercase().to_lowercase()
}
