/// What an answer consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON document.
    Json,
    /// Server-sent events whose data are JSON documents.
    EventStream,
}

impl Format {
    /// The format of this `content-type`; `None` if it is neither. Parameters are not looked at.
    #[must_use]
    pub fn of_content_type(value: &[u8]) -> Option<Self> {
        let essence = value.split(|byte| *byte == b';').next()?.trim_ascii().to_ascii_lowercase();
        match essence.as_slice() {
            b"text/event-stream" => Some(Self::EventStream),
            b"application/json" => Some(Self::Json),
            // RFC 6839, section 3.1.
            other => other.ends_with(b"+json").then_some(Self::Json),
        }
    }
}
