//! How a caller shows who it is: a virtual key in one of the configured headers.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::header::Headers;
use crate::reject::Reject;

/// The headers that may carry a virtual key.
#[derive(Debug)]
pub struct Identity {
    key_headers: Vec<Box<str>>,
}

impl Identity {
    /// Looks for keys in these headers.
    #[must_use]
    pub fn new(key_headers: Vec<Box<str>>) -> Self {
        Self { key_headers }
    }

    /// The digest of the one key that the request shows.
    ///
    /// # Errors
    ///
    /// [`Reject::MissingApiKey`] if it shows none, [`Reject::InvalidApiKey`] if it shows two different ones, more
    /// than one `authorization` header, or something in `authorization` that is not a bearer token.
    pub fn key(&self, headers: &Headers) -> Result<KeyDigest, Reject> {
        // Two `authorization` headers are never legitimate (RFC 9110, section 5.3): which of them would another
        // reader have believed?
        if headers.all("authorization").nth(1).is_some() {
            return Err(Reject::InvalidApiKey);
        }
        let mut shown: Option<&[u8]> = None;
        for name in &self.key_headers {
            for value in headers.all(name) {
                let value = value.trim_ascii();
                let key = if **name == *"authorization" { bearer(value)? } else { value };
                match shown {
                    _ if key.is_empty() => {}
                    Some(other) if other != key => return Err(Reject::InvalidApiKey),
                    _ => shown = Some(key),
                }
            }
        }
        shown.map(KeyDigest::of).ok_or(Reject::MissingApiKey)
    }
}

/// The token of `Bearer <token>` (RFC 6750, section 2.1); the scheme's case does not matter (RFC 9110, section 11.1).
fn bearer(value: &[u8]) -> Result<&[u8], Reject> {
    if value.is_empty() {
        return Ok(value);
    }
    let (scheme, token) = value.split_at_checked("Bearer".len()).ok_or(Reject::InvalidApiKey)?;
    let separated = token.is_empty() || token.starts_with(b" ");
    if !separated || !scheme.eq_ignore_ascii_case(b"Bearer") {
        return Err(Reject::InvalidApiKey);
    }
    Ok(token.trim_ascii())
}

/// The SHA-256 of a virtual key: all that is kept of one.
///
/// Keys are found by it in a hash table. How long that takes tells of the digest's bytes at most, and nobody can
/// choose a key for its digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyDigest([u8; 32]);

impl KeyDigest {
    /// The digest of a key.
    #[must_use]
    pub fn of(key: &[u8]) -> Self {
        Self(Sha256::digest(key).into())
    }

    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        if text.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            for digit in digits {
                let value = char::from(*digit).to_digit(16)?;
                *byte = (*byte << 4) | u8::try_from(value).ok()?;
            }
        }
        Some(Self(bytes))
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests;
