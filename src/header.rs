//! Header fields as the host hands them over: names and values are bytes, never assumed to be UTF-8.

mod header_name;
mod name;

use std::fmt;

pub use header_name::HeaderName;
pub use name::{Name, NameSet};

use header_name::has_upper_case;

/// The fields of one request, in order, pseudo-header fields (`:path` …) among them.
///
/// All names and values lie in one buffer: the host hands them over in one piece. `Debug` prints the names alone, for
/// among the values are keys.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers {
    buffer: Vec<u8>,
    fields: Vec<Field>,
    /// [`HeaderName::bit`] of each name: most fields that are asked for are not there, which is seen at once.
    names: u64,
}

/// Where in the buffer a field lies. A map of the ABI is no longer than 4 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Field {
    name: u32,
    name_len: u32,
    value: u32,
    value_len: u32,
    hash: u32,
}

/// One field.
#[derive(Clone, Copy)]
pub struct HeaderField<'a> {
    /// Its name.
    pub name: HeaderName<'a>,
    /// Its value.
    pub value: &'a [u8],
}

impl Field {
    /// [`HeaderName::bit`] of its name.
    fn bit(self) -> u64 {
        header_name::bit(self.hash)
    }
}

impl Headers {
    /// Takes the fields in the form in which the proxy-wasm ABI passes a map: their count, the lengths of each name
    /// and value (all as little-endian `u32`), then each name and value, both followed by a zero byte. `None` if the
    /// buffer is not of that form.
    #[must_use]
    pub fn from_pairs(buffer: Vec<u8>) -> Option<Self> {
        let mut pairs = Self::taken_apart(buffer)?;
        pairs.lower_names();
        Some(pairs)
    }

    /// Takes what has the same form and is no list of header fields: names in another case are other names.
    #[must_use]
    pub fn from_exact_pairs(buffer: Vec<u8>) -> Option<Self> {
        let mut pairs = Self::taken_apart(buffer)?;
        pairs.names = pairs.fields.iter().fold(0, |names, field| names | field.bit());
        Some(pairs)
    }

    fn taken_apart(buffer: Vec<u8>) -> Option<Self> {
        let (count, lengths) = buffer.split_first_chunk()?;
        let count = u32::from_le_bytes(*count);
        let lengths = lengths.as_chunks::<8>().0.get(..usize::try_from(count).ok()?)?;
        let mut at = count.checked_mul(8)?.checked_add(4)?;
        let mut fields = Vec::with_capacity(lengths.len());
        for [a, b, c, d, e, f, g, h] in lengths {
            let name_len = u32::from_le_bytes([*a, *b, *c, *d]);
            let value_len = u32::from_le_bytes([*e, *f, *g, *h]);
            let name = at;
            let value = name.checked_add(name_len)?.checked_add(1)?;
            at = value.checked_add(value_len)?.checked_add(1)?;
            let hash = HeaderName::new(buffer.get(range(name, name_len))?).hash();
            fields.push(Field { name, name_len, value, value_len, hash });
        }
        let is_whole = usize::try_from(at).is_ok_and(|end| end <= buffer.len());
        is_whole.then_some(Self { buffer, fields, names: 0 })
    }

    /// Puts the names in lower case, which they usually are in already.
    fn lower_names(&mut self) {
        for field in &mut self.fields {
            let name = self.buffer.get_mut(range(field.name, field.name_len));
            if let Some(name) = name.filter(|name| has_upper_case(name)) {
                name.make_ascii_lowercase();
                field.hash = HeaderName::new(name).hash();
            }
            self.names |= field.bit();
        }
    }

