//! A cluster whose endpoints are several providers, with the filter's other part in its chain.

use super::listener::{loopback, wasm_filter};
use serde_json::{json, Value};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The root id that the filter has there.
pub const UPSTREAM: &str = "llm_router_upstream";

/// One pool.
#[derive(Clone)]
pub struct Pool {
    pub name: String,
    /// The configuration of the filter there; `None` leaves it out.
    pub plugin: Option<Value>,
    /// In the order of their priorities.
    pub endpoints: Vec<Endpoint>,
    /// Whether all of them have one priority instead.
    is_level: bool,
    /// What else the cluster is told.
    pub further: Value,
    /// The filter's file, in a virtual machine of its own; `None` for the usual one, which listeners share.
    wasm: Option<PathBuf>,
}

/// One endpoint: a provider's own address.
#[derive(Clone)]
pub struct Endpoint {
    /// The cluster of the provider that listens there.
    cluster: String,
    /// Where it listens, if it is not where the provider does.
    address: Option<Value>,
    /// What it says of itself.
    metadata: Value,
}

impl Endpoint {
    /// The endpoint of the provider and cluster of this name.
    pub fn of(name: &str) -> Self {
        Self::named(name, name)
    }

    /// At the address of `cluster`, the provider `name`.
    pub fn named(cluster: &str, name: &str) -> Self {
        let metadata = json!({"filter_metadata": {"llm_router": {"provider": name}}});
        Self { cluster: cluster.into(), address: None, metadata }
    }

    /// One that does not say whose it is.
    pub fn nameless(cluster: &str) -> Self {
        Self { cluster: cluster.into(), address: None, metadata: json!({}) }
    }

    /// The sets of providers that it is one of.
    pub fn in_subsets(mut self, subsets: &[&str]) -> Self {
        self.metadata["filter_metadata"]["envoy.lb"] = json!({"providers": subsets});
        self
    }

    /// The same endpoint at another address.
    pub fn at(self, address: Value) -> Self {
        Self { address: Some(address), ..self }
    }

    /// More of what it says of itself.
    pub fn saying(mut self, namespace: &str, value: Value) -> Self {
        self.metadata["filter_metadata"][namespace] = value;
        self
    }
}

impl Pool {
    pub fn new(name: &str, plugin: &Value, endpoints: impl IntoIterator<Item = Endpoint>) -> Self {
        Self {
            name: name.into(),
            plugin: Some(plugin.clone()),
            endpoints: endpoints.into_iter().collect(),
            is_level: false,
            further: json!({}),
            wasm: None,
        }
    }

    /// The same pool without the filter in its chain.
    pub fn without_filter(self) -> Self {
        Self { plugin: None, ..self }
    }

    /// The same pool with this file as the filter.
    pub fn wasm(self, wasm: PathBuf) -> Self {
        Self { wasm: Some(wasm), ..self }
    }

    /// The same pool, in which no endpoint comes before another.
    pub fn of_one_priority(self) -> Self {
        Self { is_level: true, ..self }
    }

    /// The same pool, of whose endpoints a request may be told to use some.
    pub fn with_subsets(self) -> Self {
        self.with(json!({"lb_subset_config": {
            "fallback_policy": "NO_FALLBACK", "list_as_any": true,
            "subset_selectors": [{"keys": ["providers"]}],
        }}))
    }

    /// The same pool with more of a cluster's fields.
    pub fn with(mut self, further: Value) -> Self {
        let fields = further.as_object().unwrap().clone();
        self.further.as_object_mut().unwrap().extend(fields);
        self
    }

    /// The filter there.
    fn filter(&self, environment: &BTreeMap<String, String>) -> Option<Value> {
        let configuration = json!({
            "@type": "type.googleapis.com/google.protobuf.StringValue", "value": self.plugin.as_ref()?.to_string(),
        });
        let mut filter = wasm_filter(UPSTREAM, &configuration, true, environment);
        if let Some(wasm) = &self.wasm {
            let machine = &mut filter["typed_config"]["config"]["vm_config"];
            machine["vm_id"] = "of-the-pool".into();
            machine["code"]["local"]["filename"] = json!(wasm);
        }
        Some(filter)
    }

    pub fn render(
        &self,
        addresses: &BTreeMap<String, SocketAddr>,
        environment: &BTreeMap<String, String>,
    ) -> Value {
        let localities: Vec<Value> = self
            .endpoints
            .iter()
            .enumerate()
            .map(|(priority, endpoint)| {
                let own = || loopback(addresses[&endpoint.cluster].port());
                let address = endpoint.address.clone().unwrap_or_else(own);
                let endpoint = json!({
                    "endpoint": {"address": address}, "metadata": endpoint.metadata,
                });
                json!({"priority": priority, "lb_endpoints": [endpoint]})
            })
            .collect();
        let localities = match self.is_level {
            false => localities,
            true => {
                let all = localities.iter().map(|locality| locality["lb_endpoints"][0].clone());
                vec![json!({"lb_endpoints": all.collect::<Vec<_>>()})]
            }
        };
        let mut cluster = json!({
            "name": self.name,
            "type": "STATIC",
            "connect_timeout": "2s",
            "circuit_breakers": {"thresholds": [{"max_retries": 1000}]},
            "load_assignment": {"cluster_name": self.name, "endpoints": localities},
            "typed_extension_protocol_options": {
                OPTIONS: options(self.filter(environment)),
            },
        });
        let fields = cluster.as_object_mut().unwrap();
        fields.extend(self.further.as_object().unwrap().clone());
        // A cluster that takes its endpoints from others has none of its own.
        if fields.contains_key("cluster_type") {
            fields.remove("type");
            fields.remove("load_assignment");
        }
        cluster
    }
}

/// Retries at the next provider, after any of its errors. The example leaves 500 to the client.
pub fn retry_policy(num_retries: u32) -> Value {
    let type_of_priority =
        "type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig";
    json!({
        "retry_on": "5xx,retriable-status-codes,connect-failure,refused-stream,reset",
        "retriable_status_codes": [429],
        "num_retries": num_retries,
        "per_try_timeout": "2s",
        "retry_back_off": {"base_interval": "0.005s", "max_interval": "0.05s"},
        "retry_priority": {
            "name": "envoy.retry_priorities.previous_priorities",
            "typed_config": {"@type": type_of_priority, "update_frequency": 1},
        },
    })
}

/// A filter behind this one that hands its header to Envoy's subset load balancer.
pub fn subsets_from(header: &str) -> Value {
    let rule = json!({
        "header": header, "remove": true,
        "on_header_present": {"metadata_namespace": "envoy.lb", "key": "providers"},
    });
    json!({
        "name": "envoy.filters.http.header_to_metadata",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.header_to_metadata.v3.Config",
            "request_rules": [rule],
        },
    })
}

const OPTIONS: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/// A filter for a cluster, by which answers do not steer Envoy, as in the examples.
pub fn no_orders() -> Value {
    json!({
        "name": "envoy.filters.http.header_mutation",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
            "mutations": {"response_mutations": [
                {"remove_on_match": {"key_matcher": {"prefix": "x-envoy-"}}},
            ]},
        },
    })
}

fn options(filter: Option<Value>) -> Value {
    let codec = json!({
        "name": "envoy.filters.http.upstream_codec",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec",
        },
    });
    let filters: Vec<Value> = filter.into_iter().chain([codec]).collect();
    json!({
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http_protocol_options": {"enable_trailers": true}},
        "http_filters": filters,
    })
}
