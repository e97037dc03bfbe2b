//! The scanner of request bodies.

use std::rc::Rc;

use super::automaton::Automaton;
use super::members::Members;
use super::{Error, Inside, ScannedJson, Watch};

/// Scans one body, chunk by chunk.
///
/// What it reports, errors and their offsets included, depends on the bytes alone, not on how they
/// are cut into chunks. White space may surround the document, which must be an object.
///
/// Watched names are compared after unescaping, so `"m\u006fdel"` is `model`. A member whose name
/// differs from a watched one only by case is not that member, but counts as a repetition of it
/// ([`ErrorKind::DuplicateMember`]): some parsers, Go's encoding/json among them, would let the one
/// override the other. Members that are not watched may repeat.
///
/// [`ErrorKind::DuplicateMember`]: super::ErrorKind::DuplicateMember
pub struct Scanner(Automaton<Members>);

impl Scanner {
    /// A scanner that reports these top-level members.
    pub fn new(watched: &'static [Watch]) -> Self {
        Self::noting(watched, Rc::default())
    }

    /// A scanner that also notes the first of these members, which may be repeated. None of the names is a watched
    /// one.
    pub fn noting(watched: &'static [Watch], names: Rc<[Rc<str>]>) -> Self {
        Self(Automaton::new(Members::new(watched, names)))
    }

    /// The same scanner, which also looks inside: for these names, in the document and in each object and array that they lead
    /// into. They have at most 32 bytes.
    #[must_use]
    pub fn looking_inside(mut self, names: &'static [(&'static str, Inside)]) -> Self {
        self.0.listener_mut().look_inside(names);
        self
    }

    /// Scans the next piece of the body, which may be empty.
    ///
    /// # Errors
    ///
    /// The first error in the body; once there is one, every call returns it.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.0.feed(chunk)
    }

    /// How many bytes were fed, up to the end of the chunk with the first error in it.
    pub fn scanned(&self) -> usize {
        self.0.scanned()
    }

    /// Ends the body.
    ///
    /// # Errors
    ///
    /// The first error in the body, or that it ended too early.
    pub fn finish(self) -> Result<ScannedJson, Error> {
        self.0.check()?;
        let (len, inside) = (self.0.scanned(), self.0.inside());
        Ok(self.0.into_listener().into_document(len, inside))
    }
}
