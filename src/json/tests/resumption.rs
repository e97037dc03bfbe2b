//! Documents that are cut into pieces.

use super::super::{Error, ErrorKind, Scanner};
use super::{scan, scan_chunks, WATCHED};

#[test]
fn an_error_stays() {
    let mut scanner = Scanner::new(WATCHED);
    scanner.feed(br#"{"model""#).unwrap();
    let error = Error { offset: 9, kind: ErrorKind::ExpectedColon };
    assert_eq!(scanner.feed(b" ,1}"), Err(error.clone()));
    assert_eq!(scanner.feed(b":1}"), Err(error.clone()));
    assert_eq!(scanner.scanned(), 12);
    assert_eq!(scanner.finish(), Err(error));
}

#[test]
fn empty_chunks_change_nothing() {
    let chunks: [&[u8]; 6] = [b"", b"{\"model\":", b"", b"", b"1}", b""];
    assert_eq!(scan_chunks(WATCHED, chunks), scan(b"{\"model\":1}"));
}

#[test]
fn bytes_are_counted() {
    let mut scanner = Scanner::new(WATCHED);
    assert_eq!(scanner.scanned(), 0);
    scanner.feed(b" {\"a\"").unwrap();
    scanner.feed(b":1").unwrap();
    assert_eq!(scanner.scanned(), 7);
    scanner.feed(b"}\n").unwrap();
    assert_eq!(scanner.finish().unwrap().len(), 9);
}

#[test]
fn a_special_byte_is_seen_wherever_it_lies() {
    // Words, blocks and the rest of a chunk are passed over by different code.
    for length in 0..150 {
        for at in 0..length {
            for (special, kind) in [
                (0x00, ErrorKind::ControlCharacter),
                (0x1f, ErrorKind::ControlCharacter),
                (b'"', ErrorKind::ExpectedComma),
                (b'\\', ErrorKind::InvalidEscape),
                (0xff, ErrorKind::InvalidUtf8),
            ] {
                let mut body = br#"{"a":""#.to_vec();
                body.resize(body.len() + length, b'!');
                body[6 + at] = special;
                body.extend_from_slice(br#"!"}"#);
                // A quote and a backslash show at the byte after them.
                let offset = 6 + at + usize::from(matches!(special, b'"' | b'\\'));
                let found = scan_chunks(WATCHED, [body.as_slice()]).unwrap_err();
                assert_eq!(found, Error { offset, kind }, "{special:#x} at {at} of {length}");
            }
        }
    }
}

#[test]
fn every_other_byte_is_plain() {
    for length in 0..80 {
        for byte in (b' '..=0x7f).filter(|byte| !b"\"\\".contains(byte)) {
            let text = char::from(byte).to_string().repeat(length);
            scan_chunks(WATCHED, [format!(r#"{{"a":"{text}"}}"#).as_bytes()]).unwrap();
        }
        let wide = "é€🚀".repeat(length);
        scan_chunks(WATCHED, [format!(r#"{{"a":"{wide}"}}"#).as_bytes()]).unwrap();
    }
}
