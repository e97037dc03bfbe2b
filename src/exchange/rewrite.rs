//! The request as the provider gets it.

use std::borrow::Cow;
use std::ops::Range;

use super::body::Contents;
use super::subprotocol;
use crate::header::{HeaderEdit, Headers};
use crate::provider::{percent_encode, Provider, RequestPath};
use crate::query;
use crate::reject::{InvalidModel, Reject};
use crate::router::{Decision, Settings};

/// The changes that make a client's request a provider's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// To the header fields, in this order.
    pub headers: Vec<HeaderEdit>,
    /// To the body, in the order of their places; none of them overlaps another. Empty leaves every byte where it is.
    pub body: Vec<Splice>,
}

/// One replacement in a body. Offsets are those of the body as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    /// The bytes that go.
    pub range: Range<usize>,
    /// What comes in their place.
    pub replacement: Vec<u8>,
}

impl Splice {
    /// Puts `replacement` in the place of `range`.
    #[must_use]
    pub fn new(range: Range<usize>, replacement: impl Into<Vec<u8>>) -> Self {
        Self { range, replacement: replacement.into() }
    }
}

/// The changes for a request that was decided on; `body` is what it holds, if it has one.
pub fn upstream(
    settings: &Settings,
    decision: &Decision,
    headers: &Headers,
    path: RequestPath<'_>,
    body: Option<&Contents>,
) -> Result<Rewrite, Reject> {
    let provider = &*decision.provider;
    let model = &*decision.upstream_model;
    let authorization = provider.authorization(&decision.grant).map_err(|_| Reject::Internal)?;
    let new_path = provider
        .path
        .rewrite(path, query_for(path, model)?.as_deref(), model)
        .map_err(|_| Reject::InvalidModel(InvalidModel::UnsafeInPath))?;
    let is_needed = !provider.path.names_the_model(path);
    let splices = body.map_or_else(|| Ok(Vec::new()), |body| body.naming(model, is_needed))?;

    let mut edits = removals(settings, provider, headers);
    edits.extend(subprotocol::edits(headers, provider));
    let mut set =
        |name: &str, value: &[u8]| edits.push(HeaderEdit::Set(name.to_owned(), value.to_vec()));
    for (name, value) in &provider.headers {
        set(name, value.as_bytes());
    }
    for (name, value) in &provider.default_headers {
        if headers.first(name).is_none() {
            set(name, value.as_bytes());
        }
    }
    if let Some(body) =
        body.filter(|_| !splices.is_empty() && headers.first("content-length").is_some())
    {
        set("content-length", resulting_len(body.len, &splices).to_string().as_bytes());
    }
    if let Some(authority) = &provider.authority {
        set(":authority", authority.as_bytes());
    }
    if headers.first(":path") != Some(&*new_path) {
        set(":path", &new_path);
    }
    if let Some((header, value)) = authorization {
        set(header, value.expose().as_bytes());
    }
    set(&settings.cluster_header, provider.cluster.as_bytes());
    Ok(Rewrite { headers: edits, body: splices })
}

/// The client's query as the provider gets it: with the upstream model where it names one, and without the version of
/// Azure's API, which was this filter's to be told.
fn query_for<'a>(path: RequestPath<'a>, model: &str) -> Result<Option<Cow<'a, [u8]>>, Reject> {
    let Some(query) = path.query else { return Ok(None) };
    if path.deployment.is_some() {
        let left = query::without(query, "api-version").map_or(Cow::Borrowed(query), Cow::Owned);
        return Ok(Some(left).filter(|left| !left.is_empty()));
    }
    if !path.names_model_in_query() {
        return Ok(Some(Cow::Borrowed(query)));
    }
    let found = query::find(query, query::MODEL).ok().flatten().ok_or(Reject::Internal)?;
    if found.text == model {
        return Ok(Some(Cow::Borrowed(query)));
    }
    let front = query.get(..found.value.start).unwrap_or_default();
    let rest = query.get(found.value.end..).unwrap_or_default();
    Ok(Some(Cow::Owned([front, percent_encode(model).as_bytes(), rest].concat())))
}

/// The fields of the client's that this provider must not get, each once. Those that are set later are among them:
/// so nothing rests on how a host replaces a field that is there twice.
fn removals(settings: &Settings, provider: &Provider, headers: &Headers) -> Vec<HeaderEdit> {
    let mut removed: Vec<HeaderEdit> = Vec::new();
    for (name, _) in headers.iter() {
        let Some(name) = lower_case(name) else {
            continue;
        };
        let unwanted = settings.is_stripped(&name)
            // Tokens are counted from the answer as it passes: it must come as plain text.
            || name == "accept-encoding"
            || provider.headers.iter().any(|(set, _)| **set == *name)
            || provider.removed_headers.iter().any(|pattern| pattern.matches(&name));
        if !unwanted {
            continue;
        }
        let edit = HeaderEdit::Remove(name.into_owned());
        if !removed.contains(&edit) {
            removed.push(edit);
        }
    }
    removed
}

/// A field's name in lower case, which it usually is already. No name that is not UTF-8 is one that anybody looks for.
fn lower_case(name: &[u8]) -> Option<Cow<'_, str>> {
    let name = std::str::from_utf8(name).ok()?;
    let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
    Some(if is_lower { Cow::Borrowed(name) } else { Cow::Owned(name.to_ascii_lowercase()) })
}

/// The length of a body of `len` bytes after `splices`.
fn resulting_len(len: usize, splices: &[Splice]) -> usize {
    splices.iter().fold(len, |len, splice| {
        len.saturating_sub(splice.range.len()).saturating_add(splice.replacement.len())
    })
}
