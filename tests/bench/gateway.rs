//! What is compared: the ways to have Envoy do the router's job, or a part of it, and another program that does it.

use serde_json::{json, Value};

use crate::artefacts::Artefacts;
use crate::configuration::{
    configuration, renamed, Scale, CLUSTER_HEADER, CREDENTIAL, PROVIDERS_PREFIX, RENAMED,
    VIRTUAL_KEY,
};

/// One configuration of Envoy, or another program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gateway {
    NoFilter,
    Hold,
    Read,
    Copy,
    Calls,
    Lua,
    JsonToMetadata,
    Transform,
    Router,
    /// The router with a configuration of ten lines.
    Small,
    /// The router with the largest configuration that is promised to cost no more than that.
    Large,
    /// The router with limits of the team's that are never reached.
    Limited,
    Pool,
    /// Two filters that do no more than the host calls of the router's two.
    PoolCalls,
    /// An external processor that does the least of the job.
    Processor,
    LiteLlm,
}

/// Those that are always compared.
pub const GATEWAYS: [Gateway; 14] = [
    Gateway::NoFilter,
    Gateway::Hold,
    Gateway::Read,
    Gateway::Copy,
    Gateway::Calls,
    Gateway::Lua,
    Gateway::JsonToMetadata,
    Gateway::Transform,
    Gateway::Router,
    Gateway::Small,
    Gateway::Large,
    Gateway::Limited,
    Gateway::Pool,
    Gateway::PoolCalls,
];

/// Those that `make bench-peers` compares as well.
pub const PEERS: [Gateway; 2] = [Gateway::Processor, Gateway::LiteLlm];

/// The cluster of the external processor.
pub const PROCESSOR: &str = "processor";

const MODEL_HEADER: &str = "x-llm-model";

impl Gateway {
    pub fn name(self) -> &'static str {
        match self {
            Self::NoFilter => "no filter",
            Self::Hold => "wasm, holds",
            Self::Read => "wasm, reads",
            Self::Copy => "wasm, copies",
            Self::Calls => "wasm, all calls",
            Self::Lua => "lua",
            Self::JsonToMetadata => "json_to_metadata",
            Self::Transform => "transform",
            Self::Router => "llm_router",
            Self::Small => "llm_router, 1 model",
            Self::Large => "llm_router, 10,000 models",
            Self::Limited => "llm_router, with limits",
            Self::Pool => "llm_router, in a pool",
            Self::PoolCalls => "wasm, all calls, in a pool",
            Self::Processor => "ext_proc",
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
            Self::Calls => "… and makes every host call of the router's: the least for all it does",
            Self::Lua => "keys in a table, the first `\"model\"` in the text, body and headers",
            Self::JsonToMetadata => "the model chooses route and credential; no key, no change",
            Self::Transform => "the model chooses route and credential, and is changed; no key",
            Self::Router => "all of it, for 50 teams and 100 models",
            Self::Small => "all of it, for a team, its key and a model",
            Self::Large => {
                "all of it, for 1,000 teams, 5,000 keys, 10,000 models and aliases, 200 patterns"
            }
            Self::Limited => "all of it, and the team's requests and tokens are limited",
            Self::Pool => "all of it, in the pool; the first provider answers",
            Self::PoolCalls => "every host call of the router's there: the least for a pool",
            Self::Processor => "the model is changed by a splice, and the credential set; no key",
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
            Self::Calls => floor("calls"),
            Self::PoolCalls => floor("calls-at-listener"),
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
            Self::Processor => json!({
                "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3\
                    .ExternalProcessor",
                "grpc_service": {"envoy_grpc": {"cluster_name": PROCESSOR}},
                "message_timeout": "10s",
                // Where it is not sent the headers, it can set none.
                "processing_mode": {
                    "request_header_mode": "SEND",
                    "request_body_mode": "BUFFERED",
                    "response_header_mode": "SKIP",
                },
                "mutation_rules": {"allow_all_routing": true},
            }),
            Self::Router | Self::Small | Self::Large | Self::Limited | Self::Pool => {
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
            Self::NoFilter
            | Self::Hold
            | Self::Read
            | Self::Copy
            | Self::Processor
            | Self::LiteLlm => json!({
                "match": {"prefix": "/"},
                "route": {"cluster": "upstream", "timeout": "0s"},
            }),
            Self::Calls | Self::Lua | Self::Router | Self::Small | Self::Large | Self::Limited => {
                json!({
                    "match": {"prefix": "/"},
                    "route": {"cluster_header": CLUSTER_HEADER, "timeout": "0s"},
                    "request_headers_to_remove": [CLUSTER_HEADER],
                })
            }
            Self::Pool | Self::PoolCalls => json!({
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
        let root_id = "llm_router_upstream";
        let filter = match self {
            Self::Pool => wasm(&artefacts.router, root_id, &self.configuration().to_string()),
            Self::PoolCalls => wasm(&artefacts.floor, root_id, "calls-in-pool"),
            _ => return None,
        };
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
        let mut configuration = configuration(match self {
            Self::Small => Scale::Small,
            Self::Large => Scale::Large,
            _ => Scale::Usual,
        });
        if self == Self::Limited {
            // More than any run sends: every request is counted, and none is refused.
            configuration["teams"]["team"]["limits"] = json!([
                {"requests": 1_000_000_000, "per": "minute"},
                {"tokens": 1_000_000_000_000u64, "per": "minute"},
            ]);
        }
        if self == Self::Pool {
            configuration["providers"]["other"] =
                json!({"cluster": "other", "authority": "other.example"});
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
            Self::Calls
            | Self::Lua
            | Self::JsonToMetadata
            | Self::Transform
            | Self::Router
            | Self::Small
            | Self::Large
            | Self::Limited
            | Self::Pool
            | Self::PoolCalls
            | Self::Processor
            | Self::LiteLlm => true,
        }
    }

    /// Whether the upstream gets the provider's name of the model.
    pub fn renames(self) -> bool {
        match self {
            Self::NoFilter
            | Self::Hold
            | Self::Read
            | Self::Copy
            | Self::Calls
            | Self::PoolCalls
            | Self::JsonToMetadata => false,
            Self::Lua
            | Self::Transform
            | Self::Router
            | Self::Small
            | Self::Large
            | Self::Limited
            | Self::Pool
            | Self::Processor
            | Self::LiteLlm => true,
        }
    }
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
