//! The bytes of a plugin configuration as a tree that keeps repeated keys.

use std::fmt;

use prost::Message;
use prost_types::value::Kind;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use thiserror::Error;

/// A JSON value whose objects keep every entry in the order of the text, repeated keys among them.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number
    Number(Number),
    /// A string
    Text(String),
    /// An array
    List(Vec<Node>),
    /// An object
    Map(Vec<(String, Node)>),
}

impl Node {
    /// Reads a configuration as Envoy passes it to a plugin: JSON text (from a `StringValue`, as Istio and Envoy
    /// Gateway send it) or a `google.protobuf.Struct` in the protobuf wire format, which is what Envoy really
    /// hands over for a `Struct`. JSON is tried first; no encoded `Struct` is JSON, for each of its entries
    /// holds the byte 0x12, which JSON allows nowhere outside of strings.
    ///
    /// # Errors
    ///
    /// [`SyntaxError`] for bytes that are neither.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, SyntaxError> {
        if bytes.is_empty() {
            return Err(SyntaxError::Empty);
        }
        let json = match serde_json::from_slice(bytes) {
            Ok(node) => return Ok(node),
            Err(error) => error,
        };
        match prost_types::Struct::decode(bytes) {
            Ok(record) => Ok(record.into()),
            Err(_) => Err(SyntaxError::Json(json.to_string())),
        }
    }

    /// What the value is, for "expected a string, found …". Never the value itself: it may be a secret.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
        }
    }
}

/// The bytes of a configuration are no configuration at all.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SyntaxError {
    /// The plugin was given no configuration.
    #[error("the plugin configuration is empty")]
    Empty,
    /// Neither JSON nor an encoded `Struct`; the text is the JSON parser's, with line and column.
    #[error("the plugin configuration is not valid JSON: {0}")]
    Json(String),
}

impl From<prost_types::Struct> for Node {
    fn from(record: prost_types::Struct) -> Self {
        Self::Map(record.fields.into_iter().map(|(key, value)| (key, value.into())).collect())
    }
}

impl From<prost_types::Value> for Node {
    fn from(value: prost_types::Value) -> Self {
        match value.kind {
            None | Some(Kind::NullValue(_)) => Self::Null,
            Some(Kind::BoolValue(value)) => Self::Bool(value),
            Some(Kind::NumberValue(value)) => number(value).map_or(Self::Null, Self::Number),
            Some(Kind::StringValue(value)) => Self::Text(value),
            Some(Kind::ListValue(list)) => {
                Self::List(list.values.into_iter().map(Self::from).collect())
            }
            Some(Kind::StructValue(record)) => record.into(),
        }
    }
}

/// A `Struct` knows doubles only: one that is a whole number reads as the integer that was written.
fn number(value: f64) -> Option<Number> {
    /// 2^53: below it every whole double is exactly one integer.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        #[allow(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        return Some(Number::from(value as i64));
    }
    Number::from_f64(value)
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(number(value).map_or(Node::Null, Node::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Node::Map(map))
    }
}
