//! The bytes of a plugin configuration as a tree.

use prost::Message;
use prost_types::value::Kind;
use thiserror::Error;

use super::as_written;
use crate::node::{number, Node};

/// Reads a configuration as Envoy passes it to a plugin: JSON text (from a `StringValue`, as Istio and Envoy
/// Gateway send it) or a `google.protobuf.Struct` in the protobuf wire format, which is what Envoy really
/// hands over for a `Struct`. JSON is tried first; no encoded `Struct` is JSON, for each of its entries
/// holds the byte 0x12, which JSON allows nowhere outside of strings.
///
/// # Errors
///
/// [`SyntaxError`] for bytes that are neither.
pub fn parse(bytes: &[u8]) -> Result<Node, SyntaxError> {
    if bytes.is_empty() {
        return Err(SyntaxError::Empty);
    }
    let json = match serde_json::from_slice(bytes) {
        Ok(mut node) => {
            as_written::keep(&mut node, std::str::from_utf8(bytes).unwrap_or_default());
            return Ok(node);
        }
        Err(error) => error,
    };
    match prost_types::Struct::decode(bytes) {
        Ok(record) => Ok(record.into()),
        Err(_) => Err(SyntaxError::Json(json.to_string())),
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
