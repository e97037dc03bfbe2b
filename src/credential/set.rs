//! Which credentials a team or a virtual key has.

use std::collections::HashMap;

use super::CredentialHandle;
use crate::id::{ModelId, ProviderId};

/// Credentials of a team or a key: at most one for each provider.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CredentialSet {
    /// Sorted by provider; a handful at most.
    handles: Vec<CredentialHandle>,
}

impl CredentialSet {
    /// Adds a credential.
    ///
    /// # Errors
    ///
    /// [`AlreadySet`] if there is one for the same provider already.
    pub(crate) fn insert(&mut self, handle: CredentialHandle) -> Result<(), AlreadySet> {
        match self.handles.binary_search_by_key(&handle.provider, |handle| handle.provider) {
            Ok(_) => Err(AlreadySet),
            Err(place) => {
                self.handles.insert(place, handle);
                Ok(())
            }
        }
    }

    /// The credential for `provider`, if there is one.
    #[must_use]
    pub fn get(&self, provider: ProviderId) -> Option<CredentialHandle> {
        let place = self.handles.binary_search_by_key(&provider, |handle| handle.provider).ok()?;
        self.handles.get(place).copied()
    }
}

/// The set holds a credential for this provider already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AlreadySet;

/// All credentials of a team or of a key.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CredentialSets {
    /// `credentials`: for every model.
    pub for_all_models: CredentialSet,
    /// `model_credentials`: for single registered models. They come first.
    pub for_models: HashMap<ModelId, CredentialSet>,
}

impl CredentialSets {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = CredentialHandle> + '_ {
        let sets = [&self.for_all_models].into_iter().chain(self.for_models.values());
        sets.flat_map(|set| set.handles.iter().copied())
    }

    /// The credential for `provider` when `model` is called, and the list that it is from.
    #[must_use]
    pub fn get(
        &self,
        provider: ProviderId,
        model: Option<ModelId>,
    ) -> Option<(CredentialList, CredentialHandle)> {
        (model.and_then(|model| self.for_models.get(&model)?.get(provider)))
            .map(|handle| (CredentialList::ModelCredentials, handle))
            .or_else(|| {
                self.for_all_models
                    .get(provider)
                    .map(|handle| (CredentialList::Credentials, handle))
            })
    }
}

/// A list of credentials in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialList {
    /// `credentials`
    Credentials,
    /// `model_credentials`
    ModelCredentials,
}

/// Whose credential a request is sent with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialOwner {
    /// The virtual key's.
    Key(CredentialList),
    /// The team's.
    Team(CredentialList),
    /// The provider's `default_credential`.
    Provider,
}
