//! A listener with the filter, as an operator would write it.

use super::artefacts;
use super::bootstrap::SITE;
use serde_json::{json, Map, Value};
use std::collections::BTreeMap;
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
    /// The plugin's name.
    pub plugin_name: String,
    /// The header by which the filter tells the route where to.
    pub cluster_header: String,
    /// `allow_on_headers_stop_iteration`, without which a held request hangs.
    pub may_hold_headers: bool,
    /// The HTTP filters in front of this one.
    pub in_front: Vec<Value>,
    /// The HTTP filters behind it.
    pub behind_it: Vec<Value>,
    /// More of what the route does with what it sends to providers.
    pub route: Value,
    /// For HTTP/3, the directory of its certificate.
    pub quic: Option<PathBuf>,
    /// The filter's code.
    pub wasm: PathBuf,
    /// How long a provider may take for its whole answer; `0s`: as long as it likes.
    pub timeout: String,
    /// How much of a body Envoy holds, in bytes.
    pub buffer_limit: u64,
    /// How long a client may take for its whole request; `0s`: as long as it likes.
    pub request_timeout: String,
    /// The file that the filter comes from, once Envoy runs.
    pub filter_discovery: Option<PathBuf>,
}

impl Listener {
    pub fn new(name: &str, plugin: &Value) -> Self {
        let cluster_header =
            plugin["cluster_header"].as_str().unwrap_or("x-llm-cluster").to_owned();
        let plugin = Plugin::Text(plugin.to_string());
        let name = name.to_owned();
        Self {
            name,
            plugin,
            plugin_name: "llm_router".to_owned(),
            cluster_header,
            may_hold_headers: true,
            in_front: vec![],
            behind_it: vec![],
            route: json!({}),
            quic: None,
            buffer_limit: BUFFER_LIMIT,
            wasm: artefacts::wasm(),
            timeout: "0s".to_owned(),
            request_timeout: "0s".to_owned(),
            filter_discovery: None,
        }
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

    /// The same listener with another name of its plugin.
    pub fn plugin_name(self, name: &str) -> Self {
        Self { plugin_name: name.to_owned(), ..self }
    }

    /// The same listener, that speaks HTTP/3 and nothing else, with the certificate in a directory.
    pub fn over_http3(self, certificate: PathBuf) -> Self {
        Self { quic: Some(certificate), ..self }
    }

    /// The same listener with this file as the filter.
    pub fn wasm(self, wasm: PathBuf) -> Self {
        Self { wasm, ..self }
    }

    /// The same listener, of which the providers have to answer within this time.
    pub fn timeout(self, timeout: &str) -> Self {
        Self { timeout: timeout.to_owned(), ..self }
    }

    /// The same listener, to which requests have to come whole within this time.
    pub fn taking_requests_within(self, timeout: &str) -> Self {
        Self { request_timeout: timeout.to_owned(), ..self }
    }

    /// The same listener, whose filter comes from this file.
    pub fn discovering_filter(self, file: PathBuf) -> Self {
        Self { filter_discovery: Some(file), ..self }
    }

    /// The filter as a discovery file.
    pub fn render_filter(&self, environment: &BTreeMap<String, String>) -> Value {
        let filter = filter(self, environment).expect("a listener with the filter");
        json!({"resources": [{
            "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
            "name": DISCOVERED,
            "typed_config": filter["typed_config"],
        }]})
    }

    /// The filter's configuration.
    pub fn configuration(&self) -> Value {
        match &self.plugin {
            Plugin::None => Value::Null,
            Plugin::Text(text) => serde_json::from_str(text).unwrap_or_default(),
            Plugin::Struct(value) => value.clone(),
        }
    }

    /// The same listener, where Envoy holds bodies up to this length.
    pub fn holding(self, buffer_limit: u64) -> Self {
        Self { buffer_limit, ..self }
    }

    /// The same listener with retries.
    pub fn retrying(mut self, policy: Value) -> Self {
        self.route["retry_policy"] = policy;
        self
    }

    /// The same listener, where a header decides between a cluster's endpoints, if the cluster wants it.
    pub fn hashing_by(mut self, header: &str) -> Self {
        self.route["hash_policy"] = json!([{"header": {"header_name": header}}]);
        self
    }

    /// The same listener, where Envoy does not wait for an attempt's end before it makes the next.
    pub fn hedging(mut self) -> Self {
        self.route["hedge_policy"] = json!({"hedge_on_per_try_timeout": true});
        self
    }

    /// The same listener with another HTTP filter behind this one.
    pub fn before(mut self, filter: Value) -> Self {
        self.behind_it.push(filter);
        self
    }

    /// The same listener with another HTTP filter in front of this one.
    pub fn behind(mut self, filter: Value) -> Self {
        self.in_front.push(filter);
        self
    }
}

pub fn render(
    listener: &Listener,
    environment: &BTreeMap<String, String>,
    access_log: &Path,
) -> Value {
    let mut filter_chain = json!({"filters": [{
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": connection_manager(listener, environment, access_log),
    }]});
    let mut rendered = json!({
        "name": listener.name,
        "address": loopback(0),
        "per_connection_buffer_limit_bytes": listener.buffer_limit,
    });
    if let Some(certificate) = &listener.quic {
        rendered["address"]["socket_address"]["protocol"] = "UDP".into();
        rendered["udp_listener_config"] = json!({"quic_options": {}});
        filter_chain["transport_socket"] = quic(certificate);
    }
    rendered["filter_chains"] = json!([filter_chain]);
    rendered
}

fn quic(certificate: &Path) -> Value {
    let file = |name: &str| json!({"filename": certificate.join(name)});
    json!({
        "name": "envoy.transport_sockets.quic",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.quic.v3\
                .QuicDownstreamTransport",
            "downstream_tls_context": {"common_tls_context": {"tls_certificates": [{
                "certificate_chain": file("certificate.pem"),
                "private_key": file("key.pem"),
            }]}},
        },
    })
}

