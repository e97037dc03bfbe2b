//! Where a request goes.

use std::rc::Rc;
use std::time::SystemTime;

use super::cooldown_keys::cooldown_keys;
use super::resources::keep_where_stored;
use super::select::{select, select_each, Candidate, Tiebreak};
use super::Router;
use crate::affinity::{Session, SessionHints};
use crate::catalog::{Destination, Model, Pool, Resolution};
use crate::credential::Authorization;
use crate::endpoint::{ModelSource, Operation};
use crate::host::Host;
use crate::parameters::Parameters;
use crate::price::Price;
use crate::provider::{self, Api, Provider};
use crate::provider_data::ProviderData;
use crate::provider_request;
use crate::reject::{Quoted, Reject};
use crate::team::Caller;

/// Where one request goes, and what it takes along.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The provider.
    pub provider: Rc<Provider>,
    /// The model's name there.
    pub upstream_model: String,
    /// With what the request may be sent there.
    pub authorization: Authorization,
    /// What the target does to members of the body; `None`: nothing.
    pub parameters: Option<Rc<Parameters>>,
    /// The registered model that was called; `None` for one that nobody registered.
    pub registered: Option<Rc<Model>>,
    /// Which of that model's targets it is; `None` if there is no such model.
    pub target: Option<usize>,
    /// Where it goes instead, if Envoy may try several providers; `None` if it goes there alone.
    pub failover: Option<Failover>,
}

impl Decision {
    /// What the target's tokens cost.
    #[must_use]
    pub fn price(&self) -> Option<Price> {
        self.registered.as_ref()?.targets.get(self.target?)?.price
    }
}

/// The providers that Envoy may try for one request. Which is first is up to Envoy.
#[derive(Debug, Clone)]
pub struct Failover {
    /// The cluster that holds them.
    pub pool: Rc<Pool>,
    /// Two or more, each at another provider, none of which is cooling down.
    pub targets: Vec<Decision>,
    /// The session that the request belongs to, for Envoy's choice; `None` where chance is as good.
    pub session: Option<Session>,
}

/// What is asked of the router.
#[derive(Debug, Clone, Copy)]
pub struct ModelRequest<'a> {
    /// The endpoint.
    pub operation: Operation,
    /// The model, as it was asked for.
    pub asked: &'a str,
    /// The keys of its own for providers that the caller brought.
    pub client_keys: &'a ProviderData,
    /// Members of the body that a provider is sent only where it allows them.
    pub needs_permission: &'a [&'static str],
    /// What may name the session that it belongs to.
    pub session: Option<SessionHints<'a>>,
}

impl Decision {
    /// Where the request goes.
    #[must_use]
    pub fn destination(&self) -> provider_request::Destination<'_> {
        provider_request::Destination {
            provider: &self.provider,
            model: &self.upstream_model,
            authorization: &self.authorization,
            parameters: self.parameters.as_deref(),
        }
    }
}

impl Router {
    /// Where a request goes.
    ///
    /// # Errors
    ///
    /// A [`Reject`] for a model that is unknown or not this caller's, that is not served at the endpoint, that its pin,
    /// its type, its name or a member of the body does not allow to be sent on, or for which there is no credential.
    pub fn route(
        &self,
        caller: &Caller,
        request: &ModelRequest<'_>,
        host: &dyn Host,
    ) -> Result<Decision, Reject> {
        let ModelRequest { operation, asked, client_keys, needs_permission, session } = *request;
        let found = self.permitted(caller, asked)?;
        let mut candidates = self.candidates(caller, &found, Api::of(operation), client_keys);
        if candidates.is_empty() {
            return Err(not_found(asked));
        }
        let is_served = |candidate: &Candidate<'_>| candidate.endpoints.contains(operation);
        if let Some(pin) = found.pinned_by_caller {
            if !candidates.iter().any(|candidate| candidate.provider.id == pin.id) {
                // The error lists the providers that serve the endpoint. If none does, it lists all of them.
                if candidates.iter().any(is_served) {
                    candidates.retain(is_served);
                }
                return Err(self.pin_misses(caller, pin, &found, &candidates));
            }
            candidates.retain(|candidate| candidate.provider.id == pin.id);
        }
        candidates.retain(is_served);
        if candidates.is_empty() {
            return Err(Reject::EndpointNotSupported {
                model: Quoted::new(asked),
                endpoint: operation.path(),
                endpoints: self.served(caller, &found, client_keys).endpoints.paths(),
            });
        }
        found.fits(operation).map_err(|kind| Reject::ModelTypeMismatch {
            model: Quoted::new(asked),
            kind,
            endpoint: operation.path(),
        })?;
        for field in needs_permission {
            candidates.retain(|candidate| candidate.provider.allows_field(field));
            if candidates.is_empty() {
                return Err(Reject::ForbiddenField(field));
            }
        }
        // What is stored at a provider is there and nowhere else, as with a pin.
        let is_stored = operation == Operation::Responses
            && found.pinned_by_caller.is_none()
            && session.is_some_and(|hints| keep_where_stored(caller, hints, &mut candidates));
        let is_fixed = is_stored || found.pinned_by_caller.is_some();
        let tiebreak = tiebreak(caller, &found, session, host);
        let mut chosen = choose(caller, is_fixed, &candidates, tiebreak, host);
        if let Some(provider) = refusing_client_key(chosen.as_ref(), &candidates, client_keys) {
            return Err(Reject::ClientCredentialsNotAllowed {
                provider: Rc::clone(&provider.name),
            });
        }
        if let Some(decision) = chosen.as_mut().filter(|_| !is_stored) {
            decision.failover = self.failover(caller, request, &found, &candidates, tiebreak, host);
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
        request: &ModelRequest<'_>,
        found: &Resolution<'_>,
        candidates: &[Candidate<'_>],
        tiebreak: Tiebreak,
        host: &dyn Host,
    ) -> Option<Failover> {
        let Destination::Registered { model, .. } = found.destination else { return None };
        let pool = model.pool.as_ref()?;
        // A connection that was upgraded is nothing that could be tried again.
        let is_websocket = request.operation.model_source() == ModelSource::Query;
        if found.pinned_to().is_some() || !request.client_keys.is_empty() || is_websocket {
            return None;
        }
        let targets = select_each(candidates, &cooling_until(caller, host), tiebreak);
        let leaves_some_out = targets.len() < pool.members.len();
        if targets.len() < 2 || (leaves_some_out && self.settings.subset_header.is_none()) {
            return None;
        }
        let session = match tiebreak {
            Tiebreak::Session(session) => Some(session),
            Tiebreak::Chance(_) => None,
        };
        Some(Failover { pool: Rc::clone(pool), targets, session })
    }

    /// What `asked` means, if this caller may call it. What is denied reads like what does not exist.
    pub(crate) fn permitted<'a>(
        &'a self,
        caller: &'a Caller,
        asked: &'a str,
    ) -> Result<Resolution<'a>, Reject> {
        let found = self
            .catalog
            .resolve(&caller.team().aliases, asked)
            .filter(|found| caller.may_call(&found.names().all()))
            .ok_or_else(|| not_found(asked))?;
        let (passes, other_provider) = match &found.destination {
            Destination::Registered { model, .. } => (caller.passes(&model.restriction), None),
            Destination::Unregistered { provider, model, other_provider } => {
                (self.catalog.guards.admit(caller, provider.id, model), *other_provider)
            }
        };
        match (passes, other_provider) {
            (false, _) => Err(not_found(asked)),
            (true, None) => Ok(found),
            (true, Some(other_provider)) => Err(Reject::AmbiguousModel {
                model: Quoted::new(asked),
                other_provider: Rc::clone(&other_provider.name),
            }),
        }
    }

