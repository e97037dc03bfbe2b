//! The host that requests are explained on.

use std::time::SystemTime;

use crate::host::Host;
use crate::identity::MetadataPath;

/// A host on which nothing has happened yet: no credential is in cooldown, and chance takes the first target.
pub struct NewHost {
    /// The time.
    pub now: SystemTime,
}

impl Host for NewHost {
    fn now(&self) -> SystemTime {
        self.now
    }

    fn random(&self) -> u64 {
        0
    }

    fn property(&self, _path: &MetadataPath) -> Option<Vec<u8>> {
        None
    }

    fn shared(&self, _key: &str) -> Option<Vec<u8>> {
        None
    }

    fn update_shared(&self, _key: &str, change: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> bool {
        change(&[]);
        true
    }
}
