//! What is compared: the ways to have Envoy do the router's job, or a part of it, and another program that does it.

use serde_json::{json, Value};
use sha2::{Digest, Sha256};

use crate::artefacts::Artefacts;

/// One configuration of Envoy, or another program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gateway {
    NoFilter,
    Hold,
    Read,
    Copy,
    Lua,
    JsonToMetadata,
    Transform,
    Router,
    Pool,
    LiteLlm,
}

/// Those that are always compared.
pub const GATEWAYS: [Gateway; 9] = [
    Gateway::NoFilter,
    Gateway::Hold,
    Gateway::Read,
    Gateway::Copy,
    Gateway::Lua,
    Gateway::JsonToMetadata,
    Gateway::Transform,
    Gateway::Router,
    Gateway::Pool,
];

/// The key that the client shows.
pub const VIRTUAL_KEY: &str = "sk-team-17-f3b1c9d2a4e84d7f9b60";
/// The key that the provider expects.
pub const CREDENTIAL: &str = "provider-key-17-0c5d2e9a71b34f6e";
/// A model that has another name at its provider, …
pub const RENAMED: &str = "claude-sonnet-4.6";
pub const PROVIDERS_PREFIX: &str = "us.anthropic.";
/// … and one of the same length that has not.
pub const KEPT: &str = "mistral-large-3.1";

const CLUSTER_HEADER: &str = "x-llm-cluster";
const MODEL_HEADER: &str = "x-llm-model";

/// A gateway's size: how many teams and models its configuration has besides those that are asked for.
const TEAMS: usize = 50;
const MODELS: usize = 100;

impl Gateway {
    pub fn name(self) -> &'static str {
        match self {
            Self::NoFilter => "no filter",
            Self::Hold => "wasm, holds",
            Self::Read => "wasm, reads",
            Self::Copy => "wasm, copies",
            Self::Lua => "lua",
            Self::JsonToMetadata => "json_to_metadata",
            Self::Transform => "transform",
            Self::Router => "llm_router",
            Self::Pool => "llm_router, in a pool",
            Self::LiteLlm => "LiteLLM proxy",
        }
    }

    /// As much of the router's job as it does.
    pub fn job(self) -> &'static str {
        match self {
            Self::NoFilter => "Envoy alone: none",
            Self::Hold => "holds the request until it is complete",
            Self::Read => "… and reads the body",
            Self::Copy => "… and writes it back: the least for a change at its end",
            Self::Lua => "keys in a table, the first `\"model\"` in the text, body and headers",
            Self::JsonToMetadata => "the model chooses route and credential; no key, no change",
            Self::Transform => "the model chooses route and credential, and is changed; no key",
            Self::Router => "all of it",
            Self::Pool => "all of it, in the pool; the first provider answers",
            Self::LiteLlm => "key, model and credential",
        }
    }

    /// The HTTP filters before Envoy's own router.
    pub fn filters(self, artefacts: &Artefacts) -> Vec<Value> {
        let floor = |work| wasm(&artefacts.floor, "llm_router", work);
        let filter = match self {
            Self::NoFilter | Self::LiteLlm => return Vec::new(),
            Self::Hold => floor("hold"),
            Self::Read => floor("read"),
            Self::Copy => floor("copy"),
            Self::Lua => json!({
                "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
                "default_source_code": {"inline_string": lua()},
            }),
            Self::JsonToMetadata => json!({
                "@type": "type.googleapis.com/envoy.extensions.filters.http.json_to_metadata.v3\
                    .JsonToMetadata",
                "request_rules": {"rules": [{
                    "selectors": [{"key": "model"}],
                    "on_present": {"metadata_namespace": "llm", "key": "model"},
                }]},
            }),
            Self::Transform => json!({
                "@type": "type.googleapis.com/envoy.extensions.filters.http.transform.v3\
                    .TransformConfig",
                "clear_route_cache": true,
                "request_transformation": {
                    "headers_mutations": [{"append": {
                        "header": {"key": MODEL_HEADER, "value": "%REQUEST_BODY(model)%"},
                        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
                    }}],
                    "body_transformation": {"body_format": {"json_format": {
                        "model": format!("{PROVIDERS_PREFIX}%REQUEST_BODY(model)%"),
                    }}},
                },
            }),
            Self::Router | Self::Pool => {
                wasm(&artefacts.router, "llm_router", &self.configuration().to_string())
            }
        };
        vec![json!({"name": "compared", "typed_config": filter})]
    }

    /// The route behind them; all end at the same cluster.
    pub fn route(self) -> Value {
        let by_model = |mut matching: Value| {
            matching["prefix"] = "/".into();
            json!({
                "match": matching,
                "route": {"cluster": "upstream", "timeout": "0s"},
                "request_headers_to_add": [{
                    "header": {"key": "authorization", "value": format!("Bearer {CREDENTIAL}")},
                    "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
                }],
                "request_headers_to_remove": [MODEL_HEADER],
            })
        };
        let exactly = json!({"exact": RENAMED});
        match self {
            Self::NoFilter | Self::Hold | Self::Read | Self::Copy | Self::LiteLlm => json!({
                "match": {"prefix": "/"},
                "route": {"cluster": "upstream", "timeout": "0s"},
            }),
            Self::Lua | Self::Router => json!({
                "match": {"prefix": "/"},
                "route": {"cluster_header": CLUSTER_HEADER, "timeout": "0s"},
                "request_headers_to_remove": [CLUSTER_HEADER],
            }),
            Self::Pool => json!({
                "match": {"prefix": "/"},
                "route": {
                    "cluster_header": CLUSTER_HEADER, "timeout": "0s",
                    // That the request may be tried again is a part of the cost.
                    "retry_policy": {"retry_on": "5xx", "num_retries": 1},
                },
                "request_headers_to_remove": [CLUSTER_HEADER],
            }),
            Self::JsonToMetadata => by_model(json!({"dynamic_metadata": [{
                "filter": "llm",
                "path": [{"key": "model"}],
                "value": {"string_match": exactly},
            }]})),
            Self::Transform => {
                by_model(json!({"headers": [{"name": MODEL_HEADER, "string_match": exactly}]}))
            }
        }
    }

    /// The HTTP filters in the cluster's own chain, where the request is made the provider's.
    pub fn upstream_filters(self, artefacts: &Artefacts) -> Option<Value> {
        if self != Self::Pool {
            return None;
        }
        let configuration = self.configuration().to_string();
        let filter = wasm(&artefacts.router, "llm_router_upstream", &configuration);
        let codec = json!({
            "@type": "type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3\
                .UpstreamCodec",
        });
        Some(json!([
            {"name": "compared", "typed_config": filter},
            {"name": "envoy.filters.http.upstream_codec", "typed_config": codec},
        ]))
    }

    /// The router's own configuration.
    fn configuration(self) -> Value {
        let mut configuration = configuration();
        if self == Self::Pool {
            configuration["providers"]["other"] = json!({"cluster": "other"});
            configuration["credentials"]["other"] =
                json!({"provider": "other", "value": "other-key"});
            configuration["teams"]["team"]["credentials"] = json!(["credential", "other"]);
            let model = &mut configuration["models"][RENAMED];
            model["failover_cluster"] = json!("pool");
            model["targets"] = json!([
                {"provider": "provider", "model": renamed()},
                {"provider": "other", "model": "other"},
            ]);
        }
        configuration
    }

    /// Whether the upstream gets the provider's key in the place of the caller's.
    pub fn authenticates(self) -> bool {
        match self {
            Self::NoFilter | Self::Hold | Self::Read | Self::Copy => false,
            Self::Lua
            | Self::JsonToMetadata
            | Self::Transform
            | Self::Router
            | Self::Pool
            | Self::LiteLlm => true,
        }
    }

    /// Whether the upstream gets the provider's name of the model.
    pub fn renames(self) -> bool {
        matches!(self, Self::Lua | Self::Transform | Self::Router | Self::Pool | Self::LiteLlm)
    }
}

