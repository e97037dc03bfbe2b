//! Looks for the delimiters between the parts of a form.

use memchr::memmem::Finder;

use super::{Boundary, Error};

const CRLF: &[u8] = b"\r\n";

/// Looks for the next `--boundary`, chunk by chunk.
///
/// What could be the start of a delimiter is held back until more is known: it ends a chunk, so it
/// is CRLF, or some of it, and some of `--boundary`. All else is handed on where it lies.
#[derive(Debug)]
pub(super) struct Search {
    finder: Finder<'static>,
    held: Vec<u8>,
}

/// `--boundary` was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// Where in the chunk it ends.
    pub(super) end: usize,
    /// Whether it stands after CRLF, which then was not handed on.
    pub(super) is_after_line_break: bool,
}

impl Search {
    pub(super) fn new(boundary: &Boundary) -> Self {
        Self { finder: Finder::new(&boundary.dashed()).into_owned(), held: Vec::new() }
    }

    /// `--boundary`
    pub(super) fn dashed(&self) -> &[u8] {
        self.finder.needle()
    }

    /// Hands on the bytes before the next `--boundary`, or all there are that cannot begin one.
    pub(super) fn read(
        &mut self,
        chunk: &[u8],
        hand_on: &mut impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<Option<Found>, Error> {
        let held = std::mem::take(&mut self.held);
        if !held.is_empty() {
            // As much of the chunk as a delimiter can reach into that begins in what is held: LF
            // and all of `--boundary`.
            let reach = self.dashed().len().saturating_add(1);
            let seam = [held.as_slice(), chunk.get(..reach).unwrap_or(chunk)].concat();
            let last = held.len().saturating_add(1);
            match self.finder.find(&seam).filter(|&at| at <= last) {
                Some(at) => return self.found(&seam, at, held.len(), hand_on).map(Some),
                None if chunk.len() < reach => return self.hold(&seam, hand_on),
                None => hand_on(&held)?,
            }
        }
        match self.finder.find(chunk) {
            Some(at) => self.found(chunk, at, 0, hand_on).map(Some),
            None => self.hold(chunk, hand_on),
        }
    }

    /// Ends at the `--boundary` that stands `at` in `bytes`, the first `held` of which are not of
    /// the chunk.
    fn found(
        &self,
        bytes: &[u8],
        at: usize,
        held: usize,
        hand_on: &mut impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<Found, Error> {
        let before = bytes.get(..at).unwrap_or_default();
        let line = before.strip_suffix(CRLF);
        hand_on(line.unwrap_or(before))?;
        let end = at.saturating_add(self.dashed().len()).saturating_sub(held);
        Ok(Found { end, is_after_line_break: line.is_some() })
    }

    /// Hands on all but what the start of a delimiter could be.
    fn hold(
        &mut self,
        bytes: &[u8],
        hand_on: &mut impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<Option<Found>, Error> {
        let dashed = self.dashed();
        let before = (1..dashed.len())
            .rev()
            .find_map(|length| bytes.strip_suffix(dashed.get(..length)?))
            .unwrap_or(bytes);
        let settled = match before.strip_suffix(CRLF) {
            Some(settled) => settled,
            None if before.len() == bytes.len() => bytes.strip_suffix(b"\r").unwrap_or(bytes),
            None => before,
        };
        self.held.extend_from_slice(bytes.get(settled.len()..).unwrap_or_default());
        hand_on(settled)?;
        Ok(None)
    }
}
