//! The failover context is read as it was written, and nothing else is read.

use super::super::{ContextTarget, FailoverContext};
use crate::body::{BodyLayout, BodyParts, JsonMembers, NotedMember};
use crate::json::MemberPlace;

/// A member whose name and value begin and end there, with these commas around it.
fn place([key, key_end, value, value_end]: [usize; 4], commas: [Option<usize>; 2]) -> MemberPlace {
    let [comma_before, comma_after] = commas;
    MemberPlace { key: key..key_end, value: value..value_end, comma_before, comma_after }
}

fn members() -> JsonMembers {
    JsonMembers {
        inside: 1,
        count: 4,
        model: Some(place([2, 5, 6, 14], [Some(1), Some(14)])),
        provider_data: Some(place([60, 63, 64, 72], [Some(59), Some(72)])),
        noted: vec![NotedMember {
            name: "n".to_owned(),
            place: place([30, 33, 34, 42], [None, None]),
            is_null: true,
            is_repeated: false,
        }],
        variants: "n ".to_owned(),
        stream_options: Some("{}".to_owned()),
        inner_models: vec![15..20, 34..40],
    }
}

fn context() -> FailoverContext {
    let body =
        BodyLayout { len: 80, model: Some("m".to_owned()), parts: BodyParts::Json(members()) };
    let mut context = FailoverContext::new("t", Some("k"), "ü\u{0}\"", body);
    context.path = "/v1/x?y=\"z\"".to_owned();
    context.authority = "host".to_owned();
    context.fields.push(("x-a".to_owned(), "1, \"2\"".to_owned()));
    context.targets.push(ContextTarget { provider: "p".to_owned(), model: "m".to_owned() });
    context
}

#[test]
fn what_is_passed_on_is_read_as_it_was_written() {
    let least = JsonMembers {
        model: None,
        provider_data: None,
        noted: Vec::new(),
        variants: String::new(),
        stream_options: None,
        inner_models: Vec::new(),
        ..members()
    };
    for parts in [
        BodyParts::Json(members()),
        BodyParts::Json(least),
        BodyParts::Form { value: 5..6, length: Some(1..2) },
        BodyParts::Form { value: 5..6, length: None },
        BodyParts::FormWithoutModel,
    ] {
        let mut context = context();
        context.body.parts = parts;
        let text = context.encode().unwrap();
        assert_eq!(FailoverContext::decode(text.as_bytes()).unwrap(), context);
        // Access logs may print it: one line, no control characters.
        assert!(!text.chars().any(char::is_control), "{text}");
    }
    assert_eq!(context().target("p").unwrap().model, "m");
    assert_eq!(context().target("q"), None);
}

#[test]
fn what_this_version_did_not_write_is_not_read() {
    let text = context().encode().unwrap();
    for (from, to) in [
        (r#""version":4"#, r#""version":5"#),
        (r#""version":4,"#, r#""version":4,"further":1,"#),
        (r#""start":15,"end":20"#, r#""start":15,"end":14"#),
        (r#""start":15,"end":20"#, r#""start":15,"end":81"#),
        (r#""team":"t","#, ""),
        (r#""len":80"#, r#""len":-1"#),
        // Places that overlap, run backwards, or lie outside of the body.
        ("[60,63", "[13,63"),
        ("[2,5", "[6,5"),
        ("72,59,72]", "81,59,72]"),
        ("72,59,72]", "72,59,70]"),
        (",1,14]", ",3,14]"),
        (r#""inside":1"#, r#""inside":5"#),
        (r#""provider":"p""#, r#""provider":1"#),
        // More, less or other than was written.
        (r#""team":"t""#, r#""team":"t","team":"t""#),
        (r#""provider":"p""#, r#""provider":"p","further":1"#),
        (r#""provider":"p","#, ""),
        (r#"["x-a","#, "["),
        (r#""Json""#, r#""Elsewhere""#),
        ("[60,", "["),
        (r#""is_null":true,"#, ""),
        (r#""len":80"#, r#""len":80.5"#),
        (r#""version":4"#, r#""version":"4""#),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        assert_eq!(FailoverContext::decode(changed.as_bytes()), None, "{to}");
    }
    for bytes in [&b""[..], b"{}", b"\xff", b"null", &text.as_bytes()[..text.len() - 1]] {
        assert_eq!(FailoverContext::decode(bytes), None);
    }
}

#[test]
fn a_context_does_not_grow_without_bound() {
    let mut large = context();
    large.path = "x".repeat(300 * 1024);
    assert_eq!(large.encode(), None);
    let text = format!("{}{}", " ".repeat(300 * 1024), context().encode().unwrap());
    assert_eq!(FailoverContext::decode(text.as_bytes()), None);
}
