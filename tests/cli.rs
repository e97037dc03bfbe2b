//! The command `llm-router`, run as its users run it.
//!
//! Run by `make test`, which names what it needs from outside in the environment.

#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

#[path = "cli/check.rs"]
mod check;
#[path = "cli/checklist.rs"]
mod checklist;
#[path = "cli/command.rs"]
mod command;
#[path = "cli/examples.rs"]
mod examples;
#[path = "cli/explain.rs"]
mod explain;
#[path = "cli/generate.rs"]
mod generate;
#[path = "cli/hash_key.rs"]
mod hash_key;
#[path = "cli/import.rs"]
mod import;
#[path = "cli/limits.rs"]
mod limits;
#[path = "cli/mistakes.rs"]
mod mistakes;
#[path = "cli/pages.rs"]
mod pages;
#[path = "cli/readme.rs"]
mod readme;
#[path = "cli/schema.rs"]
mod schema;
#[path = "cli/surroundings.rs"]
mod surroundings;
#[allow(unused_imports, reason = "each runner uses its part")]
mod vectors;
mod world;
