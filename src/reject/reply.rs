//! The answers that this filter gives itself.

use serde_json::{json, Value};

use super::Reject;
use crate::endpoint::Dialect;

/// An answer of the filter's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// What came of the request: `ok`, or an error's code.
    pub code: &'static str,
    /// The header fields; Envoy adds `content-length`.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The body, JSON.
    pub body: Vec<u8>,
}

impl Reply {
    /// A successful answer.
    #[must_use]
    pub fn ok(body: &Value) -> Self {
        Self { status: 200, code: "ok", headers: vec![JSON], body: text(body) }
    }

    /// The answer to a request that is rejected, in the shape that its client reads.
    #[must_use]
    pub fn rejected(reject: &Reject, dialect: Dialect) -> Self {
        let class = reject.class();
        let message = reject.to_string();
        let body = match dialect {
            Dialect::OpenAi => json!({
                "error": {"message": message, "type": class.kind, "param": class.param, "code": class.code}
            }),
            Dialect::Anthropic => json!({
                "type": "error", "error": {"type": class.kind, "message": message}
            }),
        };
        let mut headers = vec![JSON];
        match class.status {
            // RFC 9110, section 11.6.1: a 401 must say how to authenticate.
            401 => headers.push(("www-authenticate", "Bearer")),
            // The SDKs retry a 5xx unless they are told that it will not help.
            500.. => headers.push(("x-should-retry", "false")),
            _ => {}
        }
        Self { status: class.status, code: class.code, headers, body: text(&body) }
    }
}

/// A value that is written into memory does not fail to be.
fn text(body: &Value) -> Vec<u8> {
    serde_json::to_vec(body).unwrap_or_default()
}

const JSON: (&str, &str) = ("content-type", "application/json");
