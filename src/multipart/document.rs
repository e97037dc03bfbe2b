//! What a form holds for the router.

use std::ops::Range;

/// What a scanned body holds, as far as the router wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedForm {
    /// Length of the body in bytes.
    pub len: usize,
    /// The part named `model`, if there is one.
    pub model: Option<Part>,
    /// The first part that bears the name of a field no client may send, whatever its case and
    /// punctuation: `api_key`, `api_base`, `base_url`, `user_config` or `provider_data`.
    pub forbidden: Option<&'static str>,
    /// The parts that only providers that allow them are sent, each once.
    pub needs_permission: Vec<&'static str>,
}

/// A text part found in the body. Offsets count from the start of the whole body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its value: all between the blank line after its headers and the line break before the next
    /// delimiter.
    pub value: Range<usize>,
    /// The bytes of `value`, of which nothing is known but their number.
    pub text: Vec<u8>,
    /// The digits of the part's own `content-length`, which some clients (OkHttp 4) send and some
    /// servers (aiohttp) trust: who edits the value must edit them too.
    pub content_length: Option<Range<usize>>,
}
