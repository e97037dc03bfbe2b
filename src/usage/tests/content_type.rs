//! Which answers are looked at.

use super::super::is_encoded;
use super::Format;

#[test]
fn the_content_type_tells_the_format() {
    for (value, format) in [
        ("application/json", Some(Format::Text)),
        ("application/json; charset=utf-8", Some(Format::Text)),
        ("Application/JSON;charset=utf-8", Some(Format::Text)),
        (" application/json ;", Some(Format::Text)),
        ("application/problem+json", Some(Format::Text)),
        ("application/vnd.api+JSON; v=1", Some(Format::Text)),
        ("text/event-stream", Some(Format::Text)),
        ("text/event-stream; charset=utf-8", Some(Format::Text)),
        ("TEXT/Event-Stream", Some(Format::Text)),
        ("text/plain", Some(Format::Text)),
        ("text/plain; charset=utf-8", Some(Format::Text)),
        ("application/x-ndjson", Some(Format::JsonLines)),
        ("Application/NDJSON", Some(Format::JsonLines)),
        ("application/jsonl; charset=utf-8", Some(Format::JsonLines)),
        ("application/vnd.amazon.eventstream", Some(Format::AmazonEventStream)),
        ("application/json-seq", None),
        ("application/octet-stream", None),
        ("text/csv", None),
        ("text/html; a=application/json", None),
        ("audio/mpeg", None),
        ("", None),
        (";", None),
    ] {
        assert_eq!(Format::of_content_type(value.as_bytes()), format, "{value:?}");
    }
    assert_eq!(Format::of_content_type(b"application/\xff"), None);
}

#[test]
fn a_compressed_answer_is_told_from_a_plain_one() {
    for plain in ["", " ", "identity", "Identity", " identity "] {
        assert!(!is_encoded(plain.as_bytes()), "{plain:?}");
    }
    for encoded in ["gzip", "br", "zstd", "identity, gzip", "aws-chunked", "\u{e9}"] {
        assert!(is_encoded(encoded.as_bytes()), "{encoded:?}");
    }
}
