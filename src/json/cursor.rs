//! Where in a chunk, and so in the whole document, the automaton is.

use super::plain::{self, Run};
use super::{Error, ErrorKind};

/// A place in the chunk at hand, which knows its offset in the whole body.
pub(super) struct Cursor<'a> {
    chunk: &'a [u8],
    /// The part of the chunk that is still to be read.
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

    /// Reads a string from behind its opening quote to behind its closing one, if all of it is here, ASCII and without
    /// escapes. Otherwise nothing is read.
    #[inline]
    pub(super) fn plain_string(&mut self) -> Option<&'a [u8]> {
        let run = Run::of(self.rest);
        let (string, behind) = self.rest.split_at_checked(run.len)?;
        let (_, behind) = behind.split_first().filter(|(end, _)| run.is_ascii && **end == b'"')?;
        self.rest = behind;
        Some(string)
    }

    /// Passes over a string from behind its opening quote, or from any later character on. Stops before what is not well
    /// formed or is cut by the end of the chunk. Returns whether it came to behind the closing quote.
    pub(super) fn skip_string(&mut self) -> bool {
        loop {
            self.rest = plain::behind_text(self.rest);
            let run = Run::of(self.rest);
            let Some((text, behind)) = self.rest.split_at_checked(run.len) else { return false };
            if !run.is_ascii && std::str::from_utf8(text).is_err() {
                return false;
            }
            // Also where the chunk ends here: nobody looks at the same bytes again.
            self.rest = behind;
            self.rest = match behind {
                [b'"', behind @ ..] => {
                    self.rest = behind;
                    return true;
                }
                [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', behind @ ..] => {
                    behind
                }
                [b'\\', b'u', a, b, c, d, behind @ ..]
                    if [a, b, c, d].into_iter().all(u8::is_ascii_hexdigit) =>
                {
                    behind
                }
                _ => return false,
            };
        }
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
