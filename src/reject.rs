//! Why a request goes no further, and how its client is told.

mod limits;
mod quoted;
mod reply;

use std::fmt::{self, Write as _};
use std::rc::Rc;

use thiserror::Error;

use crate::json::{self, MAX_KEPT};
use crate::limit::{Overrun, Unit};
use crate::model_type::Type;
use crate::multipart;
use crate::provider_data::{self, InvalidProviderData};

pub use quoted::Quoted;
pub use reply::Reply;

/// Every reason for which this filter answers a request itself. The text of each is the message that its client
/// reads: it tells nothing that the caller may not know.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Reject {
    /// The body is not JSON, or no JSON object.
    #[error("The request body is not a valid JSON object: {0}.")]
    InvalidJson(json::Error),
    /// The request names no model.
    #[error("The request has no `model`.")]
    MissingModel,
    /// The body's model is nothing that could name one.
    #[error("{0}")]
    InvalidModel(InvalidModel),
    /// What decides where the request goes is given more than once.
    #[error("The request has more than one `{0}`.")]
    DuplicateField(&'static str),
    /// A member that the target changes is there more than once, or in another case: which one counts is not known.
    #[error("The request has `{0}` more than once, or spelled in another case.")]
    RepeatedMember(Box<str>),
    /// The body came compressed, and what came out of it is broken.
    #[error("{0} It was sent compressed, and may have been cut off or damaged.")]
    BrokenCompressedBody(Box<Self>),
    /// The body is not the form data that its content-type declares, or could be read in two ways.
    #[error("The request body is not valid multipart/form-data: {0}.")]
    InvalidMultipart(multipart::Error),
    /// The content-type names no boundary that all readers would agree on.
    #[error("The request body is not valid multipart/form-data: {0}.")]
    InvalidBoundary(multipart::BoundaryError),
    /// The caller's own keys are not in a form that can be read.
    #[error("The provider data is not valid: {0}.")]
    InvalidProviderData(InvalidProviderData),
    /// A member that other gateways let a caller set.
    #[error("The request body must not have a `{0}`.")]
    ForbiddenField(&'static str),
    /// The caller brought a key for a provider that takes none from callers.
    #[error("Provider '{provider}' does not accept a key of the caller's own.")]
    ClientCredentialsNotAllowed {
        /// The provider.
        provider: Rc<str>,
    },
    /// `provider/name:other-provider`, which nobody registered.
    #[error(
        "The model `{model}` names a provider at both ends. Register it, or leave out `:{other_provider}`."
    )]
    AmbiguousModel {
        /// As it was asked for.
        model: Quoted,
        /// The provider at the end.
        other_provider: Rc<str>,
    },
    /// A pin to a provider that is none of the model's.
    #[error("Provider '{provider}' does not support model '{model}'. Available providers: {}", CommaSeparated(.available))]
    ProviderNotFoundForModel {
        /// The provider after the colon.
        provider: Rc<str>,
        /// What precedes the colon.
        model: Quoted,
        /// Where this caller could be routed to for it.
        available: Vec<Rc<str>>,
    },
    /// None of the model's providers serves the endpoint.
    #[error("The model `{model}` is not served at {endpoint}. It is served at: {}.", CommaSeparated(.endpoints))]
    EndpointNotSupported {
        /// As it was asked for.
        model: Quoted,
        /// The endpoint, below its base path.
        endpoint: &'static str,
        /// Where this caller could be served it.
        endpoints: Vec<&'static str>,
    },
    /// The model is for other endpoints.
    #[error("The model `{model}` is of type {kind} and cannot be used with {endpoint}.")]
    ModelTypeMismatch {
        /// As it was asked for.
        model: Quoted,
        /// What it is.
        kind: Type,
        /// The endpoint, below its base path.
        endpoint: &'static str,
    },
    /// The request shows no key.
    #[error("No API key was provided. Send it as `Authorization: Bearer <key>`.")]
    MissingApiKey,
    /// The key is unknown, disabled or expired: one text for all.
    #[error("The API key is not valid.")]
    InvalidApiKey,
    /// The request shows several keys, of which not exactly one is known.
    #[error("The request shows several API keys, in {}. Send exactly one that is valid.", CommaSeparated(.fields))]
    SeveralApiKeys {
        /// The header fields that show them.
        fields: Vec<Box<str>>,
    },
    /// There is no credential to send the request with.
    #[error("No credential is configured that lets you use the model `{model}` (served by: {}).", CommaSeparated(.providers))]
    CredentialNotConfigured {
        /// As it was asked for.
        model: Quoted,
        /// Where it is served.
        providers: Vec<Rc<str>>,
    },
    /// There is no credential of the caller's own for what is stored at a provider.
    #[error("No credential of your team's own is configured for provider '{provider}', which holds what you ask for.")]
    ResourceCredentialNotConfigured {
        /// The provider.
        provider: Rc<str>,
    },
    /// The provider that the request names does not hold resources of the caller's team.
    #[error("The header `x-llm-provider` names none of the providers that you can use here: {}.", CommaSeparated(.available))]
    UnknownProvider {
        /// Those that the caller can name.
        available: Vec<Rc<str>>,
    },
    /// The model does not exist, or the caller may not have it: one text for both.
    #[error("The model `{model}` does not exist or you do not have access to it.")]
    ModelNotFound {
        /// As it was asked for.
        model: Quoted,
    },
    /// The path and method are those of no endpoint.
    #[error("There is no endpoint {method} {path}.{}", DidYouMean(.nearest))]
    UnknownEndpoint {
        /// The method.
        method: Quoted,
        /// The path, without its query.
        path: Quoted,
        /// The method and the path of the endpoint that was probably meant.
        nearest: Option<String>,
    },
    /// The body is larger than this filter takes.
    #[error("The request body is larger than the limit of {limit} bytes.")]
    RequestTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The body is compressed.
    #[error("The request body has a content-encoding. Send it without.")]
    UnsupportedContentEncoding,
    /// The body is not declared as what the endpoint takes.
    #[error("The content-type of this request must be {0}.")]
    UnsupportedContentType(&'static str),
    /// The request wants a connection upgraded at an endpoint that has no such connections.
    #[error("This endpoint has no WebSocket. Send the request over plain HTTP.")]
    UpgradeNotSupported {
        /// Whether another method could be meant: a `GET` is told so, with 426.
        is_get: bool,
    },
    /// The request would go over a limit of the caller's key or team. Boxed, so that no other error is larger for it.
    #[error("{0}")]
    LimitReached(Box<Overrun>),
    /// The request could not be counted against a limit, so nobody knows whether it is over.
    #[error("The gateway could not count this request against your limits. Please try again.")]
    LimitNotCounted,
    /// The provider refused the credential that it was sent.
    #[error("The provider did not accept the gateway's credential.")]
    UpstreamAuthenticationFailed,
    /// The provider wants money of whoever holds the credential that it was sent.
    #[error("The gateway's quota at the provider is used up.")]
    UpstreamQuotaExhausted,
    /// The provider sends the client elsewhere, with its prompt.
    #[error("The provider answered with a redirect, which the gateway does not follow.")]
    UpstreamRedirected,
    /// The provider answered with what no client of this API may be told: 407, or an upgrade that nobody asked for.
    #[error("The provider's answer cannot be passed on.")]
    UpstreamRefused,
    /// The host refused something that it never should.
    #[error("The gateway could not process this request.")]
    Internal,
}

