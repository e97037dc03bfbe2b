//! The JSON documents of an answer, one after another, and the counts in them.

use super::counts::Counts;
use super::Usage;
use crate::json::{ErrorKind, NumberReader};

/// Reads the counts of one document after another.
///
/// A document counts when it is complete, so one that is cut off or malformed never does.
pub(super) struct Documents(NumberReader<Counts>);

impl Documents {
    pub(super) fn new() -> Self {
        Self(NumberReader::new(Counts::default()))
    }

    /// Reads on in the document at hand. What is wrong with it shows when it is over, and costs nothing until then.
    pub(super) fn read(&mut self, data: &[u8]) {
        let _ = self.0.feed(data);
    }

    /// Reads on in the document at hand, up to the first byte behind it. Returns what begins there; `None` if the
    /// document is not over yet, or will never be because it is malformed.
    pub(super) fn read_one<'a>(&mut self, data: &'a [u8]) -> Option<&'a [u8]> {
        let before = self.0.scanned();
        let error = self.0.feed(data).err()?;
        // It is the first byte after a whole document, white space aside.
        let end = error.offset.checked_sub(before)?;
        (error.kind == ErrorKind::TrailingByte).then(|| data.get(end..))?
    }

    /// Ends the document at hand and begins another one.
    pub(super) fn end(&mut self) {
        self.end_as(self.0.is_complete());
    }

    /// Ends the document at hand, which [`Self::read_one`] has read to its end, and begins another one.
    pub(super) fn end_complete(&mut self) {
        self.end_as(true);
    }

    fn end_as(&mut self, is_complete: bool) {
        self.0.schema_mut().end_document(is_complete);
        self.0.restart();
    }

    /// The counts of the documents, with the one at hand if it is complete.
    fn counts(&self) -> Counts {
        let mut counts = *self.0.schema();
        counts.end_document(self.0.is_complete());
        counts
    }

    pub(super) fn usage(&self) -> Option<Usage> {
        self.counts().usage()
    }

    pub(super) fn errors(&self) -> u32 {
        self.counts().errors()
    }

    /// How many bytes it has allocated.
    #[cfg(test)]
    pub(super) fn allocated(&self) -> usize {
        self.0.allocated()
    }
}
