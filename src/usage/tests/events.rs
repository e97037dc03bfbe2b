//! Server-sent events: their framing, and malformed ones.

use super::super::event_stream::{EventStream, Piece};
use super::{some, usage, Format};

/// The data of the events of a stream, and what follows the last of them.
fn events<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Vec<u8>>, Vec<u8>) {
    let (mut stream, mut events, mut data) = (EventStream::default(), Vec::new(), Vec::new());
    for chunk in chunks {
        stream.feed(chunk, |piece| match piece {
            Piece::Data(piece) => data.extend_from_slice(piece),
            Piece::End => events.push(std::mem::take(&mut data)),
        });
    }
    (events, data)
}

/// The events of a stream that is cut at every place.
fn all_events(stream: &[u8]) -> Vec<String> {
    let whole = events([stream]);
    assert_eq!(events(stream.chunks(1)), whole, "byte by byte");
    for middle in 0..=stream.len() {
        let (left, right) = stream.split_at(middle);
        assert_eq!(events([left, b"", right]), whole, "at {middle}");
    }
    whole.0.into_iter().map(|event| String::from_utf8(event).unwrap()).collect()
}

#[test]
fn lines_and_fields() {
    let cases: &[(&str, &[u8], &[&str])] = &[
        ("one line", b"data: a\n\n", &["a"]),
        ("no space", b"data:a\n\n", &["a"]),
        ("two spaces", b"data:  a\n\n", &[" a"]),
        ("a tab", b"data:\ta\n\n", &["\ta"]),
        ("a space before the colon", b"data : a\n\n", &[]),
        ("two events", b"data: a\n\ndata: b\n\n", &["a", "b"]),
        ("carriage returns", b"data: a\r\rdata: b\r\r", &["a", "b"]),
        ("both", b"data: a\r\n\r\ndata: b\r\n\r\n", &["a", "b"]),
        ("mixed", b"data: a\r\n\ndata: b\n\r\ndata: c\r\r\ndata: d\n\r", &["a", "b", "c", "d"]),
        ("several lines", b"data: a\ndata: b\r\ndata:c\r\r", &["a\nb\nc"]),
        ("empty lines of data", b"data\ndata:\ndata: \n\n", &["\n\n"]),
        ("nothing but a name", b"data\n\n", &[""]),
        ("other fields", b"event: data: x\nid: 1\ndata: a\nretry: 5\n\n", &["a"]),
        ("nearly the field", b"dat: x\ndatas: x\nxdata: x\nDATA: x\n data: x\n\n", &[]),
        ("comments", b": x\n:\n:data: x\ndata: a\n: y\n\n: z\n\n", &["a"]),
        ("events without data", b"\n\nevent: x\n\n\n\ndata: a\n\n\n\n", &["a"]),
        ("colons in the value", b"data: a: b\ndata::\n\n", &["a: b\n:"]),
        ("an unfinished event", b"data: a\n\ndata: b\n", &["a"]),
        ("an unfinished line", b"data: a\n\ndata: b", &["a"]),
        ("a byte order mark", b"\xef\xbb\xbfdata: a\n\n", &["a"]),
        ("a byte order mark and a line end", b"\xef\xbb\xbf\ndata: a\n\n", &["a"]),
        ("a second mark", b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", &["b"]),
        ("a mark later", b"data: a\n\n\xef\xbb\xbfdata: b\n\n", &["a"]),
        ("half a mark", b"\xef\xbbdata: a\n\ndata: b\n\n", &["b"]),
        ("half a mark and a line end", b"\xef\xbb\ndata: b\n\n", &["b"]),
        ("an empty first line", b"\n\ndata: a\n\n", &["a"]),
    ];
    for (name, stream, expected) in cases {
        assert_eq!(all_events(stream), *expected, "{name}");
    }
}

#[test]
fn a_line_end_is_seen_wherever_it_lies() {
    // The words of a line and the bytes behind them are passed over by different code.
    for length in 0..40 {
        for end in ["\n", "\r", "\r\n"] {
            // Bytes that a borrow or the high bit might mistake for the end of a line.
            for fill in ["x", "\u{b}", "\u{c}", "\u{e}", "\0", "\u{8a}", "\u{8d}"] {
                let value = fill.repeat(length);
                let stream = format!("data: {value}{end}data: {value}{end}{end}");
                assert_eq!(all_events(stream.as_bytes()), [format!("{value}\n{value}")]);
            }
        }
    }
}

#[test]
fn one_malformed_event_spoils_no_other() {
    let before = "data: {\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":1}}\n\n";
    let after = "data: {\"id\":3,\"usage\":{\"completion_tokens\":5}}\n\n";
    for malformed in [
        "data: {\"usage\":{\"prompt_tokens\":99,}}\n\n",
        "data: {\"usage\":{\"prompt_tokens\":99}\n\n",
        "data: {\"usage\":{\"prompt_tokens\":99\n\n",
        "data: {\"usage\":{\"prompt_tokens\"\n\n",
        "data: {\"usage\":{\"prompt_to\n\n",
        "data: {\"usage\":{\"prompt_tokens\":99},\"\\u00\n\n",
        "data: {\"usage\":{\"prompt_tokens\":99},\"\\ud83d\n\n",
        "data: {\"usage\":{\"prompt_tokens\":99},\"choices\":[\n\n",
        "data: {\"usage\":{\"prompt_tokens\":99}}}\n\n",
        "data: {\"usage\":{\"prompt_tokens\":99\ndata: 9}}\n\n",
        "data: {\"usage\":{\"prompt_tokens\":99}}\ndata: {\"usage\":{\"prompt_tokens\":98}}\n\n",
        "data: [{\"usage\":{\"prompt_tokens\":99}}]\n\n",
        "data: \u{feff}{\"usage\":{\"prompt_tokens\":99}}\n\n",
        "data: {\"\\x\":1,\"usage\":{\"prompt_tokens\":99}}\n\n",
        "{\"usage\":{\"prompt_tokens\":99}}\n\n",
        "data\n\n",
    ] {
        let stream = [before, malformed, after].concat();
        assert_eq!(usage(Format::Text, stream.as_bytes()), some(7, 5, 0), "{malformed}");
    }
}

#[test]
fn a_document_may_have_several_lines() {
    let stream = b"data: {\"usage\":\ndata: {\"prompt_tokens\":\ndata:7\ndata: }}\n\n";
    assert_eq!(usage(Format::Text, stream), some(7, 0, 0));
}

#[test]
fn the_last_event_counts_without_its_end() {
    let stream = b"data: {\"usage\":{\"prompt_tokens\":7}}";
    assert_eq!(usage(Format::Text, stream), some(7, 0, 0));
    assert_eq!(usage(Format::Text, &stream[..stream.len() - 1]), None);
}
