//! How a caller shows who it is: by what an earlier filter left, or by a virtual key.

mod metadata;

use std::fmt;

use sha2::{Digest, Sha256};

use crate::header::Headers;
use crate::reject::Reject;

pub use metadata::{text, texts, MetadataPath};

/// Where callers are looked for, in this order: metadata, the team header, virtual keys, the anonymous team.
///
/// What comes first wins. A request that an earlier filter has given a team is that team's, whatever keys it brings:
/// the token in its `authorization` header is commonly the very one that the earlier filter has checked.
#[derive(Debug, Default)]
pub struct Identity {
    /// The headers that may carry a virtual key, in lower case.
    pub key_headers: Vec<Box<str>>,
    /// Where an earlier filter left the team's id.
    pub team_metadata: Option<MetadataPath>,
    /// Where an earlier filter left what the caller is.
    pub attributes_metadata: AttributesMetadata,
    /// The header with the team's id.
    pub team_header: Option<Box<str>>,
    /// The team of requests that bring no key at all.
    pub anonymous_team: Option<Box<str>>,
}

/// Where an earlier filter left a caller's attributes.
#[derive(Debug, Default)]
pub struct AttributesMetadata {
    /// Roles.
    pub roles: Option<MetadataPath>,
    /// Projects.
    pub projects: Option<MetadataPath>,
    /// Namespaces.
    pub namespaces: Option<MetadataPath>,
}

/// The field in which a browser offers sub-protocols of a WebSocket, keys among them for want of other headers.
pub const SUBPROTOCOLS: &str = "sec-websocket-protocol";

/// What precedes a key there.
pub const SUBPROTOCOL_KEY: &[u8] = b"openai-insecure-api-key.";

impl Identity {
    /// The one key that the request shows, in the clear.
    ///
    /// # Errors
    ///
    /// [`Reject::MissingApiKey`] if it shows none, [`Reject::InvalidApiKey`] if it shows two different ones, or
    /// something in `authorization` that is not a bearer token.
    pub fn key<'h>(&self, headers: &'h Headers) -> Result<&'h [u8], Reject> {
        let in_headers = self.key_headers.iter().flat_map(|name| {
            let is_bearer = **name == *"authorization";
            headers.all(name).map(<[u8]>::trim_ascii).map(move |value| match is_bearer {
                true => bearer(value),
                false => Ok(value),
            })
        });
        let mut shown: Option<&[u8]> = None;
        for key in in_headers.chain(subprotocol_keys(headers).map(Ok)) {
            match (key?, shown) {
                (b"", _) => {}
                (key, Some(other)) if other != key => return Err(Reject::InvalidApiKey),
                (key, _) => shown = Some(key),
            }
        }
        shown.ok_or(Reject::MissingApiKey)
    }
}

/// Refuses more than one `authorization` header. Two are never legitimate (RFC 9110, section 5.3), whoever the caller is:
/// which of them did others believe? Envoy joins them by a comma, which no bearer token contains (RFC 6750, section 2.1).
///
/// # Errors
///
/// [`Reject::InvalidApiKey`].
pub fn check_authorization(headers: &Headers) -> Result<(), Reject> {
    let mut values = headers.all("authorization");
    let joined = values.next().is_some_and(|value| {
        let scheme = value.trim_ascii_start().get(..BEARER.len()).unwrap_or_default();
        scheme.eq_ignore_ascii_case(BEARER) && value.contains(&b',')
    });
    match joined || values.next().is_some() {
        true => Err(Reject::InvalidApiKey),
        false => Ok(()),
    }
}

const BEARER: &[u8] = b"Bearer";

/// The keys that are offered as sub-protocols.
fn subprotocol_keys(headers: &Headers) -> impl Iterator<Item = &[u8]> {
    headers
        .all(SUBPROTOCOLS)
        .flat_map(|value| value.split(|byte| *byte == b','))
        .filter_map(|offer| offer.trim_ascii().strip_prefix(SUBPROTOCOL_KEY))
}

/// The token of `Bearer <token>` (RFC 6750, section 2.1); the scheme's case does not matter (RFC 9110, section 11.1).
fn bearer(value: &[u8]) -> Result<&[u8], Reject> {
    if value.is_empty() {
        return Ok(value);
    }
    let (scheme, token) = value.split_at_checked(BEARER.len()).ok_or(Reject::InvalidApiKey)?;
    let separated = token.is_empty() || token.starts_with(b" ");
    if !separated || !scheme.eq_ignore_ascii_case(BEARER) {
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
