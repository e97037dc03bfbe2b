//! The plugin configuration: from bytes to a [`Router`](crate::Router), or to the list of everything that is wrong.
//!
//! Three steps, each in its room: [`node`] reads the bytes that Envoy hands over, `raw` reads the fields into
//! plain structs, `compile` resolves every name once, so that no request ever meets a dangling one. Each step
//! goes on after an error, and what they found is told in one list.

mod compile;
mod node;
mod raw;
mod read;
mod report;
#[cfg(feature = "cli")]
mod schema;

pub use compile::{DEFAULT_CLUSTER_HEADER, DEFAULT_MAX_BODY_BYTES};
pub use node::Node;
pub use report::{Diagnostic, Refusal};
#[cfg(feature = "cli")]
pub use schema::schema;

pub(crate) use compile::compile;
pub(crate) use raw::Configuration;
pub(crate) use read::Read;
pub(crate) use report::{At, Report};

#[cfg(test)]
mod tests;
