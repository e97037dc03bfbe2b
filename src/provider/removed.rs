//! Which of the client's header fields a provider is not sent.

use crate::header::{HeaderName, NameSet};
use crate::pattern::Pattern;

/// The fields that a provider is not sent, beside the credentials that no provider is.
#[derive(Debug, Default)]
pub struct RemovedHeaders {
    names: NameSet,
    patterns: Vec<Pattern>,
    /// What the configuration keeps of the fields that tell who the caller is.
    kept: Vec<Pattern>,
}

impl RemovedHeaders {
    /// Removes the fields that match `pattern`.
    pub fn add(&mut self, pattern: Pattern) {
        match pattern.literal() {
            Some(name) => self.names.insert(name.into()),
            None => self.patterns.push(pattern),
        }
    }

    /// Keeps the fields that match `pattern`, though they tell who the caller is.
    pub fn keep(&mut self, pattern: Pattern) {
        self.kept.push(pattern);
    }

    /// Whether the field `name` is removed.
    #[must_use]
    pub fn contains(&self, name: HeaderName<'_>) -> bool {
        let matches = |pattern: &Pattern| name.text().is_some_and(|name| pattern.matches(name));
        let may_be_removed = || name.text().is_some_and(may_be_removed);
        self.names.contains(name)
            || self.patterns.iter().any(|pattern| matches(pattern) && may_be_removed())
            || (tells_who_calls(name.bytes()) && !self.kept.iter().any(matches))
    }
}

/// Fields that no pattern of a configuration removes: without pseudo-header fields and framing there is no request, and
/// Envoy itself needs the others.
#[must_use]
pub fn may_be_removed(name: &str) -> bool {
    !name.starts_with(':')
        && !crate::header::FRAMING_HEADERS.contains(&name)
        && !NEEDED.contains(&name)
}

/// Fields that Envoy writes for its own work: the scheme of the client, the id of the request, the span of its trace.
const NEEDED: [&str; 3] = ["x-forwarded-proto", "x-request-id", "traceparent"];

/// Whether a field tells a provider who the gateway's caller is: its address, its browser, the page that it comes from.
fn tells_who_calls(name: &[u8]) -> bool {
    match name {
        [b'o', ..] => name == b"origin",
        [b'r', ..] => name == b"referer",
        [b's', b'e', b'c', b'-', rest @ ..] => {
            rest.starts_with(b"fetch-") || rest.starts_with(b"ch-")
        }
        [b'v', ..] => name == b"via",
        [b'f', b'o', ..] => name == b"forwarded",
        [b't', b'r', b'u', ..] => name == b"true-client-ip",
        [b'c', b'f', ..] => name == b"cf-connecting-ip",
        [b'x', b'-', b'e', b'n', rest @ ..] => rest.starts_with(b"voy-"),
        [b'x', b'-', b'f', rest @ ..] => {
            rest.starts_with(b"orwarded-") && rest != b"orwarded-proto"
        }
        [b'x', b'-', b'r', ..] => name == b"x-real-ip",
        [b'x', b'-', b'c', ..] => name == b"x-client-ip",
        _ => false,
    }
}
