//! Envoy's own configuration, as an operator would write it.

use super::artefacts;
use serde_json::{json, Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Held bodies may grow to the filter's own limit and a little more.
const BUFFER_LIMIT: u64 = 16 * 1024 * 1024;

/// How a plugin configuration is written down in Envoy's.
#[derive(Clone)]
pub enum Plugin {
    /// No filter at all: what Envoy does by itself.
    None,
    /// JSON text in a `google.protobuf.StringValue`.
    Text(String),
    /// A `google.protobuf.Struct`, which Envoy hands over as binary protobuf.
    Struct(Value),
}

/// One listener with its own configuration of the filter.
#[derive(Clone)]
pub struct Listener {
    pub name: String,
    pub plugin: Plugin,
    /// The header by which the filter tells the route where to.
    pub cluster_header: String,
    /// `allow_on_headers_stop_iteration`, without which a held request hangs.
    pub may_hold_headers: bool,
}

impl Listener {
    pub fn new(name: &str, plugin: &Value) -> Self {
        let cluster_header =
            plugin["cluster_header"].as_str().unwrap_or("x-llm-cluster").to_owned();
        let plugin = Plugin::Text(plugin.to_string());
        Self { name: name.to_owned(), plugin, cluster_header, may_hold_headers: true }
    }

    pub fn of_struct(name: &str, plugin: &Value) -> Self {
        Self { plugin: Plugin::Struct(plugin.clone()), ..Self::new(name, plugin) }
    }

    pub fn without_filter(name: &str) -> Self {
        Self { plugin: Plugin::None, ..Self::new(name, &Value::Null) }
    }

    pub fn without_stop_iteration(self) -> Self {
        Self { may_hold_headers: false, ..self }
    }
}

/// Everything one Envoy process is told.
#[derive(Clone, Default)]
pub struct Bootstrap {
    pub listeners: Vec<Listener>,
    pub clusters: BTreeMap<String, SocketAddr>,
    /// The clusters that are spoken to in HTTP/2.
    pub http2_clusters: BTreeSet<String>,
    /// The virtual machine's environment.
    pub environment: BTreeMap<String, String>,
    /// Where listeners come from instead, once Envoy runs.
    pub listener_discovery: Option<PathBuf>,
}

impl Bootstrap {
    /// The bootstrap file's contents; access logs go to `access_log`.
    pub fn render(&self, access_log: &Path) -> Value {
        let mut bootstrap = json!({
            "node": {"id": "test", "cluster": "test"},
            "admin": {"address": loopback(0)},
            "static_resources": {"clusters": self.render_clusters()},
        });
        match &self.listener_discovery {
            Some(path) => {
                bootstrap["dynamic_resources"]["lds_config"] = json!({
                    "resource_api_version": "V3",
                    "path_config_source": {"path": path},
                });
            }
            None => {
                bootstrap["static_resources"]["listeners"] = self.render_listeners(access_log);
            }
        }
        bootstrap
    }

    /// The same listeners as a discovery file.
    pub fn render_discovery(&self, access_log: &Path) -> Value {
        let mut listeners = self.render_listeners(access_log);
        for listener in listeners.as_array_mut().into_iter().flatten() {
            listener["@type"] = "type.googleapis.com/envoy.config.listener.v3.Listener".into();
        }
        json!({"resources": listeners})
    }

    fn render_listeners(&self, access_log: &Path) -> Value {
        self.listeners.iter().map(|listener| self.render_listener(listener, access_log)).collect()
    }

    fn render_listener(&self, listener: &Listener, access_log: &Path) -> Value {
        let filter_chain = json!({"filters": [{
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": self.connection_manager(listener, access_log),
        }]});
        json!({
            "name": listener.name,
            "address": loopback(0),
            "per_connection_buffer_limit_bytes": BUFFER_LIMIT,
            "filter_chains": [filter_chain],
        })
    }

    fn connection_manager(&self, listener: &Listener, access_log: &Path) -> Value {
        let router = json!({
            "name": "envoy.filters.http.router",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
            },
        });
        let filters: Vec<Value> = self.filter(listener).into_iter().chain([router]).collect();
        json!({
            "@type": "type.googleapis.com/envoy.extensions.filters.network\
                .http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": listener.name,
            "http_protocol_options": {"enable_trailers": true},
            "access_log": [render_access_log(access_log)],
            "route_config": {"virtual_hosts": [
                {"name": "providers", "domains": ["*"], "routes": routes(listener)},
            ]},
            "http_filters": filters,
        })
    }

    fn filter(&self, listener: &Listener) -> Option<Value> {
        let configuration = match &listener.plugin {
            Plugin::None => return None,
            Plugin::Text(text) => {
                json!({"@type": "type.googleapis.com/google.protobuf.StringValue", "value": text})
            }
            Plugin::Struct(value) => {
                json!({"@type": "type.googleapis.com/google.protobuf.Struct", "value": value})
            }
        };
        Some(json!({
            "name": "envoy.filters.http.wasm",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
                "config": {
                    "name": "llm_router",
                    "root_id": "llm_router",
                    "failure_policy": "FAIL_RELOAD",
                    "allow_on_headers_stop_iteration": listener.may_hold_headers,
                    "configuration": configuration,
                    "vm_config": {
                        "vm_id": "llm_router",
                        "runtime": "envoy.wasm.runtime.v8",
                        "code": {"local": {"filename": artefacts::wasm()}},
                        "environment_variables": {"key_values": self.environment},
                    },
                },
            },
        }))
    }

    fn render_clusters(&self) -> Value {
        self.clusters.iter().map(|(name, address)| self.render_cluster(name, *address)).collect()
    }

    fn render_cluster(&self, name: &str, address: SocketAddr) -> Value {
        let protocol = match self.http2_clusters.contains(name) {
            true => json!({"http2_protocol_options": {}}),
            false => json!({"http_protocol_options": {"enable_trailers": true}}),
        };
        let endpoint = json!({"endpoint": {"address": loopback(address.port())}});
        json!({
            "name": name,
            "type": "STATIC",
            "load_assignment": {
                "cluster_name": name,
                "endpoints": [{"lb_endpoints": [endpoint]}],
            },
            "typed_extension_protocol_options": {
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3\
                        .HttpProtocolOptions",
                    "explicit_http_config": protocol,
                },
            },
        })
    }
}

