//! Where requests for resources go: to a provider of the team's, with a credential that shows what is the team's own.

use std::rc::Rc;

use super::select::Candidate;
use super::Router;
use crate::affinity::SessionHints;
use crate::credential::Authorization;
use crate::endpoint::Resource;
use crate::header::{Headers, PROVIDER_HEADER};
use crate::json::ValueKind;
use crate::provider::{self, Api, Provider};
use crate::provider_data::ProviderData;
use crate::reject::Reject;
use crate::team::{Caller, Resources, CONTINUATIONS};

impl Router {
    /// Where a request for a resource goes, and with what; `None` if the caller's team has not this family.
    ///
    /// # Errors
    ///
    /// [`Reject::UnknownProvider`] if it names a provider that is not the team's, [`Reject::ClientCredentialsNotAllowed`],
    /// and [`Reject::ResourceCredentialNotConfigured`] where there is no credential of the caller's or team's own.
    pub fn resource<'c>(
        &self,
        caller: &'c Caller,
        family: Resource,
        headers: &Headers,
        client_keys: &ProviderData,
    ) -> Option<Result<(&'c Rc<Provider>, Authorization), Reject>> {
        let resources = caller.team().resources.as_ref()?;
        resources
            .families
            .contains(&family)
            .then(|| authorized(caller, resources, Api::of_resource(family), headers, client_keys))
    }
}

fn authorized<'c>(
    caller: &Caller,
    resources: &'c Resources,
    api: Api,
    headers: &Headers,
    client_keys: &ProviderData,
) -> Result<(&'c Rc<Provider>, Authorization), Reject> {
    let provider =
        resources.provider(requested_provider(headers)).ok_or_else(|| Reject::UnknownProvider {
            available: provider::names(resources.providers.iter().map(|provider| &**provider)),
        })?;
    if !provider.client_credentials && client_keys.key_for(&provider.name).is_some() {
        return Err(Reject::ClientCredentialsNotAllowed { provider: Rc::clone(&provider.name) });
    }
    resources
        .authorization(caller, provider, api, client_keys)
        .map(|authorization| (provider, authorization))
        .ok_or_else(|| Reject::ResourceCredentialNotConfigured {
            provider: Rc::clone(&provider.name),
        })
}

/// The provider that a request names for resources. Of several values none is among any team's.
fn requested_provider(headers: &Headers) -> Option<&[u8]> {
    let mut values = headers.all(PROVIDER_HEADER);
    let first = values.next()?;
    Some(if values.next().is_some() { b"" } else { first })
}

/// Leaves of the candidates the one provider that holds what the request goes on with, if it is among them: the named one of
/// the team's, or the first that serves the model. Whether it did.
pub fn keep_where_stored(
    caller: &Caller,
    hints: SessionHints<'_>,
    candidates: &mut Vec<Candidate<'_>>,
) -> bool {
    let Some(resources) = &caller.team().resources else { return false };
    let goes_on = hints
        .members
        .iter()
        .any(|noted| CONTINUATIONS.contains(&&*noted.name) && noted.kind != ValueKind::Null);
    let name = requested_provider(hints.headers);
    let held = (resources.providers.iter())
        .filter(|provider| name.is_none_or(|name| provider.name.as_bytes() == name))
        .find(|provider| {
            candidates.iter().any(|candidate| {
                candidate.provider.id == provider.id && candidate.authorization.is_some()
            })
        });
    match held.filter(|_| goes_on) {
        Some(provider) => {
            candidates.retain(|candidate| candidate.provider.id == provider.id);
            true
        }
        None => false,
    }
}
