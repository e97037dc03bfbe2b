//! Upstream providers: how a request must look to be theirs.

mod kind;
mod path;

use std::fmt;
use std::rc::Rc;

use crate::credential::{Credential, Keyring, Slot};
use crate::pattern::Pattern;

pub use kind::{AuthStyle, Authority, Kind, BEARER};
pub use path::{is_path, PathRule, RequestPath, Template};

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
    pub credential_header: Option<Box<str>>,
    /// The client's path as this provider wants it.
    pub path: PathRule,
    /// The `:authority` sent upstream; `None` leaves the client's.
    pub authority: Option<Box<str>>,
    /// Headers set on every request.
    pub headers: Vec<(Box<str>, Box<str>)>,
    /// Headers set where the client sent none.
    pub default_headers: Vec<(Box<str>, Box<str>)>,
    /// Headers dropped.
    pub removed_headers: Vec<Pattern>,
    /// Whether models that are not registered are routed here by `provider/model`.
    pub unregistered_models: bool,
    /// The credential of those who have none of their own.
    pub default_credential: Option<Slot>,
    /// All credentials for this provider.
    pub keyring: Keyring,
}

impl Provider {
    /// The header that `grant` lets this filter send, and the credential in it; `None` where no credential is
    /// sent.
    ///
    /// # Errors
    ///
    /// [`ForeignCredential`] for a grant that was made for another provider.
    pub fn authorization(
        &self,
        grant: Grant,
    ) -> Result<Option<(&str, &Credential)>, ForeignCredential> {
        match (grant, &self.credential_header) {
            (Grant::NotNeeded(id), None) if id == self.id => Ok(None),
            (Grant::Credential(slot), Some(header)) => self
                .keyring
                .get(slot)
                .map(|credential| Some((&**header, credential)))
                .ok_or(ForeignCredential),
            _ => Err(ForeignCredential),
        }
    }
}

/// The right to send a request to one provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// With this credential.
    Credential(Slot),
    /// With none: this provider is sent none.
    NotNeeded(ProviderId),
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
