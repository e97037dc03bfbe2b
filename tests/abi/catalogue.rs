//! One configuration with a place for each thing that the filter can do to a request.

use serde_json::{json, Value};
use sha2::{Digest, Sha256};

use crate::host::{Trap, Vm};

/// The virtual key of the team that may use everything.
pub const KEY: &str = "vk-red-5Gq8";
/// A key that a caller brings for a provider.
pub const OWN_KEY: &str = "sk-own-7Vd1";
/// The team's credential for the provider `one`; it comes from the environment.
pub const ONE: &str = "sk-one-3Tz4";
/// The team's credential for the provider `two`.
pub const TWO: &str = "sk-two-9Bn6";

/// Every string that nobody but its provider may ever see, and the key's hash.
pub fn secrets() -> [String; 5] {
    [KEY, OWN_KEY, ONE, TWO]
        .map(str::to_owned)
        .into_iter()
        .chain([sha256(KEY)])
        .collect::<Vec<_>>()
        .try_into()
        .expect("five")
}

/// A VM with this catalogue.
pub fn vm() -> Result<Vm, Trap> {
    Vm::configured(&configuration(), &ENVIRONMENT)
}

/// A VM with this catalogue, for the filter's part in the pool.
pub fn vm_of_pool() -> Result<Vm, Trap> {
    Vm::configured_as("llm_router_upstream", &configuration(), &ENVIRONMENT)
}

/// The VM's environment.
pub const ENVIRONMENT: [(&str, &str); 1] = [("ONE_KEY", ONE)];

/// The catalogue.
pub fn configuration() -> Value {
    json!({
        "providers": {
            "one": {"cluster": "one", "kind": "openai", "client_credentials": true},
            "two": {"cluster": "two", "kind": "anthropic", "auth": {"header": "x-api-key"}},
        },
        "models": {
            "big": {"targets": [
                {"provider": "one", "model": "big-upstream", "priority": 0},
                {"provider": "two", "model": "big-elsewhere", "priority": 1},
            ]},
            // The same, where Envoy tries one after the other.
            "pair": {"failover_cluster": "pool", "targets": [
                {"provider": "one", "model": "big-upstream", "priority": 0},
                {"provider": "two", "model": "big-elsewhere", "priority": 1},
            ]},
        },
        "credentials": {
            "one": {"provider": "one", "env": "ONE_KEY"},
            "two": {"provider": "two", "value": TWO},
        },
        "teams": {"red": {
            "keys": [{"sha256": sha256(KEY), "id": "first", "expires_at": "2030-01-01T00:00:00Z"}],
            "models": ["*"],
            "credentials": ["one", "two"],
        }},
        "identity": {
            "team_metadata": ["envoy.filters.http.jwt_authn", "jwt_payload", "team"],
            "attributes_metadata": {"roles": ["envoy.filters.http.jwt_authn", "jwt_payload", "roles"]},
        },
        "cooldown": {"failures": 1, "seconds": 30, "statuses": [429, 503]},
        "failover": {"tried_header": "x-llm-tried"},
        "max_body_bytes": 1_000_000,
    })
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
