//! Which of the client's header fields a provider is not sent.

use crate::header::NameSet;
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

    /// Whether the field `name` is removed. `name` is in lower case.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.names.contains(name.as_bytes())
            || self.patterns.iter().any(|pattern| pattern.matches(name) && may_be_removed(name))
            || (tells_who_calls(name) && !self.kept.iter().any(|pattern| pattern.matches(name)))
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
fn tells_who_calls(name: &str) -> bool {
    match name.as_bytes().first() {
        Some(b'o') => name == "origin",
        Some(b'r') => name == "referer",
        Some(b's') => name.starts_with("sec-fetch-") || name.starts_with("sec-ch-"),
        Some(b'v') => name == "via",
        Some(b'f') => name == "forwarded",
        Some(b't') => name == "true-client-ip",
        Some(b'c') => name == "cf-connecting-ip",
        Some(b'x') => {
            name.starts_with("x-envoy-")
                || (name.starts_with("x-forwarded-") && name != "x-forwarded-proto")
                || name == "x-real-ip"
                || name == "x-client-ip"
        }
        _ => false,
    }
}