impl Reject {
    /// The HTTP status, the error type and the error code.
    #[must_use]
    pub fn class(&self) -> Class {
        let (status, kind, code) = match self {
            Self::InvalidJson(_) => (400, INVALID_REQUEST, "invalid_json"),
            Self::BrokenCompressedBody(broken) => return broken.class(),
            Self::MissingModel => (400, INVALID_REQUEST, "missing_model"),
            Self::InvalidModel(_) => (400, INVALID_REQUEST, "invalid_model"),
            Self::DuplicateField(_) | Self::RepeatedMember(_) => {
                (400, INVALID_REQUEST, "duplicate_field")
            }
            Self::AmbiguousModel { .. } => (400, INVALID_REQUEST, "ambiguous_model"),
            Self::ProviderNotFoundForModel { .. } => {
                (400, INVALID_REQUEST, "provider_not_found_for_model")
            }
            Self::ModelTypeMismatch { .. } => (400, INVALID_REQUEST, "model_type_mismatch"),
            Self::EndpointNotSupported { .. } => (400, INVALID_REQUEST, "endpoint_not_supported"),
            Self::InvalidMultipart(_) | Self::InvalidBoundary(_) => {
                (400, INVALID_REQUEST, "invalid_multipart")
            }
            Self::InvalidProviderData(_) => (400, INVALID_REQUEST, "invalid_provider_data"),
            Self::ForbiddenField(_) => (400, INVALID_REQUEST, "forbidden_field"),
            Self::ClientCredentialsNotAllowed { .. } => {
                (400, INVALID_REQUEST, "client_credentials_not_allowed")
            }
            Self::MissingApiKey => (401, "authentication_error", "missing_api_key"),
            Self::InvalidApiKey | Self::SeveralApiKeys { .. } => {
                (401, "authentication_error", "invalid_api_key")
            }
            Self::CredentialNotConfigured { .. } | Self::ResourceCredentialNotConfigured { .. } => {
                (403, "permission_error", "credential_not_configured")
            }
            Self::UnknownProvider { .. } => (400, INVALID_REQUEST, "unknown_provider"),
            Self::ModelNotFound { .. } => (404, INVALID_REQUEST, "model_not_found"),
            Self::UnknownEndpoint { .. } => (404, INVALID_REQUEST, "unknown_endpoint"),
            Self::RequestTooLarge { .. } => (413, INVALID_REQUEST, "request_too_large"),
            Self::UnsupportedContentEncoding => {
                (415, INVALID_REQUEST, "unsupported_content_encoding")
            }
            Self::UnsupportedContentType(_) => (415, INVALID_REQUEST, "unsupported_content_type"),
            // OpenAI's types of this error are what has run out, `insufficient_quota` where that is money.
            Self::LimitReached(overrun) => {
                let kind = match overrun.quota.unit {
                    Unit::Requests => "requests",
                    Unit::Tokens => "tokens",
                    Unit::Dollars => "insufficient_quota",
                };
                (429, kind, "rate_limit_exceeded")
            }
            Self::LimitNotCounted => (429, "requests", "rate_limit_exceeded"),
            Self::UpstreamAuthenticationFailed => {
                (502, "api_error", "upstream_authentication_failed")
            }
            Self::UpgradeNotSupported { is_get: true } => {
                (426, INVALID_REQUEST, "upgrade_not_supported")
            }
            Self::UpgradeNotSupported { is_get: false } => {
                (400, INVALID_REQUEST, "upgrade_not_supported")
            }
            Self::UpstreamQuotaExhausted => (502, "api_error", "upstream_quota_exhausted"),
            Self::UpstreamRedirected => (502, "api_error", "upstream_redirected"),
            Self::UpstreamRefused => (502, "api_error", "upstream_refused"),
            Self::Internal => (500, "api_error", "internal_error"),
        };
        Class { status, kind, code, param: self.param() }
    }

