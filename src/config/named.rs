//! Objects whose keys are names of the operator's choice.

use std::collections::BTreeMap;

use super::read::{entries, Read};
use super::report::{At, Report};
use crate::node::Node;

/// Where the value of each name stands. The names' order is that in which everything is compiled and told.
pub type Places = BTreeMap<String, usize>;

/// Names, each with what it stands for. One that could not be read keeps its name, so that what refers to it is not
/// reported as dangling as well.
///
/// The names are apart from the values: looking for one is the same code for values of every type.
#[derive(Debug)]
pub struct Named<T> {
    places: Places,
    values: Vec<Option<T>>,
}

impl<T> Named<T> {
    /// The names, those without a readable value among them.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// The names, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// Whether the name is there, be its value readable or not.
    pub fn contains(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// What a name stands for, if that could be read.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.value(*self.places.get(name)?)
    }

    /// The values that could be read, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.places.iter().filter_map(|(name, place)| Some((name.as_str(), self.value(*place)?)))
    }

    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    fn value(&self, place: usize) -> Option<&T> {
        self.values.get(place)?.as_ref()
    }
}

impl<T: Read> Read for Named<T> {
    fn read(node: Node, at: At<'_>, report: &mut Report) -> Option<Self> {
        let mut named = Self { places: Places::new(), values: Vec::new() };
        for (name, value) in entries(node, at, report)? {
            let value = T::read(value, at.key(&name), report);
            named.places.insert(name, named.values.len());
            named.values.push(value);
        }
        Some(named)
    }
}
