//! The compiled configuration, and the decision it comes to for each request.

mod identify;
mod models;
mod route;
mod select;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::catalog::Catalog;
use crate::config::{compile, At, Configuration, Diagnostic, Node, Read, Refusal, Report};
use crate::cooldown::Cooldown;
use crate::endpoint::BasePaths;
use crate::identity::{Identity, KeyDigest};
use crate::team::{Caller, Team, VirtualKey};

pub(crate) use route::line;
pub use route::Decision;

/// A compiled configuration: every name in it is resolved.
#[derive(Debug)]
pub struct Router {
    /// What can be asked for.
    pub(crate) catalog: Catalog,
    /// Where callers show their keys.
    pub(crate) identity: Identity,
    /// The teams by name.
    pub(crate) teams: BTreeMap<Rc<str>, Rc<Team>>,
    /// The virtual keys by their SHA-256.
    pub(crate) keys: HashMap<KeyDigest, Rc<VirtualKey>>,
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
    pub cluster_header: Box<str>,
    /// The largest request body, in bytes.
    pub max_body_bytes: usize,
    /// Headers that are never forwarded, sorted.
    pub stripped_headers: Vec<Box<str>>,
    /// When a credential rests after failures.
    pub cooldown: Cooldown,
}

impl Settings {
    /// Whether the field `name`, in lower case, is never forwarded.
    #[must_use]
    pub fn is_stripped(&self, name: &str) -> bool {
        self.stripped_headers.binary_search_by(|stripped| (**stripped).cmp(name)).is_ok()
    }
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
        let mut report = Report::default();
        let configuration = match Node::parse(bytes) {
            Ok(node) => Configuration::read(node, At::Root, &mut report).unwrap_or_default(),
            Err(error) => {
                report.error(At::Root, error);
                Configuration::default()
            }
        };
        let router = compile(&configuration, environment, &mut report);
        Ok(Loaded { router, warnings: report.conclude()? })
    }

    /// One caller for every virtual key that differs from the others of its team in more than its id, and for every team
    /// that can be recognised without a key.
    #[must_use]
    pub(crate) fn distinct_callers(&self) -> Vec<Caller> {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let holders = (self.keys.values())
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
