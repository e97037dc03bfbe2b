//! A member's name that comes in pieces, and its comparison with the names that are looked for.

use super::string::Piece;

/// A member's name, unescaped as it is read, as far as it may be one of the watched names.
pub(super) struct Name {
    /// The name so far, in UTF-8.
    text: Vec<u8>,
    /// No name longer than this can match.
    limit: usize,
    /// Half of a surrogate pair, whose other half must follow at once.
    high_surrogate: Option<u16>,
    /// Whether it is known already that it is none of the watched names.
    is_foreign: bool,
}

/// How a name compares to a watched one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    Exact,
    /// The same but for case.
    Variant,
    Different,
}

impl Likeness {
    /// Of a name in ASCII, whose bytes are its characters.
    pub(super) fn of_plain(name: &[u8], watched: &str) -> Self {
        let watched = watched.as_bytes();
        match name.eq_ignore_ascii_case(watched) {
            true if name == watched => Self::Exact,
            true => Self::Variant,
            false => Self::Different,
        }
    }
}

impl Name {
    /// For names that will be compared to watched names of at most this length.
    pub(super) fn new(longest: usize) -> Self {
        // A variant may be longer: the kelvin sign takes three bytes where `k` takes one.
        let limit = longest.saturating_mul(3);
        Self { text: Vec::new(), limit, high_surrogate: None, is_foreign: false }
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.high_surrogate = None;
        self.is_foreign = false;
    }

    pub(super) fn push(&mut self, piece: Piece) {
        match (piece, self.high_surrogate.take()) {
            (Piece::Plain(&[]), high) => self.high_surrogate = high,
            (Piece::Plain(bytes), None) => self.push_bytes(bytes),
            (Piece::Escaped(high @ 0xd800..=0xdbff), None) => self.high_surrogate = Some(high),
            (Piece::Escaped(unit), None) => self.push_units(&[unit]),
            (Piece::Escaped(unit), Some(high)) => self.push_units(&[high, unit]),
            // A lone surrogate is no character, and no watched name has one.
            (Piece::Plain(_), Some(_)) => self.is_foreign = true,
        }
    }

    /// The whole name, if it may be one of the watched names.
    pub(super) fn text(&self) -> Option<&str> {
        if self.is_foreign || self.high_surrogate.is_some() {
            return None;
        }
        std::str::from_utf8(&self.text).ok()
    }

    /// Compares the whole name, case as Go's encoding/json and others fold it when they look for a
    /// field: by Unicode's simple folding, in which two characters beyond ASCII equal an ASCII one.
    pub(super) fn likeness(&self, watched: &str) -> Likeness {
        match self.text() {
            Some(text) if text == watched => Likeness::Exact,
            Some(text) if text.chars().map(fold).eq(watched.chars().map(fold)) => Likeness::Variant,
            _ => Likeness::Different,
        }
    }

    /// How many bytes it has allocated.
    #[cfg(test)]
    pub(super) fn allocated(&self) -> usize {
        self.text.capacity()
    }

    fn push_units(&mut self, units: &[u16]) {
        for decoded in char::decode_utf16(units.iter().copied()) {
            match decoded {
                Ok(character) => self.push_bytes(character.encode_utf8(&mut [0; 4]).as_bytes()),
                Err(_) => self.is_foreign = true,
            }
        }
    }

    fn push_bytes(&mut self, bytes: &[u8]) {
        if self.text.len().saturating_add(bytes.len()) > self.limit {
            self.is_foreign = true;
        }
        if !self.is_foreign {
            self.text.extend_from_slice(bytes);
        }
    }
}

fn fold(character: char) -> char {
    match character {
        '\u{17f}' => 's',  // LATIN SMALL LETTER LONG S
        '\u{212a}' => 'k', // KELVIN SIGN
        _ => character.to_ascii_lowercase(),
    }
}
