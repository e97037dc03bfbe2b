//! Upstream providers: how a request must look to be theirs.

mod kind;
mod path;
mod removed;

use std::rc::Rc;

use crate::credential::{Authorization, CredentialHandle, CredentialStore, ForeignCredential};
use crate::id::ProviderId;
use crate::secret::Secret;

pub use kind::{Api, AuthStyle, Authority, Field, Kind, NoHost, Place, BEARER};
pub use path::{is_path, PathRule, Template};
pub use removed::{may_be_removed, RemovedHeaders};

/// A provider, ready to be routed to.
#[derive(Debug)]
pub struct Provider {
    /// Its place in the router.
    pub id: ProviderId,
    /// Its name in the configuration, in `provider/model` and in `model:provider`.
    pub name: Rc<str>,
    /// The Envoy cluster that reaches it.
    pub cluster: Box<str>,
    /// The header that carries the credential; `None` if this filter adds none.
    pub credential_header: Option<Rc<str>>,
    /// What precedes the secret in that header.
    pub credential_prefix: Box<str>,
    /// Whether a caller may bring its own key.
    pub client_credentials: bool,
    /// The client's path as this provider wants it.
    pub path: PathRule,
    /// The `:authority` sent upstream; `None` leaves the client's.
    pub authority: Option<Box<str>>,
    /// Headers set on every request.
    pub set_headers: Vec<(Rc<str>, Box<str>)>,
    /// Headers set where the client sent none.
    pub default_headers: Vec<(Rc<str>, Box<str>)>,
    /// The client's headers that it is not sent.
    pub removed_headers: RemovedHeaders,
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
    /// The secret that `authorization` stands for; `None` where no credential is sent.
    ///
    /// # Errors
    ///
    /// [`ForeignCredential`] for an authorization that was made for another provider.
    pub fn secret<'a>(
        &'a self,
        authorization: &'a Authorization,
    ) -> Result<Option<&'a Secret>, ForeignCredential> {
        match (authorization, &self.credential_header) {
            (Authorization::NotNeeded(id), None) if *id == self.id => Ok(None),
            (Authorization::Credential(handle), Some(_)) => {
                let credential = self.credentials.get(*handle).ok_or(ForeignCredential)?;
                Ok(Some(&credential.value))
            }
            (Authorization::CallersKey { provider, key }, Some(_)) if *provider == self.id => {
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
