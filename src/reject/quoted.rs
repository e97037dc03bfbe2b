//! Text of the client's in a message of ours.

use std::fmt;

use super::escape_into;

/// At most [`Quoted::LIMIT`] characters of what a client sent, escaped, so that it can stand in an error, a log line
/// or filter state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted(Box<str>);

impl Quoted {
    /// How many characters of the client's are repeated; what is longer ends in an ellipsis.
    pub const LIMIT: usize = 128;

    /// Quotes `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if Self::is_plain(text) {
            return Self(text.into());
        }
        let mut quoted = String::with_capacity(text.len().min(Self::LIMIT));
        escape_into(&mut quoted, text.chars().take(Self::LIMIT));
        if text.chars().nth(Self::LIMIT).is_some() {
            quoted.push('…');
        }
        Self(quoted.into())
    }

    /// Quotes bytes; those that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn bytes(bytes: &[u8]) -> Self {
        // No character takes more than four bytes: the rest would not be quoted anyway.
        let enough = bytes.get(..Self::LIMIT.saturating_add(1).saturating_mul(4)).unwrap_or(bytes);
        Self::new(&String::from_utf8_lossy(enough))
    }

    /// Quotes a text that is not needed otherwise: nearly always it is kept as it is.
    #[must_use]
    pub fn owned(text: String) -> Self {
        match Self::is_plain(&text) {
            true => Self(text.into()),
            false => Self::new(&text),
        }
    }

    /// As nearly every name is: there is nothing to escape, and nothing to cut.
    fn is_plain(text: &str) -> bool {
        text.len() <= Self::LIMIT && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
    }

    /// The text, as it is repeated.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
