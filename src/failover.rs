//! Failover: one request, tried at one provider after the other by Envoy's own retries.
//!
//! Two filters of the same configuration share the work. The one in the listener finds out who calls, for what, and
//! which providers may serve it; it writes that down as a [`Mandate`] and sends the request to a pool, a cluster whose
//! endpoints are several providers, with no credential and with no method: so nothing can leave before the other
//! filter has had its say. That one stands in the pool's own filter chain and runs anew for each attempt, after Envoy has
//! chosen the endpoint: it makes the request the chosen provider's, as far as the mandate and its own configuration
//! both allow, and otherwise answers it.
//!
//! A mandate holds names, never a secret: the credential is taken from the keyring of the endpoint's own provider.

mod attempt;
mod mandate;
mod upstream;

pub use attempt::{is_unwanted, Attempt};
pub use mandate::{Mandate, Place};
pub use upstream::{trace, Attempts, Given, Unfit};

/// The fields, beside those of the caller's credentials, by which a client could steer Envoy's retries begin with this.
pub const ENVOY_FIELDS: &str = "x-envoy-";

#[cfg(test)]
mod tests;
