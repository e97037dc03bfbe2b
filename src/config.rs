//! The plugin configuration: from bytes to the parts of a router, or to the list of everything that is
//! wrong.
//!
//! Two steps: `reader` goes over the JSON text once, and `raw` takes the fields out of it into plain structs; `compile` resolves
//! every name once, so that no request ever meets a dangling one. Both go on after an error, and what they found is told in
//! one list. `syntax` makes JSON text of what Envoy hands over in another form.

mod advice;
mod at;
mod compile;
mod named;
mod protobuf;
mod raw;
mod read;
mod reader;
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
pub(crate) use report::Report;
#[cfg(feature = "cli")]
pub(crate) use syntax::of_node;
pub(crate) use syntax::{read, to_json};

#[cfg(test)]
mod tests;
