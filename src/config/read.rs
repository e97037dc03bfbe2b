//! From the text of a configuration to plain structs, going on after every error.
//!
//! serde's derived readers stop at the first error; an operator wants all of them at once. So each field is
//! read on its own: one that is absent or wrong is `None`, and what is wrong was reported.

use std::borrow::Cow;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::advice;
use super::named::Named;
use super::reader::{number_in, Reader, Text};
use super::report::{unknown_field, At, Report};
use crate::node::{self, Node};

/// A type that can be read from a configuration.
pub trait Read<'a>: Sized {
    /// Reads the next value to its end, reporting everything that is wrong with it; `None` if there is nothing usable.
    fn read(reader: &mut Reader<'a>, at: At<'_>, report: &mut Report) -> Option<Self>;
}

/// Declares structs that are read from objects: every field optional, those marked `(required)` reported when
/// absent, unknown keys refused with a suggestion. `field = "name"` is a field that is written otherwise. The lifetime is
/// that of the text.
macro_rules! record {
    ($text:lifetime: $($(#[doc = $about:literal])* $name:ident {
        $($(#[doc = $doc:literal])* $field:ident $(= $written:literal)? $(($required:tt))?: $type:ty,)*
    })*) => {$(
        $(#[doc = $about])*
        #[derive(Debug, Default)]
        pub struct $name<$text> {
            $($(#[doc = $doc])* pub $field: Option<$type>,)*
            /// Some have no text of the configuration in them.
            of: std::marker::PhantomData<&$text str>,
        }

        #[cfg(feature = "cli")]
        impl<$text> $crate::config::schema::Described for $name<$text> {
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

        impl<$text> $name<$text> {
            /// The fields as they are written, and whether each is required.
            pub const FIELDS: &'static [(&'static str, bool)] =
                &[$((written!($field $($written)?), is_required!($($required)?))),*];

            /// What reads each of them.
            const READERS: &$text [fn(&mut Self, &mut Reader<$text>, At<'_>, &mut Report)] =
                &[$(|record, reader, at, report| record.$field = Read::read(reader, at, report)),*];
        }

        impl<$text> Read<$text> for $name<$text> {
            fn read(reader: &mut Reader<$text>, at: At<'_>, report: &mut Report) -> Option<Self> {
                let mut record = Self::default();
                let mut read = |place: usize, reader: &mut Reader<$text>, at: At<'_>, report: &mut Report| {
                    if let Some(read) = Self::READERS.get(place) {
                        read(&mut record, reader, at, report);
                    }
                };
                $crate::config::read::fields(reader, Self::FIELDS, at, report, &mut read)?;
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

/// Reads the field at a place in the list of all fields.
type FieldReader<'r, 'a> = dyn FnMut(usize, &mut Reader<'a>, At<'_>, &mut Report) + 'r;

/// Reads the fields of an object. Reports repeated keys, of which the first counts, keys that no field has, and required
/// fields that have no key, all of them before what is wrong in the fields.
pub fn fields<'a>(
    reader: &mut Reader<'a>,
    fields: &[(&'static str, bool)],
    at: At<'_>,
    report: &mut Report,
    read: &mut FieldReader<'_, 'a>,
) -> Option<()> {
    if reader.next_byte() != Some(b'{') {
        return expected("an object", reader, at, report);
    }
    let reported = report.len();
    let mut found = 0_u32;
    let (mut repeated, mut unknown) = (Vec::new(), Vec::new());
    reader.object(&mut |reader, key| {
        let place = fields.iter().position(|(name, _)| *name == key.as_str());
        let bit = place.map_or(0, |place| 1_u32 << (place % 32));
        match place {
            Some(place) if found & bit == 0 => {
                found |= bit;
                return read(place, reader, at.key(&key), report);
            }
            None if !unknown.contains(&key) => unknown.push(key),
            _ => repeated.push(key),
        }
        reader.skip();
    });
    let in_fields = report.split_off(reported);
    for key in &repeated {
        report.error(at.key(key), "this key is repeated");
    }
    for key in &unknown {
        let known = fields.iter().map(|(name, _)| *name);
        report.error(at.key(key), unknown_field(at, key, known));
    }
    for (place, (name, is_required)) in fields.iter().enumerate() {
        if *is_required && found & (1_u32 << (place % 32)) == 0 {
            report.error(at.key(name), "this field is required");
        }
    }
    report.extend(in_fields);
    Some(())
}

/// Reads a value of the wrong kind, and reports it.
pub fn expected<T>(
    what: &str,
    reader: &mut Reader<'_>,
    at: At<'_>,
    report: &mut Report,
) -> Option<T> {
    let found = reader.kind();
    reader.skip();
    match advice::shape(at, what, found) {
        Some(advice) => report.error(at, format_args!("expected {what}, found {found}: {advice}")),
        None => report.error(at, format_args!("expected {what}, found {found}")),
    }
    None
}

impl<'a> Read<'a> for Text<'a> {
    fn read(reader: &mut Reader<'a>, at: At<'_>, report: &mut Report) -> Option<Self> {
        match reader.next_byte() {
            Some(b'"') => Some(reader.text()),
            _ => expected("a string", reader, at, report),
        }
    }
}

/// A string that is wiped when it is dropped.
impl Read<'_> for Zeroizing<String> {
    fn read(reader: &mut Reader<'_>, at: At<'_>, report: &mut Report) -> Option<Self> {
        Text::read(reader, at, report).map(|text| Self::new(text.into_owned()))
    }
}

impl Read<'_> for bool {
    fn read(reader: &mut Reader<'_>, at: At<'_>, report: &mut Report) -> Option<Self> {
        match reader.next_byte() {
            Some(b't' | b'f') => Some(reader.scalar() == Node::Bool(true)),
            _ => expected("true or false", reader, at, report),
        }
    }
}

/// Reads a number of any sort.
fn number(reader: &mut Reader<'_>, at: At<'_>, report: &mut Report) -> Option<serde_json::Number> {
    if reader.kind() != "a number" {
        return expected("a number", reader, at, report);
    }
    match reader.scalar() {
        Node::Number(number) => Some(number),
        _ => None,
    }
}

impl Read<'_> for u32 {
    fn read(reader: &mut Reader<'_>, at: At<'_>, report: &mut Report) -> Option<Self> {
        let number = number(reader, at, report)?.as_u64().and_then(|number| number.try_into().ok());
        if number.is_none() {
            report.error(at, format_args!("expected a whole number from 0 to {}", u32::MAX));
        }
        number
    }
}

impl Read<'_> for i64 {
    fn read(reader: &mut Reader<'_>, at: At<'_>, report: &mut Report) -> Option<Self> {
        let number = number(reader, at, report)?.as_i64();
        if number.is_none() {
            report.error(at, "expected a whole number");
        }
        number
    }
}

/// Envoy's YAML reader makes strings of numbers with a fraction on their way into a `Struct`: they count as numbers. YAML
/// allows one to begin with its point.
impl Read<'_> for f64 {
    fn read(reader: &mut Reader<'_>, at: At<'_>, report: &mut Report) -> Option<Self> {
        let number = match reader.next_byte() {
            Some(b'"') => match reader.text() {
                text if text.starts_with('.') => number_in(&format!("0{}", text.as_str())),
                text => number_in(&text),
            },
            _ => Some(number(reader, at, report)?),
        };
        let number = number.and_then(|number| number.as_f64());
        let finite = number.filter(|number: &Self| number.is_finite());
        if finite.is_none() {
            report.error(at, "expected a number");
        }
        finite
    }
}

/// The items of a list; one that could not be read was reported and leaves its place empty.
#[derive(Debug)]
pub struct List<T>(Box<[Option<T>]>);

impl<T> List<T> {
    /// The items that could be read, each with its index.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.0.iter().enumerate().filter_map(|(index, item)| Some((index, item.as_ref()?)))
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was written in the list.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a, T: Read<'a>> Read<'a> for List<T> {
    fn read(reader: &mut Reader<'a>, at: At<'_>, report: &mut Report) -> Option<Self> {
        if reader.next_byte() != Some(b'[') {
            return expected("a list", reader, at, report);
        }
        let mut items = Vec::new();
        reader.list(&mut |reader| items.push(T::read(reader, at.index(items.len()), report)));
        Some(Self(items.into_boxed_slice()))
    }
}

/// What few have: where there is none, it takes no room.
impl<'a, T: Read<'a>> Read<'a> for Box<T> {
    fn read(reader: &mut Reader<'a>, at: At<'_>, report: &mut Report) -> Option<Self> {
        T::read(reader, at, report).map(Self::new)
    }
}

/// Any JSON, as text.
#[derive(Debug)]
pub struct Json<'a>(Option<Cow<'a, str>>);

impl Json<'_> {
    /// The JSON as it was written, or, where that is not known, in the order in which it was; `None` if it cannot be written.
    pub fn text(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl<'a> Read<'a> for Json<'a> {
    fn read(reader: &mut Reader<'a>, at: At<'_>, report: &mut Report) -> Option<Self> {
        // What is wrong with a value is wrong with it as JSON as well.
        let mut again = *reader;
        Value::read(reader, at, report)?;
        let text = again.skip();
        if reader.is_as_written() {
            return Some(Self(Some(text.into())));
        }
        let node: Option<Node> = serde_json::from_slice(text.as_bytes()).ok();
        Some(Self(node.and_then(|node| node::to_json(&node)).map(Cow::Owned)))
    }
}

/// Any JSON, passed through.
impl Read<'_> for Value {
    fn read(reader: &mut Reader<'_>, at: At<'_>, report: &mut Report) -> Option<Self> {
        Some(match reader.next_byte() {
            Some(b'"') => reader.text().into_owned().into(),
            Some(b'[') => {
                let items = List::<Self>::read(reader, at, report)?.0;
                items.into_vec().into_iter().flatten().collect()
            }
            Some(b'{') => {
                let mut members = Map::new();
                for (name, value) in Named::<Self>::read(reader, at, report)?.into_pairs() {
                    members.insert(name.into_owned(), value);
                }
                Self::Object(members)
            }
            _ => match reader.scalar() {
                Node::Bool(value) => value.into(),
                Node::Number(number) => Self::Number(number),
                _ => Self::Null,
            },
        })
    }
}
