//! The grammar of a string: its pieces, its escapes and its end.

use std::ops::ControlFlow;

use super::cursor::Cursor;
use super::plain::Run;
use super::utf8::Utf8;
use super::{Error, ErrorKind};

/// The inside of a string, between its quotes.
#[derive(Default)]
pub(super) struct StringReader {
    /// The escape that the last chunk ended in.
    escape: Option<Escape>,
    utf8: Utf8,
}

/// A part of a string.
#[derive(Clone, Copy)]
pub(super) enum Piece<'a> {
    /// Bytes that stand for themselves; a chunk may end inside a UTF-8 sequence.
    Plain(&'a [u8]),
    /// The UTF-16 code unit that an escape stands for, which may be half of a surrogate pair.
    Escaped(u16),
}

impl StringReader {
    /// Whether the last chunk ended neither in an escape nor in a UTF-8 sequence.
    #[inline]
    pub(super) fn is_between_characters(&self) -> bool {
        self.escape.is_none() && !self.utf8.is_open()
    }

    /// Reads on and shows every piece, up to the closing quote (`true`) or the end of the chunk
    /// (`false`).
    #[inline]
    pub(super) fn read<'a>(
        &mut self,
        cursor: &mut Cursor<'a>,
        mut show: impl FnMut(Piece<'a>),
    ) -> Result<bool, Error> {
        if let Some(escape) = self.escape.take() {
            match self.escaped(escape, cursor)? {
                Some(unit) => show(Piece::Escaped(unit)),
                None => return Ok(false),
            }
        }
        loop {
            show(Piece::Plain(self.plain(cursor)?));
            let Some(byte) = cursor.peek() else { return Ok(false) };
            self.utf8.end().map_err(ill_formed)?;
            if byte < b' ' {
                return Err(cursor.error(ErrorKind::ControlCharacter));
            }
            cursor.advance(1);
            if byte == b'"' {
                return Ok(true);
            }
            match self.escaped(Escape::Backslash, cursor)? {
                Some(unit) => show(Piece::Escaped(unit)),
                None => return Ok(false),
            }
        }
    }

    #[inline]
    fn plain<'a>(&mut self, cursor: &mut Cursor<'a>) -> Result<&'a [u8], Error> {
        let run = Run::of(cursor.rest());
        let bytes = cursor.rest().get(..run.len).unwrap_or_default();
        if !run.is_ascii || self.utf8.is_open() {
            self.utf8.read(bytes, cursor.offset()).map_err(ill_formed)?;
        }
        cursor.advance(run.len);
        Ok(bytes)
    }

    /// The code unit of an escape, or `None` if the chunk ends in it.
    #[inline(always)] // So that escapes are not decoded where nobody wants the pieces.
    fn escaped(&mut self, mut escape: Escape, cursor: &mut Cursor) -> Result<Option<u16>, Error> {
        if let Some(unit) = escape.whole(cursor.rest()) {
            cursor.advance(UNICODE_LEN);
            return Ok(Some(unit));
        }
        while let Some(byte) = cursor.peek() {
            let read = escape.read(byte).ok_or_else(|| cursor.error(ErrorKind::InvalidEscape))?;
            cursor.advance(1);
            match read {
                ControlFlow::Continue(longer) => escape = longer,
                ControlFlow::Break(unit) => return Ok(Some(unit)),
            }
        }
        self.escape = Some(escape);
        Ok(None)
    }
}

fn ill_formed(sequence: usize) -> Error {
    Error { offset: sequence, kind: ErrorKind::InvalidUtf8 }
}

/// An escape that has begun (RFC 8259, section 7).
#[derive(Clone, Copy)]
enum Escape {
    Backslash,
    /// `\u` and the value of the hex digits so far.
    Unicode {
        digits: u8,
        unit: u16,
    },
}

/// Length of a Unicode escape after its backslash.
const UNICODE_LEN: usize = 5;

impl Escape {
    /// The code unit, if this is a valid Unicode escape that lies whole in these bytes. Texts that
    /// are not English may consist of such escapes.
    #[inline]
    fn whole(self, bytes: &[u8]) -> Option<u16> {
        let (Self::Backslash, Some([b'u', digits @ ..])) =
            (self, bytes.first_chunk::<UNICODE_LEN>())
        else {
            return None;
        };
        // No early exit: a branch for each digit would be mispredicted, and nearly all are valid.
        let (unit, valid) = digits.iter().fold((0, true), |(unit, valid), &digit| {
            (push_digit(unit, digit), valid & digit.is_ascii_hexdigit())
        });
        valid.then_some(unit)
    }

    /// The escape with one more byte: still open, or the code unit it stands for.
    fn read(self, byte: u8) -> Option<ControlFlow<u16, Self>> {
        let Self::Unicode { digits, unit } = self else {
            return Self::short(byte);
        };
        if !byte.is_ascii_hexdigit() {
            return None;
        }
        let unit = push_digit(unit, byte);
        Some(match digits {
            3.. => ControlFlow::Break(unit),
            _ => ControlFlow::Continue(Self::Unicode { digits: digits.saturating_add(1), unit }),
        })
    }

    #[inline]
    fn short(byte: u8) -> Option<ControlFlow<u16, Self>> {
        let unit = match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => return Some(ControlFlow::Continue(Self::Unicode { digits: 0, unit: 0 })),
            _ => return None,
        };
        Some(ControlFlow::Break(u16::from(unit)))
    }
}

/// Shifts in a hex digit.
#[inline]
fn push_digit(unit: u16, digit: u8) -> u16 {
    let letter = u16::from(digit >> 6); // 1 for A to F and a to f.
    let value = u16::from(digit & 0x0f).wrapping_add(letter.wrapping_mul(9));
    (unit << 4) | (value & 0x0f)
}
