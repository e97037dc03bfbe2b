//! The filter's part in the pool: which provider an attempt is for, and whether it may be made.

use std::collections::HashMap;
use std::rc::Rc;

use thiserror::Error;

use super::attempt::Attempt;
use super::mandate::{Mandate, Place};
use crate::catalog::Model;
use crate::header::Headers;
use crate::provider::{Grant, Provider};
use crate::provider_data::ProviderData;
use crate::reject::{Reject, Reply};
use crate::router::Router;
use crate::team::{Caller, VirtualKey};

/// The part that makes each attempt its provider's.
pub struct Attempts {
    router: Rc<Router>,
    /// The keys of each team by their ids: the keys themselves are not known here.
    keys: HashMap<Rc<str>, HashMap<Rc<str>, Rc<VirtualKey>>>,
}

/// What Envoy knows of an attempt.
#[derive(Debug, Default)]
pub struct Given {
    /// What the listener's filter has handed over.
    pub mandate: Option<Vec<u8>>,
    /// The provider that the endpoint's metadata names.
    pub provider: Option<Vec<u8>>,
    /// What the attempt before has left of itself; `None` for the first.
    pub written: Option<Vec<u8>>,
}

/// What an attempt leaves of itself: the names of the fields that it has written, and whether it is over.
#[must_use]
pub fn trace(names: &str, is_over: bool) -> String {
    if is_over {
        return names.to_owned();
    }
    [UNDER_WAY, names].concat()
}

/// Precedes the names of an attempt that is not over. No field's name begins with it.
const UNDER_WAY: &str = "(";

/// Why an attempt is not made. Told to the operator; the client reads that the gateway could not process the request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unfit {
    /// The request was not sent to the pool by a filter.
    #[error(
        "no filter has sent this request here: only a model's `failover_cluster` leads to a pool"
    )]
    NoMandate,
    /// What was handed over cannot be read.
    #[error(
        "what the listener's filter has handed over cannot be read: is it of another version?"
    )]
    UnreadableMandate,
    /// The endpoint does not say whose it is.
    #[error("the endpoint that Envoy has chosen names no provider: give it metadata `filter_metadata: {{llm_router: {{provider: …}}}}`")]
    NoProvider,
    /// The endpoint is not one for this request.
    #[error("the endpoint that Envoy has chosen is of provider {0:?}, which may not serve this request: give the pool a `lb_subset_config`, and this filter a `failover.subset_header`, or leave the endpoint out")]
    NotInMandate(String),
    /// The pool's filter does not know what the listener's does.
    #[error("the configuration of the pool's filter is not that of the listener's: {0}")]
    OtherConfiguration(&'static str),
    /// Somebody else has changed the body.
    #[error(
        "another filter has changed the body: it must stand in front of this one in the listener"
    )]
    OtherBody,
    /// Two attempts at once. Envoy keeps one map of header fields for both, so one could be sent the other's key.
    #[error("an attempt is still under way: the route must have no `hedge_policy`")]
    Hedged,
    /// The header fields are not there.
    #[error("the request's header fields cannot be read")]
    Unreadable,
    /// The header fields cannot be what the provider wants.
    #[error("the request cannot be made the provider's")]
    Unwritable,
}

impl Attempts {
    /// The part that has this configuration.
    #[must_use]
    pub fn new(router: Rc<Router>) -> Self {
        let mut keys: HashMap<Rc<str>, HashMap<Rc<str>, Rc<VirtualKey>>> = HashMap::new();
        for key in router.keys.iter() {
            let of_team = keys.entry(Rc::clone(&key.team.name)).or_default();
            of_team.insert(Rc::clone(&key.id), Rc::clone(key));
        }
        Self { router, keys }
    }

    /// Whether any model uses a pool at all.
    #[must_use]
    pub fn has_pools(&self) -> bool {
        let catalog = &self.router.catalog;
        let of_patterns = catalog.patterns.iter().map(|(_, model)| model);
        catalog.models.values().chain(of_patterns).any(|model| model.pool.is_some())
    }

    /// The router whose settings hold.
    #[must_use]
    pub fn router(&self) -> &Router {
        &self.router
    }

    /// The attempt that is to be made with a request of these `headers`.
    ///
    /// # Errors
    ///
    /// Why none is made, and nothing may be sent.
    pub fn attempt(&self, given: &Given, headers: &Headers) -> Result<Attempt, Unfit> {
        // What is not seen is not taken back: Envoy gives a map that is out of reach as an empty one.
        if headers.first(":path").is_none() {
            return Err(Unfit::Unreadable);
        }
        let mandate = given.mandate.as_deref().ok_or(Unfit::NoMandate)?;
        let mandate = Mandate::decode(mandate).ok_or(Unfit::UnreadableMandate)?;
        let provider = given.provider.as_deref().filter(|name| !name.is_empty());
        let provider = provider.and_then(|name| std::str::from_utf8(name).ok());
        let provider = provider.ok_or(Unfit::NoProvider)?;
        let place =
            mandate.place(provider).ok_or_else(|| Unfit::NotInMandate(provider.to_owned()))?;
        let provider = (self.router.catalog.providers.get(provider))
            .ok_or(Unfit::OtherConfiguration("it has no such provider"))?;
        let model = (self.router.catalog.model(&mandate.model))
            .ok_or(Unfit::OtherConfiguration("it has no such model"))?;
        let caller = self.caller(&mandate)?;
        let grant = grant(&caller, provider, model, place)?;
        let written = match &given.written {
            None => None,
            Some(names) => Some(std::str::from_utf8(names).map_err(|_| Unfit::UnreadableMandate)?),
        };
        if written.is_some_and(|names| names.starts_with(UNDER_WAY)) {
            return Err(Unfit::Hedged);
        }
        Attempt::new(
            &self.router.settings,
            &caller,
            model,
            provider,
            &grant,
            &mandate,
            place,
            headers,
            written,
        )
    }

    /// The answer to a request of which no attempt is made.
    #[must_use]
    pub fn refusal(&self, headers: &Headers) -> Reply {
        let path =
            headers.first(":path").and_then(|path| self.router.settings.base_paths.split(path));
        Reply::rejected(&Reject::Internal, path.map(|path| path.dialect()).unwrap_or_default())
    }

    fn caller(&self, mandate: &Mandate) -> Result<Caller, Unfit> {
        let Some(id) = &mandate.key else {
            let team = self.router.teams.get(&*mandate.team);
            return team
                .map(|team| Caller::of_team(Rc::clone(team)))
                .ok_or(Unfit::OtherConfiguration("it has no such team"));
        };
        (self.keys.get(&*mandate.team).and_then(|keys| keys.get(&**id)))
            .map(|key| Caller::holding(Rc::clone(key)))
            .ok_or(Unfit::OtherConfiguration("it has no such key"))
    }
}

/// What this configuration sends the caller's request with, if that is what the mandate says.
fn grant(
    caller: &Caller,
    provider: &Provider,
    model: &Model,
    place: &Place,
) -> Result<Grant, Unfit> {
    let is_target = model
        .targets
        .iter()
        .any(|target| target.provider.id == provider.id && target.model.matches(&place.model));
    if !is_target {
        return Err(Unfit::OtherConfiguration("the model has no such target"));
    }
    let grant = caller
        .grant(provider, Some(model), &ProviderData::default())
        .ok_or(Unfit::OtherConfiguration("the team has no credential for the provider"))?;
    match provider.name_of(&grant) == place.credential.as_deref() {
        true => Ok(grant),
        false => Err(Unfit::OtherConfiguration("the team has another credential for the provider")),
    }
}
