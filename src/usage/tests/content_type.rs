use super::Format;

#[test]
fn the_content_type_tells_the_format() {
    for (value, format) in [
        ("application/json", Some(Format::Json)),
        ("application/json; charset=utf-8", Some(Format::Json)),
        ("Application/JSON;charset=utf-8", Some(Format::Json)),
        (" application/json ;", Some(Format::Json)),
        ("application/problem+json", Some(Format::Json)),
        ("application/vnd.api+JSON; v=1", Some(Format::Json)),
        ("text/event-stream", Some(Format::EventStream)),
        ("text/event-stream; charset=utf-8", Some(Format::EventStream)),
        ("TEXT/Event-Stream", Some(Format::EventStream)),
        ("application/x-ndjson", None),
        ("application/jsonl", None),
        ("application/json-seq", None),
        ("application/vnd.amazon.eventstream", None),
        ("text/html; a=application/json", None),
        ("audio/mpeg", None),
        ("", None),
        (";", None),
    ] {
        assert_eq!(Format::of_content_type(value.as_bytes()), format, "{value:?}");
    }
    assert_eq!(Format::of_content_type(b"application/\xff"), None);
}