    /// Every place where the caller could be served what was found, those without a credential for the API and those that
    /// do not serve the endpoint among them.
    pub(crate) fn candidates<'a>(
        &'a self,
        caller: &Caller,
        found: &Resolution<'a>,
        api: Api,
        client_keys: &ProviderData,
    ) -> Vec<Candidate<'a>> {
        let mut candidates: Vec<_> = match found.destination {
            Destination::Registered { model, captured } => {
                let targets = model.targets.iter().map(|target| {
                    let authorization =
                        caller.authorization(&target.provider, api, Some(model.id), client_keys);
                    Candidate::at(target, model, captured.unwrap_or_default(), authorization)
                });
                let mut targets: Vec<_> = targets.collect();
                if captured.is_some() {
                    // A pattern must not serve what is registered for others only, by its name or by another pattern.
                    let guards = &self.catalog.guards;
                    targets.retain(|target| {
                        guards.admit(caller, target.provider.id, &target.upstream_model)
                    });
                }
                targets
            }
            Destination::Unregistered { provider, model, .. } => {
                let authorization = caller.authorization(provider, api, None, client_keys);
                vec![Candidate::only(provider, model, authorization)]
            }
        };
        if let Some(only) = found.pinned_by_alias {
            candidates.retain(|candidate| candidate.provider.id == only.id);
        }
        candidates
    }
}

/// The best of the candidates; one that is cooling down is passed over, unless the provider is fixed.
fn choose(
    caller: &Caller,
    is_fixed: bool,
    candidates: &[Candidate<'_>],
    tiebreak: Tiebreak,
    host: &dyn Host,
) -> Option<Decision> {
    match is_fixed {
        true => select(candidates, &|_| None, tiebreak),
        false => select(candidates, &cooling_until(caller, host), tiebreak),
    }
}

/// What decides between equal candidates: the session that the request names, where the model has affinity, or chance.
fn tiebreak(
    caller: &Caller,
    found: &Resolution<'_>,
    hints: Option<SessionHints<'_>>,
    host: &dyn Host,
) -> Tiebreak {
    let affinity = match found.destination {
        Destination::Registered { model, .. } => model.affinity.as_ref(),
        Destination::Unregistered { .. } => None,
    };
    let session = || affinity?.session(&caller.team().name, hints?);
    session().map_or_else(|| Tiebreak::Chance(host.random()), Tiebreak::Session)
}

/// Tells when the cooldown of a candidate ends, if it is cooling down.
fn cooling_until<'h>(
    caller: &'h Caller,
    host: &'h dyn Host,
) -> impl Fn(&Candidate<'_>) -> Option<SystemTime> + 'h {
    let now = host.now();
    move |candidate| {
        let authorization = candidate.authorization.as_ref()?;
        let registered = candidate.registered.map(|model| &**model);
        let model = &candidate.upstream_model;
        let keys = cooldown_keys(caller, candidate.provider, authorization, registered, model)?;
        keys.cooling_until(now, host)
    }
}

/// The provider to which the request would go, if the caller brought a key for it that it does not take. To use the
/// team's instead would not be what was asked for.
fn refusing_client_key<'a>(
    chosen: Option<&'a Decision>,
    candidates: &'a [Candidate<'_>],
    client_keys: &ProviderData,
) -> Option<&'a Rc<Provider>> {
    let refuses = |provider: &&Rc<Provider>| {
        !provider.client_credentials && client_keys.key_for(&provider.name).is_some()
    };
    match chosen {
        Some(decision) => Some(&decision.provider).filter(refuses),
        None => candidates.iter().map(|candidate| candidate.provider).find(refuses),
    }
}

pub(super) fn not_found(asked: &str) -> Reject {
    Reject::ModelNotFound { model: Quoted::new(asked) }
}
