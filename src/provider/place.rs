//! Where a provider has an API: what a request to one of its endpoints looks like there.

use std::rc::Rc;

use super::{Api, PathRule, RemovedHeaders};
use crate::endpoint::Operation;

/// Where a provider has an API.
#[derive(Debug, Default)]
pub struct Place {
    /// The Envoy cluster that reaches it.
    pub cluster: Box<str>,
    /// The `:authority` sent upstream; `None` leaves the client's.
    pub authority: Option<Box<str>>,
    /// The client's path as it is wanted there.
    pub path: PathRule,
    /// The endpoints that have a path of their own.
    pub own_paths: Vec<(Operation, PathRule)>,
    /// The header that carries the credential; `None` if this filter adds none.
    pub credential_header: Option<Rc<str>>,
    /// What precedes the secret in that header.
    pub credential_prefix: Box<str>,
    /// Headers set on every request.
    pub set_headers: Vec<(Rc<str>, Box<str>)>,
    /// Headers set where the client sent none.
    pub default_headers: Vec<(Rc<str>, Box<str>)>,
    /// The client's headers that are not sent there.
    pub removed_headers: RemovedHeaders,
}

impl Place {
    /// How the client's path is wanted at an endpoint; `None`: at no endpoint that calls a model.
    #[must_use]
    pub fn path(&self, operation: Option<Operation>) -> &PathRule {
        let own = self.own_paths.iter().find(|(known, _)| Some(*known) == operation);
        own.map_or(&self.path, |(_, path)| path)
    }
}

/// The places of all APIs of a provider.
#[derive(Debug, Default)]
pub struct Places {
    /// That of every API that is not among the others.
    pub usual: Place,
    /// Those of single APIs, each once.
    pub of_apis: Vec<(Api, Place)>,
}

impl Places {
    /// That of an API.
    #[must_use]
    pub fn of(&self, api: Api) -> &Place {
        let own = self.of_apis.iter().find(|(known, _)| *known == api);
        own.map_or(&self.usual, |(_, place)| place)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Place> {
        std::iter::once(&self.usual).chain(self.of_apis.iter().map(|(_, place)| place))
    }
}
