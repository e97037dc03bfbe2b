//! From a [`Node`] to plain structs, going on after every error.
//!
//! serde's derived readers stop at the first error; an operator wants all of them at once. So each field is
//! read on its own: one that is absent or wrong is `None`, and what is wrong was reported.

use serde_json::Value;
use zeroize::Zeroizing;

use super::advice;
use super::named::Places;
use super::report::{unknown_field, At, Report};
use crate::node::Node;

/// A type that can be read from a configuration.
pub trait Read: Sized {
    /// Reads the value, reporting everything that is wrong with it; `None` if there is nothing usable.
    fn read(node: Node, at: At<'_>, report: &mut Report) -> Option<Self>;
}

/// Declares structs that are read from objects: every field optional, those marked `(required)` reported when
/// absent, unknown keys refused with a suggestion. `field = "name"` is a field that is written otherwise.
macro_rules! record {
    ($($(#[doc = $about:literal])* $name:ident {
        $($(#[doc = $doc:literal])* $field:ident $(= $written:literal)? $(($required:tt))?: $type:ty,)*
    })*) => {$(
        $(#[doc = $about])*
        #[derive(Debug, Default)]
        pub struct $name { $($(#[doc = $doc])* pub $field: Option<$type>,)* }

        #[cfg(feature = "cli")]
        impl $crate::config::schema::Described for $name {
            fn describe(definitions: &mut $crate::config::schema::Definitions) -> serde_json::Value {
                definitions.record(
                    stringify!($name),
                    &[$($about),*],
                    |definitions| vec![$($crate::config::schema::Property {
                        name: written!($field $($written)?),
                        is_required: is_required!($($required)?),
                        doc: &[$($doc),*],
                        schema: <$type as $crate::config::schema::Described>::describe(definitions),
                    }),*],
                )
            }
        }

        impl $name {
            /// The fields as they are written, and whether each is required.
            pub const FIELDS: &'static [(&'static str, bool)] =
                &[$((written!($field $($written)?), is_required!($($required)?))),*];
        }

        impl Read for $name {
            fn read(node: Node, at: At<'_>, report: &mut Report) -> Option<Self> {
                let mut record = Self::default();
                let entries = $crate::config::read::entries(node, at, report)?;
                $crate::config::read::check_fields(&entries, Self::FIELDS, at, report);
                for (key, value) in entries {
                    match key.as_str() {
                        $(written!($field $($written)?) => {
                            record.$field = Read::read(value, at.key(&key), report);
                        })*
                        _ => {}
                    }
                }
                Some(record)
            }
        }
    )*};
}
pub(super) use record;

/// How a field of a [`record!`] is written in the configuration.
macro_rules! written {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $written:literal) => {
        $written
    };
}
pub(super) use written;

/// Whether a field of a [`record!`] is marked so.
macro_rules! is_required {
    () => {
        false
    };
    (required) => {
        true
    };
}
pub(super) use is_required;

/// Reports keys that no field has, and required fields that have no key.
pub fn check_fields(
    entries: &[(String, Node)],
    fields: &[(&'static str, bool)],
    at: At<'_>,
    report: &mut Report,
) {
    for (key, _) in entries {
        if !fields.iter().any(|(name, _)| name == key) {
            let known = fields.iter().map(|(name, _)| *name);
            report.error(at.key(key), unknown_field(at, key, known));
        }
    }
    for (name, _) in fields.iter().filter(|(_, required)| *required) {
        if !entries.iter().any(|(key, _)| key == name) {
            report.error(at.key(name), "this field is required");
        }
    }
}

/// The entries of an object; repeated keys are reported, and the first of them counts.
pub fn entries(node: Node, at: At<'_>, report: &mut Report) -> Option<Vec<(String, Node)>> {
    let Node::Map(entries) = node else {
        return expected("an object", &node, at, report);
    };
    let mut known = Places::new();
    let mut order = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        if known.insert(key.clone(), order.len()).is_some() {
            report.error(at.key(&key), "this key is repeated");
            continue;
        }
        order.push((key, value));
    }
    Some(order)
}

/// Reports a value of the wrong kind.
pub fn expected<T>(what: &str, found: &Node, at: At<'_>, report: &mut Report) -> Option<T> {
    let found = found.kind();
    match advice::shape(at, what, found) {
        Some(advice) => report.error(at, format_args!("expected {what}, found {found}: {advice}")),
        None => report.error(at, format_args!("expected {what}, found {found}")),
    }
    None
}

impl Read for String {
    fn read(node: Node, at: At<'_>, report: &mut Report) -> Option<Self> {
        match node {
            Node::Text(text) => Some(text),
            other => expected("a string", &other, at, report),
        }
    }
}

/// A string that is wiped when it is dropped.
impl Read for Zeroizing<String> {
    fn read(node: Node, at: At<'_>, report: &mut Report) -> Option<Self> {
        String::read(node, at, report).map(Self::new)
    }
}

impl Read for bool {
    fn read(node: Node, at: At<'_>, report: &mut Report) -> Option<Self> {
        match node {
            Node::Bool(value) => Some(value),
            other => expected("true or false", &other, at, report),
        }
    }
}

impl Read for u32 {
    fn read(node: Node, at: At<'_>, report: &mut Report) -> Option<Self> {
        let number = match &node {
            Node::Number(number) => number.as_u64().and_then(|number| number.try_into().ok()),
            other => return expected("a number", other, at, report),
        };
        if number.is_none() {
            report.error(at, format_args!("expected a whole number from 0 to {}", u32::MAX));
        }
        number
    }
}

impl Read for i64 {
    fn read(node: Node, at: At<'_>, report: &mut Report) -> Option<Self> {
        let number = match &node {
            Node::Number(number) => number.as_i64(),
            other => return expected("a number", other, at, report),
        };
        if number.is_none() {
            report.error(at, "expected a whole number");
        }
        number
    }
}

/// Envoy's YAML reader makes strings of numbers with a fraction on their way into a `Struct`: they count as numbers. YAML
/// allows one to begin with its point.
impl Read for f64 {
    fn read(node: Node, at: At<'_>, report: &mut Report) -> Option<Self> {
        let number = match &node {
            Node::Number(number) => number.as_f64(),
            Node::Text(text) if text.starts_with('.') => number_in(&format!("0{text}")),
            Node::Text(text) => number_in(text),
            other => return expected("a number", other, at, report),
        };
        let finite = number.filter(|number: &Self| number.is_finite());
        if finite.is_none() {
            report.error(at, "expected a number");
        }
        finite
    }
}

fn number_in(text: &str) -> Option<f64> {
    match serde_json::from_str(text) {
        Ok(Node::Number(number)) => number.as_f64(),
        _ => None,
    }
}

/// The items of a list; one that could not be read was reported and leaves its place empty.
#[derive(Debug)]
pub struct List<T>(Vec<Option<T>>);

impl<T> List<T> {
    /// The items that could be read, each with its index.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.0.iter().enumerate().filter_map(|(index, item)| Some((index, item.as_ref()?)))
    }

    /// Whether nothing was written in the list.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Read> Read for List<T> {
    fn read(node: Node, at: At<'_>, report: &mut Report) -> Option<Self> {
        let Node::List(items) = node else {
            return expected("a list", &node, at, report);
        };
        let read = |(index, item)| T::read(item, at.index(index), report);
        Some(Self(items.into_iter().enumerate().map(read).collect()))
    }
}

/// Any JSON, in the order in which it was written.
impl Read for Node {
    fn read(node: Node, at: At<'_>, report: &mut Report) -> Option<Self> {
        // What is wrong with a value is wrong with it as JSON as well.
        Value::read(node.clone(), at, report)?;
        Some(node)
    }
}

/// Any JSON, passed through.
impl Read for Value {
    fn read(node: Node, at: At<'_>, report: &mut Report) -> Option<Self> {
        Some(match node {
            Node::Null => Self::Null,
            Node::Bool(value) => value.into(),
            Node::Number(number) => Self::Number(number),
            Node::Text(text) => text.into(),
            Node::Written(written) => Self::read(written.0, at, report)?,
            Node::List(_) => {
                List::<Self>::read(node, at, report)?.0.into_iter().flatten().collect()
            }
            Node::Map(_) => {
                let mut map = serde_json::Map::new();
                for (name, value) in entries(node, at, report)? {
                    if let Some(value) = Self::read(value, at.key(&name), report) {
                        map.insert(name, value);
                    }
                }
                map.into()
            }
        })
    }
}
