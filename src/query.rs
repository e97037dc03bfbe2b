//! The query of a request's path: `application/x-www-form-urlencoded` pairs (WHATWG URL, section 5), edited in place.

use std::ops::Range;

use percent_encoding::percent_decode;
use thiserror::Error;

/// The pair that names the model of a request without a body.
pub const MODEL: &str = "model";

/// The one pair of this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Where its value lies in the query.
    pub value: Range<usize>,
    /// The value, decoded.
    pub text: String,
}

/// Finds the pair `name`; `None` if there is none. One that is named so in another case is not it, but must not stand
/// beside it.
///
/// # Errors
///
/// [`QueryError`] where two readers of the query could read two different things.
pub fn find(query: &[u8], name: &str) -> Result<Option<Pair>, QueryError> {
    let (mut found, mut seen) = (None, false);
    for (pair, range) in pairs(query) {
        let key_len = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (key, value) = pair.split_at_checked(key_len).unwrap_or((pair, b""));
        let Some(key) = decoded(key).filter(|key| key.eq_ignore_ascii_case(name)) else {
            continue;
        };
        if seen {
            return Err(QueryError::Repeated);
        }
        seen = true;
        if key != name {
            continue;
        }
        let value = value.strip_prefix(b"=").unwrap_or(value);
        let text = decoded(value).ok_or(QueryError::NotText)?;
        let start = range.end.saturating_sub(value.len());
        found = Some(Pair { value: start..range.end, text });
    }
    Ok(found)
}

/// The query without its pairs `name`; `None` if it has none.
#[must_use]
pub fn without(query: &[u8], name: &str) -> Option<Vec<u8>> {
    let is_named = |pair: &[u8]| {
        let key = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
        decoded(key).is_some_and(|key| key.eq_ignore_ascii_case(name))
    };
    if !pairs(query).any(|(pair, _)| is_named(pair)) {
        return None;
    }
    let kept: Vec<_> = pairs(query).map(|(pair, _)| pair).filter(|pair| !is_named(pair)).collect();
    Some(kept.join(&b'&'))
}

/// A query that does not say one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum QueryError {
    /// The pair is there more than once, in whatever case.
    #[error("it is given more than once")]
    Repeated,
    /// Its value is not UTF-8.
    #[error("it is not UTF-8")]
    NotText,
}

/// The pairs as they are written, each with its place.
fn pairs(query: &[u8]) -> impl Iterator<Item = (&[u8], Range<usize>)> {
    let mut start = 0_usize;
    query.split(|byte| *byte == b'&').map(move |pair| {
        let end = start.saturating_add(pair.len());
        let range = start..end;
        start = end.saturating_add(1);
        (pair, range)
    })
}

fn decoded(text: &[u8]) -> Option<String> {
    let spaced: Vec<u8> =
        text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).decode_utf8().ok().map(|text| text.into_owned())
}

#[cfg(test)]
mod tests;
