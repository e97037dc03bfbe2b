//! The plugin configuration: from bytes to the parts of a router, or to the list of everything that is
//! wrong.
//!
//! Three steps, each in its room: [`syntax`] reads the bytes that Envoy hands over, `raw` reads the fields into
//! plain structs, `compile` resolves every name once, so that no request ever meets a dangling one. Each step
//! goes on after an error, and what they found is told in one list.

mod advice;
mod as_written;
mod at;
mod compile;
mod named;
mod raw;
mod read;
mod report;
#[cfg(feature = "cli")]
mod schema;
mod syntax;

pub use compile::{DEFAULT_CLUSTER_HEADER, DEFAULT_MAX_BODY_BYTES};
pub use report::{Diagnostic, Refusal};
#[cfg(feature = "cli")]
pub use schema::schema;

pub(crate) use compile::{compile, Compiled};
pub(crate) use raw::Configuration;
pub(crate) use read::Read;
pub(crate) use report::{At, Report};
pub(crate) use syntax::parse;

#[cfg(test)]
mod tests;
