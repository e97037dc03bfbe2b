//! Amazon's event stream: its framing, and the answers in it.

use super::{some, usage, Format, Reader};

/// A message of this type with this payload, as Bedrock writes it.
pub(super) fn message(event: &str, payload: &str) -> Vec<u8> {
    let mut headers = Vec::new();
    let fields =
        [(":event-type", event), (":content-type", "application/json"), (":message-type", "event")];
    for (name, value) in fields {
        headers.push(u8::try_from(name.len()).unwrap());
        headers.extend_from_slice(name.as_bytes());
        headers.push(7); // A string.
        headers.extend_from_slice(&u16::try_from(value.len()).unwrap().to_be_bytes());
        headers.extend_from_slice(value.as_bytes());
    }
    framed(&headers, payload.as_bytes())
}

fn framed(headers: &[u8], payload: &[u8]) -> Vec<u8> {
    let length = |length: usize| u32::try_from(length).unwrap().to_be_bytes();
    let mut message = [length(16 + headers.len() + payload.len()), length(headers.len())].concat();
    message.extend_from_slice(&crc32(&message).to_be_bytes());
    message.extend_from_slice(headers);
    message.extend_from_slice(payload);
    message.extend_from_slice(&crc32(&message).to_be_bytes());
    message
}

/// The CRC-32 bit by bit, as its definition has it: the highest coefficient first.
fn crc32(bytes: &[u8]) -> u32 {
    let mut register = u32::MAX;
    for byte in bytes {
        register ^= u32::from(byte.reverse_bits()) << 24;
        for _ in 0..8 {
            let carry = register >> 31;
            register = (register << 1) ^ (carry * 0x04c1_1db7);
        }
    }
    !register.reverse_bits()
}

/// Base64 with its padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = bytes.chunks(3).map(|group| {
        let mut bits = [0; 4];
        bits[1..=group.len()].copy_from_slice(group);
        let bits = u32::from_be_bytes(bits);
        let character = |place: usize| match place <= group.len() {
            true => char::from(ALPHABET[(bits >> (18 - 6 * place)) as usize & 63]),
            false => '=',
        };
        [0, 1, 2, 3].map(character).iter().collect::<String>()
    });
    groups.collect()
}

const METADATA: &str =
    r#"{"metrics":{"latencyMs":6},"usage":{"inputTokens":7,"outputTokens":5,"totalTokens":12}}"#;

fn counted(stream: &[u8]) -> Option<super::Usage> {
    usage(Format::AmazonEventStream, stream)
}

#[test]
fn the_checksum_is_that_of_gzip() {
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
}

#[test]
fn messages_of_every_shape_are_passed_over() {
    let usage = message("metadata", METADATA);
    for (name, before) in [
        ("no headers and no payload", framed(b"", b"")),
        ("no payload", framed(b"headers", b"")),
        ("no headers", framed(b"", b"{}")),
        ("text", framed(b"", b"not JSON")),
        ("long headers", framed(&[b'{'; 900], b"{}")),
        ("an open document", framed(b"", br#"{"usage":{"inputTokens":99}"#)),
        ("the beginning of an encoded document", framed(b"", br#"{"byt"#)),
        ("an encoded document that is cut", framed(b"", br#"{"bytes":"eyJ1c2Fn"#)),
        ("an encoded document that is none", framed(b"", br#"{"bytes":"?{}","p":""}"#)),
        ("another member", framed(b"", br#"{"byte":"eyJ1c2Fn"}"#)),
        ("an exception", message("throttlingException", r#"{"message":"slow down"}"#)),
    ] {
        assert_eq!(counted(&[&*before, &usage].concat()), some(7, 5, 0), "{name}");
        assert_eq!(counted(&[&*usage, &before, &before].concat()), some(7, 5, 0), "{name} behind");
    }
}

#[test]
fn a_document_may_be_encoded() {
    let document = |text: &str| format!(r#"{{"bytes":"{}","p":"abc"}}"#, base64(text.as_bytes()));
    let start =
        r#"{"type":"message_start","message":{"usage":{"input_tokens":7,"output_tokens":1}}}"#;
    for padding in ["", " ", "  "] {
        let stream = [
            message("chunk", &document(&[start, padding].concat())),
            message("chunk", &document(r#"{"type":"message_delta","usage":{"output_tokens":5}}"#)),
        ];
        assert_eq!(counted(&stream.concat()), some(7, 5, 0), "{}", padding.len());
    }
    let broken = message("chunk", &document(r#"{"usage":{"output_tokens":5}"#));
    assert_eq!(counted(&broken), None);
}

#[test]
fn a_stream_that_is_broken_is_read_no_further() {
    let usage = message("metadata", METADATA);
    // The last four bytes are the message's own checksum, which is the client's to compare.
    for place in 0..12 {
        let mut damaged = usage.clone();
        damaged[place] ^= 0x10;
        assert_eq!(counted(&[&*damaged, &usage].concat()), None, "{place}");
        assert_eq!(counted(&[&*usage, &damaged, &usage].concat()), some(7, 5, 0), "{place}");
    }
    // Lengths that do not fit one another.
    let mut prelude = [15_u32.to_be_bytes(), 0_u32.to_be_bytes()].concat();
    prelude.extend_from_slice(&crc32(&prelude).to_be_bytes());
    assert_eq!(counted(&[&*prelude, &usage].concat()), None);
    for text in ["data: {\"usage\":{\"inputTokens\":7}}\n\n", r#"{"usage":{"inputTokens":7}}"#] {
        assert_eq!(counted(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn a_stream_that_ends_early_counts_what_was_whole() {
    let usage = message("metadata", METADATA);
    let checksum = 4;
    for length in 0..usage.len() {
        let expected = if length < usage.len() - checksum { None } else { some(7, 5, 0) };
        assert_eq!(counted(&usage[..length]), expected, "{length}");
    }
}

#[test]
fn a_long_message_is_not_kept() {
    let text = "words ".repeat(1 << 20);
    let payload = format!(r#"{{"delta":{{"text":"{text}"}},"usage":{{"inputTokens":7}}}}"#);
    let encoded = format!(r#"{{"bytes":"{}"}}"#, base64(payload.as_bytes()));
    for payload in [payload, encoded] {
        let mut reader = Reader::new(Format::AmazonEventStream);
        for chunk in message("chunk", &payload).chunks(16 << 10) {
            reader.feed(chunk);
            assert!(size_of_val(&reader) + reader.allocated() < 1024, "{}", reader.allocated());
        }
        assert_eq!(reader.usage(), some(7, 0, 0));
    }
}
