//! The answers that this filter gives itself.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{limits, Reject};
use crate::endpoint::Dialect;

/// An answer of the filter's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// What came of the request: `ok`, or an error's code.
    pub code: &'static str,
    /// The header fields; Envoy adds `content-length`.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The body, JSON.
    pub body: Vec<u8>,
}

impl Reply {
    /// A successful answer.
    #[must_use]
    pub fn ok(body: &Value) -> Self {
        Self { status: 200, code: "ok", headers: vec![json_type()], body: text(body) }
    }

    /// The answer to a request that is rejected, in the shape that its client reads. `request_id` is the one by which
    /// operators find the request.
    #[must_use]
    pub fn rejected(reject: &Reject, dialect: Dialect, request_id: Option<&str>) -> Self {
        let class = reject.class();
        let message = reject.to_string();
        let mut told: Map<String, Value> = Map::new();
        let mut tell = |name: &str, value: Value| {
            told.insert(name.to_owned(), value);
        };
        tell("message", message.into());
        let mut around: Map<String, Value> = Map::new();
        match dialect {
            Dialect::OpenAi => {
                tell("type", class.kind.into());
                tell("param", class.param.into());
                tell("code", class.code.into());
            }
            Dialect::Anthropic => {
                tell("type", anthropic_type(class.status).into());
                around.insert("type".to_owned(), "error".into());
                if let Some(id) = request_id {
                    around.insert("request_id".to_owned(), id.into());
                }
            }
            Dialect::Google => {
                tell("code", class.status.into());
                tell("status", google_status(class.status).into());
            }
            Dialect::Amazon => {}
        }
        let body: Value = match dialect {
            Dialect::Amazon => told.into(),
            _ => {
                around.insert("error".to_owned(), told.into());
                around.into()
            }
        };
        let mut headers = vec![json_type()];
        if dialect == Dialect::Amazon {
            headers.push(("x-amzn-errortype", amazon_type(class.status).into()));
        }
        match class.status {
            // RFC 9110, section 11.6.1: a 401 must say how to authenticate.
            401 => headers.push(("www-authenticate", "Bearer".into())),
            // RFC 9110, section 15.5.22: a 426 must say which protocol would do.
            426 => {
                headers.extend([("upgrade", "HTTP/1.1".into()), ("connection", "Upgrade".into())])
            }
            // The SDKs retry a 5xx unless they are told that it will not help.
            500.. => headers.push(("x-should-retry", "false".into())),
            429 => limits::add_headers(reject, dialect, &mut headers),
            _ => {}
        }
        Self { status: class.status, code: class.code, headers, body: text(&body) }
    }
}

/// The type of an error in Anthropic's API (platform.claude.com/docs, "Errors"; anthropic-sdk-python, `_exceptions.py`).
fn anthropic_type(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

/// The status of an error in Google's APIs (google.rpc.Code, whose HTTP statuses google/rpc/code.proto lists).
fn google_status(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        500 => "INTERNAL",
        501.. => "UNAVAILABLE",
        _ => "INVALID_ARGUMENT",
    }
}

/// The type of an error in Bedrock's own API (docs.aws.amazon.com/bedrock/latest/APIReference, "Converse", Errors). Its SDKs
/// read it in the field `x-amzn-errortype` (smithy.io, "AWS restJson1 protocol", Operation error serialization).
fn amazon_type(status: u16) -> &'static str {
    match status {
        401 | 403 => "AccessDeniedException",
        404 => "ResourceNotFoundException",
        429 => "ThrottlingException",
        500 => "InternalServerException",
        501.. => "ServiceUnavailableException",
        _ => "ValidationException",
    }
}

/// A value that is written into memory does not fail to be.
fn text(body: &Value) -> Vec<u8> {
    serde_json::to_vec(body).unwrap_or_default()
}

fn json_type() -> (&'static str, Cow<'static, str>) {
    ("content-type", Cow::Borrowed("application/json"))
}
