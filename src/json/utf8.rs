//! Checks that a string is UTF-8.

/// UTF-8 validation of a string that comes in pieces, cut anywhere (RFC 3629, section 4).
///
/// Whole sequences are left to the standard library; the automaton here only carries a sequence
/// over the border between two pieces.
#[derive(Default)]
pub(super) struct Utf8 {
    expected: Expected,
    /// Offset in the body of the sequence that is open.
    sequence: usize,
}

/// The bytes that may come next.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Expected {
    #[default]
    Character,
    /// The last 1, 2 or 3 bytes of a sequence, each 80..BF.
    Tail1,
    Tail2,
    Tail3,
    /// After E0: a byte that is not overlong, then one more.
    AfterE0,
    /// After ED: a byte that makes no surrogate, then one more.
    AfterEd,
    /// After F0: a byte that is not overlong, then two more.
    AfterF0,
    /// After F4: a byte that stays below U+110000, then two more.
    AfterF4,
}

impl Utf8 {
    /// Whether the last piece ended inside a sequence.
    pub(super) fn is_open(&self) -> bool {
        self.expected != Expected::Character
    }

    /// Checks the next piece, whose first byte lies at `offset` in the body. An error is the offset
    /// of an ill-formed sequence.
    pub(super) fn read(&mut self, piece: &[u8], offset: usize) -> Result<(), usize> {
        let mut bytes = piece.iter();
        while self.is_open() {
            let Some(&byte) = bytes.next() else { return Ok(()) };
            self.expected = self.expected.after(byte).ok_or(self.sequence)?;
        }
        let carried = piece.len().saturating_sub(bytes.len());
        let Err(error) = std::str::from_utf8(bytes.as_slice()) else { return Ok(()) };
        let valid = carried.saturating_add(error.valid_up_to());
        self.sequence = offset.saturating_add(valid);
        // What is left begins with an ill-formed sequence or is the beginning of one.
        for &byte in piece.iter().skip(valid) {
            self.expected = self.expected.after(byte).ok_or(self.sequence)?;
        }
        Ok(())
    }

    /// Checks that the string may end here.
    pub(super) fn end(&self) -> Result<(), usize> {
        if self.is_open() {
            Err(self.sequence)
        } else {
            Ok(())
        }
    }
}

impl Expected {
    fn after(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::Character, 0x00..=0x7f) | (Self::Tail1, 0x80..=0xbf) => Some(Self::Character),
            (Self::Character, 0xc2..=0xdf)
            | (Self::Tail2, 0x80..=0xbf)
            | (Self::AfterE0, 0xa0..=0xbf)
            | (Self::AfterEd, 0x80..=0x9f) => Some(Self::Tail1),
            (Self::Character, 0xe1..=0xec | 0xee..=0xef)
            | (Self::Tail3, 0x80..=0xbf)
            | (Self::AfterF0, 0x90..=0xbf)
            | (Self::AfterF4, 0x80..=0x8f) => Some(Self::Tail2),
            (Self::Character, 0xf1..=0xf3) => Some(Self::Tail3),
            (Self::Character, 0xe0) => Some(Self::AfterE0),
            (Self::Character, 0xed) => Some(Self::AfterEd),
            (Self::Character, 0xf0) => Some(Self::AfterF0),
            (Self::Character, 0xf4) => Some(Self::AfterF4),
            _ => None,
        }
    }
}
