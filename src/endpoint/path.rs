//! A client's path: the endpoint, the model that it names, and the query.

use percent_encoding::percent_decode;

use super::{Dialect, Endpoint, Operation};

/// What precedes the deployment in the path of an Azure client.
pub const DEPLOYMENTS: &str = "/openai/deployments/";

/// A client's path, taken apart where the rules need it. All of it is as the client sent it.
#[derive(Debug, Clone, Copy)]
pub struct RequestPath<'a> {
    /// The path without the query.
    pub path: &'a [u8],
    /// The base path that such requests have: the one that this begins with, or for an Azure client's the usual one.
    pub base: &'a str,
    /// What follows the base path, without the slash: `chat/completions`.
    pub endpoint: &'a str,
    /// The deployment that an Azure client names in the path, percent-encoded.
    pub deployment: Option<&'a str>,
    /// The query, without its `?`.
    pub query: Option<&'a [u8]>,
}

/// The paths under which the API lives on a listener.
#[derive(Debug, Default)]
pub struct BasePaths {
    /// The longest first, for one may begin another.
    paths: Vec<Box<str>>,
    /// The first in the configuration: what an Azure client's request has in the place of its own.
    usual: Box<str>,
}

impl BasePaths {
    /// Takes the base paths, each beginning with a slash and ending without one.
    #[must_use]
    pub fn new(given: Vec<Box<str>>) -> Self {
        let usual = given.first().cloned().unwrap_or_default();
        let mut paths: Vec<Box<str>> = Vec::with_capacity(given.len());
        for path in given {
            paths.insert(paths.partition_point(|other| other.len() >= path.len()), path);
        }
        Self { paths, usual }
    }

    /// The path of an endpoint, below the first of the base paths.
    #[cfg(feature = "cli")]
    #[must_use]
    pub fn usual_path(&self, operation: Operation) -> String {
        [&*self.usual, "/", operation.path()].concat()
    }

    /// Takes a client's path apart; `None` if it is below no base path.
    #[must_use]
    pub fn split<'a>(&'a self, path: &'a [u8]) -> Option<RequestPath<'a>> {
        let mut parts = path.splitn(2, |byte| *byte == b'?');
        let path = parts.next()?;
        let query = parts.next();
        if let Some(rest) = path.strip_prefix(DEPLOYMENTS.as_bytes()) {
            let (deployment, endpoint) = std::str::from_utf8(rest).ok()?.split_once('/')?;
            let deployment = Some(deployment);
            return Some(RequestPath { path, base: &self.usual, endpoint, deployment, query });
        }
        self.paths.iter().find_map(|base| {
            let rest = path.strip_prefix(base.as_bytes())?.strip_prefix(b"/")?;
            let endpoint = std::str::from_utf8(rest).ok()?;
            Some(RequestPath { path, base, endpoint, deployment: None, query })
        })
    }
}

impl RequestPath<'_> {
    /// The endpoint that a request with this method, and this `upgrade` field, is for; `None` if there is none.
    #[must_use]
    pub fn endpoint(&self, method: &[u8], upgrade: &[u8]) -> Option<Endpoint> {
        let operation =
            || Operation::ALL.iter().copied().find(|operation| operation.path() == self.endpoint);
        match (method, self.deployment) {
            (b"POST", _) => {
                operation().filter(|_| !self.names_model_in_query()).map(Endpoint::Call)
            }
            (b"GET", None) if self.endpoint == "models" => Some(Endpoint::ListModels),
            (b"GET", None) if self.names_model_in_query() => operation()
                .filter(|_| upgrade.eq_ignore_ascii_case(b"websocket"))
                .map(Endpoint::Call),
            (b"GET", None) => {
                let name = self.endpoint.strip_prefix("models/").filter(|name| !name.is_empty())?;
                Some(Endpoint::RetrieveModel(decoded(name)?))
            }
            _ => None,
        }
    }

    /// Whether this is an endpoint, but none whose connections are upgraded.
    #[must_use]
    pub fn has_no_upgrade(&self) -> bool {
        let is_endpoint = || Operation::ALL.into_iter().any(|one| one.path() == self.endpoint);
        !self.names_model_in_query() && is_endpoint()
    }

    /// Whether requests for this path have no body, and name their model in the query.
    #[must_use]
    pub fn names_model_in_query(&self) -> bool {
        self.endpoint == Operation::Realtime.path()
    }

    /// Whether requests for this path may ask for the tokens of a stream.
    #[must_use]
    pub fn has_stream_options(&self) -> bool {
        [Operation::ChatCompletions, Operation::Completions]
            .iter()
            .any(|operation| operation.path() == self.endpoint)
    }

    /// The model that an Azure client names in the path; `None` in the outer `Option` if it names none there.
    #[must_use]
    pub fn deployed_model(&self) -> Option<Option<String>> {
        self.deployment.map(decoded)
    }

    /// The shape of errors for this path.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.endpoint.strip_prefix("messages") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => Dialect::Anthropic,
            _ => Dialect::OpenAi,
        }
    }
}

fn decoded(name: &str) -> Option<String> {
    percent_decode(name.as_bytes()).decode_utf8().ok().map(|name| name.into_owned())
}
