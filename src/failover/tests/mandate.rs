use super::super::{Mandate, Place};

fn mandate() -> Mandate {
    let mut mandate = Mandate::new("/v1/x?y=\"z\"", "host", 20);
    mandate.team = "t".to_owned();
    mandate.key = Some("k".to_owned());
    mandate.model = "ü\u{0}\"".to_owned();
    mandate.fields.push(("x-a".to_owned(), "1, \"2\"".to_owned()));
    mandate.places.push(Place {
        provider: "p".to_owned(),
        model: "m".to_owned(),
        credential: None,
        edits: vec![(2, 4, "\"m\"".to_owned()), (4, 4, String::new()), (19, 20, "x".to_owned())],
    });
    mandate
}

#[test]
fn what_is_handed_over_is_read_as_it_was_written() {
    let mandate = mandate();
    let text = mandate.encode().unwrap();
    assert_eq!(Mandate::decode(text.as_bytes()).unwrap(), mandate);
    // Access logs may print it: one line, no control characters.
    assert!(!text.chars().any(char::is_control), "{text}");
    assert_eq!(mandate.place("p").unwrap().splices().len(), 3);
    assert_eq!(mandate.place("q"), None);
}

#[test]
fn what_this_version_did_not_write_is_not_read() {
    let text = mandate().encode().unwrap();
    for (from, to) in [
        (r#""version":1"#, r#""version":2"#),
        (r#""version":1,"#, r#""version":1,"further":1,"#),
        (r#""team":"t","#, ""),
        (r#""length":20"#, r#""length":-1"#),
        // Edits that overlap, run backwards, or lie outside.
        ("[2,4,", "[2,5,"),
        ("[2,4,", "[3,2,"),
        ("[19,20,", "[19,21,"),
        (r#""provider":"p""#, r#""provider":1"#),
        // More, less or other than was written.
        (r#""team":"t""#, r#""team":"t","team":"t""#),
        (r#""credential":null"#, r#""credential":null,"further":1"#),
        (r#""credential":null,"#, ""),
        (r#"["x-a","#, "["),
        ("[19,20,", "[19,20,20,"),
        (r#""length":20"#, r#""length":20.5"#),
        (r#""version":1"#, r#""version":"1""#),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        assert_eq!(Mandate::decode(changed.as_bytes()), None, "{to}");
    }
    for bytes in [&b""[..], b"{}", b"\xff", b"null", &text.as_bytes()[..text.len() - 1]] {
        assert_eq!(Mandate::decode(bytes), None);
    }
}

#[test]
fn it_does_not_grow_without_bound() {
    let mut large = mandate();
    large.path = "x".repeat(300 * 1024);
    assert_eq!(large.encode(), None);
    let text = format!("{}{}", " ".repeat(300 * 1024), mandate().encode().unwrap());
    assert_eq!(Mandate::decode(text.as_bytes()), None);
}
