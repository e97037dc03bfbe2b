//! Counting compared with simple implementations, on random answers.

use proptest::prelude::*;
use serde_json::Value;

use super::super::event_stream::{EventStream, Piece};
use super::{read, Format, Usage};

const FORMATS: [Format; 3] = [Format::Text, Format::JsonLines, Format::AmazonEventStream];

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 512,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn chunks_make_no_difference(answer in answer(), sizes in sizes()) {
        for format in FORMATS {
            let whole = read(format, [answer.as_slice()]);
            prop_assert_eq!(read(format, answer.chunks(1)), whole);
            prop_assert_eq!(read(format, cut(&answer, &sizes)), whole);
        }
    }

    #[test]
    fn any_bytes_are_read(answer in prop::collection::vec(any::<u8>(), 0..200), sizes in sizes()) {
        for format in FORMATS {
            let whole = read(format, [answer.as_slice()]);
            prop_assert_eq!(read(format, cut(&answer, &sizes)), whole);
        }
    }

    #[test]
    fn a_stream_is_taken_apart_as_the_standard_says(stream in stream(), sizes in sizes()) {
        let (mut events, mut data) = (Vec::new(), Vec::new());
        let mut reader = EventStream::default();
        for chunk in cut(&stream, &sizes) {
            reader.feed(chunk, |piece| match piece {
                Piece::Data(piece) => data.extend_from_slice(piece),
                Piece::End => events.push(String::from_utf8(std::mem::take(&mut data)).unwrap()),
            });
        }
        prop_assert_eq!(events, reference_events(std::str::from_utf8(&stream).unwrap()));
    }

    #[test]
    fn a_document_is_read_as_serde_json_reads_it(document in document()) {
        let found = read(Format::Text, document.as_bytes().chunks(7));
        prop_assert_eq!(found, reference_usage(&document));
    }
}

/// The events' data, by the algorithm of the standard, literally.
fn reference_events(stream: &str) -> Vec<String> {
    let stream = stream.strip_prefix('\u{feff}').unwrap_or(stream);
    let stream = stream.replace("\r\n", "\n").replace('\r', "\n");
    let (mut events, mut buffer) = (Vec::new(), String::new());
    // What follows the last line end is no line.
    for line in stream.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        if line.is_empty() {
            if let Some(data) = std::mem::take(&mut buffer).strip_suffix('\n') {
                events.push(data.to_owned());
            }
        } else if field == "data" {
            buffer += value.strip_prefix(' ').unwrap_or(value);
            buffer.push('\n');
        }
    }
    events
}

/// What a document bills, by way of its tree.
fn reference_usage(document: &str) -> Option<Usage> {
    let document: Value = serde_json::from_str(document).ok()?;
    let billed = document.pointer("/meta/billed_units")?;
    let [input, output, cached] = ["input_tokens", "output_tokens", "cache_read_input_tokens"]
        .map(|name| billed[name].as_u64());
    input.or(output).or(cached)?;
    let [input, output, cached] = [input, output, cached].map(Option::unwrap_or_default);
    Some(Usage { prompt: input + cached, completion: output, cached })
}

/// An object whose members have each name once at most, and may have any value.
fn document() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        4 => (0u64..1000).prop_map(|number| number.to_string()),
        1 => prop::sample::select(&["null", "true", "-3", "0.5", "\"7\"", "\"\\\"\"", "[]", "{}", "[7]"])
            .prop_map(str::to_owned),
    ];
    let names = [
        "meta",
        "billed_units",
        "billed_unit",
        "input_tokens",
        "output_tokens",
        "cache_read_input_tokens",
    ];
    scalar.prop_recursive(4, 24, 5, move |value| {
        let members = names.map(|name| (Just(name), prop::option::of(value.clone()))).to_vec();
        members.prop_shuffle().prop_map(|members| {
            let members: Vec<_> = members
                .into_iter()
                .filter_map(|(name, value)| Some(format!("\"{name}\": {}", value?)))
                .collect();
            format!("{{{}}}", members.join(" ,"))
        })
    })
}

/// Bytes that nearly are an answer.
fn answer() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => prop::sample::select(&[
            "data: ", "data:", "\n", "\r", "\r\n", "\n\n", "event: x\n", ": x\n", "\u{feff}", "[DONE]",
            "{\"usage\":", "{\"message\":", "{\"choices\":[", "{", "}", "}}", "]", ",", "\"x\":", "\"é\\u00e9\"",
            "\"prompt_tokens\":", "\"output_tokens\":", "\"total_tokens\":", "1", "23", "4.0", "null", " ",
            "{\"usage\":{\"prompt_tokens\":7}}", "data: {\"usage\":{\"output_tokens\":5}}\n\n",
            "[", "\"iterations\":[", "{\"type\":\"compaction\",\"input_tokens\":3}", "\"input_tokens_details\":{}",
            "\"input_tokens\":9", "\"cache_read_input_tokens\":2", "1099511627777", "-1",
            "{\"prompt_eval_count\":5}\n",
        ]).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..3),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(&[
        "data",
        "data",
        ":",
        ": ",
        " ",
        "\n",
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        "x",
        "é",
        "da",
        "event",
        "\u{feff}",
        "{\"a\":\"a long line of text\"}",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat().into_bytes())
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0usize..30, 0..20)
}

/// Cuts bytes into chunks of these sizes; the last takes what is left.
fn cut<'a>(mut bytes: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut chunks = Vec::new();
    for size in sizes {
        let (chunk, rest) = bytes.split_at((*size).min(bytes.len()));
        chunks.push(chunk);
        bytes = rest;
    }
    chunks.push(bytes);
    chunks
}
