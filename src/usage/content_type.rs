//! Which answers are looked at: by their `content-type` and `content-encoding`.

use crate::short_text::is_same;

/// The kinds of answers that may report a usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A JSON document, an array of them or server-sent events with them. Its bytes decide which.
    Text,
    /// Lines that are JSON documents. Its bytes may decide otherwise.
    JsonLines,
    /// Amazon's binary event stream.
    AmazonEventStream,
}

impl Format {
    /// The format of this `content-type`; `None` if such answers report no usage. Parameters are not looked at.
    #[must_use]
    pub fn of_content_type(value: &[u8]) -> Option<Self> {
        if is_same(value, b"application/json") {
            return Some(Self::Text);
        }
        let essence = value.split(|byte| *byte == b';').next()?.trim_ascii();
        if let Some((_, format)) =
            CONTENT_TYPES.iter().find(|(name, _)| essence.eq_ignore_ascii_case(name))
        {
            return Some(*format);
        }
        // RFC 6839, section 3.1.
        let suffix = essence.last_chunk::<5>()?;
        suffix.eq_ignore_ascii_case(b"+json").then_some(Self::Text)
    }
}

const CONTENT_TYPES: [(&[u8], Format); 7] = [
    (b"application/json", Format::Text),
    (b"text/event-stream", Format::Text),
    // Some servers label both so.
    (b"text/plain", Format::Text),
    // Ollama's own API.
    (b"application/x-ndjson", Format::JsonLines),
    (b"application/ndjson", Format::JsonLines),
    (b"application/jsonl", Format::JsonLines),
    // Bedrock.
    (b"application/vnd.amazon.eventstream", Format::AmazonEventStream),
];

/// Whether a body with this `content-encoding` cannot be read as it is: it is compressed.
#[must_use]
pub fn is_encoded(content_encoding: &[u8]) -> bool {
    let coding = content_encoding.trim_ascii();
    !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity")
}
