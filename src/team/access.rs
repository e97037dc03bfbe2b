//! Lists of what may be called.

use std::collections::BTreeSet;

use crate::pattern::Pattern;

/// Names and patterns of models. An empty list allows nothing.
#[derive(Debug, Default)]
pub struct AccessList {
    names: BTreeSet<Box<str>>,
    patterns: Vec<Pattern>,
}

impl AccessList {
    /// Whether `name` is on the list.
    #[must_use]
    pub fn allows(&self, name: &str) -> bool {
        self.names.contains(name) || self.patterns.iter().any(|pattern| pattern.matches(name))
    }

    /// Whether some name is both on the list and matched by `pattern`.
    #[must_use]
    pub fn overlaps(&self, pattern: &Pattern) -> bool {
        self.names.iter().any(|name| pattern.matches(name))
            || self.patterns.iter().any(|listed| listed.overlaps(pattern))
    }

    /// The names on the list that are no patterns.
    pub fn literals(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// Adds an entry.
    pub(crate) fn push(&mut self, pattern: Pattern) {
        match pattern.literal() {
            Some(name) => {
                self.names.insert(name.into());
            }
            None => self.patterns.push(pattern),
        }
    }
}
