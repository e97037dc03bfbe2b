//! The virtual keys of all teams.

use std::rc::Rc;

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::VirtualKey;
use crate::identity::KeyDigest;

/// The virtual keys, found by their SHA-256. The keys themselves are not kept.
#[derive(Debug, Default)]
pub struct VirtualKeys(FxHashMap<KeyDigest, Rc<VirtualKey>>);

impl VirtualKeys {
    /// None yet, with room for so many.
    pub(crate) fn with_capacity(keys: usize) -> Self {
        Self(FxHashMap::with_capacity_and_hasher(keys, FxBuildHasher))
    }

    /// Takes a key; `false` if there is one with this digest already.
    pub(crate) fn insert(&mut self, digest: KeyDigest, key: VirtualKey) -> bool {
        self.0.insert(digest, Rc::new(key)).is_none()
    }

    /// The key that a caller shows in the clear.
    #[must_use]
    pub fn shown(&self, key: &[u8]) -> Option<&Rc<VirtualKey>> {
        self.0.get(&KeyDigest::of(key))
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Rc<VirtualKey>> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests;
