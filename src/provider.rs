//! Upstream providers: how a request must look to be theirs.

mod kind;
mod path;

use std::fmt;
use std::rc::Rc;

use crate::credential::{Keyring, Slot};
use crate::header::NameSet;
use crate::pattern::Pattern;
use crate::secret::Secret;

pub use kind::{Api, AuthStyle, Authority, Field, Kind, NoHost, Place, BEARER};
pub use path::{is_path, percent_encode, PathRule, RequestPath, Template, DEPLOYMENTS};

/// A provider's place in the router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderId(usize);

impl ProviderId {
    pub(crate) fn new(index: usize) -> Self {
        Self(index)
    }
}

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
    pub headers: Vec<(Rc<str>, Box<str>)>,
    /// Headers set where the client sent none.
    pub default_headers: Vec<(Rc<str>, Box<str>)>,
    /// Headers dropped.
    pub removed_headers: Vec<Pattern>,
    /// Of these the ones without a `*`, and those that are set.
    pub dropped_headers: NameSet,
    /// Whether models that are not registered are routed here by `provider/model`.
    pub unregistered_models: bool,
    /// The credential of those who have none of their own.
    pub default_credential: Option<Slot>,
    /// All credentials for this provider.
    pub keyring: Keyring,
}

impl Provider {
    /// The header that `grant` lets this filter send, and its value; `None` where no credential is sent.
    ///
    /// # Errors
    ///
    /// [`ForeignCredential`] for a grant that was made for another provider.
    pub fn authorization<'a>(
        &'a self,
        grant: &'a Grant,
    ) -> Result<Option<(&'a Rc<str>, &'a Secret)>, ForeignCredential> {
        let secret = match (grant, &self.credential_header) {
            (Grant::NotNeeded(id), None) if *id == self.id => return Ok(None),
            (Grant::Credential(slot), Some(_)) => {
                self.keyring.get(*slot).map(|credential| &credential.header_value)
            }
            (Grant::Callers { owner, header_value }, Some(_)) if *owner == self.id => {
                Some(header_value)
            }
            _ => None,
        };
        match (&self.credential_header, secret) {
            (Some(header), Some(secret)) => Ok(Some((header, secret))),
            _ => Err(ForeignCredential),
        }
    }

    /// The name of the credential that `grant` stands for, if it is one of this provider's.
    #[must_use]
    pub fn name_of(&self, grant: &Grant) -> Option<&str> {
        match grant {
            Grant::Credential(slot) => self.keyring.get(*slot).map(|credential| &*credential.name),
            Grant::NotNeeded(_) | Grant::Callers { .. } => None,
        }
    }

    /// The right to send a request here with a key of the caller's own.
    #[must_use]
    pub fn accept(&self, key: &Secret) -> Grant {
        Grant::Callers { owner: self.id, header_value: key.prefixed(&self.credential_prefix) }
    }
}

/// The names of providers, sorted, each once.
pub fn names<'a>(providers: impl Iterator<Item = &'a Provider>) -> Vec<Rc<str>> {
    let mut names: Vec<_> = providers.map(|provider| Rc::clone(&provider.name)).collect();
    names.sort();
    names.dedup();
    names
}

/// The right to send a request to one provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// With this credential.
    Credential(Slot),
    /// With none: this provider is sent none.
    NotNeeded(ProviderId),
    /// With the caller's own key.
    Callers {
        /// The provider that the caller named with it.
        owner: ProviderId,
        /// The value of the credential header.
        header_value: Secret,
    },
}

/// A grant for one provider was held against another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForeignCredential;

impl fmt::Display for ForeignCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the credential is not this provider's")
    }
}

impl std::error::Error for ForeignCredential {}
