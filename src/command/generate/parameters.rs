//! The parameters of targets where a configuration that was a `Struct` is written as JSON text.

use envoy_llm_router::Node;

/// Where their values stand; `None` is any member or item.
const PLACE: [Option<&str>; 7] =
    [Some("models"), None, Some("targets"), None, Some("parameters"), None, None];

/// Puts numbers in the place of the texts that the filter writes as numbers when it reads them from a `Struct`. In JSON text
/// they would stay texts.
pub fn numbers_for_texts(node: &mut Node) {
    at(node, &PLACE);
}

fn at(node: &mut Node, place: &[Option<&str>]) {
    let Some((step, further)) = place.split_first() else {
        // What the filter writes is what this trait writes.
        let written = serde_json::to_string(node).ok();
        if let Some(read) = written.and_then(|json| serde_json::from_str(&json).ok()) {
            *node = read;
        }
        return;
    };
    match node {
        Node::Map(entries) => entries
            .iter_mut()
            .filter(|(name, _)| step.is_none_or(|step| step == name))
            .for_each(|(_, value)| at(value, further)),
        // `remove` is a list of names, and no values.
        Node::List(items) if !further.is_empty() => {
            items.iter_mut().for_each(|item| at(item, further));
        }
        _ => {}
    }
}
