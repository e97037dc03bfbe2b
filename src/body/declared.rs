//! Whether a body can be taken, as far as its headers tell.

use crate::header::Headers;
use crate::multipart::{Boundary, BoundaryError};
use crate::reject::Reject;
use crate::short_text::is_same;

/// Refuses a compressed body.
pub fn check_encoding(headers: &Headers) -> Result<(), Reject> {
    match headers.all("content-encoding").all(is_identity) {
        true => Ok(()),
        false => Err(Reject::UnsupportedContentEncoding),
    }
}

/// Refuses a body that is not declared as JSON. A body without a `content-type` is taken for JSON.
pub fn check_json(headers: &Headers) -> Result<(), Reject> {
    match one_content_type(headers) {
        Ok(declared) if declared.is_none_or(is_json) => Ok(()),
        _ => Err(Reject::UnsupportedContentType("application/json in UTF-8")),
    }
}

/// Whether a body is declared as a form.
pub fn is_form(headers: &Headers) -> bool {
    let declared = one_content_type(headers).ok().flatten().unwrap_or_default();
    let essence = declared.split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"multipart/form-data")
}

/// The boundary of a body that is declared as a form; any other is refused.
pub fn form_boundary(headers: &Headers) -> Result<Boundary, Reject> {
    let refused = Reject::UnsupportedContentType("multipart/form-data");
    let declared = one_content_type(headers).ok().flatten().ok_or(refused)?;
    Boundary::from_content_type(declared).map_err(|error| match error {
        BoundaryError::NotFormData => Reject::UnsupportedContentType("multipart/form-data"),
        error => Reject::InvalidBoundary(error),
    })
}

/// Refuses a body that is announced as longer than `limit` bytes.
pub fn check_length(headers: &Headers, limit: usize) -> Result<(), Reject> {
    match declared_length(headers).is_some_and(|length| length > limit) {
        true => Err(Reject::RequestTooLarge { limit }),
        false => Ok(()),
    }
}

/// The `content-type`, if there is one. Two are an error: nobody knows which of them the provider would read.
fn one_content_type(headers: &Headers) -> Result<Option<&[u8]>, ()> {
    let mut types = headers.all("content-type");
    let first = types.next();
    types.next().map_or(Ok(first), |_| Err(()))
}

/// What `content-length` says. A number that does not fit counts as the largest that does.
fn declared_length(headers: &Headers) -> Option<usize> {
    let digits = std::str::from_utf8(headers.first("content-length")?).ok()?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(digits.parse().unwrap_or(usize::MAX))
}

/// RFC 9110, section 8.4: the codings, in a comma-separated list.
fn is_identity(value: &[u8]) -> bool {
    value
        .split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case(b"identity"))
}

const APPLICATION: &[u8] = b"application/";

/// `application/json` or `application/<something>+json` (RFC 6839, section 3.1), in UTF-8.
fn is_json(value: &[u8]) -> bool {
    if is_same(value, b"application/json") {
        return true; // so do nearly all clients say it
    }
    let mut parts = value.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let (kind, subtype) =
        parts.next().unwrap_or_default().split_at_checked(APPLICATION.len()).unwrap_or_default();
    let suffix = subtype.split_at_checked(subtype.len().saturating_sub(b"+json".len()));
    let is_suffixed = suffix.is_some_and(|(_, suffix)| suffix.eq_ignore_ascii_case(b"+json"));
    let json = kind.eq_ignore_ascii_case(APPLICATION)
        && (subtype.eq_ignore_ascii_case(b"json") || is_suffixed);
    json && parts.all(|parameter| {
        let mut halves = parameter.splitn(2, |byte| *byte == b'=').map(<[u8]>::trim_ascii);
        let is_charset = halves.next().unwrap_or_default().eq_ignore_ascii_case(b"charset");
        let charset = halves.next().unwrap_or_default();
        let charset = charset
            .strip_prefix(b"\"")
            .and_then(|quoted| quoted.strip_suffix(b"\""))
            .unwrap_or(charset);
        // This filter reads UTF-8, so the provider must not be told another charset.
        !is_charset
            || [&b"utf-8"[..], b"utf8", b"us-ascii"]
                .iter()
                .any(|name| charset.eq_ignore_ascii_case(name))
    })
}

#[cfg(test)]
mod tests;
