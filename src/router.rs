//! The compiled configuration, and the decision it comes to for each request.

mod cooldown_keys;
mod identify;
mod limits;
mod models;
mod pin;
mod resources;
mod route;
mod select;
mod served;
#[cfg(feature = "cli")]
mod upstream;

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::catalog::Catalog;
use crate::config::{self, compile, Compiled, Configuration, Diagnostic, Refusal, Report};
use crate::identity::Identity;
#[cfg(feature = "cli")]
use crate::node::Node;
use crate::settings::Settings;
use crate::team::{Team, VirtualKeys};

pub(crate) use cooldown_keys::cooldown_keys;
pub(crate) use identify::check_expiry;
pub use route::{Decision, Failover, ModelRequest};
#[cfg(feature = "cli")]
pub(crate) use select::Candidate;
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
        let text = std::str::from_utf8(bytes).ok();
        if let Some(read) = text.and_then(|text| config::read(text, true)) {
            return Self::compiled(read, environment);
        }
        let json = config::to_json(bytes).map_err(|error| Refusal::of_the_whole(&error))?;
        Self::from_json(&json, environment)
    }

    /// Compiles a plugin configuration that has been read already.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] with everything that is wrong, at once.
    #[cfg(feature = "cli")]
    pub fn from_node(
        node: &Node,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Loaded, Refusal> {
        Self::from_json(&config::of_node(node), environment)
    }

    /// Compiles a configuration that was written in another form.
    fn from_json(
        json: &str,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Loaded, Refusal> {
        let too_deep =
            || Refusal::of_the_whole(&"its objects and lists are too deep in each other");
        Self::compiled(config::read(json, false).ok_or_else(too_deep)?, environment)
    }

    fn compiled(
        (configuration, mut report): (Configuration<'_>, Report),
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Loaded, Refusal> {
        let Compiled { catalog, identity, teams, keys, settings } =
            compile(configuration, environment, &mut report);
        let router = Self { catalog, identity, teams, keys, settings };
        Ok(Loaded { router, warnings: report.conclude()? })
    }
}

#[cfg(test)]
mod tests;
