//! Where in a configuration something is, for messages: `teams.team-1.credentials[1]`.

use std::fmt;

/// A place in the configuration: a chain of borrowed steps, so that walking costs nothing until something is said.
#[derive(Clone, Copy)]
pub enum At<'a> {
    /// The whole configuration.
    Root,
    /// The entry of an object.
    Key(&'a At<'a>, &'a str),
    /// The item of a list, from 0.
    Index(&'a At<'a>, usize),
}

impl<'a> At<'a> {
    /// The entry `key` of the object here.
    #[must_use]
    pub fn key(&'a self, key: &'a str) -> At<'a> {
        At::Key(self, key)
    }

    /// Item `index` of the list here.
    #[must_use]
    pub fn index(&'a self, index: usize) -> At<'a> {
        At::Index(self, index)
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Root => Ok(()),
            At::Key(At::Root, key) => f.write_str(key),
            At::Key(parent, key) => write!(f, "{parent}.{key}"),
            At::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}
