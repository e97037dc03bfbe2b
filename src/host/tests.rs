//! A world for tests, in which nothing happens but what a test says.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Host;
use crate::identity::MetadataPath;

/// A host without Envoy.
#[derive(Debug, Default)]
pub struct Still {
    /// Seconds since 1970.
    pub now: u64,
    /// What every choice is made by.
    pub random: u64,
    /// Metadata, by the segments of its path joined with dots.
    pub metadata: HashMap<String, Vec<u8>>,
    /// What all workers remember.
    pub shared: RefCell<HashMap<String, Vec<u8>>>,
}

impl Host for Still {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH.checked_add(Duration::from_secs(self.now)).unwrap()
    }

    fn random(&self) -> u64 {
        self.random
    }

    fn property(&self, path: &MetadataPath) -> Option<Vec<u8>> {
        self.metadata.get(&path.segments().collect::<Vec<_>>().join(".")).cloned()
    }

    fn shared(&self, key: &str) -> Option<Vec<u8>> {
        self.shared.borrow().get(key).cloned()
    }

    fn update_shared(&self, key: &str, change: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> bool {
        let before = self.shared(key).unwrap_or_default();
        if let Some(after) = change(&before) {
            self.shared.borrow_mut().insert(key.to_owned(), after);
        }
        true
    }
}
