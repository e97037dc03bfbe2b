//! Tests of the counting of tokens, and what they share.

#![allow(clippy::arithmetic_side_effects)]

use super::{Format, Reader, Usage};

mod amazon;
mod bounds;
mod content_type;
mod documents;
mod events;
#[cfg(not(target_family = "wasm"))] // proptest is not for wasm.
mod properties;
mod rule;
mod streams;
mod table;

fn read<'a>(format: Format, chunks: impl IntoIterator<Item = &'a [u8]>) -> Option<Usage> {
    let mut reader = Reader::new(format);
    chunks.into_iter().for_each(|chunk| reader.feed(chunk));
    reader.usage()
}

/// How many counts of an answer cannot be true, however it is cut.
fn errors_of(answer: &[u8]) -> u32 {
    let errors = |size: usize| {
        let mut reader = Reader::new(Format::Text);
        answer.chunks(size).for_each(|chunk| reader.feed(chunk));
        reader.errors()
    };
    assert_eq!(errors(1), errors(usize::MAX), "{}", String::from_utf8_lossy(answer));
    errors(7)
}

/// Reads an answer whole, byte by byte and cut in two at every place; what comes out must always be
/// the same.
fn usage(format: Format, answer: &[u8]) -> Option<Usage> {
    let whole = read(format, [answer]);
    let show = || String::from_utf8_lossy(answer);
    assert_eq!(read(format, answer.chunks(1)), whole, "byte by byte: {}", show());
    for middle in 0..=answer.len() {
        let (left, right) = answer.split_at(middle);
        assert_eq!(read(format, [left, right]), whole, "at {middle}: {}", show());
    }
    whole
}

const fn some(prompt: u64, completion: u64, cached: u64) -> Option<Usage> {
    Some(Usage { prompt, completion, cached })
}
