//! The compiled configuration, and the decision it comes to for each request.

mod models;
mod select;

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::time::SystemTime;

use crate::catalog::{Catalog, Destination, Resolution};
use crate::config::{compile, At, Configuration, Diagnostic, Node, Read, Refusal, Report};
use crate::endpoint::{BasePaths, Operation};
use crate::header::Headers;
use crate::identity::{Identity, KeyDigest};
use crate::provider::{Grant, Provider};
use crate::reject::{Quoted, Reject};
use crate::team::{Caller, VirtualKey};

use select::{select, Candidate};

/// A compiled configuration: every name in it is resolved.
#[derive(Debug)]
pub struct Router {
    /// What can be asked for.
    pub(crate) catalog: Catalog,
    /// Where callers show their keys.
    pub(crate) identity: Identity,
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

/// Where one request goes, and what it takes along.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The provider.
    pub provider: Rc<Provider>,
    /// The model's name there.
    pub upstream_model: String,
    /// What the request is sent with.
    pub grant: Grant,
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

    /// Who makes a request with these headers.
    ///
    /// # Errors
    ///
    /// [`Reject::MissingApiKey`] and [`Reject::InvalidApiKey`].
    pub fn identify(&self, headers: &Headers, now: SystemTime) -> Result<Caller, Reject> {
        let presented = self.identity.key(headers)?;
        let key = self.keys.get(&presented).ok_or(Reject::InvalidApiKey)?;
        let expired = key.expires_at.is_some_and(|end| end <= now);
        if key.disabled || expired {
            return Err(Reject::InvalidApiKey);
        }
        Ok(Caller::holding(Rc::clone(key)))
    }

    /// Where a request for the model `asked` goes. `random` decides between targets of equal rank.
    ///
    /// # Errors
    ///
    /// A [`Reject`] for a model that is unknown or not this caller's, that its pin, its type or its name does not
    /// allow to be sent on, or for which there is no credential.
    pub fn route(
        &self,
        caller: &Caller,
        operation: Operation,
        asked: &str,
        random: u64,
    ) -> Result<Decision, Reject> {
        let found = self.permitted(caller, asked)?;
        let mut candidates = self.candidates(caller, &found);
        if candidates.is_empty() {
            return Err(not_found(asked));
        }
        if let Some(pin) = found.pin {
            if !candidates.iter().any(|candidate| candidate.provider.id == pin.id) {
                return Err(pin_misses(pin, found.unpinned(), &candidates));
            }
            candidates.retain(|candidate| candidate.provider.id == pin.id);
        }
        found.fits(operation).map_err(|kind| Reject::ModelTypeMismatch {
            model: Quoted::new(asked),
            kind,
            endpoint: operation.path(),
        })?;
        select(&candidates, random).ok_or_else(|| Reject::CredentialNotConfigured {
            model: Quoted::new(asked),
            providers: names(candidates.iter().map(|candidate| candidate.provider)),
        })
    }

    /// One caller for every virtual key that differs from the others of its team in more than its id.
    #[must_use]
    pub(crate) fn distinct_callers(&self) -> Vec<Caller> {
        let mut teams: BTreeSet<&str> = BTreeSet::new();
        self.keys
            .values()
            .filter(|key| !key.is_plain() || teams.insert(&key.team.name))
            .map(|key| Caller::holding(Rc::clone(key)))
            .collect()
    }

    /// What `asked` means, if this caller may call it. What is denied reads like what does not exist.
    fn permitted<'a>(
        &'a self,
        caller: &'a Caller,
        asked: &'a str,
    ) -> Result<Resolution<'a>, Reject> {
        let found = self
            .catalog
            .resolve(&caller.team().aliases, asked)
            .filter(|found| caller.may_call(found.names()))
            .ok_or_else(|| not_found(asked))?;
        let (passes, rival) = match &found.destination {
            Destination::Registered { model, .. } => (caller.passes(&model.restriction), None),
            Destination::Unregistered { provider, model, rival } => {
                (self.catalog.guards.admit(caller, provider.id, model), *rival)
            }
        };
        match (passes, rival) {
            (false, _) => Err(not_found(asked)),
            (true, None) => Ok(found),
            (true, Some(rival)) => Err(Reject::AmbiguousModel {
                model: Quoted::new(asked),
                rival: Rc::clone(&rival.name),
            }),
        }
    }

    /// Every place where the caller could be served what was found, those without a credential among them.
    fn candidates<'a>(&'a self, caller: &Caller, found: &Resolution<'a>) -> Vec<Candidate<'a>> {
        let mut candidates: Vec<_> = match found.destination {
            Destination::Registered { model, captured } => model
                .targets
                .iter()
                .map(|target| {
                    let grant = caller.grant(&target.provider, Some(model));
                    Candidate::at(target, captured.unwrap_or_default(), grant)
                })
                // A pattern must not serve what is registered by its own name for others only.
                .filter(|place| {
                    captured.is_none()
                        || self.catalog.guards.admit_by_name(
                            caller,
                            place.provider.id,
                            &place.upstream_model,
                        )
                })
                .collect(),
            Destination::Unregistered { provider, model, .. } => {
                vec![Candidate::only(provider, model, caller.grant(provider, None))]
            }
        };
        if let Some(only) = found.confined_to {
            candidates.retain(|candidate| candidate.provider.id == only.id);
        }
        candidates
    }
}

fn not_found(asked: &str) -> Reject {
    Reject::ModelNotFound { model: Quoted::new(asked) }
}

/// The error for a pin to a provider that does not serve the model; it names those that the caller could be routed to.
fn pin_misses(pin: &Provider, model: &str, elsewhere: &[Candidate<'_>]) -> Reject {
    let available = elsewhere.iter().filter(|candidate| candidate.grant.is_some());
    Reject::ProviderNotFoundForModel {
        provider: Rc::clone(&pin.name),
        model: Quoted::new(model),
        available: names(available.map(|candidate| candidate.provider)),
    }
}

/// The providers' names, sorted, each once.
fn names<'a>(providers: impl Iterator<Item = &'a Rc<Provider>>) -> Vec<Rc<str>> {
    let mut names: Vec<_> = providers.map(|provider| Rc::clone(&provider.name)).collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests;
