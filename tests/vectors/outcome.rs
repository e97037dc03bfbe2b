//! What came of a request, as a runner saw it.

use std::collections::BTreeMap;

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What was sent upstream, or answered.
    pub end: End,
    /// What access logs see. `None`: this runner does not look.
    pub filter_state: Option<BTreeMap<String, String>>,
}

/// Where a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// With a provider, or with Envoy's own routes.
    Upstream(Upstream),
    /// With an answer of the filter's own.
    Reply(Reply),
}

/// The request that left the filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The values of the cluster header, or the cluster that the request arrived at. Empty: passed on.
    pub clusters: Vec<String>,
    /// The path with its query.
    pub path: String,
    /// The host.
    pub authority: String,
    /// All other headers, names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
    /// What only the filter's own end shows. `None`: the runner sees the request at the provider's end, where Envoy
    /// has added headers of its own.
    pub edits: Option<Edits>,
}

/// How the filter made the request that it sent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edits {
    /// Whether it wrote to the body.
    pub body_written: bool,
}

impl Upstream {
    /// The values of the header `name`, in order.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers
            .iter()
            .filter(move |(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| &**value)
    }
}

/// An answer of the filter's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// The first value of the header `name`, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let value = self.headers.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
        value.and_then(|(_, value)| std::str::from_utf8(value).ok())
    }
}
