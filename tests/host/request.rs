//! A request that a test makes, and what came of it.

use super::fault::Call;
use super::stream::{Fields, Reply, Sent};

/// A request, and the answer that the provider gives it.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its header fields.
    pub headers: Fields,
    /// Its body, in the frames in which it comes; none is a request that ends with its headers.
    pub body: Vec<Vec<u8>>,
    /// Whether trailers end it.
    pub trailers: bool,
    /// The answer's header fields.
    pub answer_headers: Fields,
    /// The answer's body, in frames.
    pub answer: Vec<Vec<u8>>,
}

impl Request {
    /// A request with this method, path and virtual key; it has no body.
    pub fn new(method: &str, path: &str, key: &str) -> Self {
        let authorization = format!("Bearer {key}");
        Self {
            headers: fields(&[
                (":method", method),
                (":path", path),
                (":authority", "gateway.example"),
                (":scheme", "https"),
                ("accept", "*/*"),
                ("authorization", &authorization),
            ]),
            body: Vec::new(),
            trailers: false,
            answer_headers: fields(&[(":status", "200"), ("content-type", "application/json")]),
            answer: vec![br#"{"usage":{"prompt_tokens":3,"completion_tokens":5}}"#.to_vec()],
        }
    }

    /// A request with a JSON body, in one frame.
    pub fn post(path: &str, key: &str, body: &[u8]) -> Self {
        let length = body.len().to_string();
        Self { body: vec![body.to_vec()], ..Self::new("POST", path, key) }
            .with("content-type", "application/json")
            .with("content-length", &length)
    }

    /// The same, with one header field more.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The same, its body in frames of `size` bytes.
    pub fn in_frames(mut self, size: usize) -> Self {
        self.body = self.body.concat().chunks(size).map(<[u8]>::to_vec).collect();
        self
    }
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What was sent on.
    pub sent: Option<Sent>,
    /// What the filter answered.
    pub reply: Option<Reply>,
    /// What it called.
    pub calls: Vec<Call>,
    /// What it cost: about one unit for an instruction.
    pub fuel: u64,
}

/// Header fields.
pub fn fields(fields: &[(&str, &str)]) -> Fields {
    fields
        .iter()
        .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
        .collect()
}
