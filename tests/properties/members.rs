//! A JSON object as a common parser reads it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

/// The members of an object, in their order, those that repeat included.
#[derive(Debug, Clone, PartialEq)]
pub struct Members(pub Vec<(String, Value)>);

impl Members {
    /// Reads an object; `None` for what is none, and for what has no value in Rust: lone surrogates, numbers that are
    /// too large.
    pub fn read(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// The values of the members of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Value> {
        self.0.iter().filter(move |(other, _)| other == name).map(|(_, value)| value)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// Whether these bytes are a JSON object; `None` where the judge cannot say because of its own limit of depth.
pub fn is_object(json: &[u8]) -> Option<bool> {
    // The judge does not look at the UTF-8 of what it ignores, and takes any value.
    if std::str::from_utf8(json).is_err() || !json.trim_ascii_start().starts_with(b"{") {
        return Some(false);
    }
    match serde_json::from_slice::<IgnoredAny>(json) {
        Ok(IgnoredAny) => Some(true),
        Err(error) if error.to_string().starts_with("recursion limit") => None,
        Err(_) => Some(false),
    }
}
