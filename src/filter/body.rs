//! The request's body, as it lies with the host.

use super::host::{self, Refused};
use super::stream::ROOM;
use crate::body::{edit, Buffer, Splice, PIECE};

/// A body of which the host has buffered all.
struct RequestBody;

impl Buffer for RequestBody {
    type Error = Refused;

    fn front(&mut self, len: usize) -> Result<Vec<u8>, Refused> {
        piece(0, len)
    }

    fn replace_front(&mut self, len: usize, bytes: &[u8]) -> Result<(), Refused> {
        host::replace_request_body_front(len, bytes)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        host::append_to_request_body(bytes)
    }
}

/// A piece of what is buffered, from `start` on, of exactly this length: what is sent on must have been looked at, every
/// byte of it.
pub fn piece(start: usize, len: usize) -> Result<Vec<u8>, Refused> {
    // It may be written anew at once: see `apply`.
    host::reserve(len.saturating_mul(2).saturating_add(ROOM))?;
    let piece = host::request_body(start, len)?;
    match piece.len() == len {
        true => Ok(piece),
        false => Err(Refused::SHORT_BODY),
    }
}

/// Makes the changes to a body of `len` bytes, of which `head` is as much of the beginning as is at hand.
pub fn apply(splices: &[Splice], len: usize, head: Vec<u8>) -> Result<(), Refused> {
    if splices.is_empty() {
        return Ok(());
    }
    // What is read of it, and what is written in its place. Of a body that was just read there is room for both.
    if head.len() != len {
        host::reserve(PIECE.saturating_mul(2).saturating_add(ROOM))?;
    }
    edit(&mut RequestBody, len, splices, head)
}
