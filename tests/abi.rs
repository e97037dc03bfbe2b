//! The filter as it is shipped, in a host that is not Envoy: what no Envoy would do to it, it must survive.
//!
//! Run by `make test`, which builds the filter and names it in the environment.
#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

#[path = "abi/attempt.rs"]
mod attempt;
#[path = "abi/calls.rs"]
mod calls;
#[path = "abi/catalogue.rs"]
mod catalogue;
#[path = "abi/contention.rs"]
mod contention;
#[path = "abi/cost.rs"]
mod cost;
#[path = "abi/faults.rs"]
mod faults;
#[allow(unused_imports, reason = "each test uses its part")]
mod host;
mod load;
#[path = "abi/memory.rs"]
mod memory;
#[path = "abi/orders.rs"]
mod orders;
#[path = "abi/panics.rs"]
mod panics;
#[path = "abi/passage.rs"]
mod passage;
#[path = "abi/plugin.rs"]
mod plugin;
#[path = "abi/role.rs"]
mod role;
#[path = "abi/scenario.rs"]
mod scenario;
#[path = "abi/verdict.rs"]
mod verdict;
mod world;
