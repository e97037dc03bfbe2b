//! A multipart/form-data body (RFC 7578), written by hand so that a test knows its every byte.

/// A form, part by part.
#[derive(Clone)]
pub struct Form {
    boundary: String,
    bytes: Vec<u8>,
}

impl Form {
    pub fn new(boundary: &str) -> Self {
        Self { boundary: boundary.to_owned(), bytes: Vec::new() }
    }

    /// A plain field.
    pub fn field(self, name: &str, value: &str) -> Self {
        self.part(&format!("Content-Disposition: form-data; name=\"{name}\""), value.as_bytes())
    }

    pub fn file(self, name: &str, contents: &[u8]) -> Self {
        let disposition = format!("form-data; name=\"{name}\"; filename=\"{name}.bin\"");
        let kind = "Content-Type: application/octet-stream";
        self.part(&format!("Content-Disposition: {disposition}\r\n{kind}"), contents)
    }

    /// A part with these header lines.
    pub fn part(mut self, headers: &str, contents: &[u8]) -> Self {
        let head = format!("--{}\r\n{headers}\r\n\r\n", self.boundary);
        self.bytes.extend_from_slice(head.as_bytes());
        self.bytes.extend_from_slice(contents);
        self.bytes.extend_from_slice(b"\r\n");
        self
    }

    /// The whole body.
    pub fn bytes(&self) -> Vec<u8> {
        [&*self.bytes, format!("--{}--\r\n", self.boundary).as_bytes()].concat()
    }

    /// The body without its end.
    pub fn open_ended(&self) -> Vec<u8> {
        self.bytes.clone()
    }

    /// The header that announces it.
    pub fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }
}
