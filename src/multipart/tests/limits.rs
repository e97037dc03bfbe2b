//! How large a form's headers and its model may be.

use super::super::{
    Error, ErrorKind, ScannedForm, Scanner, MAX_HEADERS, MAX_HEADERS_OF_PART, MAX_MODEL, MAX_PARTS,
    MAX_PART_HEADERS,
};
use super::{boundary, scan, spell_out, BOUNDARY};

/// A part, delimiter before it included, whose headers take this many bytes.
fn part_with_headers(size: usize) -> Vec<u8> {
    let headers = "Content-Disposition: form-data; name=a\r\nX-A: ";
    let padding = "x".repeat(size - headers.len() - 4);
    format!("\r\n--xyz\r\n{headers}{padding}\r\n\r\n").into_bytes()
}

fn close(mut body: Vec<u8>) -> Vec<u8> {
    body.extend_from_slice(b"\r\n--xyz--");
    body
}

fn model_of(length: usize) -> Result<ScannedForm, Error> {
    scan(&spell_out(format!("--xyz|@model||{}|--xyz--", "m".repeat(length)).as_bytes()))
}

#[test]
fn headers_of_a_part_have_a_limit() {
    assert!(scan(&close(part_with_headers(MAX_PART_HEADERS))).is_ok());
    let error = Error { offset: 9 + MAX_PART_HEADERS, kind: ErrorKind::HeadersTooLong };
    for size in [MAX_PART_HEADERS + 1, MAX_PART_HEADERS + 2, 10 * MAX_PART_HEADERS] {
        assert_eq!(scan(&close(part_with_headers(size))), Err(error.clone()));
    }
    let endless = [b"--xyz\r\n".as_slice(), &[b'x'; 100_000]].concat();
    let error = Error { offset: 7 + MAX_PART_HEADERS, kind: ErrorKind::HeadersTooLong };
    assert_eq!(scan(&endless), Err(error));
}

#[test]
fn headers_of_a_part_are_counted() {
    let start = spell_out(b"--xyz|@a|");
    let part = |more: usize| [start.clone(), b"X-A: b\r\n".repeat(more), b"\r\n".to_vec()].concat();
    assert!(scan(&close(part(MAX_HEADERS_OF_PART - 1))).is_ok());
    let offset = part(MAX_HEADERS_OF_PART - 1).len() - 2;
    let error = Error { offset, kind: ErrorKind::TooManyHeaders };
    for more in [MAX_HEADERS_OF_PART, MAX_HEADERS_OF_PART + 1, 500] {
        assert_eq!(scan(&close(part(more))), Err(error.clone()));
    }
}

#[test]
fn headers_of_all_parts_have_a_limit() {
    let full = part_with_headers(MAX_PART_HEADERS).repeat(MAX_HEADERS / MAX_PART_HEADERS);
    assert!(scan(&close(full.clone())).is_ok());
    let error = Error { offset: full.len() + 9, kind: ErrorKind::HeadersTooLong };
    assert_eq!(scan(&close([full, part_with_headers(100)].concat())), Err(error));
}

#[test]
fn parts_have_a_limit() {
    let parts = |count| spell_out(&b"|--xyz|@a||".repeat(count));
    assert!(scan(&close(parts(MAX_PARTS))).is_ok());
    let error = Error { offset: parts(MAX_PARTS).len() + 9, kind: ErrorKind::TooManyParts };
    assert_eq!(scan(&close(parts(MAX_PARTS + 1))), Err(error));
}

#[test]
fn the_model_has_a_limit() {
    assert_eq!(model_of(MAX_MODEL).unwrap().model.unwrap().text, b"m".repeat(MAX_MODEL));
    let start = spell_out(b"--xyz|@model||").len();
    for length in [MAX_MODEL + 1, MAX_MODEL + 7, 10 * MAX_MODEL] {
        let error = Error { offset: start + MAX_MODEL, kind: ErrorKind::ModelTooLong };
        assert_eq!(model_of(length), Err(error));
    }
}

#[test]
fn a_file_has_none_and_takes_no_memory() {
    let mut scanner = Scanner::new(&boundary(BOUNDARY));
    scanner.feed(&spell_out(b"--xyz|@model||m|--xyz|@file; filename=a||")).unwrap();
    let before = format!("{scanner:?}").len();
    let piece = b"\r\n--xy\r\n--x\r\n-".repeat(1_000);
    for _ in 0..1_000 {
        scanner.feed(&piece).unwrap();
    }
    // What it holds shows in its `Debug` form; some offsets have grown.
    assert!(format!("{scanner:?}").len() < before + 100);
    scanner.feed(b"\r\n--xyz--").unwrap();
    assert_eq!(scanner.finish().unwrap().model.unwrap().text, b"m");
}
