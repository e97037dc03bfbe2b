//! A host for the real filter, in place of Envoy: it loads `target/envoy_llm_router.wasm` and speaks the proxy-wasm
//! ABI, version 0.2.1, with it.
//!
//! What Envoy never does it can do: refuse any call with any status, give bytes that are too few, have no memory left,
//! call back in any order. And it counts: host calls by name, instructions, guest memory. The numbers do not depend on
//! how busy the machine is.
//!
//! ```text
//! let mut vm = Vm::configured(&json!({ … }), &[("OPENAI_KEY", "sk-…")])?;
//! let outcome = vm.exchange(&Request::post("/v1/chat/completions", "vk-…", br#"{"model": "gpt-4o"}"#))?;
//! outcome.sent        // what the provider gets: headers and body
//! outcome.reply       // what the filter answered instead
//! outcome.calls       // every host call that it made, and during which callback
//! outcome.fuel        // what it cost: about one unit for an instruction
//! vm.memory()         // bytes of guest memory
//! vm.fail(|call| …)   // from now on some calls are answered otherwise
//! ```

#![allow(dead_code, reason = "each test uses its part")]

mod conduct;
mod fault;
mod guest;
mod imports;
mod request;
mod state;
mod stream;
mod vm;
mod wasi;

pub use fault::{status, Call, Fault};
pub use request::{Outcome, Request};
pub use state::State;
pub use stream::{Fields, Passage, Reply, Sent, Stream};
pub use vm::{Callback, Trap, Vm};
