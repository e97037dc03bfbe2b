//! A request in its own bytes: the case, order and number of its headers are the test's.

use super::client::{unique_test_id, Exchange};
use super::wire::{chunked, head};
use super::{transcript, Gateway, Wire};

/// A request that is written as it stands, on a connection of its own.
pub struct RawRequest {
    line: String,
    fields: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    chunk: Option<usize>,
    trailers: String,
}

impl RawRequest {
    /// A request of this method and path, `POST /v1/chat/completions`.
    pub fn new(line: &str) -> Self {
        let line = line.to_owned();
        Self { line, fields: vec![], body: vec![], chunk: None, trailers: String::new() }
    }

    pub fn key(self, key: &str) -> Self {
        self.fields(&[("Authorization", format!("Bearer {key}").as_bytes())])
    }

    pub fn fields(mut self, fields: &[(&str, &[u8])]) -> Self {
        fields.iter().for_each(|(name, value)| transcript::keep_shown(name, value));
        self.fields.extend(fields.iter().map(|(name, value)| (name.to_string(), value.to_vec())));
        self
    }

    /// A body and its length.
    pub fn body(self, body: &[u8]) -> Self {
        Self { body: body.to_vec(), ..self }
    }

    /// A body in chunks of the size, without a length.
    pub fn chunks(self, body: &[u8], size: usize) -> Self {
        Self { chunk: Some(size), ..self.body(body) }
    }

    pub fn trailer(mut self, name: &str, value: &str) -> Self {
        self.trailers += &format!("{name}: {value}\r\n");
        self
    }

    pub async fn send(self, gateway: &Gateway, listener: &str) -> Exchange {
        let test_id = unique_test_id();
        let mut wire = Wire::connect(gateway.listener(listener)).await;
        wire.write([self.head(&test_id), self.payload()].concat()).await;
        let answer = wire.answer().await;
        Exchange::new(answer, gateway.received(&test_id), test_id)
    }

    /// What goes over the wire first.
    pub fn head(&self, test_id: &str) -> Vec<u8> {
        let length = self.body.len().to_string();
        let framing: (&str, &[u8]) = match self.chunk {
            Some(_) => ("Transfer-Encoding", b"chunked"),
            None => ("Content-Length", length.as_bytes()),
        };
        let given = self.fields.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
        let fields: Vec<_> = given.chain([framing, ("X-Test-Id", test_id.as_bytes())]).collect();
        head(&self.line, &fields)
    }

    /// What follows it.
    pub fn payload(&self) -> Vec<u8> {
        let end = || format!("{}\r\n", self.trailers).into_bytes();
        match self.chunk {
            None => self.body.clone(),
            Some(size) => [chunked(&self.body, size), end()].concat(),
        }
    }
}
