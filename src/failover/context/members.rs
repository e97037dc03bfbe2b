//! Reading what the other filter wrote, and nothing else.
//!
//! Derived readers would do it; with the errors that nobody is told they are a twentieth of the whole filter's code.

use crate::node::Node;

/// The members of an object, each of which is taken out once.
pub struct Members(Vec<(String, Node)>);

impl Members {
    /// Takes an object.
    pub fn of(node: Node) -> Option<Self> {
        match node {
            Node::Map(members) => Some(Self(members)),
            _ => None,
        }
    }

    /// Takes out a string.
    pub fn text(&mut self, name: &str) -> Option<String> {
        text(self.take(name)?)
    }

    /// Takes out a string or null.
    pub fn text_or_null(&mut self, name: &str) -> Option<Option<String>> {
        match self.take(name)? {
            Node::Null => Some(None),
            node => text(node).map(Some),
        }
    }

    /// Takes out a whole number.
    pub fn number(&mut self, name: &str) -> Option<usize> {
        number(self.take(name)?)
    }

    /// Takes out a list, of whose items `read` makes what they are.
    pub fn list<T>(&mut self, name: &str, read: fn(Node) -> Option<T>) -> Option<Vec<T>> {
        match self.take(name)? {
            Node::List(items) => {
                // A collected iterator would be four times the code.
                let mut all = Vec::with_capacity(items.len());
                for item in items {
                    all.push(read(item)?);
                }
                Some(all)
            }
            _ => None,
        }
    }

    /// Whether everything was taken out.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes out whatever is there.
    pub fn take(&mut self, name: &str) -> Option<Node> {
        let place = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(place).1)
    }
}

/// A list of exactly so many items.
pub fn array<const N: usize>(node: Node) -> Option<[Node; N]> {
    match node {
        Node::List(items) => items.try_into().ok(),
        _ => None,
    }
}

/// A string.
pub fn text(node: Node) -> Option<String> {
    match node {
        Node::Text(text) => Some(text),
        _ => None,
    }
}

/// A whole number.
pub fn number(node: Node) -> Option<usize> {
    match node {
        Node::Number(number) => number.as_u64()?.try_into().ok(),
        _ => None,
    }
}

/// `true` or `false`.
pub fn boolean(node: Node) -> Option<bool> {
    match node {
        Node::Bool(value) => Some(value),
        _ => None,
    }
}
