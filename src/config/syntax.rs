//! The bytes of a plugin configuration as JSON text.

use thiserror::Error;
use zeroize::Zeroizing;

use super::protobuf;
use super::raw::Configuration;
use super::read::Read;
use super::reader::Reader;
use super::report::{At, Report};
use crate::node::Node;

/// Reads a configuration that is JSON text, as Istio and Envoy Gateway send it, in a `StringValue`; `None` if it is none.
/// `is_as_written` says whether it is the operator's own text.
pub fn read(text: &str, is_as_written: bool) -> Option<(Configuration<'_>, Report)> {
    let mut report = Report::default();
    let mut reader = Reader::new(text, is_as_written);
    let configuration = Configuration::read(&mut reader, At::Root, &mut report).unwrap_or_default();
    reader.is_at_valid_end().then_some((configuration, report))
}

/// Writes a configuration that is no JSON text as one: a `google.protobuf.Struct` in the protobuf wire format, which is what
/// Envoy really hands over for a `Struct`. JSON is tried first; no encoded `Struct` is JSON, for each of its entries
/// holds the byte 0x12, which JSON allows nowhere outside of strings.
///
/// # Errors
///
/// [`SyntaxError`] for bytes that are neither.
pub fn to_json(bytes: &[u8]) -> Result<Zeroizing<String>, SyntaxError> {
    if bytes.is_empty() {
        return Err(SyntaxError::Empty);
    }
    protobuf::to_json(bytes).ok_or_else(|| match serde_json::from_slice::<Node>(bytes) {
        Ok(_) => SyntaxError::Json("it cannot be read".to_owned()),
        Err(error) => SyntaxError::Json(error.to_string()),
    })
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

/// Writes a tree as JSON, its entries in their order. What is wrong in the tree is wrong in the text as well.
#[cfg(feature = "cli")]
pub fn of_node(node: &Node) -> Zeroizing<String> {
    let mut json = Zeroizing::new(String::new());
    write(node, &mut json);
    json
}

#[cfg(feature = "cli")]
fn write(node: &Node, json: &mut String) {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    match node {
        Node::Null => json.push_str("null"),
        Node::Bool(value) => json.push_str(if *value { "true" } else { "false" }),
        Node::Number(number) => json.push_str(&number.to_string()),
        Node::Text(written) => json.push_str(&text(written)),
        Node::List(items) => {
            json.push('[');
            for (index, item) in items.iter().enumerate() {
                json.push_str(if index == 0 { "" } else { "," });
                write(item, json);
            }
            json.push(']');
        }
        Node::Map(entries) => {
            json.push('{');
            for (index, (name, value)) in entries.iter().enumerate() {
                json.push_str(if index == 0 { "" } else { "," });
                json.push_str(&text(name));
                json.push(':');
                write(value, json);
            }
            json.push('}');
        }
    }
}
