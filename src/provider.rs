//! Upstream providers: how a request must look to be theirs.

mod kind;
mod path;
mod place;
mod removed;

use std::rc::Rc;

use crate::credential::{Authorization, CredentialHandle, CredentialStore, ForeignCredential};
use crate::endpoint::Endpoints;
use crate::id::ProviderId;
use crate::secret::Secret;

pub use kind::{Api, AuthStyle, Authority, Family, Field, Kind, KnownPlace, NoHost, BEARER};
pub use path::{is_path, PathRule, Template};
pub use place::{Place, Places};
pub use removed::{may_be_removed, RemovedHeaders};

/// A provider, ready to be routed to.
#[derive(Debug)]
pub struct Provider {
    /// Its place in the router.
    pub id: ProviderId,
    /// Its name in the configuration, in `provider/model` and in `model:provider`.
    pub name: Rc<str>,
    /// The endpoints that it serves.
    pub endpoints: Endpoints,
    /// The models that it is known to serve at some of them alone.
    pub families: &'static [Family],
    /// Where it has its APIs.
    pub places: Places,
    /// Whether a caller may bring its own key.
    pub client_credentials: bool,
    /// Whether it is OpenAI, which may be sent the client's account there.
    pub keeps_openai_headers: bool,
    /// Members of a body that it is sent though they choose further models.
    pub allowed_fields: Vec<Box<str>>,
    /// Whether `plugins` chooses models there.
    pub reads_plugins: bool,
    /// Whether a stream that does not ask for its tokens is made to.
    pub stream_usage: bool,
    /// Texts in the body of a 400 by which it says that a credential is invalid.
    pub invalid_key_texts: &'static [&'static str],
    /// Whether models that are not registered are routed here by `provider/model`.
    pub unregistered_models: bool,
    /// The credential of those who have none of their own.
    pub default_credential: Option<CredentialHandle>,
    /// All credentials for this provider.
    pub credentials: CredentialStore,
}

impl Provider {
    /// Where it has an API.
    #[must_use]
    pub fn place(&self, api: Api) -> &Place {
        self.places.of(api)
    }

    /// The APIs of the endpoints that it serves.
    pub fn apis(&self) -> impl Iterator<Item = Api> + '_ {
        let is_served = |api: Api| self.endpoints.iter().any(|operation| Api::of(operation) == api);
        Api::ALL.into_iter().filter(move |api| is_served(*api))
    }

    /// The endpoints at which it serves its model `model`.
    #[must_use]
    pub fn endpoints_of(&self, model: &str) -> Endpoints {
        let of_model = self.families.iter().filter(|family| family.holds(model));
        let not_served = of_model.flat_map(|family| family.not_served_at.iter().copied());
        self.endpoints.without(not_served.collect())
    }

    /// Whether requests to an API of its are sent a credential.
    #[must_use]
    pub fn needs_credential(&self, api: Api) -> bool {
        self.place(api).credential_header.is_some()
    }

    /// The secret that `authorization` stands for; `None` where the API is sent no credential.
    ///
    /// # Errors
    ///
    /// [`ForeignCredential`] for an authorization that was made for another provider.
    pub fn secret<'a>(
        &'a self,
        api: Api,
        authorization: &'a Authorization,
    ) -> Result<Option<&'a Secret>, ForeignCredential> {
        match (authorization, self.needs_credential(api)) {
            (Authorization::NotNeeded(id), false) if *id == self.id => Ok(None),
            (Authorization::Credential(handle), true) => {
                let credential = self.credentials.get(*handle).ok_or(ForeignCredential)?;
                Ok(Some(&credential.value))
            }
            (Authorization::CallersKey { provider, key }, true) if *provider == self.id => {
                Ok(Some(key))
            }
            _ => Err(ForeignCredential),
        }
    }

    /// The name of the credential that `authorization` stands for, if it is one of this provider's.
    #[must_use]
    pub fn credential_name(&self, authorization: &Authorization) -> Option<&str> {
        match authorization {
            Authorization::Credential(handle) => Some(&self.credentials.get(*handle)?.name),
            Authorization::NotNeeded(_) | Authorization::CallersKey { .. } => None,
        }
    }

    /// Whether it is sent a member of this name, which chooses further models.
    #[must_use]
    pub fn allows_field(&self, name: &str) -> bool {
        let is_harmless = name == "plugins" && !self.reads_plugins;
        is_harmless || self.allowed_fields.iter().any(|allowed| **allowed == *name)
    }

    /// The right to send a request here with a key of the caller's own.
    #[must_use]
    pub fn authorize_with(&self, key: &Secret) -> Authorization {
        Authorization::CallersKey { provider: self.id, key: key.clone() }
    }
}

/// The names of providers, sorted, each once.
pub fn names<'a>(providers: impl Iterator<Item = &'a Provider>) -> Vec<Rc<str>> {
    let mut names: Vec<_> = providers.map(|provider| Rc::clone(&provider.name)).collect();
    names.sort();
    names.dedup();
    names
}
