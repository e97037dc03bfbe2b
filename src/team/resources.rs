//! What a team may do with what is stored at providers.

use std::rc::Rc;

use super::Caller;
use crate::credential::{Authorization, CredentialOwner};
use crate::endpoint::Resource;
use crate::provider::{Api, Provider};
use crate::provider_data::ProviderData;

/// Members of a body by which a request goes on with what is stored at a provider.
pub const CONTINUATIONS: [&str; 2] = ["previous_response_id", "conversation"];

/// A team's way to resources of its own.
#[derive(Debug)]
pub struct Resources {
    /// Where they are, the usual one first; never empty.
    pub providers: Vec<Rc<Provider>>,
    /// The families that are served.
    pub families: Vec<Resource>,
    /// Whether requests may be sent with a credential that is not the caller's or its team's own, or with none: then what one
    /// team has stored, others can read.
    pub shared_credential: bool,
}

impl Resources {
    /// The provider of this name among them; of those who name none, the first.
    #[must_use]
    pub fn provider(&self, named: Option<&[u8]>) -> Option<&Rc<Provider>> {
        match named {
            None => self.providers.first(),
            Some(name) => self.providers.iter().find(|one| one.name.as_bytes() == name),
        }
    }

    /// The API of the first family that is served.
    #[must_use]
    pub fn usual_api(&self) -> Api {
        self.families.first().map_or(Api::OpenAi, |family| Api::of_resource(*family))
    }

    /// With what a request of `caller` for a resource of this API may be sent to `provider`; `None`: there is no credential of its own,
    /// and nothing may be sent.
    #[must_use]
    pub fn authorization(
        &self,
        caller: &Caller,
        provider: &Provider,
        api: Api,
        client_keys: &ProviderData,
    ) -> Option<Authorization> {
        let authorization = caller.authorization(provider, api, None, client_keys)?;
        let is_own = match &authorization {
            Authorization::CallersKey { .. } => true,
            Authorization::Credential(_) => {
                let (owner, _) = caller.configured_credential(provider, None)?;
                owner != CredentialOwner::Provider
            }
            // Where no credential is needed, all callers have the same account.
            Authorization::NotNeeded(_) => false,
        };
        Some(authorization).filter(|_| is_own || self.shared_credential)
    }
}