pub fn loopback(port: u16) -> Value {
    json!({"socket_address": {"address": "127.0.0.1", "port_value": port}})
}

fn connection_manager(
    listener: &Listener,
    environment: &BTreeMap<String, String>,
    access_log: &Path,
) -> Value {
    let router = json!({
        "name": "envoy.filters.http.router",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
        },
    });
    let in_front = listener.in_front.iter().cloned();
    let behind_it = listener.behind_it.iter().cloned();
    let filter = match &listener.filter_discovery {
        Some(file) => Some(discovered(file)),
        None => filter(listener, environment),
    };
    let filters: Vec<Value> = in_front.chain(filter).chain(behind_it).chain([router]).collect();
    let codec = if listener.quic.is_some() { "HTTP3" } else { "AUTO" };
    json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network\
            .http_connection_manager.v3.HttpConnectionManager",
        "codec_type": codec,
        "stat_prefix": listener.name,
        "request_timeout": listener.request_timeout,
        "http_protocol_options": {"enable_trailers": true},
        "http2_protocol_options": {"allow_connect": true},
        "http3_protocol_options": {"allow_extended_connect": true},
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "access_log": [render_access_log(access_log)],
        "route_config": {"virtual_hosts": [
            {"name": "providers", "domains": ["*"], "routes": routes(listener)},
        ]},
        "http_filters": filters,
    })
}

/// What the filter is called in its discovery file.
const DISCOVERED: &str = "llm_router";

fn discovered(file: &Path) -> Value {
    json!({"name": DISCOVERED, "config_discovery": {
        "config_source": {"resource_api_version": "V3", "path_config_source": {"path": file}},
        "type_urls": ["type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm"],
    }})
}

fn filter(listener: &Listener, environment: &BTreeMap<String, String>) -> Option<Value> {
    let configuration = match &listener.plugin {
        Plugin::None => return None,
        Plugin::Text(text) => {
            json!({"@type": "type.googleapis.com/google.protobuf.StringValue", "value": text})
        }
        Plugin::Struct(value) => {
            json!({"@type": "type.googleapis.com/google.protobuf.Struct", "value": value})
        }
    };
    let mut filter =
        wasm_filter("llm_router", &configuration, listener.may_hold_headers, environment);
    let plugin = &mut filter["typed_config"]["config"];
    plugin["name"] = json!(listener.plugin_name);
    let vm = &mut plugin["vm_config"];
    vm["code"]["local"]["filename"] = json!(listener.wasm);
    Some(filter)
}

/// The filter, with a configuration that is a packed message.
pub fn wasm_filter(
    root_id: &str,
    configuration: &Value,
    may_hold_headers: bool,
    environment: &BTreeMap<String, String>,
) -> Value {
    json!({
        "name": "envoy.filters.http.wasm",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": {
                "name": "llm_router",
                "root_id": root_id,
                "failure_policy": "FAIL_RELOAD",
                "allow_on_headers_stop_iteration": may_hold_headers,
                "configuration": configuration,
                "vm_config": {
                    "vm_id": "llm_router",
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": {"local": {"filename": artefacts::wasm()}},
                    "environment_variables": {"key_values": environment},
                },
            },
        },
    })
}

/// Where a cluster is named, there; everything else is Envoy's own site.
fn routes(listener: &Listener) -> Value {
    let header = &listener.cluster_header;
    let mut action = listener.route.clone();
    action["cluster_header"] = header.as_str().into();
    action["timeout"] = listener.timeout.as_str().into();
    let providers = json!({
        "match": {"prefix": "/", "headers": [{"name": header, "present_match": true}]},
        "route": action,
        "request_headers_to_remove": [header],
    });
    let site = json!({"match": {"prefix": "/"}, "route": {"cluster": SITE}});
    json!([providers, site])
}

/// What the filter leaves for access logs, in the order of the log's fields.
const FILTER_STATE: [&str; 15] = [
    "team",
    "key_id",
    "model",
    "provider",
    "upstream_model",
    "code",
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
    "total_tokens",
    "cost_microusd",
    "attempts",
    "providers_tried",
    // Nobody needs to log these. They stand here because no secret may be in them.
    "failover_context",
    "attempt",
];

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
