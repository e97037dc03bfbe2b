//! The model of one stream.

use std::collections::BTreeMap;

/// Header fields in their order.
pub type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// One stream: what Envoy holds of it.
#[derive(Debug, Default)]
pub struct Stream {
    /// The request's header fields.
    pub request_headers: Fields,
    /// The request's trailers.
    pub request_trailers: Fields,
    /// What is buffered of the request's body.
    pub request_body: Vec<u8>,
    /// The answer's header fields.
    pub response_headers: Fields,
    /// The piece of the answer's body that passes.
    pub response_body: Vec<u8>,
    /// Properties by their path, whose parts are joined by zero bytes.
    pub properties: BTreeMap<Vec<u8>, Vec<u8>>,
    /// What the filter has left for access logs.
    pub filter_state: BTreeMap<String, Vec<u8>>,
    /// How far the request is.
    pub passage: Passage,
    /// Whether the headers of the answer are held.
    pub holds_response: bool,
    /// What was sent on; what passes later is added to its body.
    pub sent: Option<Sent>,
    /// What the filter has answered. Envoy takes the first.
    pub replies: Vec<Reply>,
    /// What the client got of the answer: whether its headers were let through, and its body.
    pub answered: Option<Vec<u8>>,
}

/// How far a request is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Passage {
    /// Its headers have not come.
    #[default]
    Coming,
    /// Its headers are held.
    Held,
    /// It was sent on.
    Sent,
    /// It was answered here.
    Answered,
    /// It was reset.
    Reset,
}

/// A request as it was sent on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sent {
    /// Its header fields.
    pub headers: Fields,
    /// Its body.
    pub body: Vec<u8>,
}

impl Sent {
    /// The values of the field `name`.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let named = move |field: &&(Vec<u8>, Vec<u8>)| field.0 == name.as_bytes();
        self.headers.iter().filter(named).map(|(_, value)| &**value)
    }
}

/// An answer of the filter's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: u32,
    /// What access logs are told.
    pub details: String,
    /// Its header fields, beside `:status`.
    pub headers: Fields,
    /// Its body.
    pub body: Vec<u8>,
}

impl Stream {
    /// A request with these header fields.
    pub fn new(request_headers: Fields) -> Self {
        Self { request_headers, ..Self::default() }
    }

    /// The header fields that the ABI gives this number, unless they are out of reach. The request's are, once it was
    /// sent on.
    pub fn map(&mut self, map: u32) -> Option<&mut Fields> {
        match map {
            0 if matches!(self.passage, Passage::Coming | Passage::Held) => {
                Some(&mut self.request_headers)
            }
            // The trailers, of which it has none in the tests.
            1 => Some(&mut self.request_trailers),
            2 if !self.response_headers.is_empty() => Some(&mut self.response_headers),
            _ => None,
        }
    }

    /// A property; what a filter has left as filter state is one for all filters of the request.
    pub fn property(&self, path: &[u8]) -> Option<&Vec<u8>> {
        let left = path.strip_prefix(b"filter_state\0wasm.");
        match left.and_then(|name| std::str::from_utf8(name).ok()) {
            Some(name) => self.filter_state.get(name),
            None => self.properties.get(path),
        }
    }

    /// The buffer that the ABI gives this number.
    pub fn buffer(&mut self, buffer: u32) -> Option<&mut Vec<u8>> {
        match buffer {
            0 => Some(&mut self.request_body),
            1 => Some(&mut self.response_body),
            _ => None,
        }
    }
}

/// The fields of a map in the form in which the ABI passes one: the counterpart of `world::to_pairs`.
pub fn from_pairs(bytes: &[u8]) -> Fields {
    let word =
        |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
    let count = word(0);
    let mut at = 4 + 8 * count;
    let mut take = |len: usize| {
        let part = bytes[at..at + len].to_vec();
        at += len + 1;
        part
    };
    (0..count).map(|field| (take(word(4 + 8 * field)), take(word(8 + 8 * field)))).collect()
}
