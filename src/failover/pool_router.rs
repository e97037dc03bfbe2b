//! The filter's part in a pool: which provider an attempt is for, and whether it may be made.

use std::collections::HashMap;
use std::rc::Rc;

use thiserror::Error;

use super::attempt::{Attempt, AttemptParts};
use super::context::FailoverContext;
use super::state::{AttemptInput, AttemptState};
use crate::catalog::Target;
use crate::endpoint::Endpoint;
use crate::header::Headers;
use crate::provider::Api;
use crate::provider_data::ProviderData;
use crate::provider_request::Destination;
use crate::reject::{Reject, Reply};
use crate::router::Router;
use crate::team::{Caller, VirtualKey};

/// Makes each attempt the request of the provider that Envoy has chosen.
pub struct PoolRouter {
    router: Rc<Router>,
    /// The keys of each team by their ids: the keys themselves are not known here.
    keys: HashMap<Rc<str>, HashMap<Rc<str>, Rc<VirtualKey>>>,
}

/// Why an attempt is not made. Operators are told; the client reads that the gateway could not process the request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AttemptError {
    /// The request was not sent to the pool by a filter.
    #[error(
        "no filter has sent this request here: only a model's `failover_cluster` leads to a pool"
    )]
    NoContext,
    /// What was passed on cannot be read.
    #[error("what the listener's filter has passed on cannot be read: is it of another version?")]
    UnreadableContext,
    /// The endpoint does not name its provider.
    #[error("the endpoint that Envoy has chosen names no provider: give it metadata `filter_metadata: {{llm_router: {{provider: …}}}}`")]
    NoProvider,
    /// The endpoint is not one for this request.
    #[error("the endpoint that Envoy has chosen is of provider {0:?}, which may not serve this request: give the pool a `lb_subset_config`, and this filter a `failover.subset_header`, or leave the endpoint out")]
    NotATarget(String),
    /// The pool's filter does not know what the listener's does.
    #[error("the configuration of the pool's filter is not that of the listener's: {0}")]
    OtherConfiguration(&'static str),
    /// Another filter has changed the body.
    #[error(
        "another filter has changed the body: it must stand in front of this one in the listener"
    )]
    OtherBody,
    /// Two attempts at once. Envoy keeps one map of header fields for both, so one could be sent the other's key.
    #[error("an attempt is still running: the route must have no `hedge_policy`")]
    Hedged,
    /// The header fields are not there.
    #[error("the request's header fields cannot be read")]
    Unreadable,
    /// The header fields cannot be what the provider wants.
    #[error("the request cannot be made the provider's")]
    Unwritable,
}

impl PoolRouter {
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
    pub fn attempt(
        &self,
        input: &AttemptInput,
        headers: &Headers,
    ) -> Result<Attempt, AttemptError> {
        // Where header fields are out of reach Envoy gives an empty map. What an earlier attempt wrote could not be removed.
        if headers.first(":path").is_none() {
            return Err(AttemptError::Unreadable);
        }
        let context = input.context.as_deref().ok_or(AttemptError::NoContext)?;
        let context = FailoverContext::decode(context).ok_or(AttemptError::UnreadableContext)?;
        let provider = input.provider.as_deref().filter(|name| !name.is_empty());
        let provider = provider.and_then(|name| std::str::from_utf8(name).ok());
        let provider = provider.ok_or(AttemptError::NoProvider)?;
        let target = context
            .target(provider)
            .ok_or_else(|| AttemptError::NotATarget(provider.to_owned()))?;
        let provider = (self.router.catalog.providers.get(provider))
            .ok_or(AttemptError::OtherConfiguration("it has no such provider"))?;
        let model = (self.router.catalog.model(&context.model))
            .ok_or(AttemptError::OtherConfiguration("it has no such model"))?;
        let caller = self.caller(&context)?;
        let settings = &self.router.settings;
        let path = (settings.base_paths.split(context.path.as_bytes()))
            .ok_or(AttemptError::OtherConfiguration("it has other base paths"))?;
        let Some(Endpoint::Call(operation)) = path.endpoint(b"POST", b"") else {
            return Err(AttemptError::OtherConfiguration("it has other endpoints"));
        };
        let is_target = |known: &&Target| {
            known.provider.id == provider.id
                && known.model.matches(&target.model)
                && known.endpoints(&target.model).contains(operation)
        };
        let known = (model.targets.iter().find(is_target))
            .ok_or(AttemptError::OtherConfiguration("the model has no such target"))?;
        // Whatever the credential is called now, it is the team's for exactly this provider.
        let authorization = caller
            .authorization(provider, Api::of(operation), Some(model.id), &ProviderData::default())
            .ok_or(AttemptError::OtherConfiguration(
                "the team has no credential for the provider",
            ))?;
        let previous = match &input.previous {
            None => None,
            Some(state) => {
                Some(AttemptState::decode(state).ok_or(AttemptError::UnreadableContext)?)
            }
        };
        if previous.as_ref().is_some_and(|previous| !previous.is_over) {
            return Err(AttemptError::Hedged);
        }
        let destination = Destination {
            provider,
            model: &target.model,
            authorization: &authorization,
            parameters: known.parameters.as_deref(),
        };
        let (caller, context) = (&caller, &context);
        let parts = AttemptParts { settings, caller, model, context, path, operation, destination };
        Attempt::new(parts, headers, previous.as_ref())
    }

    /// The answer to a request of which no attempt is made.
    #[must_use]
    pub fn refusal(&self, headers: &Headers) -> Reply {
        let path =
            headers.first(":path").and_then(|path| self.router.settings.base_paths.split(path));
        let dialect = path.map(|path| path.dialect()).unwrap_or_default();
        Reply::rejected(&Reject::Internal, dialect, None)
    }

    fn caller(&self, context: &FailoverContext) -> Result<Caller, AttemptError> {
        let Some(id) = &context.key else {
            let team = self.router.teams.get(&*context.team);
            return team
                .map(|team| Caller::of_team(Rc::clone(team)))
                .ok_or(AttemptError::OtherConfiguration("it has no such team"));
        };
        (self.keys.get(&*context.team).and_then(|keys| keys.get(&**id)))
            .map(|key| Caller::holding(Rc::clone(key)))
            .ok_or(AttemptError::OtherConfiguration("it has no such key"))
    }
}
