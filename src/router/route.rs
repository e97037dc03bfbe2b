//! Where a request goes.

use std::rc::Rc;
use std::time::SystemTime;

use super::select::{select, select_each, Candidate};
use super::Router;
use crate::catalog::{Destination, Model, Pool, Resolution};
use crate::cooldown::Condition;
use crate::endpoint::{Carrier, Operation};
use crate::host::Host;
use crate::provider::{self, Grant, Provider};
use crate::provider_data::ProviderData;
use crate::reject::{Quoted, Reject};
use crate::team::Caller;

/// Where one request goes, and what it takes along.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The provider.
    pub provider: Rc<Provider>,
    /// The model's name there.
    pub upstream_model: String,
    /// What the request is sent with.
    pub grant: Grant,
    /// The registered model that was called; `None` for one that nobody registered.
    pub registered: Option<Rc<Model>>,
    /// Where it goes instead, if Envoy may try several providers; `None` if it goes there alone.
    pub failover: Option<Failover>,
}

/// The providers that Envoy may try for one request. Which is first is up to Envoy.
#[derive(Debug, Clone)]
pub struct Failover {
    /// The cluster that holds them.
    pub pool: Rc<Pool>,
    /// Two or more, each of another provider, none of which rests.
    pub places: Vec<Decision>,
}

impl Router {
    /// Where a request for the model `asked` goes. `own` are the keys that the caller brought.
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
        own: &ProviderData,
        host: &dyn Host,
    ) -> Result<Decision, Reject> {
        let found = self.permitted(caller, asked)?;
        let mut candidates = self.candidates(caller, &found, own);
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
        let mut chosen = choose(caller, &found, &candidates, host);
        if let Some(provider) = declining(chosen.as_ref(), &candidates, own) {
            return Err(Reject::ClientCredentialsNotAllowed {
                provider: Rc::clone(&provider.name),
            });
        }
        if let Some(decision) = &mut chosen {
            decision.failover = self.failover(caller, operation, &found, &candidates, own, host);
        }
        chosen.ok_or_else(|| Reject::CredentialNotConfigured {
            model: Quoted::new(asked),
            providers: provider::names(candidates.iter().map(|candidate| &**candidate.provider)),
        })
    }

    /// The pool in which what was found is served, if the request may use it: it is not pinned, brings no key of the
    /// caller's own, and the caller can be served by two providers or more, and by all that Envoy could choose.
    fn failover(
        &self,
        caller: &Caller,
        operation: Operation,
        found: &Resolution<'_>,
        candidates: &[Candidate<'_>],
        own: &ProviderData,
        host: &dyn Host,
    ) -> Option<Failover> {
        let Destination::Registered { model, .. } = found.destination else { return None };
        let pool = model.pool.as_ref()?;
        let is_pinned = found.pin.or(found.confined_to).is_some();
        // A connection that was upgraded is nothing that could be tried again.
        if is_pinned || !own.is_empty() || operation.carrier() == Carrier::Query {
            return None;
        }
        let places = select_each(candidates, &resting_until(caller, host), host.random());
        let leaves_some_out = places.len() < pool.members.len();
        if places.len() < 2 || (leaves_some_out && self.settings.subset_header.is_none()) {
            return None;
        }
        Some(Failover { pool: Rc::clone(pool), places })
    }

    /// What `asked` means, if this caller may call it. What is denied reads like what does not exist.
    pub(super) fn permitted<'a>(
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
    pub(super) fn candidates<'a>(
        &'a self,
        caller: &Caller,
        found: &Resolution<'a>,
        own: &ProviderData,
    ) -> Vec<Candidate<'a>> {
        let mut candidates: Vec<_> = match found.destination {
            Destination::Registered { model, captured } => {
                let places = model.targets.iter().map(|target| {
                    let grant = caller.grant(&target.provider, Some(model), own);
                    Candidate::at(target, model, captured.unwrap_or_default(), grant)
                });
                let mut places: Vec<_> = places.collect();
                if captured.is_some() {
                    // A pattern must not serve what is registered by its own name for others only.
                    let guards = &self.catalog.guards;
                    places.retain(|place| {
                        guards.admit_by_name(caller, place.provider.id, &place.upstream_model)
                    });
                }
                places
            }
            Destination::Unregistered { provider, model, .. } => {
                vec![Candidate::only(provider, model, caller.grant(provider, None, own))]
            }
        };
        if let Some(only) = found.confined_to {
            candidates.retain(|candidate| candidate.provider.id == only.id);
        }
        candidates
    }
}

/// The best of the candidates; one that rests is passed over, unless the caller has pinned it.
fn choose(
    caller: &Caller,
    found: &Resolution<'_>,
    candidates: &[Candidate<'_>],
    host: &dyn Host,
) -> Option<Decision> {
    match found.pin {
        Some(_) => select(candidates, &|_| None, host.random()),
        None => select(candidates, &resting_until(caller, host), host.random()),
    }
}

/// Tells when the rest of a candidate ends, if it rests.
fn resting_until<'h>(
    caller: &'h Caller,
    host: &'h dyn Host,
) -> impl Fn(&Candidate<'_>) -> Option<SystemTime> + 'h {
    let now = host.now();
    move |candidate| {
        let line = line(caller, candidate.provider, candidate.grant.as_ref()?)?;
        Condition::decode(&host.shared(&line)?).resting_until(now)
    }
}

/// The provider to which the request would go, if the caller brought a key for it that it does not take. To use the
/// team's instead would not be what was asked for.
fn declining<'a>(
    chosen: Option<&'a Decision>,
    candidates: &'a [Candidate<'_>],
    own: &ProviderData,
) -> Option<&'a Rc<Provider>> {
    let declines = |provider: &&Rc<Provider>| {
        !provider.client_credentials && own.key_for(&provider.name).is_some()
    };
    match chosen {
        Some(decision) => Some(&decision.provider).filter(declines),
        None => candidates.iter().map(|candidate| candidate.provider).find(declines),
    }
}

/// Under what name all workers remember how a provider answered a team's credential. `None` for a key of the caller's own,
/// of which nothing is ever remembered.
pub(crate) fn line(caller: &Caller, provider: &Provider, grant: &Grant) -> Option<String> {
    let credential = match grant {
        Grant::Credential(slot) => &*provider.keyring.get(*slot)?.name,
        Grant::NotNeeded(_) => "",
        Grant::Callers { .. } => return None,
    };
    Some(["llm_router.cooldown", &caller.team().name, &provider.name, credential].join("\0"))
}

pub(super) fn not_found(asked: &str) -> Reject {
    Reject::ModelNotFound { model: Quoted::new(asked) }
}

/// The error for a pin to a provider that does not serve the model; it names those that the caller could be routed to.
fn pin_misses(pin: &Provider, model: &str, elsewhere: &[Candidate<'_>]) -> Reject {
    let available = elsewhere.iter().filter(|candidate| candidate.grant.is_some());
    Reject::ProviderNotFoundForModel {
        provider: Rc::clone(&pin.name),
        model: Quoted::new(model),
        available: provider::names(available.map(|candidate| &**candidate.provider)),
    }
}
