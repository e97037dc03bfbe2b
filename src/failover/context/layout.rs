//! Reading the layout of a body that the other filter wrote.

use std::ops::Range;

use super::members::{boolean, Members};
use crate::body::{BodyLayout, ModelPosition};
use crate::node::Node;

/// Reads a layout; `None` for one that fits no body.
pub fn read(node: Node) -> Option<BodyLayout> {
    let mut members = Members::of(node)?;
    let layout = BodyLayout {
        len: members.number("len")?,
        model: members.text_or_null("model")?,
        position: position(members.take("position")?)?,
        cut: range_or_null(members.take("cut")?)?,
    };
    (members.is_empty() && is_sound(&layout)).then_some(layout)
}

fn position(node: Node) -> Option<ModelPosition> {
    let node = match node {
        Node::Text(name) => return (name == "Nowhere").then_some(ModelPosition::Nowhere),
        Node::Map(mut variants) if variants.len() == 1 => variants.pop()?,
        _ => return None,
    };
    match node {
        (name, value) if name == "JsonString" => range(value).map(ModelPosition::JsonString),
        (name, value) if name == "NewMember" => {
            let mut members = Members::of(value)?;
            let (at, is_only) = (members.number("at")?, boolean(members.take("is_only")?)?);
            members.is_empty().then_some(ModelPosition::NewMember { at, is_only })
        }
        (name, value) if name == "FormText" => {
            let mut members = Members::of(value)?;
            let value = range(members.take("value")?)?;
            let length = range_or_null(members.take("length")?)?;
            members.is_empty().then_some(ModelPosition::FormText { value, length })
        }
        _ => None,
    }
}

fn range(node: Node) -> Option<Range<usize>> {
    let mut members = Members::of(node)?;
    let range = members.number("start")?..members.number("end")?;
    members.is_empty().then_some(range)
}

fn range_or_null(node: Node) -> Option<Option<Range<usize>>> {
    match node {
        Node::Null => Some(None),
        node => range(node).map(Some),
    }
}

/// Whether all places lie in the body, one behind the other.
fn is_sound(layout: &BodyLayout) -> bool {
    let mut places: Vec<Range<usize>> = Vec::with_capacity(3);
    match &layout.position {
        ModelPosition::JsonString(value) => places.push(value.clone()),
        ModelPosition::NewMember { at, .. } => places.push(*at..*at),
        ModelPosition::FormText { value, length } => {
            places.extend(length.clone());
            places.push(value.clone());
        }
        ModelPosition::Nowhere => {}
    }
    places.extend(layout.cut.clone());
    places.sort_by_key(|place| place.start);
    let mut end = 0;
    places.iter().all(|place| {
        let fits = end <= place.start && place.start <= place.end && place.end <= layout.len;
        end = place.end;
        fits
    })
}
