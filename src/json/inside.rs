//! Names that are looked for inside a document: which containers are looked into, and what is found there.

use std::ops::Range;

use super::name::Likeness;
use super::{Error, ErrorKind, ValueKind};

/// What a name means inside a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    /// What its object or array holds is looked into.
    Into,
    /// The place of its value is wanted.
    Place,
    /// It is wanted whether it is there; this is what it is called.
    Notice(&'static str),
}

/// The most places that are kept: what a body makes the scanner remember does not grow with it.
pub const MAX_PLACES: usize = 1024;

/// How long a name can be.
pub const LONGEST: usize = 32;

/// What is found inside a document by these names, which mean the same wherever it is looked into.
pub(super) struct Insides {
    names: &'static [(&'static str, Inside)],
    /// What the name of the value that comes next means.
    expected: Option<Inside>,
    /// Whether that value has a name: else it is an element of an array.
    has_name: bool,
    /// Where the value begins whose place is wanted.
    start: Option<usize>,
    pub places: Vec<Range<usize>>,
    pub noticed: Vec<&'static str>,
}

impl Insides {
    pub fn new(names: &'static [(&'static str, Inside)]) -> Self {
        Self {
            names,
            expected: None,
            has_name: false,
            start: None,
            places: Vec::new(),
            noticed: Vec::new(),
        }
    }

    /// Takes a name, which begins at `offset`. `is_watched` tells whether somebody else looks after a name.
    pub fn name(
        &mut self,
        offset: usize,
        likeness: &dyn Fn(&str) -> Likeness,
        is_watched: &dyn Fn(&str) -> bool,
    ) -> Result<(), Error> {
        self.has_name = true;
        for (name, meaning) in self.names {
            match likeness(name) {
                Likeness::Different => continue,
                // Some parsers read it for the name itself.
                Likeness::Variant => {
                    return Err(Error { offset, kind: ErrorKind::DuplicateMember(name) });
                }
                Likeness::Exact => {}
            }
            match meaning {
                Inside::Place if is_watched(name) => {}
                Inside::Place if self.places.len() >= MAX_PLACES => {
                    return Err(Error { offset, kind: ErrorKind::TooMany(name) });
                }
                Inside::Notice(called) if self.noticed.contains(called) => {}
                Inside::Notice(called) => self.noticed.push(called),
                Inside::Into | Inside::Place => self.expected = Some(*meaning),
            }
        }
        Ok(())
    }

    /// Takes a value, which begins at `offset`: whether what it holds is looked into. `is_inside` says that it is not the
    /// document's own.
    pub fn begin_value(&mut self, kind: ValueKind, offset: usize, is_inside: bool) -> bool {
        let is_element = !std::mem::take(&mut self.has_name) && is_inside;
        let is_container = matches!(kind, ValueKind::Object | ValueKind::Array);
        match self.expected.take() {
            Some(Inside::Place) => {
                self.start = Some(offset);
                false
            }
            Some(Inside::Into) => is_container,
            _ => is_element && is_container,
        }
    }

    pub fn end_value(&mut self, offset: usize) {
        if let Some(start) = self.start.take() {
            self.places.push(start..offset);
        }
    }
}
