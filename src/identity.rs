//! How a caller shows who it is: by what an earlier filter left, or by a virtual key.

mod metadata;

use std::borrow::Cow;
use std::fmt;

use memchr::{memchr, memmem};
use percent_encoding::percent_decode;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::base64::Base64;
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

/// The field in which Google's clients send a key.
const GOOGLES: &str = "x-goog-api-key";

/// The field in which a browser offers sub-protocols of a WebSocket, keys among them for want of other headers.
pub const SUBPROTOCOLS: &str = "sec-websocket-protocol";

/// What precedes a key there.
const SUBPROTOCOL_KEY: &[u8] = b"openai-insecure-api-key.";

/// The key in an offer of a sub-protocol.
fn key_in_offer(offer: &[u8]) -> Option<&[u8]> {
    let (prefix, key) = offer.split_at_checked(SUBPROTOCOL_KEY.len())?;
    prefix.eq_ignore_ascii_case(SUBPROTOCOL_KEY).then_some(key)
}

/// Whether an offer of a sub-protocol carries a key.
#[must_use]
pub fn is_key_offer(offer: &[u8]) -> bool {
    key_in_offer(offer).is_some()
}

/// Where else requests for one endpoint may show a key, beside the configuration's header fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elsewhere<'q> {
    /// Nowhere.
    Nowhere,
    /// Among the sub-protocols of a WebSocket.
    Subprotocols,
    /// In a field of Google's, and in the query.
    Google {
        /// What the query has, decoded.
        in_query: Option<&'q [u8]>,
    },
}

impl Identity {
    /// The keys that a request shows, each once, with the first field that shows it.
    #[must_use]
    pub fn shown<'h>(&'h self, headers: &'h Headers, elsewhere: Elsewhere<'h>) -> ShownList<'h> {
        let mut shown = ShownList::default();
        let mut add = |found: Shown<'h>| {
            if !found.key.is_empty() && !shown.iter().any(|known| known.key == found.key) {
                match &shown.first {
                    None => shown.first = Some(found),
                    Some(_) => shown.others.push(found),
                }
            }
        };
        for field in &self.key_headers {
            for value in headers.all(field) {
                add(match bearer_token(value) {
                    Some(key) => Shown { field, key, may_be_known: true },
                    // Credentials of another scheme are no virtual key, whatever they say.
                    None => {
                        let may_be_known = **field != *"authorization";
                        Shown { field, key: value.trim_ascii(), may_be_known }
                    }
                });
            }
        }
        match elsewhere {
            Elsewhere::Nowhere => {}
            Elsewhere::Subprotocols => (headers.all(SUBPROTOCOLS))
                .flat_map(|value| value.split(|byte| *byte == b','))
                .filter_map(|offer| key_in_offer(offer.trim_ascii()))
                .for_each(|key| add(Shown { field: SUBPROTOCOLS, key, may_be_known: true })),
            Elsewhere::Google { in_query } => {
                let of_google = [(GOOGLES, headers.first(GOOGLES)), ("the query", in_query)];
                for (field, key) in of_google {
                    let key = key.unwrap_or_default().trim_ascii();
                    add(Shown { field, key, may_be_known: true });
                }
            }
        }
        shown
    }
}

/// A key that a request shows, in the clear.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Shown<'h> {
    /// The header field.
    pub field: &'h str,
    /// The key.
    pub key: &'h [u8],
    /// Whether it can be a virtual key.
    pub may_be_known: bool,
}

/// The keys that a request shows, each once: mostly it is one.
#[derive(Default)]
pub struct ShownList<'h> {
    first: Option<Shown<'h>>,
    others: Vec<Shown<'h>>,
}

impl<'h> ShownList<'h> {
    /// The keys, in the order of their fields.
    pub fn iter(&self) -> impl Iterator<Item = &Shown<'h>> {
        self.first.iter().chain(&self.others)
    }

    /// Whether no key is shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Whether more than one key is shown.
    #[must_use]
    pub fn are_several(&self) -> bool {
        !self.others.is_empty()
    }
}

/// The keys that a request shows, for as long as it takes to make the request of its provider: wherever else in the
/// request one of them stands, that part is not sent on.
#[derive(Default)]
pub struct ShownKeys {
    first: Option<Zeroizing<Vec<u8>>>,
    /// Mostly there are none.
    others: Vec<Zeroizing<Vec<u8>>>,
}

