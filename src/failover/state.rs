//! The filter state by which the filter in the listener and the one in a pool work together.
//!
//! Filter state belongs to one request of a client, and all its attempts. Neither clients nor providers can read or
//! write it; access logs can show it, so no secret is in it.
//!
//! | key | written by | read by |
//! |---|---|---|
//! | `CONTEXT` | the listener, once, before the request leaves it | every attempt |
//! | `ATTEMPT` | every attempt, when it begins and when it is over | the next attempt |
//! | [`TRIED`], [`ATTEMPTS`] | every attempt, when it begins | the listener, when the response comes; access logs |
//!
//! ```text
//! listener      CONTEXT ──────────┬──────────────────────┬──────────────────► response: TRIED
//!                                 ▼                      ▼                           ▲
//! attempt 1     ATTEMPT = running, its fields            │                           │
//!               TRIED = p1                               │                           │
//!               fails: ATTEMPT = over, its fields ──────►│                           │
//! attempt 2                       ATTEMPT = running, its fields                      │
//!                                 TRIED = p1,p2                                      │
//!                                 response ──────────────────────────────────────────┘
//! ```
//!
//! An attempt that begins while `ATTEMPT` says that another one runs is refused: Envoy has one map of header fields
//! for both, so one of them could be sent the other's credential (a route with a `hedge_policy` does that).

#![cfg_attr(not(target_os = "wasi"), allow(dead_code, reason = "the filter alone calls the host"))]

use crate::header::HeaderName;

/// What the listener decided: a [`FailoverContext`](super::FailoverContext).
pub const CONTEXT: &str = "llm_router.failover_context";
/// How the last attempt stands: an [`AttemptState`].
pub const ATTEMPT: &str = "llm_router.attempt";
/// The providers that were tried, in their order, separated by commas.
pub const TRIED: &str = "llm_router.providers_tried";
/// How many attempts there were.
pub const ATTEMPTS: &str = "llm_router.attempts";

/// A header field that stands in every request to a pool until the pool's filter takes it away. No header field may have
/// its value, so Envoy's codecs refuse to send it (`HeaderUtility::checkValidRequestHeaders`): a pool without the filter
/// gets nothing. Filters between the two see a request that is otherwise whole.
pub const GUARD: &str = "x-llm-router-pool";
/// A control character (RFC 9110, section 5.5): one that frames nothing, should anybody send it after all.
pub const GUARD_VALUE: &[u8] = b"\x01";

/// What Envoy knows of an attempt that is about to be made.
#[derive(Debug, Default)]
pub struct AttemptInput {
    /// `CONTEXT`.
    pub context: Option<Vec<u8>>,
    /// The provider that the metadata of the chosen endpoint names.
    pub provider: Option<Vec<u8>>,
    /// `ATTEMPT`; `None` for the first.
    pub previous: Option<Vec<u8>>,
}

/// How an attempt stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptState {
    /// Whether it is over.
    pub is_over: bool,
    /// The names of the header fields that it wrote. They are still with Envoy when the next one begins.
    pub fields: Vec<String>,
}

const RUNNING: &str = "running ";
const OVER: &str = "over ";

impl AttemptState {
    /// As it is stored: `running` or `over`, a space, and the names, each with a comma behind it.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = if self.is_over { OVER } else { RUNNING }.to_owned();
        for name in &self.fields {
            text.push_str(name);
            text.push(',');
        }
        text
    }

    /// Reads what was stored; `None` for anything else.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (is_over, names) = match (text.strip_prefix(OVER), text.strip_prefix(RUNNING)) {
            (Some(names), _) => (true, names),
            (None, Some(names)) => (false, names),
            (None, None) => return None,
        };
        let names = names.split(',').filter(|name| !name.is_empty());
        Some(Self { is_over, fields: names.map(str::to_owned).collect() })
    }

    /// Whether the attempt wrote the field `name`.
    #[must_use]
    pub fn wrote(&self, name: HeaderName<'_>) -> bool {
        self.fields.iter().any(|field| HeaderName::of(field) == name)
    }
}

/// [`TRIED`] after one more attempt, at `provider`.
#[must_use]
pub fn tried_with(before: &str, provider: &str) -> String {
    match before.is_empty() {
        true => provider.to_owned(),
        false => [before, ",", provider].concat(),
    }
}
