//! Replacements in a body.

use std::ops::Range;

/// One replacement in a body. Offsets are those of the body as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    /// The bytes that go.
    pub range: Range<usize>,
    /// What comes in their place.
    pub replacement: Vec<u8>,
}

impl Splice {
    /// Puts `replacement` in the place of `range`.
    #[must_use]
    pub fn new(range: Range<usize>, replacement: impl Into<Vec<u8>>) -> Self {
        Self { range, replacement: replacement.into() }
    }
}

/// The length of a body of `len` bytes after `splices`.
#[must_use]
pub fn resulting_len(len: usize, splices: &[Splice]) -> usize {
    splices.iter().fold(len, |len, splice| {
        len.saturating_sub(splice.range.len()).saturating_add(splice.replacement.len())
    })
}
