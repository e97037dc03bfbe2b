//! What a scan of a body returns: where its watched members lie.

use std::ops::Range;
use std::rc::Rc;

use serde::{Serialize, Serializer};

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
pub struct ScannedJson {
    pub(super) len: usize,
    pub(super) inside: usize,
    pub(super) count: usize,
    pub(super) variants: Vec<&'static str>,
    pub(super) members: Vec<Member>,
    pub(super) noted: Vec<Noted>,
    pub(super) noted_variants: String,
    /// Where the values lie whose places were asked for, inside the document; in the order of the body.
    pub places: Vec<Range<usize>>,
    /// What was to be noticed inside the document, and is there.
    pub noticed: Vec<&'static str>,
}

impl ScannedJson {
    /// The member of exactly this name, if it was watched and is there.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// Whether a member is there whose name is this watched one in another case, and not the member itself.
    pub fn has_variant(&self, name: &str) -> bool {
        self.variants.contains(&name)
    }

    /// The watched members that are there, in the order of the body.
    #[cfg(any(feature = "internals", test))]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The members that were noted, in the order of the body.
    pub fn noted(&self) -> &[Noted] {
        &self.noted
    }

    /// The names to note that are there in another case, each once and followed by a blank, whether the member itself is
    /// there or not.
    pub fn noted_variants(&self) -> &str {
        &self.noted_variants
    }

    /// The members that were noted, to keep.
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

    /// Whether the object has no members, watched or not.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many members the object has, watched or not.
    pub fn count(&self) -> usize {
        self.count
    }
}

/// A watched member found in the body. Offsets count from the start of the whole body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The watched name; the body may spell it with escapes.
    pub name: &'static str,
    /// What its value is.
    pub kind: ValueKind,
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

/// Where a member lies. Offsets count from the start of the whole body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberPlace {
    /// Its name as the body spells it, quotes included.
    pub key: Range<usize>,
    /// Its value, a string's quotes included.
    pub value: Range<usize>,
    /// Offset of the comma that separates it from the member before; the first member has none.
    pub comma_before: Option<usize>,
    /// Offset of the comma that separates it from the member after; the last member has none.
    pub comma_after: Option<usize>,
}

impl MemberPlace {
    /// The same in a document that begins `offset` bytes earlier.
    #[must_use]
    pub fn moved(self, offset: usize) -> Self {
        let to = |place: usize| place.saturating_add(offset);
        Self {
            key: to(self.key.start)..to(self.key.end),
            value: to(self.value.start)..to(self.value.end),
            comma_before: self.comma_before.map(to),
            comma_after: self.comma_after.map(to),
        }
    }
}

/// As a list of six: where name and value begin and end, and the commas.
impl Serialize for MemberPlace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { key, value, comma_before, comma_after } = self;
        let ends = [key.start, key.end, value.start, value.end].map(Some);
        serializer.collect_seq(ends.into_iter().chain([*comma_before, *comma_after]))
    }
}

/// A member that the configuration asks for. It may be repeated: the first one is noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// The member's name.
    pub name: Rc<str>,
    /// What its value is.
    pub kind: ValueKind,
    /// Where it lies.
    pub place: MemberPlace,
    /// The bytes of its value, of a long one the first [`MAX_KEPT`].
    pub raw: Vec<u8>,
    /// Whether there is another member of this name.
    pub is_repeated: bool,
}

impl Noted {
    /// The bytes of its value; `None` for a value longer than what is kept.
    #[must_use]
    pub fn whole(&self) -> Option<&[u8]> {
        (self.raw.len() == self.place.value.len()).then_some(&*self.raw)
    }
}

impl Member {
    /// Where it lies.
    pub fn place(&self) -> MemberPlace {
        let Self { key, value, comma_before, comma_after, .. } = self;
        MemberPlace {
            key: key.clone(),
            value: value.clone(),
            comma_before: *comma_before,
            comma_after: *comma_after,
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
pub enum ValueKind {
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
