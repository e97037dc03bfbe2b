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
//!
//! # How it works
//!
//! | file | |
//! |---|---|
//! | `automaton` | the grammar: objects, arrays, names and values, cut anywhere |
//! | `string`, `utf8`, `number`, `nesting` | the parts of the grammar that hold a state of their own |
//! | `plain` | passes over long strings, sixteen bytes at a time |
//! | `cursor` | where in the chunk and in the document the automaton is |
//! | `members` | a listener: where the watched members of a request lie; `scanner` is its face, `document` what it returns |
//! | `inside` | what `members` finds inside a document, where it is told to look there |
//! | `numbers` | a listener: the numbers of an answer; `whole` reads one |
//! | `name` | a member's name, as far as it may be one that is looked for |
//!
//! The automaton knows the grammar and keeps no value. It calls a `Listener` (in `automaton`), which says what it follows
//! and decides what to keep. These are the rules:
//!
//! - Offsets count from the start of the document, however it is cut. A begin comes before its first byte is read, an
//!   end behind its last byte.
//! - There are no calls for what lies in a container that the listener does not follow. Only `close` comes for every
//!   container, with the number of those that are still open.
//! - A name in ASCII without escapes that lies whole in its chunk comes by `plain_name`. Any other comes by
//!   `name_piece`, as often as need be and also with nothing in it, and `end_name`.
//! - The document itself is no value: it has neither `begin_value` nor `end_value`.
//! - Bytes are shown once. A listener that keeps a value takes from the cursor what the chunk has of it
//!   (`Cursor::since`), in `end_value` and in `end_chunk`.
//! - The calls come before the document is known to be valid. After an error there are no more calls.
//!
//! The document `{"model":"a","x":[1]}`, cut into `{"model":"a","x` and `":[1]}`, makes these calls of a listener that
//! follows the document's own members. (A unit test reads this table and compares it with the calls.)
//!
//! | call | |
//! |---|---|
//! | `begin_name at 1` | at the quote |
//! | `plain_name("model") at 8` | instead of `name_piece` and `end_name` |
//! | `begin_value(String) at 9` | |
//! | `end_value at 12` | `since(9)` is `"a"` |
//! | `comma at 12` | at the comma |
//! | `begin_name at 13` | |
//! | `name_piece("x")` | as far as the chunk goes |
//! | `end_chunk at 15` | none of these bytes comes again |
//! | `name_piece("")` | the name goes on, with nothing |
//! | `end_name at 16` | behind the quote |
//! | `begin_value(Array) at 17` | the array is not followed: no call for its `1` |
//! | `close(1)` | the array is closed, the document is still open |
//! | `end_value at 20` | |
//! | `close(0)` | the document is over |
//! | `end_chunk at 21` | |

mod automaton;
mod cursor;
mod document;
mod error;
mod inside;
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

pub use document::{Keep, Member, MemberPlace, Noted, ScannedJson, ValueKind, Watch, MAX_KEPT};
pub use error::{Error, ErrorKind};
pub use inside::Inside;
pub use nesting::MAX_DEPTH;
#[cfg(test)]
use numbers::MAX_TEXT;
pub use numbers::{NumberReader, NumberSchema, SchemaMember};
pub(crate) use plain::Run;
pub use scanner::Scanner;
