//! What a scan of a body returns: where its watched members lie.

use std::ops::Range;
use std::rc::Rc;

use crate::node::Node;

/// A top-level member that the caller wants to know about.
///
/// The names watched by one scanner differ in more than case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// The member's name, unescaped.
    pub name: &'static str,
    /// How much of the member to remember.
    pub keep: Keep,
}

/// How much of a watched member to remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Only where it lies.
    Span,
    /// Also the raw bytes of its value, up to [`MAX_KEPT`].
    Value,
}

/// What a scanned body holds: where the watched members are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub(super) len: usize,
    pub(super) inside: usize,
    pub(super) is_empty: bool,
    pub(super) variants: Vec<&'static str>,
    pub(super) members: Vec<Member>,
    pub(super) noted: Vec<Noted>,
}

impl Document {
    /// The member of exactly this name, if it was watched and is there.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// Whether a member is there whose name is this watched one in another case, and not the member itself.
    pub fn has_variant(&self, name: &str) -> bool {
        self.variants.contains(&name)
    }

    /// The watched members that are there, in the order of the body.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The values that were noted, in the order of the body.
    pub fn into_noted(self) -> Vec<Noted> {
        self.noted
    }

    /// Length of the body in bytes, white space around the document included.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Offset behind the opening brace: where a further member can be put.
    pub fn inside(&self) -> usize {
        self.inside
    }

    /// Whether the object has no members at all, watched or not.
    pub fn is_empty(&self) -> bool {
        self.is_empty
    }
}

/// A watched member found in the body. Offsets count from the start of the whole body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The watched name; the body may spell it with escapes.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// The name as the body spells it, quotes included.
    pub key: Range<usize>,
    /// The value, a string's quotes included.
    pub value: Range<usize>,
    /// The bytes of `value`, of a long one the first [`MAX_KEPT`]; empty unless [`Keep::Value`] was asked for.
    pub raw: Vec<u8>,
    /// Offset of the comma that separates it from the member before; the first member has none.
    pub comma_before: Option<usize>,
    /// Offset of the comma that separates it from the member after; the last member has none.
    pub comma_after: Option<usize>,
}

/// The value of a member that is read, and neither checked nor changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// The member's name.
    pub name: Rc<str>,
    /// Its value as the body has it, at most [`MAX_KEPT`] bytes: a longer one is not noted.
    pub value: Vec<u8>,
}

impl Member {
    /// The bytes to cut so that the member is gone and what is left is valid: it, and one of the commas around it.
    /// This holds for one member of a body, not for two neighbours.
    pub fn with_comma(&self) -> Range<usize> {
        match (self.comma_before, self.comma_after) {
            (_, Some(after)) => self.key.start..after.saturating_add(1),
            (Some(before), None) => before..self.value.end,
            (None, None) => self.key.start..self.value.end,
        }
    }

    /// Whether `raw` is the whole value.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.raw.len() == self.value.len()
    }

    /// Decodes the kept value of a string member; `None` if the value is not a string, was not kept, or escapes half
    /// of a surrogate pair, which the JSON grammar allows but which is no text.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match serde_json::from_slice(&self.raw) {
            Ok(Node::Text(text)) => Some(text),
            _ => None,
        }
    }
}

/// The most bytes that are kept of a value: what a body makes the scanner remember does not grow with it.
pub const MAX_KEPT: usize = 32 * 1024;

/// The six kinds of JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number of any size and precision.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}
