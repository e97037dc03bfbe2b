//! A strict, resumable JSON scanner for the bodies of requests and answers.
//!
//! A body comes in pieces of any size, is mostly long strings (prose, base64 images), and the
//! router needs two or three of its members. So nothing here builds a tree: a push-down automaton
//! is fed each piece once and checks every byte against RFC 8259 and UTF-8. [`Scanner`] makes it
//! remember where the watched top-level members of a request lie, [`NumberReader`] makes it read counts
//! out of an answer. What they allocate is bounded by the names they look for and the values they
//! were asked to keep, never by the length of the body.
//!
//! Strictness is a matter of safety: what this scanner takes for the `model` must be what the
//! provider takes for it too, so a body that two parsers could read differently is refused.

mod automaton;
mod cursor;
mod document;
mod error;
mod members;
mod name;
mod nesting;
mod number;
mod numbers;
mod plain;
mod scanner;
mod string;
mod utf8;
mod whole;

#[cfg(test)]
mod tests;

pub use document::{Document, Keep, Kind, Member, Watch, MAX_KEPT};
pub use error::{Error, ErrorKind};
pub use nesting::MAX_DEPTH;
pub use numbers::{NumberReader, NumberSchema, SchemaMember, MAX_TEXT};
pub use scanner::Scanner;
