//! What is said of a pin to a provider that does not serve the model.

use std::rc::Rc;

use super::route::not_found;
use super::select::Candidate;
use super::Router;
use crate::catalog::{Model, Resolution};
use crate::id::ModelId;
use crate::pattern::Pattern;
use crate::provider::{self, Provider};
use crate::provider_data::ProviderData;
use crate::reject::{Quoted, Reject};
use crate::team::Caller;

impl Router {
    /// The error for a pin to a provider that does not serve the model. It names those that the caller could be routed to.
    /// A provider by which the caller could be served nothing at all reads like none: its name is not the caller's business.
    pub(super) fn pin_misses(
        &self,
        caller: &Caller,
        pin: &Provider,
        found: &Resolution<'_>,
        elsewhere: &[Candidate<'_>],
    ) -> Reject {
        if !self.serves_anything(caller, pin) {
            return not_found(found.names().asked);
        }
        let available = elsewhere.iter().filter(|candidate| candidate.authorization.is_some());
        Reject::ProviderNotFoundForModel {
            provider: Rc::clone(&pin.name),
            model: Quoted::new(found.names().without_pin),
            available: provider::names(available.map(|candidate| &**candidate.provider)),
        }
    }

    /// Whether there is any model that the caller could be served by a provider.
    fn serves_anything(&self, caller: &Caller, provider: &Provider) -> bool {
        let brings_no_key = ProviderData::default();
        let has_credential = |model: Option<ModelId>| {
            provider.client_credentials
                || provider
                    .apis()
                    .any(|api| caller.authorization(provider, api, model, &brings_no_key).is_some())
        };
        let is_served = |model: &Model| {
            model.targets.iter().any(|target| target.provider.id == provider.id)
                && caller.passes(&model.restriction)
                && has_credential(Some(model.id))
        };
        let unregistered = || {
            let all = Pattern::parse(&[&provider.name, "/*"].concat());
            provider.unregistered_models
                && all.is_ok_and(|all| caller.may_call_some_of(&all))
                && has_credential(None)
        };
        let catalog = &self.catalog;
        unregistered()
            || catalog
                .models
                .values()
                .any(|model| is_served(model) && caller.may_call(&[&model.name]))
            || (catalog.patterns.iter())
                .any(|(pattern, model)| is_served(model) && caller.may_call_some_of(pattern))
            || (catalog.aliases.iter()).any(|(alias, name)| {
                caller.may_call(&[alias])
                    && catalog.models.get(&**name).is_some_and(|m| is_served(m))
            })
    }
}
