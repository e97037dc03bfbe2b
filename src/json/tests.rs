//! Tests of the scanner, and what they share.

#![allow(clippy::arithmetic_side_effects, clippy::string_slice)]

use super::{Error, Keep, ScannedJson, Scanner, Watch};

mod calls;
mod grammar;
mod inside;
mod members;
mod numbers;
#[cfg(not(target_family = "wasm"))] // proptest is not for wasm.
mod properties;
mod resumption;

const WATCHED: &[Watch] = &[
    Watch { name: "model", keep: Keep::Value },
    Watch { name: "stream", keep: Keep::Span },
    Watch { name: "provider_data", keep: Keep::Value },
    Watch { name: "api_key", keep: Keep::Span },
];

fn scan_chunks<'a>(
    watched: &'static [Watch],
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> Result<ScannedJson, Error> {
    let mut scanner = Scanner::new(watched);
    for chunk in chunks {
        scanner.feed(chunk)?;
    }
    scanner.finish()
}

/// Scans a body whole, byte by byte and, if it is short, cut in two at every place; what comes out
/// must always be the same.
fn scan(body: &[u8]) -> Result<ScannedJson, Error> {
    let whole = scan_chunks(WATCHED, [body]);
    assert_eq!(scan_chunks(WATCHED, body.chunks(1)), whole, "byte by byte: {}", show(body));
    if body.len() < 256 {
        for middle in 0..=body.len() {
            let (left, right) = body.split_at(middle);
            assert_eq!(scan_chunks(WATCHED, [left, right]), whole, "at {middle}: {}", show(body));
        }
    }
    whole
}

fn show(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(200).collect()
}
