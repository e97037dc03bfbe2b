//! Names of header fields.

use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use super::header_name::HeaderName;

/// A field's name in lower case, cheap to hand on: the filter's own, or one of the configuration.
#[derive(Clone)]
pub enum Name {
    /// One that the filter knows.
    Known(&'static str),
    /// One that is kept elsewhere as well.
    Shared(Rc<str>),
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Known(name) => name,
            Self::Shared(name) => name,
        }
    }
}

impl From<&'static str> for Name {
    fn from(name: &'static str) -> Self {
        Self::Known(name)
    }
}

impl From<&Rc<str>> for Name {
    fn from(name: &Rc<str>) -> Self {
        Self::Shared(Rc::clone(name))
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Name {}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// A set of field names in lower case.
#[derive(Debug, Default)]
pub struct NameSet {
    names: Vec<(u32, Rc<str>)>,
    /// A bit for the hash of each name: most names that are not in the set are known by it.
    seen: u64,
}

impl NameSet {
    /// Adds `name`, if it is not in it.
    pub fn insert(&mut self, name: Rc<str>) {
        let known = HeaderName::of(&name);
        if self.get(known).is_none() {
            self.seen |= known.bit();
            self.names.push((known.hash(), name));
        }
    }

    /// Whether `name` is in it.
    #[must_use]
    pub fn contains(&self, name: HeaderName<'_>) -> bool {
        self.get(name).is_some()
    }

    /// `name`, whose text is `text`, as the set has it, or for one that is not in it as a name of its own.
    #[must_use]
    pub fn name_of(&self, name: HeaderName<'_>, text: &str) -> Name {
        match self.get(name) {
            Some(known) => known.into(),
            None => Name::Shared(text.into()),
        }
    }

    fn get(&self, name: HeaderName<'_>) -> Option<&Rc<str>> {
        if self.seen & name.bit() == 0 {
            return None;
        }
        let is_name =
            |(hash, known): &&(u32, Rc<str>)| HeaderName::hashed(known.as_bytes(), *hash) == name;
        self.names.iter().find(is_name).map(|(_, known)| known)
    }
}
