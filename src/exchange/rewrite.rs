//! The request as the provider gets it.

use std::ops::Range;

use crate::header::{HeaderEdit, Headers};
use crate::provider::{Provider, RequestPath};
use crate::reject::{InvalidModel, Reject};
use crate::router::{Decision, Settings};

/// The changes that make a client's request a provider's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// To the header fields, in this order.
    pub headers: Vec<HeaderEdit>,
    /// To the body; `None` leaves every byte where it is.
    pub body: Option<Splice>,
}

/// One replacement in a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    /// The bytes that go.
    pub range: Range<usize>,
    /// What comes in their place.
    pub replacement: Vec<u8>,
}

impl Splice {
    /// Puts the JSON string of `text` in the place of `range`.
    #[must_use]
    pub fn of_string(range: Range<usize>, text: &str) -> Self {
        Self { range, replacement: serde_json::Value::from(text).to_string().into_bytes() }
    }

    /// The length of a body of `len` bytes after this.
    #[must_use]
    pub fn resulting_len(&self, len: usize) -> usize {
        len.saturating_sub(self.range.len()).saturating_add(self.replacement.len())
    }
}

/// The changes for a request that was decided on.
pub fn upstream(
    settings: &Settings,
    decision: &Decision,
    headers: &Headers,
    path: RequestPath<'_>,
    body_len: usize,
    body: Option<Splice>,
) -> Result<Rewrite, Reject> {
    let provider = &*decision.provider;
    let authorization = provider.authorization(decision.grant).map_err(|_| Reject::Internal)?;
    let new_path = provider
        .path
        .rewrite(path, &decision.upstream_model)
        .map_err(|_| Reject::InvalidModel(InvalidModel::UnsafeInPath))?;

    let mut edits = removals(settings, provider, headers);
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
    if let Some(splice) = body.as_ref().filter(|_| headers.first("content-length").is_some()) {
        set("content-length", splice.resulting_len(body_len).to_string().as_bytes());
    }
    if let Some(authority) = &provider.authority {
        set(":authority", authority.as_bytes());
    }
    if let Some(path) = new_path {
        set(":path", &path);
    }
    if let Some((header, credential)) = authorization {
        set(header, credential.header_value.expose().as_bytes());
    }
    set(&settings.cluster_header, provider.cluster.as_bytes());
    Ok(Rewrite { headers: edits, body })
}

/// The fields of the client's that this provider must not get, each once. Those that are set later are among them:
/// so nothing rests on how a host replaces a field that is there twice.
fn removals(settings: &Settings, provider: &Provider, headers: &Headers) -> Vec<HeaderEdit> {
    let mut removed: Vec<HeaderEdit> = Vec::new();
    for (name, _) in headers.iter() {
        let Ok(name) = std::str::from_utf8(name).map(str::to_ascii_lowercase) else {
            continue;
        };
        let unwanted = settings.is_stripped(&name)
            || provider.headers.iter().any(|(set, _)| **set == *name)
            || provider.removed_headers.iter().any(|pattern| pattern.matches(&name));
        let edit = HeaderEdit::Remove(name);
        if unwanted && !removed.contains(&edit) {
            removed.push(edit);
        }
    }
    removed
}
