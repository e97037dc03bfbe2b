//! The JSON documents of an answer, one after another, and the counts in them.

use super::counts::{Counts, Known};
use super::Usage;
use crate::json::{ErrorKind, NumberReader};

/// Reads the counts of one document after another.
///
/// A document counts when it is complete, so one that is cut off or malformed never does.
pub(super) struct Documents {
    /// The document at hand.
    reader: NumberReader<Counts>,
    /// The counts of the documents before it.
    known: Known,
}

impl Documents {
    pub(super) fn new() -> Self {
        Self { reader: NumberReader::new(Counts::default()), known: Known::default() }
    }

    /// Reads on in the document at hand. What is wrong with it shows when it is over, and costs nothing until then.
    pub(super) fn read(&mut self, data: &[u8]) {
        let _ = self.reader.feed(data);
    }

    /// Reads on in the document at hand, up to the first byte behind it. Returns what begins there; `None` if the
    /// document is not over yet, or will never be because it is malformed.
    pub(super) fn read_one<'a>(&mut self, data: &'a [u8]) -> Option<&'a [u8]> {
        let before = self.reader.scanned();
        let error = self.reader.feed(data).err()?;
        // It is the first byte after a whole document, white space aside.
        let end = error.offset.checked_sub(before)?;
        (error.kind == ErrorKind::TrailingByte).then(|| data.get(end..))?
    }

    /// Ends the document at hand and begins another one.
    pub(super) fn end(&mut self) {
        if self.reader.schema().has_changed() {
            let is_complete = self.reader.is_complete();
            self.end_as(is_complete);
        } else {
            self.reader.restart();
        }
    }

    /// Ends the document at hand, which [`Self::read_one`] has read to its end, and begins another one.
    pub(super) fn end_complete(&mut self) {
        self.end_as(true);
    }

    fn end_as(&mut self, is_complete: bool) {
        if is_complete {
            self.known = self.reader.schema_mut().end_document();
        } else {
            *self.reader.schema_mut() = Counts::after(self.known);
        }
        self.reader.restart();
    }

    /// The counts of the documents, with the one at hand if it is complete.
    fn known(&self) -> Known {
        if self.reader.is_complete() {
            self.reader.schema().known()
        } else {
            self.known
        }
    }

    pub(super) fn usage(&self) -> Option<Usage> {
        self.known().usage()
    }

    pub(super) fn errors(&self) -> u32 {
        self.known().errors()
    }

    /// How many bytes it has allocated.
    #[cfg(test)]
    pub(super) fn allocated(&self) -> usize {
        self.reader.allocated()
    }
}
