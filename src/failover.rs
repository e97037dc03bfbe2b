//! Failover: one request, tried at one provider after the other by Envoy's own retries.
//!
//! Two filters with the same configuration share the work. The one in the listener finds out who calls, which model, and
//! which providers may serve the request. It writes that down as a [`FailoverContext`] and sends the request to a pool: a
//! cluster whose endpoints are several providers. It sends no credential, and sets a `GUARD` with which Envoy sends
//! nothing before the other filter has taken it away. The other filter stands in the pool's own filter chain.
//! It runs anew for each attempt, after Envoy has chosen an endpoint, and makes the request that of the endpoint's
//! provider: see [`crate::provider_request`].
//!
//! [`state`] has the protocol between the two: what is passed on, who writes it and who reads it.

mod attempt;
mod context;
mod pool_router;
pub mod state;

pub use attempt::Attempt;
pub use context::{ContextTarget, FailoverContext};
pub use pool_router::{AttemptError, PoolRouter};
pub use state::{AttemptInput, GUARD, GUARD_VALUE};

#[cfg(test)]
mod tests;
