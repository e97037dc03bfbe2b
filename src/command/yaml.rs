//! YAML and JSON as trees that know where in their file everything stands.

mod path;
mod reader;
mod scalar;

use std::rc::Rc;

use envoy_llm_router::Node;

pub use path::Path;
pub use reader::{read, read_with, Document, Repeated, MERGE};
pub use scalar::{Block, Dialect, Scalar};

/// A place in a file, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// Where a file begins.
pub const START: Mark = Mark { line: 1, column: 1 };

/// A value and where it begins. What an alias stands for is at the place of its anchor.
#[derive(Debug, Clone)]
pub struct Yaml {
    /// Where it begins.
    pub mark: Mark,
    /// What it is.
    pub value: Value,
}

/// What stands at a place.
#[derive(Debug, Clone)]
pub enum Value {
    /// Text, a number, a truth value or nothing: which of them depends on who reads it.
    Scalar(Scalar),
    /// A list.
    List(Vec<Rc<Yaml>>),
    /// An object. No key is there twice.
    Map(Vec<Entry>),
}

/// An entry of an object.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where its key stands.
    pub mark: Mark,
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: Rc<Yaml>,
}

impl Yaml {
    /// The entry `name` of an object. Protobuf's field names are taken in both of their spellings, `root_id` and `rootId`.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        let is_named = |entry: &&Entry| entry.key == name || is_camel_case_of(&entry.key, name);
        self.entries().iter().find(is_named)
    }

    /// The value of the entry `name`.
    pub fn get(&self, name: &str) -> Option<&Yaml> {
        self.entry(name).map(|entry| &*entry.value)
    }

    /// The value at the end of a chain of entries.
    pub fn at(&self, names: &[&str]) -> Option<&Yaml> {
        names.iter().try_fold(self, |yaml, name| yaml.get(name))
    }

    /// The entries, if this is an object.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Scalar(_) | Value::List(_) => &[],
        }
    }

    /// The items, if this is a list.
    pub fn items(&self) -> impl Iterator<Item = &Yaml> {
        let items = match &self.value {
            Value::List(items) => items.as_slice(),
            Value::Scalar(_) | Value::Map(_) => &[],
        };
        items.iter().map(|item| &**item)
    }

    /// The text, if this is a scalar.
    pub fn text(&self) -> Option<&str> {
        self.scalar().map(|scalar| &*scalar.text)
    }

    /// The scalar, if this is one.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The text of the entry `name`.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    /// Whether this is nothing: `null`, `~`, or no text at all.
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(|scalar| scalar.resolve(Dialect::Envoy) == Node::Null)
    }

    /// Whether the entry `name` is `true`.
    pub fn is_true(&self, name: &str) -> bool {
        let scalar = self.get(name).and_then(Yaml::scalar);
        scalar.is_some_and(|scalar| scalar.resolve(Dialect::Envoy) == Node::Bool(true))
    }

    /// The tree as the filter's reader of configurations takes it.
    pub fn node(&self, dialect: Dialect) -> Node {
        match &self.value {
            Value::Scalar(scalar) => scalar.resolve(dialect),
            Value::List(items) => Node::List(items.iter().map(|item| item.node(dialect)).collect()),
            Value::Map(entries) => Node::Map(
                entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.value.node(dialect)))
                    .collect(),
            ),
        }
    }
}

/// Whether `key` is the field `name` in the spelling of protobuf's JSON: `rootId` for `root_id`.
fn is_camel_case_of(key: &str, name: &str) -> bool {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default();
    let Some(mut rest) = key.strip_prefix(first) else { return false };
    for word in words {
        let mut letters = word.chars();
        let Some(initial) = letters.next() else { return false };
        let cut = rest.strip_prefix(initial.to_ascii_uppercase());
        match cut.and_then(|cut| cut.strip_prefix(letters.as_str())) {
            Some(cut) => rest = cut,
            None => return false,
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests;
