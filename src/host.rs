//! What the router asks of the world around it.

use std::time::SystemTime;

use crate::identity::MetadataPath;

/// The world around the router: Envoy, or what a test makes up.
pub trait Host {
    /// The time of day.
    fn now(&self) -> SystemTime;
    /// A number to choose between equals by; nothing secret rests on it.
    fn random(&self) -> u64;
    /// What an earlier filter left in the request's metadata; `None` if it left nothing there.
    fn property(&self, path: &MetadataPath) -> Option<Vec<u8>>;
    /// What all workers remember under `key`.
    fn shared(&self, key: &str) -> Option<Vec<u8>>;
    /// Changes what all workers remember under `key`, unless `change` leaves it as it is by giving `None`. What was
    /// remembered may have changed meanwhile: then `change` is asked again, but not for ever. Whether it was done.
    fn update_shared(&self, key: &str, change: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> bool;
}

#[cfg(test)]
pub(crate) mod tests;