impl ShownKeys {
    /// Remembers what is shown. `known` is the one that is a virtual key.
    #[must_use]
    pub fn of(shown: &ShownList<'_>, known: Option<&[u8]>) -> Self {
        let is_key = |shown: &&Shown<'_>| known == Some(shown.key) || shown.key.len() >= SHORTEST;
        let mut keys =
            (shown.iter().filter(is_key)).map(|shown| Zeroizing::new(shown.key.to_vec()));
        Self { first: keys.next(), others: keys.collect() }
    }

    /// Whether a text has one of them in it, also percent-encoded, or as the user or the password of `Basic` credentials.
    #[must_use]
    pub fn are_in(&self, text: &[u8]) -> bool {
        let any_is_in = |text: &[u8]| {
            let mut keys = self.first.iter().chain(&self.others);
            keys.any(|key| key.len() <= text.len() && is_in(key, text))
        };
        any_is_in(text) || basic_credentials(text).is_some_and(|text| any_is_in(&text))
    }
}

impl fmt::Debug for ShownKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What is shown in a key's place and is no virtual key is taken for a secret if it has as many bytes.
const SHORTEST: usize = 8;

/// How often a text is decoded to look for a key: servers behind servers decode more than once.
const DECODED: usize = 3;

fn is_in(key: &[u8], text: &[u8]) -> bool {
    let mut text = Cow::Borrowed(text);
    for _ in 0..DECODED {
        if contains(&text, key) {
            return true;
        }
        if memchr(b'%', &text).is_none() {
            return false;
        }
        text = Cow::Owned(percent_decode(&text).collect());
    }
    contains(&text, key)
}

/// Whether a text has a key in it. Most values of a request are too short for the preparations of a search to pay.
fn contains(text: &[u8], key: &[u8]) -> bool {
    const SHORT: usize = 64;
    if text.len() > SHORT {
        return memmem::find(text, key).is_some();
    }
    // An empty key would be in every text. The filter knows none, so this answer does not matter.
    let first = key.first();
    key.is_empty() || text.windows(key.len()).any(|part| part.first() == first && part == key)
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

/// The token of `Bearer <token>` (RFC 6750, section 2.1); the scheme's case does not matter (RFC 9110, section 11.1). Some
/// clients write the scheme in other key headers as well. `None` for a value without it.
fn bearer_token(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.trim_ascii().split_at_checked(BEARER.len())?;
    let is_bearer =
        scheme.eq_ignore_ascii_case(BEARER) && (rest.is_empty() || rest.starts_with(b" "));
    is_bearer.then(|| rest.trim_ascii())
}

/// What `Basic` credentials say (RFC 7617, section 2); `None` for a value of another kind.
fn basic_credentials(value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (scheme, rest) = value.trim_ascii_start().split_at_checked(BASIC.len())?;
    if !scheme.eq_ignore_ascii_case(BASIC) {
        return None;
    }
    let mut said = Zeroizing::new(Vec::with_capacity(rest.len()));
    let mut base64 = Base64::default();
    // Padding may be left out.
    for part in [rest.trim_ascii(), b"="] {
        base64.read(part, &mut |bytes| said.extend_from_slice(bytes));
    }
    Some(said)
}

const BASIC: &[u8] = b"Basic ";

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
                let value = match digit {
                    b'0'..=b'9' => digit & 0x0F,
                    b'a'..=b'f' | b'A'..=b'F' => (digit & 0x0F).wrapping_add(9),
                    _ => return None,
                };
                *byte = (*byte << 4) | value;
            }
        }
        Some(Self(bytes))
    }

    /// Tells the key from all others where its count is kept: 64 bits of a digest of the digest, by which nobody can find
    /// either.
    #[must_use]
    pub fn fingerprint(&self) -> Box<str> {
        hex_of_half(&Self::of(&self.0).0)
    }
}

/// The first 64 bits of a digest in hex.
pub(crate) fn hex_of_half([a, b, c, d, e, f, g, h, ..]: &[u8; 32]) -> Box<str> {
    let half = u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
    format!("{half:016x}").into_boxed_str()
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests;
