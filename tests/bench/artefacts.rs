//! The programs that a run needs; `make bench` names them in the environment.

use std::path::PathBuf;

pub struct Artefacts {
    pub envoy: PathBuf,
    /// The router as Envoy loads it.
    pub router: PathBuf,
    /// The filter of `floor.rs`, likewise.
    pub floor: PathBuf,
    /// What `make bench-peers` compares as well.
    pub peers: Option<Peers>,
}

/// Other programs for the job, or a part of it.
pub struct Peers {
    /// The external processor of `processor/`.
    pub processor: PathBuf,
    /// The Python that has the LiteLLM proxy.
    pub litellm: PathBuf,
}

impl Artefacts {
    pub fn from_environment() -> Self {
        Self {
            envoy: file("ENVOY"),
            router: file("LLM_ROUTER_WASM"),
            floor: file("FLOOR_WASM"),
            peers: std::env::var_os("LITELLM").map(|_| Peers::from_environment()),
        }
    }
}

impl Peers {
    fn from_environment() -> Self {
        Self { processor: file("PROCESSOR"), litellm: file("LITELLM") }
    }
}

fn file(variable: &str) -> PathBuf {
    let path = PathBuf::from(std::env::var_os(variable).unwrap_or_default());
    assert!(path.is_file(), "{variable} names no file; `make bench` sets it");
    path
}
