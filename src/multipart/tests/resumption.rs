//! Forms that come in pieces.

use super::super::{Error, ErrorKind, Scanner};
use super::{boundary, scan, scan_chunks, spell_out, BOUNDARY};

#[test]
fn an_error_stays() {
    let mut scanner = Scanner::new(&boundary(BOUNDARY));
    scanner.feed(b"--xyz").unwrap();
    let error = Error { offset: 5, kind: ErrorKind::AmbiguousDelimiter };
    assert_eq!(scanner.feed(b" \r\n"), Err(error.clone()));
    assert_eq!(scanner.feed(b"--"), Err(error.clone()));
    assert_eq!(scanner.scanned(), 8);
    assert_eq!(scanner.finish(), Err(error));
}

#[test]
fn empty_chunks_change_nothing() {
    let body = spell_out(b"--xyz|@model||m|--xyz--");
    let chunks = body.chunks(1).flat_map(|chunk| [chunk, b""]);
    assert_eq!(scan_chunks(&boundary(BOUNDARY), chunks), scan(&body));
}

#[test]
fn bytes_are_counted() {
    let mut scanner = Scanner::new(&boundary(BOUNDARY));
    assert_eq!(scanner.scanned(), 0);
    scanner.feed(b"--xy").unwrap();
    scanner.feed(b"z-").unwrap();
    assert_eq!(scanner.scanned(), 6);
    scanner.feed(b"-\r\n").unwrap();
    assert_eq!(scanner.finish().unwrap().len, 9);
}

/// What is held back at the end of a chunk has every length, and the next chunk, too.
#[test]
fn a_delimiter_is_found_however_it_is_cut() {
    let head = spell_out(b"--xyz|@model||");
    for content in ["", "m", "\r\n", "\r", "-", "\r\n--xy", "\r\n--x\r", "--\r\n-", "m\r\n--xy\r\n"]
    {
        let body = [&head, content.as_bytes(), b"\r\n--xyz--\r\n"].concat();
        for first in head.len()..body.len() {
            for second in first..body.len() {
                let chunks = [&body[..first], &body[first..second], &body[second..]];
                let document = scan_chunks(&boundary(BOUNDARY), chunks).unwrap();
                let model = document.model.unwrap();
                assert_eq!(model.text, content.as_bytes(), "{first}, {second}");
                assert_eq!(model.value, head.len()..head.len() + content.len());
            }
        }
    }
}
