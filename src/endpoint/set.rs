//! Sets of endpoints.

use super::Operation;

/// A set of endpoints that call a model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Endpoints(u64);

/// There is a bit for each.
const _: () = assert!(Operation::ALL.len() <= 64, "more endpoints than bits");

impl Endpoints {
    /// All endpoints.
    #[must_use]
    pub fn all() -> Self {
        Operation::ALL.into_iter().collect()
    }

    /// Whether the endpoint is in the set.
    #[must_use]
    pub fn contains(self, operation: Operation) -> bool {
        self.0 & bit(operation) != 0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are in one of the two.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that are in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those that are not in `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The endpoints, in the order of their declaration.
    pub fn iter(self) -> impl Iterator<Item = Operation> {
        Operation::ALL.into_iter().filter(move |operation| self.contains(*operation))
    }

    /// Their paths below the base path, sorted.
    #[must_use]
    pub fn paths(self) -> Vec<&'static str> {
        // They are few, and the standard library's sort is a hundredth of the whole filter's code.
        let mut paths = Vec::new();
        let behind =
            |last: &str| self.iter().map(Operation::path).filter(|path| *path > last).min();
        while let Some(next) = behind(paths.last().copied().unwrap_or_default()) {
            paths.push(next);
        }
        paths
    }
}

impl FromIterator<Operation> for Endpoints {
    fn from_iter<I: IntoIterator<Item = Operation>>(operations: I) -> Self {
        Self(operations.into_iter().fold(0, |bits, operation| bits | bit(operation)))
    }
}

fn bit(operation: Operation) -> u64 {
    1_u64.checked_shl(u32::from(operation as u8)).unwrap_or_default()
}
