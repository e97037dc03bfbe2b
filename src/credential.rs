//! Credentials, so kept that one provider's can never be sent to another.
//!
//! A secret is stored in the [`Keyring`] of its provider and nowhere else. What a team holds is a [`Wallet`]: for
//! each provider at most one [`Slot`] of that provider's keyring. To get at a secret one must first have chosen a
//! provider, and then can only get one of its own: a slot that was made for another provider opens nothing.

use std::rc::Rc;

use crate::provider::ProviderId;
use crate::secret::Secret;

/// The credentials of one provider.
#[derive(Debug)]
pub struct Keyring {
    owner: ProviderId,
    credentials: Vec<Credential>,
}

impl Keyring {
    /// An empty keyring for the provider `owner`.
    pub(crate) fn new(owner: ProviderId) -> Self {
        Self { owner, credentials: Vec::new() }
    }

    /// Puts a credential in, and gives the slot to reach it by.
    pub(crate) fn add(&mut self, credential: Credential) -> Slot {
        let slot = Slot { owner: self.owner, index: self.credentials.len() };
        self.credentials.push(credential);
        slot
    }

    /// The credential in `slot`; `None` if the slot is another provider's.
    #[must_use]
    pub fn get(&self, slot: Slot) -> Option<&Credential> {
        if slot.owner != self.owner {
            return None;
        }
        self.credentials.get(slot.index)
    }
}

/// One credential.
#[derive(Debug)]
pub struct Credential {
    /// Its name in the configuration.
    pub name: Rc<str>,
    /// The value of the provider's credential header: prefix and secret.
    pub header_value: Secret,
}

/// The place of a credential in its provider's keyring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    owner: ProviderId,
    index: usize,
}

impl Slot {
    /// The provider whose keyring this is a slot of.
    #[must_use]
    pub fn provider(self) -> ProviderId {
        self.owner
    }
}

/// What a team or a key holds: at most one credential for each provider.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wallet {
    /// Sorted by provider; a handful at most.
    slots: Vec<Slot>,
}

impl Wallet {
    /// Puts a credential in.
    ///
    /// # Errors
    ///
    /// [`Occupied`] if there is one for the same provider already.
    pub(crate) fn insert(&mut self, slot: Slot) -> Result<(), Occupied> {
        match self.slots.binary_search_by_key(&slot.owner, |slot| slot.owner) {
            Ok(_) => Err(Occupied),
            Err(place) => {
                self.slots.insert(place, slot);
                Ok(())
            }
        }
    }

    /// The credential for `provider`, if there is one.
    #[must_use]
    pub fn slot(&self, provider: ProviderId) -> Option<Slot> {
        let place = self.slots.binary_search_by_key(&provider, |slot| slot.owner).ok()?;
        self.slots.get(place).copied()
    }
}

/// A wallet holds a credential for this provider already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Occupied;

#[cfg(test)]
mod tests;