    /// The fields in their order: each name, in lower case, and each value.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields().map(|field| (field.name.bytes(), field.value))
    }

    /// The fields in their order.
    pub fn fields(&self) -> impl Iterator<Item = HeaderField<'_>> {
        self.fields
            .iter()
            .map(|field| HeaderField { name: self.name(*field), value: self.value(*field) })
    }

    /// Every value of the field `name`, whatever the case it was sent in.
    pub fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        self.all_of(HeaderName::of(name))
    }

    /// Every value of the field `name`.
    pub fn all_of<'a, 'n>(
        &'a self,
        name: HeaderName<'n>,
    ) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        let is_named =
            move |field: &&Field| field.hash == name.hash() && self.name(**field) == name;
        let may_be_there = self.names & name.bit() != 0;
        let fields = if may_be_there { &*self.fields } else { &[] };
        fields.iter().filter(is_named).map(|field| self.value(*field))
    }

    fn name(&self, field: Field) -> HeaderName<'_> {
        HeaderName::hashed(self.part(field.name, field.name_len), field.hash)
    }

    fn value(&self, field: Field) -> &[u8] {
        self.part(field.value, field.value_len)
    }

    fn part(&self, start: u32, len: u32) -> &[u8] {
        self.buffer.get(range(start, len)).unwrap_or_default()
    }

    /// The first value of the field `name`.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        self.all(name).next()
    }
}

/// `len` bytes from `start` on.
fn range(start: u32, len: u32) -> std::ops::Range<usize> {
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    start..start.saturating_add(usize::try_from(len).unwrap_or(usize::MAX))
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| String::from_utf8_lossy(name))).finish()
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut headers = Self::default();
        // Nobody has 4 GiB of fields; what would be beyond is empty.
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        for (name, value) in fields {
            let (name, value) = (name.as_ref(), value.as_ref());
            let name_at = headers.buffer.len();
            headers.buffer.extend_from_slice(name);
            let value_at = headers.buffer.len();
            headers.buffer.extend_from_slice(value);
            headers.fields.push(Field {
                name: place(name_at),
                name_len: place(name.len()),
                value: place(value_at),
                value_len: place(value.len()),
                hash: HeaderName::new(name).hash(),
            });
        }
        headers.lower_names();
        headers
    }
}

/// One change to the request's header fields. `Debug` prints no value, for one of them is a credential.
#[derive(Clone, PartialEq, Eq)]
pub enum HeaderEdit {
    /// Drop every field of this name.
    Remove(Name),
    /// Leave exactly one field of this name, with this value. Never an addition: for the cluster header
    /// Envoy takes the first value, so an added one would lose to a forged one.
    Set(Name, Vec<u8>),
}

impl fmt::Debug for HeaderEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Remove(name) => write!(f, "Remove({name})"),
            Self::Set(name, _) => write!(f, "Set({name})"),
        }
    }
}

/// Whether `name` may be a field name: an RFC 9110 token, in the lower case that HTTP/2 demands.
#[must_use]
pub fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte)
        })
}

/// Whether `value` may be a field value (RFC 9110, section 5.5): no control characters, no space at its ends.
#[must_use]
pub fn is_value(value: &str) -> bool {
    value.trim() == value && !value.chars().any(char::is_control)
}

/// Fields that carry a caller's credential to some provider or gateway; none of them is ever forwarded.
pub const CREDENTIAL_HEADERS: [&str; 8] = [
    "authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "x-litellm-api-key",
    "ocp-apim-subscription-key",
    "proxy-authorization",
    "cookie",
];

/// Fields in which clients of some gateways send keys for several providers at once; none of them is ever forwarded.
pub const PROVIDER_DATA_HEADERS: [&str; 3] =
    ["x-llm-provider-data", "x-llamastack-provider-data", "x-ogx-provider-data"];

/// The field in which a client names the provider that holds a resource. It is never forwarded.
pub const PROVIDER_HEADER: &str = "x-llm-provider";

/// Fields that only OpenAI itself reads; they name the caller's account there. The last is Codex's, of one who is signed in
/// with ChatGPT.
pub const OPENAI_ONLY_HEADERS: [&str; 3] =
    ["openai-organization", "openai-project", "chatgpt-account-id"];

/// Fields that frame the message: Envoy writes them, a configuration may not.
pub const FRAMING_HEADERS: [&str; 6] =
    ["connection", "content-length", "host", "te", "transfer-encoding", "upgrade"];

#[cfg(test)]
mod tests;
