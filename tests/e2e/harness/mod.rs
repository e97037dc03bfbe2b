//! What every end-to-end test stands on: an Envoy, the providers behind it, the clients before it.

pub mod answers;
pub mod artefacts;
pub mod bootstrap;
pub mod catalogue;
pub mod certificate;
pub mod client;
pub mod envoy;
pub mod fault;
pub mod filters;
pub mod form;
pub mod gateway;
pub mod http3;
pub mod listener;
pub mod live;
pub mod memory;
pub mod metrics;
pub mod pool;
pub mod process;
pub mod processor;
pub mod provider;
pub mod raw_request;
pub mod sabotage;
pub mod session;
pub mod shipped;
pub mod token;
pub mod transcript;
pub mod variants;
pub mod websocket;
pub mod wire;

pub use client::{Call, Exchange};
pub use gateway::Gateway;
pub use provider::Received;
pub use raw_request::RawRequest;
pub use session::Session;
pub use wire::Wire;
