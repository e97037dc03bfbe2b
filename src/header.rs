//! Header fields as the host hands them over: names and values are bytes, never assumed to be UTF-8.

mod name;

use std::fmt;

pub use name::{Name, NameSet};

/// The fields of one request, in order, pseudo-header fields (`:path` …) among them.
///
/// All names and values lie in one buffer: the host hands them over in one piece. `Debug` prints the names alone, for
/// among the values are keys.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers {
    buffer: Vec<u8>,
    fields: Vec<Field>,
}

/// Where in the buffer a field lies. A map of the ABI is no longer than 4 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Field {
    name: u32,
    name_len: u32,
    value: u32,
    value_len: u32,
}

impl Headers {
    /// Takes the fields in the form in which the proxy-wasm ABI passes a map: their count, the lengths of each name
    /// and value (all as little-endian `u32`), then each name and value, both followed by a zero byte. `None` if the
    /// buffer is not of that form.
    #[must_use]
    pub fn from_pairs(buffer: Vec<u8>) -> Option<Self> {
        let size = u32::try_from(buffer.len()).ok()?;
        let mut lengths = buffer.chunks_exact(4).filter_map(|word| word.try_into().ok());
        let mut next_length = || lengths.next().map(u32::from_le_bytes);
        let count = next_length()?;
        let mut at = count.checked_mul(8)?.checked_add(4).filter(|end| *end <= size)?;
        let mut fields = Vec::with_capacity(usize::try_from(count).ok()?);
        for _ in 0..count {
            let (name, name_len, value_len) = (at, next_length()?, next_length()?);
            let value = name.checked_add(name_len)?.checked_add(1)?;
            at = value.checked_add(value_len)?.checked_add(1)?;
            fields.push(Field { name, name_len, value, value_len });
        }
        (at <= size).then_some(Self { buffer, fields })
    }

    /// The fields in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields.iter().map(|field| (self.name(*field), self.value(*field)))
    }

    /// Every value of the field `name`, whatever the case it was sent in.
    pub fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        // Its length tells most names apart without a look at them.
        self.fields
            .iter()
            .filter(move |field| usize::try_from(field.name_len) == Ok(name.len()))
            .filter(move |field| self.name(**field).eq_ignore_ascii_case(name.as_bytes()))
            .map(|field| self.value(*field))
    }

    fn name(&self, field: Field) -> &[u8] {
        self.part(field.name, field.name_len)
    }

    fn value(&self, field: Field) -> &[u8] {
        self.part(field.value, field.value_len)
    }

    fn part(&self, start: u32, len: u32) -> &[u8] {
        let bounds = (usize::try_from(start), usize::try_from(len));
        let (Ok(start), Ok(len)) = bounds else { return &[] };
        self.buffer.get(start..).and_then(|rest| rest.get(..len)).unwrap_or_default()
    }

    /// The first value of the field `name`.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        self.all(name).next()
    }
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
        let mut append = |bytes: &[u8]| {
            let start = headers.buffer.len();
            headers.buffer.extend_from_slice(bytes);
            let place = (u32::try_from(start), u32::try_from(bytes.len()));
            (place.0.unwrap_or_default(), place.1.unwrap_or_default())
        };
        let fields = fields
            .into_iter()
            .map(|(name, value)| {
                let (name, name_len) = append(name.as_ref());
                let (value, value_len) = append(value.as_ref());
                Field { name, name_len, value, value_len }
            })
            .collect();
        headers.fields = fields;
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
