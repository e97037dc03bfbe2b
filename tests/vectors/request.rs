//! A request row, and the request that it stands for.

use serde::Deserialize;

use super::expectation::Expectation;

/// A request row. What it leaves out is what a plain chat client would send.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What the row shows; unique within its group.
    pub name: String,
    /// A virtual key, sent as `authorization: Bearer <key>`. Omitted: no such header.
    pub key: Option<String>,
    /// The method. Omitted: `POST`.
    #[serde(default = "post")]
    method: String,
    /// The path with its query. Omitted: `/v1/chat/completions`.
    #[serde(default = "chat_completions")]
    path: String,
    /// Further headers in their order. `content-type: application/json` and an exact `content-length` are sent with
    /// every `POST` and `PUT`, unless the row names them; a null value sends none.
    #[serde(default)]
    headers: Vec<(String, Option<Piece>)>,
    /// The model of a body like a client's. Omitted: `body` is sent.
    pub model: Option<String>,
    /// The body, byte for byte. Omitted, and no `model`: the request has no body.
    body: Option<Text>,
    /// What must come of it.
    pub expect: Expectation,
}

fn post() -> String {
    "POST".to_owned()
}

fn chat_completions() -> String {
    "/v1/chat/completions".to_owned()
}

impl Case {
    /// The request to send.
    pub fn request(&self) -> Request {
        let body = match (&self.model, &self.body) {
            (Some(model), None) => body_naming(model),
            (None, Some(text)) => text.bytes(),
            (None, None) => Vec::new(),
            (Some(_), Some(_)) => panic!("{}: both model and body", self.name),
        };
        let named =
            |wanted: &str| self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
        let mut headers = Vec::new();
        if let Some(key) = &self.key {
            headers.push(("authorization".to_owned(), format!("Bearer {key}").into_bytes()));
        }
        if matches!(&*self.method, "POST" | "PUT") {
            if !named("content-type") {
                headers.push(("content-type".to_owned(), b"application/json".to_vec()));
            }
            if !named("content-length") {
                headers.push(("content-length".to_owned(), body.len().to_string().into_bytes()));
            }
        }
        let own =
            |(name, value): &(String, Option<Piece>)| Some((name.clone(), value.as_ref()?.bytes()));
        headers.extend(self.headers.iter().filter_map(own));
        Request {
            method: self.method.clone(),
            path: self.path.clone(),
            authority: "llm.example.com".to_owned(),
            headers,
            body,
        }
    }
}

/// A body like a client's: what openai-python sends, `model` after `messages`.
pub fn body_naming(model: &str) -> Vec<u8> {
    let model = serde_json::Value::from(model);
    format!(r#"{{"messages":[{{"role":"user","content":"hi"}}],"model":{model}}}"#).into_bytes()
}

/// A request as a client sends it.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The host.
    pub authority: String,
    /// The headers in their order, with the case that the row gives their names (Envoy lowers it).
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body; empty: none.
    pub body: Vec<u8>,
}

impl Request {
    /// The values of the header `name`, in order.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers
            .iter()
            .filter(move |(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| &**value)
    }
}

/// Text, or bytes that are no text: `{"percent": "caf%E9"}`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Piece {
    /// Sent as UTF-8.
    Text(String),
    /// Sent percent-decoded.
    Percent {
        /// The bytes, percent-encoded where they must be.
        percent: String,
    },
    /// Sent so many times over: `{"repeat": "x", "times": 300}`.
    Repeat {
        /// What is repeated.
        repeat: String,
        /// How often.
        times: usize,
    },
}

impl Piece {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::Percent { percent } => percent_encoding::percent_decode_str(percent).collect(),
            Self::Repeat { repeat, times } => repeat.repeat(*times).into_bytes(),
        }
    }
}

/// One piece, or a list of pieces that are sent as one.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Text {
    /// One piece.
    Whole(Piece),
    /// Several, joined.
    Pieces(Vec<Piece>),
}

impl Text {
    /// The bytes that it stands for.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Whole(piece) => piece.bytes(),
            Self::Pieces(pieces) => pieces.iter().flat_map(Piece::bytes).collect(),
        }
    }
}
