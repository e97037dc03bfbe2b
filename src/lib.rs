//! An LLM model router that runs inside Envoy.
//!
//! A request for a model comes in with a team's virtual key; it goes out to the cluster of the provider that serves
//! the model, with the model's name there and this team's credential for exactly that provider. Envoy does the rest.
//!
//! The crate is a pure core under a thin skin. The core knows no Envoy: [`Router`] is a compiled configuration,
//! [`Exchange`] takes one request through it. The skin, `filter`, is what Envoy loads: it turns callbacks of the
//! proxy-wasm ABI into calls of an [`Exchange`], and what that returns into host calls.

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
    Access, Exclusion, ExplainedTarget, Explanation, GivenAttributes, HeaderValue, MemberChange,
    Overview, OverviewCaller, OverviewModel, OverviewResources, Question, Reach, TargetStatus,
    UnknownName, UpstreamRequest,
};
pub use failover::{Attempt, AttemptError, AttemptInput, PoolRouter};
pub use header::{HeaderEdit, Headers};
pub use host::Host;
pub use identity::MetadataPath;
pub use node::Node;
pub use provider::{Api, AuthStyle, Authority, Field, Kind, NoHost, Place};
pub use provider_data::ProviderData;
pub use record::Record;
pub use reject::{Reject, Reply};
#[cfg(feature = "cli")]
pub use router::Upstream;
pub use router::{Loaded, ModelRequest, Router};
