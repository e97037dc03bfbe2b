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
        let essence = value.split(|byte| *byte == b';').next()?.trim_ascii();
        // RFC 6839, section 3.1.
        let suffix = essence.last_chunk::<5>();
        let is_json = essence.eq_ignore_ascii_case(b"application/json")
            || suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case(b"+json"));
        match essence.eq_ignore_ascii_case(b"text/event-stream") {
            true => Some(Self::EventStream),
            false => is_json.then_some(Self::Json),
        }
    }
}
