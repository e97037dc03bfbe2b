//! Tests of the scanner of forms, and what they share.

#![allow(clippy::arithmetic_side_effects, clippy::string_slice)]

use super::{Boundary, Error, ScannedForm, Scanner};

mod boundary;
mod content;
mod grammar;
mod headers;
mod limits;
mod names;
#[cfg(not(target_family = "wasm"))] // proptest is not for wasm.
mod properties;
mod resumption;

/// The boundary of the bodies in these tests, unless they say otherwise.
const BOUNDARY: &str = "xyz";

fn boundary(boundary: &str) -> Boundary {
    let content_type = format!("multipart/form-data; boundary=\"{boundary}\"");
    Boundary::from_content_type(content_type.as_bytes()).unwrap()
}

fn scan_chunks<'a>(
    boundary: &Boundary,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> Result<ScannedForm, Error> {
    let mut scanner = Scanner::new(boundary);
    for chunk in chunks {
        scanner.feed(chunk)?;
    }
    scanner.finish()
}

/// Scans a body whole, byte by byte, in small pieces and, if it is short, cut in two at every
/// place; what comes out must always be the same.
fn scan(body: &[u8]) -> Result<ScannedForm, Error> {
    scan_with(&boundary(BOUNDARY), body)
}

fn scan_with(boundary: &Boundary, body: &[u8]) -> Result<ScannedForm, Error> {
    let whole = scan_chunks(boundary, [body]);
    for size in [1, 2, 3, 7] {
        let found = scan_chunks(boundary, body.chunks(size));
        assert_eq!(found, whole, "by {size}: {}", show(body));
    }
    if body.len() < 400 {
        for middle in 0..=body.len() {
            let (left, right) = body.split_at(middle);
            let found = scan_chunks(boundary, [left, right]);
            assert_eq!(found, whole, "at {middle}: {}", show(body));
        }
    }
    whole
}

/// The tests' shorthand: `|` is CRLF and `@a` is `Content-Disposition: form-data; name="a"`.
fn spell_out(terse: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    let mut bytes = terse.iter().peekable();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'|' => body.extend_from_slice(b"\r\n"),
            b'@' => {
                body.extend_from_slice(b"Content-Disposition: form-data; name=\"");
                let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"[]".contains(byte);
                while let Some(&byte) = bytes.next_if(is_name) {
                    body.push(byte);
                }
                body.push(b'"');
            }
            _ => body.push(byte),
        }
    }
    body
}

/// Takes out the `^` that stands before the byte that an error points at.
fn unmark(marked: &[u8]) -> (Vec<u8>, usize) {
    let [before, after] = marked.split(|&byte| byte == b'^').collect::<Vec<_>>()[..] else {
        panic!("not one mark: {}", show(marked));
    };
    ([before, after].concat(), before.len())
}

fn show(body: &[u8]) -> String {
    body.escape_ascii().to_string().chars().take(400).collect()
}
