//! The filter in a real Envoy, between real clients and recording providers.
//!
//! Run by `make test`, which finds an Envoy, builds the filter and names both in the environment.
#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

mod affinity;
mod clients_host;
mod command;
mod configuration;
mod connections;
mod cooldown;
mod cooldown_updates;
mod deployments;
mod errors;
mod examples;
mod failover;
mod failures;
mod faults;
mod forms;
mod harness;
mod held_headers;
mod hygiene;
mod identity;
mod imports;
mod json_texts;
mod keys;
mod limits;
mod meanings;
mod metrics;
mod models_list;
mod native;
mod origin;
mod passthrough;
mod processor;
mod provider_data;
mod readme;
mod realtime;
mod refused_early;
mod replay;
mod resources;
mod rewriting;
mod rotation;
mod sdk;
mod soak;
mod steering;
mod streaming;
mod targets;
mod tokens;
mod upstream_authentication;
mod usages;
mod workers;

#[allow(unused_imports, reason = "each runner uses its part")]
#[path = "../vectors/mod.rs"]
mod vectors;
