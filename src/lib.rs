//! An LLM model router that runs inside Envoy.
//!
//! A request for a model comes in with a team's virtual key; it goes out to the cluster of the provider that serves
//! the model, with the model's name there and this team's credential for exactly that provider. Envoy does the rest.
//!
//! The crate is a pure core under a thin skin. The core knows no Envoy: [`Router`] is a compiled configuration,
//! [`Exchange`] takes one request through it. The skin, `filter`, is what Envoy loads: it turns callbacks of the
//! proxy-wasm ABI into calls of an [`Exchange`], and what that returns into host calls.
//!
//! # Three ways through the code
//!
//! From the first file to the last; no file is entered twice.
//!
//! The name of a model:
//!
//! 1. `filter/stream.rs` takes the pieces of the body as Envoy has them;
//! 2. `exchange.rs` decides when they are read;
//! 3. `body.rs` reads them, with `json/scanner.rs` or `multipart/scanner.rs`;
//! 4. `body/layout.rs` says what the name is and where it stands;
//! 5. `exchange/call.rs` asks for a decision;
//! 6. `router/route.rs` makes it: `catalog/resolve.rs` says what the name means, `team/access.rs` whether the caller may call it,
//!    `router/select.rs` which target is the best;
//! 7. `exchange/sending.rs` sends the request to one provider, or to a pool;
//! 8. `provider_request.rs` makes the request that this provider gets;
//! 9. `body/edit.rs` writes the provider's name of the model, by `filter/body.rs`.
//!
//! A virtual key:
//!
//! 1. `header.rs` holds the fields;
//! 2. `exchange/admission.rs` asks who calls;
//! 3. `router/identify.rs` says who it is: `identity.rs` takes the shown keys from the fields, `team/keys.rs` knows one by its SHA-256;
//! 4. `team.rs` is the caller that it makes;
//! 5. `exchange/call.rs` keeps the caller and the shown keys until the body is whole;
//! 6. `provider_request/fields.rs` and `provider_request/path.rs` send none of the shown keys upstream.
//!
//! A credential:
//!
//! 1. `config/compile/credentials.rs` reads it;
//! 2. `secret.rs` keeps it from being printed, and wipes it;
//! 3. `credential.rs` stores it with its provider, and `credential/set.rs` has a team's handles;
//! 4. `team.rs` chooses the one for a provider;
//! 5. `router/select.rs` leaves out targets without one;
//! 6. `provider.rs` gives the secret out, and refuses another provider's handle;
//! 7. `provider_request/fields.rs` puts it into its header field.

mod affinity;
mod base64;
mod body;
mod body_field;
mod catalog;
mod config;
mod cooldown;
mod credential;
mod endpoint;
mod exchange;
#[cfg(feature = "cli")]
mod explain;
mod failover;
#[cfg(target_os = "wasi")]
mod filter;
mod header;
mod host;
mod id;
mod identity;
#[cfg(feature = "internals")]
pub mod json;
#[cfg(not(feature = "internals"))]
mod json;
mod limit;
mod meter;
mod model_type;
mod multipart;
mod node;
mod parameters;
mod pattern;
mod price;
mod provider;
mod provider_data;
mod provider_request;
mod query;
mod record;
mod reject;
mod router;
mod secret;
mod settings;
mod short_text;
mod team;
mod usage;

pub use body::Splice;
#[cfg(feature = "internals")]
pub use body::{edit, Buffer, PIECE};
#[cfg(feature = "cli")]
pub use catalog::Rule;
#[cfg(feature = "cli")]
pub use config::schema;
pub use config::{Diagnostic, Refusal, DEFAULT_CLUSTER_HEADER, DEFAULT_MAX_BODY_BYTES};
#[cfg(feature = "cli")]
pub use credential::{CredentialList, CredentialOwner};
pub use endpoint::Operation;
pub use exchange::{End, Exchange, Rewrite, Step, Verdict};
#[cfg(feature = "cli")]
pub use explain::{
    Access, Exclusion, ExplainedLimit, ExplainedTarget, Explanation, GivenAttributes, HeaderValue,
    MemberChange, Overview, OverviewCaller, OverviewLimit, OverviewModel, OverviewResources,
    Question, Reach, TargetStatus, UnknownName, UpstreamRequest,
};
pub use failover::{Attempt, AttemptError, AttemptInput, PoolRouter};
pub use header::{HeaderEdit, Headers};
pub use host::Host;
pub use identity::{Elsewhere, MetadataPath};
pub use node::Node;
pub use provider::{Api, AuthStyle, Authority, Field, Kind, NoHost, Place};
pub use provider_data::ProviderData;
pub use record::Record;
pub use reject::{Reject, Reply};
#[cfg(feature = "cli")]
pub use router::Upstream;
pub use router::{Loaded, ModelRequest, Router};
