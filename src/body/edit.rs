//! Changes to a body that the host holds.

use super::Splice;
use super::PIECE;

/// A body that lies with the host. It can be read anywhere, but changed only at its two ends.
pub trait Buffer {
    /// What the host says where it refuses.
    type Error;

    /// The first `len` bytes, neither more nor less.
    ///
    /// # Errors
    ///
    /// There are not as many, or they cannot be had.
    fn front(&mut self, len: usize) -> Result<Vec<u8>, Self::Error>;

    /// Puts `bytes` in the place of the first `len` bytes.
    ///
    /// # Errors
    ///
    /// The host refuses.
    fn replace_front(&mut self, len: usize, bytes: &[u8]) -> Result<(), Self::Error>;

    /// Puts `bytes` behind the last one.
    ///
    /// # Errors
    ///
    /// The host refuses.
    fn append(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;
}

/// Makes `splices` in a body of `len` bytes, none of which overlaps another, in the order of their places. `head` is as
/// much of the body's beginning as is at hand already.
///
/// It takes memory for a piece of the body, however long that is: where the edits lie deep in it, everything goes from its
/// front to its end once, piece by piece, so that in the end all is in order again. It never becomes longer on the way
/// than it is before and afterwards.
///
/// # Errors
///
/// What the host refused. The body is not to be used then.
pub fn edit<B: Buffer>(
    buffer: &mut B,
    len: usize,
    splices: &[Splice],
    head: Vec<u8>,
) -> Result<(), B::Error> {
    match splices.last() {
        None => Ok(()),
        Some(last) if last.range.end <= PIECE => {
            replace_front(buffer, last.range.end, splices, head)
        }
        Some(_) => turn(buffer, len, splices),
    }
}

/// Writes what precedes the last edit once more; what follows it stays where it is.
fn replace_front<B: Buffer>(
    buffer: &mut B,
    end: usize,
    splices: &[Splice],
    head: Vec<u8>,
) -> Result<(), B::Error> {
    let front = if head.len() < end { buffer.front(end)? } else { head };
    let added = splices.iter().map(|splice| splice.replacement.len());
    let mut edited = Vec::with_capacity(added.fold(end, usize::saturating_add));
    let mut done = 0;
    for splice in splices {
        edited.extend_from_slice(front.get(done..splice.range.start).unwrap_or_default());
        edited.extend_from_slice(&splice.replacement);
        done = splice.range.end;
    }
    buffer.replace_front(end, &edited)
}

/// Takes everything from the front to the end, and puts each edit in the place of what it replaces.
fn turn<B: Buffer>(buffer: &mut B, len: usize, splices: &[Splice]) -> Result<(), B::Error> {
    let mut done = 0;
    for splice in splices {
        turn_as_it_is(buffer, splice.range.start.saturating_sub(done))?;
        buffer.replace_front(splice.range.len(), &[])?;
        buffer.append(&splice.replacement)?;
        done = splice.range.end;
    }
    turn_as_it_is(buffer, len.saturating_sub(done))
}

/// Puts the first `len` bytes behind the last one.
fn turn_as_it_is<B: Buffer>(buffer: &mut B, len: usize) -> Result<(), B::Error> {
    let mut left = len;
    while left > 0 {
        let len = left.min(PIECE);
        let piece = buffer.front(len)?;
        // Remove first and append then: the host may have no room for both copies.
        buffer.replace_front(len, &[])?;
        buffer.append(&piece)?;
        left = left.saturating_sub(len);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
