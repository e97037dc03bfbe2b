//! What the configuration says of every request, whichever its model.

use std::rc::Rc;

use crate::cooldown::Cooldown;
use crate::endpoint::{BasePaths, Operation};
use crate::header::NameSet;

/// What holds for every request.
#[derive(Debug)]
pub struct Settings {
    /// Where the API lives.
    pub base_paths: BasePaths,
    /// The models of requests that name none, by their endpoint; mostly none.
    pub default_models: Vec<(Operation, Box<str>)>,
    /// Whether paths that are no endpoint are left to Envoy's own routes.
    pub pass_other_paths: bool,
    /// The header that names the cluster to Envoy's route.
    pub cluster_header: Rc<str>,
    /// The largest request body, in bytes.
    pub max_body_bytes: usize,
    /// Whether some team has resources.
    pub has_resources: bool,
    /// Members of JSON bodies that are read and left alone; mostly none.
    pub noted: Rc<[Rc<str>]>,
    /// Headers that are never forwarded.
    pub never_forwarded: NameSet,
    /// Tells what limits count here from what they count for other configurations in the same VM.
    pub limits_scope: Box<str>,
    /// When a credential cools down after failures.
    pub cooldown: Cooldown,
    /// The header in which Envoy is told the providers that may serve a request.
    pub subset_header: Option<Rc<str>>,
    /// The header in which Envoy is told the session of a request that goes to a pool.
    pub session_header: Option<Rc<str>>,
    /// The header in which clients are told the providers that were tried.
    pub tried_header: Option<Rc<str>>,
}

impl Settings {
    /// The model of requests to this endpoint that name none.
    #[must_use]
    pub fn default_model(&self, operation: Operation) -> Option<&str> {
        let found = self.default_models.iter().find(|(endpoint, _)| *endpoint == operation);
        found.map(|(_, model)| &**model)
    }
}
