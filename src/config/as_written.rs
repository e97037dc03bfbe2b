//! The values of targets' parameters as they stand in the text of a configuration. A tree of it has doubles for numbers, and
//! they lose digits; in a `Struct` there is nothing else.

use crate::node::Node;

/// Where the values stand: a step is the name of a member, or any member or item.
const PLACE: [&str; 7] = ["models", ANY, "targets", ANY, "parameters", ANY, ANY];

const ANY: &str = "*";

/// Puts the text of each parameter's value in the place of the value. `node` is what was read of `text`, which is
/// valid JSON.
pub fn keep(node: &mut Node, text: &str) {
    keep_at(node, text, &PLACE);
}

fn keep_at(node: &mut Node, text: &str, place: &[&str]) {
    // The text of most models is not gone over once for each level above their parameters: they have none.
    if !is_there(node, place) {
        return;
    }
    let Some((step, further)) = place.split_first() else {
        let read = std::mem::replace(node, Node::Null);
        *node = Node::Written(Box::new((read, text.into())));
        return;
    };
    match node {
        Node::Map(entries) => {
            for ((name, value), text) in entries.iter_mut().zip(values(text)) {
                if *step == ANY || name == step {
                    keep_at(value, text, further);
                }
            }
        }
        // `remove` is a list of names, and no values.
        Node::List(items) if *step == ANY && !further.is_empty() => {
            for (value, text) in items.iter_mut().zip(values(text)) {
                keep_at(value, text, further);
            }
        }
        _ => {}
    }
}

/// Whether any value stands there.
fn is_there(node: &Node, place: &[&str]) -> bool {
    let Some((step, further)) = place.split_first() else { return true };
    match node {
        Node::Map(entries) => entries
            .iter()
            .any(|(name, value)| (*step == ANY || name == step) && is_there(value, further)),
        Node::List(items) => *step == ANY && items.iter().any(|item| is_there(item, further)),
        _ => false,
    }
}

/// The texts of the values in an object or a list, in their order.
fn values(text: &str) -> Vec<&str> {
    let mut values = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    let (mut is_string, mut is_escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        if is_string {
            is_string = is_escaped || byte != b'"';
            is_escaped = byte == b'\\' && !is_escaped;
            continue;
        }
        if depth == 1 && matches!(byte, b',' | b'}' | b']') {
            values.push(text.get(start..at).unwrap_or_default().trim());
        }
        match byte {
            b'"' => is_string = true,
            b'{' | b'[' => depth = depth.saturating_add(1),
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        // Behind the opening brace, a comma, or the colon after a name.
        if depth == 1 && matches!(byte, b'{' | b'[' | b',' | b':') {
            start = at.saturating_add(1);
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::values;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            "[]\\[{}:,\"\\\\a ]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[]{}:,\"\\\\a]{0,3}", inner, 0..5)
                    .prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn values_are_those_that_a_parser_reads(value in value(), is_pretty in any::<bool>()) {
            let text = if is_pretty { format!(" {value:#}\n") } else { value.to_string() };
            let expected: Vec<&Value> = match &value {
                Value::Array(items) => items.iter().collect(),
                Value::Object(members) => members.values().collect(),
                _ => return Ok(()),
            };
            let found = values(&text);
            let found: Vec<&str> = found.into_iter().filter(|text| !text.is_empty()).collect();
            prop_assert_eq!(found.len(), expected.len());
            for (found, expected) in found.into_iter().zip(expected) {
                prop_assert_eq!(&serde_json::from_str::<Value>(found).unwrap(), expected, "{}", found);
            }
        }
    }
}
