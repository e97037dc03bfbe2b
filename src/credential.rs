//! Credentials, kept so that one provider's can never be sent to another.
//!
//! A secret is stored in the [`CredentialStore`] of its provider and nowhere else. Teams and keys have a
//! [`CredentialSet`]: for each provider at most one [`CredentialHandle`]. To read a secret one needs a provider and a
//! handle, and a store refuses the handles of other providers. The result of choosing a credential is an
//! [`Authorization`]: the right to send one request to one provider.

mod set;

use std::fmt;
use std::rc::Rc;

use crate::id::ProviderId;
use crate::secret::Secret;

#[cfg(test)]
pub(crate) use set::AlreadySet;
pub use set::{CredentialList, CredentialOwner, CredentialSet, CredentialSets};

/// The credentials of one provider.
#[derive(Debug)]
pub struct CredentialStore {
    provider: ProviderId,
    credentials: Vec<Credential>,
}

impl CredentialStore {
    /// An empty store for `provider`.
    pub(crate) fn new(provider: ProviderId) -> Self {
        Self { provider, credentials: Vec::new() }
    }

    /// Adds a credential, and gives the handle by which it is found.
    pub(crate) fn add(&mut self, credential: Credential) -> CredentialHandle {
        let handle = CredentialHandle { provider: self.provider, index: self.credentials.len() };
        self.credentials.push(credential);
        handle
    }

    /// The credential of `handle`; `None` if the handle is another provider's.
    #[must_use]
    pub fn get(&self, handle: CredentialHandle) -> Option<&Credential> {
        if handle.provider != self.provider {
            return None;
        }
        self.credentials.get(handle.index)
    }
}

/// One credential.
#[derive(Debug)]
pub struct Credential {
    /// Its name in the configuration.
    pub name: Rc<str>,
    /// The secret, without the prefix of the header that carries it.
    pub value: Secret,
    /// Tells this secret at this place from every other, for what workers remember of it: see [`crate::cooldown`].
    pub fingerprint: Box<str>,
}

/// Names one credential of one provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CredentialHandle {
    provider: ProviderId,
    index: usize,
}

impl CredentialHandle {
    /// The provider whose credential this is.
    #[must_use]
    pub fn provider(self) -> ProviderId {
        self.provider
    }
}

/// The right to send a request to one provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authorization {
    /// With this credential of the configuration.
    Credential(CredentialHandle),
    /// With none: this filter sends this provider no credential.
    NotNeeded(ProviderId),
    /// With a key that the caller brought.
    CallersKey {
        /// The provider that the caller named with the key.
        provider: ProviderId,
        /// The key, without the prefix of the header that carries it.
        key: Secret,
    },
}

/// An authorization for one provider was used with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForeignCredential;

impl fmt::Display for ForeignCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the credential is not this provider's")
    }
}

impl std::error::Error for ForeignCredential {}

#[cfg(test)]
mod tests;
