use super::super::{ContextTarget, FailoverContext};
use crate::body::{BodyLayout, ModelPosition};

fn context() -> FailoverContext {
    let body = BodyLayout {
        len: 20,
        model: Some("m".to_owned()),
        position: ModelPosition::JsonString(2..4),
        cut: Some(18..20),
    };
    let mut context = FailoverContext::new("t", Some("k"), "ü\u{0}\"", body);
    context.path = "/v1/x?y=\"z\"".to_owned();
    context.authority = "host".to_owned();
    context.fields.push(("x-a".to_owned(), "1, \"2\"".to_owned()));
    context.targets.push(ContextTarget { provider: "p".to_owned(), model: "m".to_owned() });
    context
}

#[test]
fn what_is_passed_on_is_read_as_it_was_written() {
    for position in [
        ModelPosition::JsonString(2..4),
        ModelPosition::NewMember { at: 1, is_only: false },
        ModelPosition::FormText { value: 5..6, length: Some(1..2) },
        ModelPosition::FormText { value: 5..6, length: None },
        ModelPosition::Nowhere,
    ] {
        let mut context = context();
        context.body.position = position;
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
        (r#""version":2"#, r#""version":3"#),
        (r#""version":2,"#, r#""version":2,"further":1,"#),
        (r#""team":"t","#, ""),
        (r#""len":20"#, r#""len":-1"#),
        // Places that overlap, run backwards, or lie outside of the body.
        (r#""start":18"#, r#""start":3"#),
        (r#""start":2"#, r#""start":5"#),
        (r#""end":20"#, r#""end":21"#),
        (r#""provider":"p""#, r#""provider":1"#),
        // More, less or other than was written.
        (r#""team":"t""#, r#""team":"t","team":"t""#),
        (r#""provider":"p""#, r#""provider":"p","further":1"#),
        (r#""provider":"p","#, ""),
        (r#"["x-a","#, "["),
        ("JsonString", "Elsewhere"),
        (r#""start":18,"#, ""),
        (r#""len":20"#, r#""len":20.5"#),
        (r#""version":2"#, r#""version":"2""#),
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
