//! From the fields as they are written to the parts of the router: every name is resolved, every rule is checked.
//!
//! The order is that of dependence: providers, their credentials, models, teams. Each step leaves out what is wrong
//! after reporting it, so that one mistake is reported once; what comes out of a configuration with errors is never
//! used.

mod affinity;
mod credentials;
mod identity;
mod limits;
mod models;
mod names;
mod noted;
mod parameters;
mod pools;
mod prices;
mod providers;
mod reach;
mod resources;
mod settings;
mod teams;

use std::collections::BTreeMap;
use std::rc::Rc;

use super::named::{Named, Places};
use super::raw::Configuration;
use super::read::List;
use super::report::{unknown, At, Report};
use crate::catalog::Catalog;
use crate::credential::CredentialHandle;
use crate::identity::Identity;
use crate::provider::Provider;
use crate::settings::Settings;
use crate::team::{Team, VirtualKeys};

use names::Names;

pub use settings::{DEFAULT_CLUSTER_HEADER, DEFAULT_MAX_BODY_BYTES};

/// Compiles a configuration, reporting everything that is wrong with it.
pub fn compile(
    mut raw: Configuration<'_>,
    environment: &dyn Fn(&str) -> Option<String>,
    report: &mut Report,
) -> Compiled {
    let written_keys = teams::take_keys(&mut raw);
    let raw = &raw;
    let names = Names::of(raw);
    let (providers, handles) = providers::compile(raw, environment, report);
    let mut settings = settings::compile(raw, &providers, report);
    let catalog = models::compile(raw, &names, &providers, report);
    settings::check_default_models(raw, &catalog, report);
    let identity = identity::compile(raw, report);
    let (teams, keys) =
        teams::compile(raw, written_keys, &names, &catalog, &handles, environment, report);
    settings.has_resources = teams.values().any(|team| team.resources.is_some());
    settings.noted = noted::members(&catalog, settings.has_resources);
    let compiled = Compiled { catalog, identity, teams, keys, settings };
    // After an error there are no such warnings: what nobody reaches then is mostly a consequence of the error.
    if !report.has_errors() {
        reach::warn_of_what_nobody_reaches(raw, &handles, &compiled, report);
        resources::warn(raw, &compiled, report);
        #[cfg(feature = "cli")]
        limits::warn(&compiled, report);
    }
    compiled
}

/// The parts of a compiled configuration: every name in them is resolved.
#[derive(Debug)]
pub struct Compiled {
    /// What can be asked for.
    pub catalog: Catalog,
    /// Where callers show their keys.
    pub identity: Identity,
    /// The teams by name.
    pub teams: BTreeMap<Rc<str>, Rc<Team>>,
    /// The virtual keys.
    pub keys: VirtualKeys,
    /// What holds for every request.
    pub settings: Settings,
}

/// The compiled providers by name. One that is configured wrongly is not among them.
type Providers = BTreeMap<Rc<str>, Rc<Provider>>;

/// The compiled credentials by name.
type CredentialHandles<'a> = BTreeMap<&'a str, CredentialHandle>;

/// The entries of a map that could be read.
fn entries<'r, T>(map: &'r Option<Named<'_, T>>) -> impl Iterator<Item = (&'r str, &'r T)> {
    map.iter().flat_map(Named::iter)
}

/// The items of a list that could be read, each with its index.
fn items<T>(list: &Option<List<T>>) -> impl Iterator<Item = (usize, &T)> {
    list.iter().flat_map(List::iter)
}

/// Whether `name` is a key of `map`; if it is not, that is an error.
fn is_known<T>(
    name: &str,
    map: &Option<Named<T>>,
    what: &str,
    at: At<'_>,
    report: &mut Report,
) -> bool {
    is_among(name, map.as_ref().map(Named::places), what, at, report)
}

fn is_among(
    name: &str,
    known: Option<&Places>,
    what: &str,
    at: At<'_>,
    report: &mut Report,
) -> bool {
    let is_known = known.is_some_and(|known| known.contains_key(name));
    if !is_known {
        let known = known.into_iter().flat_map(Places::keys).map(|name| name.as_str());
        report.error(at, unknown(what, name, known));
    }
    is_known
}
