//! Where a caller could be served a model: at which endpoints, and by which providers.

use std::rc::Rc;

use super::select::Candidate;
use super::Router;
use crate::catalog::Resolution;
use crate::endpoint::{Endpoints, Operation};
use crate::provider::{Api, Provider};
use crate::provider_data::ProviderData;
use crate::team::Caller;

/// Where a caller could be served a model.
#[derive(Debug, Default)]
pub(super) struct Served<'a> {
    /// The endpoints.
    pub endpoints: Endpoints,
    /// The providers, some of them more than once.
    pub providers: Vec<&'a Rc<Provider>>,
}

impl Router {
    /// Where the caller could be served what was found: a provider serves it there, for which there is a credential.
    pub(super) fn served<'a>(
        &'a self,
        caller: &Caller,
        found: &Resolution<'a>,
        client_keys: &ProviderData,
    ) -> Served<'a> {
        let mut served = Served::default();
        for (candidate, endpoints) in self.serving(caller, found, client_keys) {
            if candidate.authorization.is_some() {
                served.endpoints = served.endpoints.or(endpoints);
                served.providers.push(candidate.provider);
            }
        }
        served
    }

    /// The places in each API where what was found is served, those without a credential among them, each with the
    /// endpoints, of those that are for its type.
    pub(crate) fn serving<'a>(
        &'a self,
        caller: &Caller,
        found: &Resolution<'a>,
        client_keys: &ProviderData,
    ) -> Vec<(Candidate<'a>, Endpoints)> {
        let mut serving = Vec::new();
        for api in Api::ALL {
            let of_api = Operation::ALL.into_iter().filter(|operation| Api::of(*operation) == api);
            let fitting: Endpoints =
                of_api.filter(|operation| found.fits(*operation).is_ok()).collect();
            if fitting.is_empty() {
                continue;
            }
            for candidate in self.candidates(caller, found, api, client_keys) {
                let endpoints = candidate.endpoints.and(fitting);
                let is_pinned_elsewhere =
                    found.pinned_by_caller.is_some_and(|pin| pin.id != candidate.provider.id);
                if !endpoints.is_empty() && !is_pinned_elsewhere {
                    serving.push((candidate, endpoints));
                }
            }
        }
        serving
    }
}
