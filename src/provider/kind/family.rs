//! Models that a provider serves at some of its endpoints alone.

use crate::endpoint::Operation;

/// Models of a provider that have a part of their name in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// What their names there hold.
    pub part: &'static str,
    /// The endpoints of the provider at which they are known not to be served.
    pub not_served_at: &'static [Operation],
}

impl Family {
    /// Whether `model` is one of them.
    #[must_use]
    pub fn holds(&self, model: &str) -> bool {
        memchr::memmem::find(model.as_bytes(), self.part.as_bytes()).is_some()
    }
}
