//! Reading the layout of a body that the other filter wrote.

use std::ops::Range;

use super::members::{array, boolean, number, text, Members};
use crate::body::{BodyLayout, BodyParts, JsonMembers, NotedMember};
use crate::json::MemberPlace;
use crate::node::Node;

/// Reads a layout; `None` for one that fits no body.
pub fn read(node: Node) -> Option<BodyLayout> {
    let mut members = Members::of(node)?;
    let layout = BodyLayout {
        len: members.number("len")?,
        model: members.text_or_null("model")?,
        parts: parts(members.take("parts")?)?,
    };
    (members.is_empty() && is_sound(&layout)).then_some(layout)
}

fn parts(node: Node) -> Option<BodyParts> {
    let (name, value) = match node {
        Node::Text(name) => {
            return (name == "FormWithoutModel").then_some(BodyParts::FormWithoutModel)
        }
        Node::Map(mut variants) if variants.len() == 1 => variants.pop()?,
        _ => return None,
    };
    let mut members = Members::of(value)?;
    let parts = match &*name {
        "Json" => BodyParts::Json(JsonMembers {
            inside: members.number("inside")?,
            count: members.number("count")?,
            model: or_null(members.take("model")?, place)?,
            provider_data: or_null(members.take("provider_data")?, place)?,
            noted: members.list("noted", noted)?,
            variants: text(members.take("variants")?)?,
            stream_options: members.text_or_null("stream_options")?,
            inner_models: members.list("inner_models", range)?,
        }),
        "Form" => BodyParts::Form {
            value: range(members.take("value")?)?,
            length: or_null(members.take("length")?, range)?,
        },
        _ => return None,
    };
    members.is_empty().then_some(parts)
}

fn noted(node: Node) -> Option<NotedMember> {
    let mut members = Members::of(node)?;
    let noted = NotedMember {
        name: text(members.take("name")?)?,
        place: place(members.take("place")?)?,
        is_null: boolean(members.take("is_null")?)?,
        is_repeated: boolean(members.take("is_repeated")?)?,
    };
    members.is_empty().then_some(noted)
}

fn place(node: Node) -> Option<MemberPlace> {
    let [key, key_end, value, value_end, before, after] = array(node)?;
    Some(MemberPlace {
        key: number(key)?..number(key_end)?,
        value: number(value)?..number(value_end)?,
        comma_before: or_null(before, number)?,
        comma_after: or_null(after, number)?,
    })
}

fn range(node: Node) -> Option<Range<usize>> {
    let mut members = Members::of(node)?;
    let range = members.number("start")?..members.number("end")?;
    members.is_empty().then_some(range)
}

/// What `read` makes of a value, or that there is none.
fn or_null<T>(node: Node, read: fn(Node) -> Option<T>) -> Option<Option<T>> {
    match node {
        Node::Null => Some(None),
        node => read(node).map(Some),
    }
}

/// Whether all places lie in the body, one behind the other.
fn is_sound(layout: &BodyLayout) -> bool {
    let mut places: Vec<Range<usize>> = Vec::with_capacity(3);
    match &layout.parts {
        BodyParts::Json(json) => {
            let noted = json.noted.iter().map(|noted| &noted.place);
            let all = json.model.iter().chain(&json.provider_data).chain(noted);
            places.push(json.inside..json.inside);
            for place in all {
                let from = place.comma_before.unwrap_or(place.key.start);
                let to = place.comma_after.unwrap_or(place.value.end);
                let is_in_order = from <= place.key.start
                    && place.key.start <= place.key.end
                    && place.key.end <= place.value.start
                    && place.value.start <= place.value.end
                    && place.value.end <= to
                    && to <= layout.len;
                if !is_in_order {
                    return false;
                }
                places.push(place.key.start..place.value.end);
            }
            // They may lie in a member that is noted: what is written there is decided for each provider.
            let is_within =
                |place: &Range<usize>| place.start <= place.end && place.end <= layout.len;
            if !json.inner_models.iter().all(is_within) {
                return false;
            }
        }
        BodyParts::Form { value, length } => {
            places.extend(length.clone());
            places.push(value.clone());
        }
        BodyParts::FormWithoutModel => {}
    }
    places.sort_by_key(|place| place.start);
    let mut end = 0;
    places.iter().all(|place| {
        let fits = end <= place.start && place.start <= place.end && place.end <= layout.len;
        end = place.end;
        fits
    })
}
