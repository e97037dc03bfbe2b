//! The query of a request's path: `application/x-www-form-urlencoded` pairs (WHATWG URL, section 5), edited in place.

use std::borrow::Cow;
use std::ops::Range;

use percent_encoding::{percent_decode, utf8_percent_encode, AsciiSet, NON_ALPHANUMERIC};
use thiserror::Error;

/// The pair that names the model of a request without a body.
pub const MODEL: &str = "model";

/// The pair in which Azure's clients name it.
pub const DEPLOYMENT: &str = "deployment";

/// How a query names the model that a provider is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelPair<'a> {
    /// The model.
    pub model: &'a str,
    /// Whether the pair keeps its name; else it is [`MODEL`].
    pub keeps_name: bool,
}

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
        let (key, value) = halves(pair);
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
        let text = decoded(value).ok_or(QueryError::NotText)?;
        let start = range.end.saturating_sub(value.len());
        found = Some(Pair { value: start..range.end, text });
    }
    Ok(found)
}

/// The query with those pairs that `keep` keeps by their decoded names and values, and with `model`, if it is given, in the
/// place of the model that it names. A pair that is kept is written as it came; one that a provider could read for the
/// model's, too, is not kept. `None` where nothing is left.
#[must_use]
pub fn rewritten<'q>(
    query: &'q [u8],
    model: Option<ModelPair<'_>>,
    keep: &dyn Fn(&[u8], &[u8]) -> bool,
) -> Option<Cow<'q, [u8]>> {
    let mut kept: Vec<Cow<'_, [u8]>> = Vec::new();
    let mut is_changed = false;
    for (pair, _) in pairs(query) {
        let (written, value) = halves(pair);
        let (name, value) = (decoded_bytes(written), decoded_bytes(value));
        match model {
            _ if !keep(&name, &value) => is_changed = true,
            Some(ModelPair { model, keeps_name }) if is_model(&name) => {
                let stays = keeps_name || *name == *MODEL.as_bytes();
                if stays && *value == *model.as_bytes() {
                    kept.push(Cow::Borrowed(pair));
                    continue;
                }
                is_changed = true;
                let name = if stays { written } else { MODEL.as_bytes() };
                kept.push(Cow::Owned([name, b"=", percent_encode(model).as_bytes()].concat()));
            }
            Some(_) if name.eq_ignore_ascii_case(DEPLOYMENT.as_bytes()) => is_changed = true,
            _ => kept.push(Cow::Borrowed(pair)),
        }
    }
    match (is_changed, kept.is_empty()) {
        (false, _) => Some(Cow::Borrowed(query)),
        (true, true) => None,
        (true, false) => Some(Cow::Owned(kept.join(&b'&'))),
    }
}

/// Whether a pair of this name names the model.
#[must_use]
pub fn is_model(name: &[u8]) -> bool {
    *name == *MODEL.as_bytes() || *name == *DEPLOYMENT.as_bytes()
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

/// Name and value of a pair, as they are written.
fn halves(pair: &[u8]) -> (&[u8], &[u8]) {
    let end = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
    let (name, value) = pair.split_at_checked(end).unwrap_or((pair, b""));
    (name, value.strip_prefix(b"=").unwrap_or(value))
}

fn decoded_bytes(text: &[u8]) -> Cow<'_, [u8]> {
    match text.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        false => Cow::Borrowed(text),
        true => {
            let spaced: Vec<u8> =
                text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
            Cow::Owned(percent_decode(&spaced).collect())
        }
    }
}

fn decoded(text: &[u8]) -> Option<String> {
    String::from_utf8(decoded_bytes(text).into_owned()).ok()
}

/// `text` with everything but unreserved characters percent-encoded.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, OUTSIDE_UNRESERVED).collect()
}

/// Everything but the unreserved characters of RFC 3986, section 2.3.
const OUTSIDE_UNRESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[cfg(test)]
mod tests;
