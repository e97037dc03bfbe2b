//! A strict, resumable JSON scanner for request bodies.
//!
//! A body comes in pieces of any size, is mostly long strings (prose, base64 images), and the
//! router needs two or three of its top-level members. So nothing here builds a tree: [`Scanner`]
//! is a push-down automaton that is fed each piece once, checks every byte against RFC 8259 and
//! UTF-8, and remembers where the watched members lie. What it allocates is bounded by the watched
//! names and the values it was asked to keep, never by the length of the body.
//!
//! Strictness is a matter of safety: what this scanner takes for the `model` must be what the
//! provider takes for it too, so a body that two parsers could read differently is refused.

mod cursor;
mod document;
mod error;
mod members;
mod name;
mod nesting;
mod number;
mod plain;
mod scanner;
mod string;
mod utf8;

#[cfg(test)]
mod tests;

pub use document::{Document, Keep, Kind, Member, Watch};
pub use error::{Error, ErrorKind};
pub use nesting::MAX_DEPTH;
pub use scanner::Scanner;