/// The other name.
pub fn renamed() -> String {
    [PROVIDERS_PREFIX, RENAMED].concat()
}

fn wasm(file: &std::path::Path, root_id: &str, configuration: &str) -> Value {
    json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
        "config": {
            "name": "llm_router",
            "root_id": root_id,
            "allow_on_headers_stop_iteration": true,
            "failure_policy": "FAIL_CLOSED",
            "vm_config": {
                "runtime": "envoy.wasm.runtime.v8",
                "code": {"local": {"filename": file}},
            },
            "configuration": {
                "@type": "type.googleapis.com/google.protobuf.StringValue",
                "value": configuration,
            },
        },
    })
}

fn lua() -> String {
    include_str!("route.lua")
        .replace("VIRTUAL_KEY", VIRTUAL_KEY)
        .replace("CREDENTIAL", CREDENTIAL)
        .replace("ASKED", RENAMED)
        .replace("SENT", &renamed())
}

/// The router's own configuration: a company's, of which one team is seen at work.
fn configuration() -> Value {
    let sha256 = |key: &str| -> String {
        Sha256::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let mut models = json!({
        RENAMED: {"targets": [{"provider": "provider", "model": renamed()}]},
        KEPT: {"targets": [{"provider": "provider", "model": KEPT}]},
    });
    for model in 0..MODELS {
        let target = json!({"provider": "provider", "model": format!("upstream-model-{model}")});
        models[format!("model-{model}")] = json!({"targets": [target]});
    }
    let mut credentials = json!({"credential": {"provider": "provider", "value": CREDENTIAL}});
    let mut teams = json!({"team": {
        "keys": [{"id": "key", "sha256": sha256(VIRTUAL_KEY)}],
        "models": ["*"],
        "credentials": ["credential"],
    }});
    for team in 0..TEAMS {
        let credential = format!("credential-{team}");
        credentials[&credential] = json!({"provider": "provider", "value": format!("provider-key-{team}-of-another-team")});
        teams[format!("team-{team}")] = json!({
            "keys": [{"id": "key", "sha256": sha256(&format!("key-of-team-{team}"))}],
            "models": ["*"],
            "credentials": [credential],
        });
    }
    json!({
        "providers": {"provider": {"cluster": "upstream"}},
        "models": models,
        "credentials": credentials,
        "teams": teams,
        "cluster_header": CLUSTER_HEADER,
    })
}
