//! The scanner of JSON bodies, beside serde_json.

use envoy_llm_router::json::{
    Error, ErrorKind, Keep, Member, ScannedJson, Scanner, ValueKind, Watch,
};
use serde_json::Value;

use super::members::{is_object, Members};
use super::pieces;

const WATCHED: &[Watch] = &[
    Watch { name: "model", keep: Keep::Value },
    Watch { name: "provider_data", keep: Keep::Value },
    Watch { name: "api_key", keep: Keep::Span },
];

/// It takes what serde_json takes, wherever the input is cut, and says rightly where the members are.
pub fn holds(data: &[u8]) {
    let (seed, body) = pieces::split(data);
    let whole = scan([body]);
    assert_eq!(scan(pieces::cut(seed, body)), whole, "in pieces");
    assert_eq!(scan(body.chunks(1)), whole, "byte by byte");
    match whole {
        Ok(document) => {
            assert_ne!(is_object(body), Some(false), "accepted, but no JSON object");
            assert_eq!(document.len(), body.len());
            let read = Members::read(body);
            for member in document.members() {
                check(member, body, read.as_ref());
            }
        }
        Err(error) => {
            assert!(error.offset <= body.len());
            let stricter = matches!(error.kind, ErrorKind::DuplicateMember(_) | ErrorKind::TooDeep);
            assert!(stricter || is_object(body) != Some(true), "{error}, but a JSON object");
        }
    }
}

fn scan<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<ScannedJson, Error> {
    let mut scanner = Scanner::new(WATCHED);
    for piece in pieces {
        // What comes behind an error changes nothing.
        let _ = scanner.feed(piece);
    }
    scanner.finish()
}

fn check(member: &Member, body: &[u8], read: Option<&Members>) {
    let value = &body[member.value.clone()];
    if WATCHED.iter().any(|watch| watch.name == member.name && watch.keep == Keep::Value) {
        assert_eq!(member.raw, value);
    }
    let name = serde_json::from_slice::<String>(&body[member.key.clone()]);
    assert_eq!(name.ok().as_deref(), Some(member.name));
    let Some(read) = read else { return };
    let found: Vec<&Value> = read.all(member.name).collect();
    let own: Value = serde_json::from_slice(value).expect("a part of what can be read");
    assert_eq!(found, [&own], "{} is read otherwise", member.name);
    assert_eq!(member.kind, kind(&own));

    let mut left = body.to_vec();
    left.drain(with_comma(member));
    let mut expected = read.clone();
    expected.0.retain(|(name, _)| name != member.name);
    assert_eq!(Members::read(&left), Some(expected), "{} was cut", member.name);
}

/// The member, and one of the commas around it.
fn with_comma(member: &Member) -> std::ops::Range<usize> {
    match (member.comma_before, member.comma_after) {
        (_, Some(after)) => member.key.start..after + 1,
        (Some(before), None) => before..member.value.end,
        (None, None) => member.key.start..member.value.end,
    }
}

fn kind(value: &Value) -> ValueKind {
    match value {
        Value::Null => ValueKind::Null,
        Value::Bool(_) => ValueKind::Bool,
        Value::Number(_) => ValueKind::Number,
        Value::String(_) => ValueKind::String,
        Value::Array(_) => ValueKind::Array,
        Value::Object(_) => ValueKind::Object,
    }
}