    /// The field of the request that is at fault.
    fn param(&self) -> Option<&'static str> {
        match self {
            Self::MissingModel
            | Self::InvalidModel(_)
            | Self::AmbiguousModel { .. }
            | Self::ProviderNotFoundForModel { .. }
            | Self::ModelTypeMismatch { .. }
            | Self::EndpointNotSupported { .. }
            | Self::CredentialNotConfigured { .. }
            | Self::ModelNotFound { .. } => Some("model"),
            Self::DuplicateField(name) | Self::ForbiddenField(name) => Some(name),
            Self::InvalidProviderData(_) | Self::ClientCredentialsNotAllowed { .. } => {
                Some(provider_data::MEMBER)
            }
            Self::InvalidJson(_)
            | Self::BrokenCompressedBody(_)
            | Self::RepeatedMember(_)
            | Self::InvalidMultipart(_)
            | Self::InvalidBoundary(_)
            | Self::MissingApiKey
            | Self::InvalidApiKey
            | Self::SeveralApiKeys { .. }
            | Self::ResourceCredentialNotConfigured { .. }
            | Self::UnknownProvider { .. }
            | Self::UnknownEndpoint { .. }
            | Self::RequestTooLarge { .. }
            | Self::UnsupportedContentEncoding
            | Self::UnsupportedContentType(_)
            | Self::UpgradeNotSupported { .. }
            | Self::LimitReached(_)
            | Self::LimitNotCounted
            | Self::UpstreamAuthenticationFailed
            | Self::UpstreamQuotaExhausted
            | Self::UpstreamRedirected
            | Self::UpstreamRefused
            | Self::Internal => None,
        }
    }
}

const INVALID_REQUEST: &str = "invalid_request_error";

/// What of an error a program reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Class {
    /// The HTTP status.
    pub status: u16,
    /// `error.type`.
    pub kind: &'static str,
    /// `error.code`.
    pub code: &'static str,
    /// `error.param`.
    pub param: Option<&'static str>,
}

/// What is wrong with a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidModel {
    /// It is a number, say.
    #[error("`model` must be a string.")]
    NotAString,
    /// It is `null`, as clients write that have it elsewhere.
    #[error("`model` must be a string.")]
    Null,
    /// It is the empty string.
    #[error("`model` must not be empty.")]
    Empty,
    /// It is longer than any name.
    #[error("`model` must not be longer than {max} bytes.", max = MAX_KEPT)]
    TooLong,
    /// It holds a control character or half of a surrogate pair, or is not UTF-8.
    #[error("`model` must be text without control characters.")]
    Unprintable,
    /// The session that holds it is longer than is read.
    #[error("`session` must not be longer than {max} bytes.", max = MAX_KEPT)]
    SessionTooLong,
    /// The provider wants it in the path, where it cannot stand.
    #[error("`model` must not contain `.` or `..` as a path segment.")]
    UnsafeInPath,
}

/// Names separated by commas, or `none`.
struct CommaSeparated<'a, T>(&'a [T]);

impl<T: AsRef<str>> fmt::Display for CommaSeparated<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = self.0.iter();
        match names.next() {
            None => f.write_str("none"),
            Some(first) => {
                f.write_str(first.as_ref())?;
                names.try_for_each(|name| {
                    f.write_str(", ")?;
                    f.write_str(name.as_ref())
                })
            }
        }
    }
}

/// What was probably meant, as a sentence; nothing where that is not known.
struct DidYouMean<'a>(&'a Option<String>);

impl fmt::Display for DidYouMean<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(meant) => write!(f, " Did you mean {meant}?"),
            None => Ok(()),
        }
    }
}

/// `text` with what a terminal or a log viewer could act on escaped.
fn escape_into(out: &mut String, text: impl Iterator<Item = char>) {
    for character in text {
        match character {
            // They are harmless, and `escape_debug` would make a common name unreadable.
            '"' | '\'' | '\\' => out.push(character),
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(out, "{}", character.escape_debug());
            }
        }
    }
}

#[cfg(test)]
mod tests;
