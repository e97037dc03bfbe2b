use super::{Error, ErrorKind};

/// A place in the chunk at hand, which knows its offset in the whole body.
pub(super) struct Cursor<'a> {
    chunk: &'a [u8],
    /// What of the chunk is still to be read.
    rest: &'a [u8],
    /// Offset of the chunk's first byte in the body.
    base: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(chunk: &'a [u8], base: usize) -> Self {
        Self { chunk, rest: chunk, base }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// Offset of the next byte in the whole body.
    pub(super) fn offset(&self) -> usize {
        self.base.saturating_add(self.position())
    }

    /// The bytes from an offset in the body to here, as far as they lie in this chunk.
    pub(super) fn since(&self, offset: usize) -> &'a [u8] {
        self.chunk.get(offset.saturating_sub(self.base)..self.position()).unwrap_or_default()
    }

    pub(super) fn skip_whitespace(&mut self) {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.advance(self.rest().iter().take_while(|byte| blank(byte)).count());
    }

    /// An error at the next byte.
    pub(super) fn error(&self, kind: ErrorKind) -> Error {
        Error { offset: self.offset(), kind }
    }

    fn position(&self) -> usize {
        self.chunk.len().saturating_sub(self.rest.len())
    }
}
