//! YAML and JSON that is written.

use envoy_llm_router::Node;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::outcome::Trouble;

/// A tree as YAML, its entries in their order.
pub fn yaml(node: &Node) -> Result<String, Trouble> {
    text(&Written(node))
}

/// A tree as JSON, its entries in their order.
pub fn json(node: &Node) -> Result<String, Trouble> {
    serde_json::to_string_pretty(&Written(node))
        .map_err(|error| Trouble::Usage(format!("this cannot be written as JSON: {error}")))
}

/// A string as it may stand in YAML.
pub fn quoted(text: &str) -> String {
    self::text(&text).map_or_else(|_| format!("{text:?}"), |written| written.trim_end().to_owned())
}

fn text<T: Serialize>(value: &T) -> Result<String, Trouble> {
    let mut text = String::new();
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    serde_saphyr::to_fmt_writer_with_options(&mut text, value, options)
        .map_err(|error| Trouble::Usage(format!("this cannot be written as YAML: {error}")))?;
    Ok(text)
}

struct Written<'n>(&'n Node);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Node::Null => serializer.serialize_unit(),
            Node::Bool(value) => serializer.serialize_bool(*value),
            Node::Number(number) => number.serialize(serializer),
            Node::Text(text) => serializer.serialize_str(text),
            Node::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Written(item))?;
                }
                list.end()
            }
            Node::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, &Written(value))?;
                }
                map.end()
            }
        }
    }
}