/// What the filter leaves for access logs, in the order of the log's fields.
const FILTER_STATE: [&str; 6] = ["team", "key_id", "model", "provider", "upstream_model", "code"];

fn render_access_log(path: &Path) -> Value {
    let mut fields = Map::new();
    fields.insert("test_id".into(), "%REQ(X-TEST-ID)%".into());
    fields.insert("status".into(), "%RESPONSE_CODE%".into());
    fields.insert("flags".into(), "%RESPONSE_FLAGS%".into());
    for name in FILTER_STATE {
        let value = format!("%FILTER_STATE(wasm.llm_router.{name}:PLAIN)%");
        fields.insert(name.into(), value.into());
    }
    json!({
        "name": "envoy.access_loggers.file",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
            "path": path,
            "log_format": {"json_format": fields},
        },
    })
}

/// Where a cluster is named, there; everything else is Envoy's own site.
fn routes(listener: &Listener) -> Value {
    let header = &listener.cluster_header;
    let providers = json!({
        "match": {"prefix": "/", "headers": [{"name": header, "present_match": true}]},
        "route": {"cluster_header": header, "timeout": "0s"},
        "request_headers_to_remove": [header],
    });
    let site = json!({"match": {"prefix": "/"}, "route": {"cluster": SITE}});
    json!([providers, site])
}

/// The cluster of what is no provider's: it must be among the clusters.
pub const SITE: &str = "site";

fn loopback(port: u16) -> Value {
    json!({"socket_address": {"address": "127.0.0.1", "port_value": port}})
}
