//! The request as the provider gets it.

use std::borrow::Cow;
use std::ops::Range;

use super::body::Contents;
use super::subprotocol;
use crate::header::{HeaderEdit, Headers, Name};
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
    /// What goes to the pool along with it, if it goes to one.
    pub mandate: Option<String>,
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

    let mut edits = Vec::with_capacity(8);
    let mut set = |name: Name, value: Vec<u8>| edits.push(HeaderEdit::Set(name, value));
    for (name, value) in &provider.headers {
        set(name.into(), value.as_bytes().to_vec());
    }
    for (name, value) in &provider.default_headers {
        if headers.first(name).is_none() {
            set(name.into(), value.as_bytes().to_vec());
        }
    }
    if let Some(body) =
        body.filter(|_| !splices.is_empty() && headers.first("content-length").is_some())
    {
        set("content-length".into(), resulting_len(body.len, &splices).to_string().into_bytes());
    }
    if let Some(authority) = &provider.authority {
        set(":authority".into(), authority.as_bytes().to_vec());
    }
    if headers.first(":path") != Some(&*new_path) {
        set(":path".into(), new_path.into_owned());
    }
    if let Some((header, value)) = authorization {
        set(header.into(), value.expose().as_bytes().to_vec());
    }
    set((&settings.cluster_header).into(), provider.cluster.as_bytes().to_vec());
    let values = edits.len();
    remove(settings, provider, headers, &mut edits);
    edits.extend(subprotocol::edits(headers, provider));
    // What is removed and what is set, in this order.
    edits.rotate_left(values);
    Ok(Rewrite { headers: edits, body: splices, mandate: None })
}

/// The client's query as the provider gets it: with the upstream model where it names one, and without the version of
/// Azure's API, which was this filter's to be told.
pub fn query_for<'a>(path: RequestPath<'a>, model: &str) -> Result<Option<Cow<'a, [u8]>>, Reject> {
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

/// Adds the fields of the client's that this provider must not get, each once. Of those that `edits` has a value for, only
/// the ones that come more than once: so nothing rests on how a host replaces a field that is there twice.
fn remove(
    settings: &Settings,
    provider: &Provider,
    headers: &Headers,
    edits: &mut Vec<HeaderEdit>,
) {
    let unwanted = (headers.named_in(&settings.stripped_headers))
        .chain(headers.named_in(&provider.dropped_headers))
        .map(Name::from)
        .chain(matches_of_wildcards(provider, headers));
    for name in unwanted {
        let is_done = edits.iter().any(|edit| match edit {
            HeaderEdit::Remove(known) => *known == name,
            HeaderEdit::Set(known, _) => *known == name && headers.all(&name).nth(1).is_none(),
        });
        if !is_done {
            edits.push(HeaderEdit::Remove(name));
        }
    }
}

/// The fields that fit a pattern with a `*` among those that the provider is not sent.
fn matches_of_wildcards(provider: &Provider, headers: &Headers) -> Vec<Name> {
    let wildcards = || provider.removed_headers.iter().filter(|pattern| pattern.is_wildcard());
    if wildcards().next().is_none() {
        return Vec::new();
    }
    // No name that is not UTF-8 is one that anybody looks for.
    (headers.iter())
        .filter_map(|(name, _)| std::str::from_utf8(name).ok().map(str::to_ascii_lowercase))
        .filter(|name| wildcards().any(|pattern| pattern.matches(name)))
        .map(|name| Name::Shared(name.into()))
        .collect()
}

/// The length of a body of `len` bytes after `splices`.
pub fn resulting_len(len: usize, splices: &[Splice]) -> usize {
    splices.iter().fold(len, |len, splice| {
        len.saturating_sub(splice.range.len()).saturating_add(splice.replacement.len())
    })
}
