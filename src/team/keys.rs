//! The virtual keys of all teams.

use std::cell::RefCell;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::VirtualKey;
use crate::identity::KeyDigest;

/// The virtual keys, found by their SHA-256, or by the trace of an earlier find.
#[derive(Debug, Default)]
pub struct VirtualKeys {
    by_digest: FxHashMap<KeyDigest, Rc<VirtualKey>>,
    found: Traces,
}

impl VirtualKeys {
    /// Takes a key; `false` if there is one with this digest already.
    pub(crate) fn insert(&mut self, digest: KeyDigest, key: VirtualKey) -> bool {
        self.by_digest.insert(digest, Rc::new(key)).is_none()
    }

    /// The key that a caller shows in the clear.
    #[must_use]
    pub fn shown(&self, key: &[u8]) -> Option<&Rc<VirtualKey>> {
        let trace = self.found.trace(key);
        if let Some(digest) = self.found.digest(trace) {
            return self.by_digest.get(&digest);
        }
        let digest = KeyDigest::of(key);
        let key = self.by_digest.get(&digest)?;
        self.found.remember(trace, digest);
        Some(key)
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Rc<VirtualKey>> {
        self.by_digest.values()
    }
}

/// The keys that were shown before, so that a key is hashed with SHA-256 once in a VM and not in every request.
///
/// What is kept of a key is not the key: 128 bits of SipHash, a keyed pseudorandom function, under a secret that the VM
/// draws when it starts. Who does not have the secret cannot tell the trace of any text, so another text with the trace
/// of a key can only be guessed, one in 2^128 by each request; and what is compared, in whatever time, are traces, which
/// tell nothing about the texts. Who can read the VM's memory has the secret and could make such a text; but the
/// providers' credentials lie there in the clear, which are worth more. The key itself cannot be read from its trace any
/// more than from its SHA-256, which lies there anyway: only guessed, and guessing is hopeless for a key of random
/// characters.
///
/// There are at most as many as there are configured keys: what is unknown leaves no trace. A new configuration begins
/// without any.
#[derive(Default)]
struct Traces {
    secret: RandomState,
    seen: RefCell<FxHashMap<Trace, KeyDigest>>,
}

/// What is kept of a key that was shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Trace([u64; 2]);

impl Traces {
    fn trace(&self, key: &[u8]) -> Trace {
        Trace([0_u8, 1].map(|half| self.secret.hash_one((half, key))))
    }

    fn digest(&self, trace: Trace) -> Option<KeyDigest> {
        self.seen.try_borrow().ok()?.get(&trace).copied()
    }

    fn remember(&self, trace: Trace, digest: KeyDigest) {
        if let Ok(mut seen) = self.seen.try_borrow_mut() {
            seen.insert(trace, digest);
        }
    }
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests;
