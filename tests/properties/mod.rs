//! What holds for every input, whatever bytes it is made of. `tests/properties.rs` tries some on every change, the
//! targets under `tests/fuzz` as many as there is time for.
//!
//! Each property takes the input as bytes, reads a request or an answer out of them, and panics where it does not hold:
//! the outcome does not depend on how the bytes are cut, bytes outside the edits stay, what is authorised is what other
//! parsers read, and no key goes where it does not belong.

#![allow(dead_code, reason = "each runner uses its part")]

pub mod answer;
pub mod body;
pub mod form;
pub mod headers;
pub mod json;
pub mod members;
pub mod pieces;
pub mod provider_data;
pub mod sequence;
pub mod shown_key;
pub mod world;

#[path = "../world/mod.rs"]
mod outside;
