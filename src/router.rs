//! The compiled configuration, and the decision it comes to for each request.

#[cfg(feature = "cli")]
mod explain;
mod identify;
mod models;
mod route;
mod select;
#[cfg(feature = "cli")]
mod upstream;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::catalog::Catalog;
use crate::config::{compile, parse, At, Configuration, Diagnostic, Read, Refusal, Report};
use crate::cooldown::Cooldown;
use crate::endpoint::BasePaths;
use crate::header::NameSet;
use crate::identity::Identity;
use crate::node::Node;
use crate::team::{Caller, Team, VirtualKeys};

#[cfg(feature = "cli")]
pub use explain::{Access, Dropped, Explanation, Fate, Question, Sent, Shown, Unknown, Weighed};
pub(crate) use route::line;
pub use route::Decision;
#[cfg(feature = "cli")]
pub use upstream::Upstream;

/// A compiled configuration: every name in it is resolved.
#[derive(Debug)]
pub struct Router {
    /// What can be asked for.
    pub(crate) catalog: Catalog,
    /// Where callers show their keys.
    pub(crate) identity: Identity,
    /// The teams by name.
    pub(crate) teams: BTreeMap<Rc<str>, Rc<Team>>,
    /// The virtual keys.
    pub(crate) keys: VirtualKeys,
    /// How requests are taken in and handed on.
    pub(crate) settings: Settings,
}

/// What holds for every request.
#[derive(Debug)]
pub struct Settings {
    /// Where the API lives.
    pub base_paths: BasePaths,
    /// Whether paths that are no endpoint are left to Envoy's own routes.
    pub pass_other_paths: bool,
    /// The header that names the cluster to Envoy's route.
    pub cluster_header: Rc<str>,
    /// The largest request body, in bytes.
    pub max_body_bytes: usize,
    /// Headers that are never forwarded.
    pub stripped_headers: NameSet,
    /// When a credential rests after failures.
    pub cooldown: Cooldown,
    /// The header in which Envoy is told the providers that may serve a request.
    pub subset_header: Option<Rc<str>>,
    /// The header in which clients are told the providers that were tried.
    pub tried_header: Option<Rc<str>>,
}

/// A configuration that was accepted.
#[derive(Debug)]
pub struct Loaded {
    /// The router it makes.
    pub router: Router,
    /// What the operator may not have meant.
    pub warnings: Vec<Diagnostic>,
}

impl Router {
    /// Compiles a plugin configuration: JSON text or an encoded `google.protobuf.Struct`. `environment` looks up
    /// the variables that credentials and keys name.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] with everything that is wrong, at once.
    pub fn from_configuration(
        bytes: &[u8],
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Loaded, Refusal> {
        let node = parse(bytes).map_err(|error| Refusal::of_the_whole(&error))?;
        Self::from_node(node, environment)
    }

    /// Compiles a plugin configuration that has been read already.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] with everything that is wrong, at once.
    pub fn from_node(
        node: Node,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Loaded, Refusal> {
        let mut report = Report::default();
        let configuration = Configuration::read(node, At::Root, &mut report).unwrap_or_default();
        let router = compile(&configuration, environment, &mut report);
        Ok(Loaded { router, warnings: report.conclude()? })
    }

    /// One caller for every virtual key that differs from the others of its team in more than its id, and for every team
    /// that can be recognised without a key.
    #[must_use]
    pub(crate) fn distinct_callers(&self) -> Vec<Caller> {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let holders = (self.keys.iter())
            .filter(|key| !key.is_plain() || seen.insert(&key.team.name))
            .map(|key| Caller::holding(Rc::clone(key)));
        let appointed =
            self.identity.team_metadata.is_some() || self.identity.team_header.is_some();
        let is_anonymous = |name: &str| self.identity.anonymous_team.as_deref() == Some(name);
        let keyless = (self.teams.values())
            .filter(|team| appointed || is_anonymous(&team.name))
            .map(|team| Caller::of_team(Rc::clone(team)));
        holders.chain(keyless).collect()
    }
}

#[cfg(test)]
mod tests;
