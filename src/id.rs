//! Places of providers and models in the compiled configuration.

/// A provider's place in the compiled configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderId(usize);

impl ProviderId {
    pub(crate) fn new(index: usize) -> Self {
        Self(index)
    }
}

/// A registered model's place in the compiled configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelId(usize);

impl ModelId {
    pub(crate) fn new(index: usize) -> Self {
        Self(index)
    }
}
