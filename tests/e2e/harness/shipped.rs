//! A shipped example as it is, but for its ports, the place of the filter, and where its clusters lead.

use super::artefacts;
use super::bootstrap::{Bootstrap, Listener, Maker};
use super::catalogue;
use super::listener::loopback;
use serde_json::{json, Value};
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

/// What each variable of an example's virtual machine holds: nothing that stands anywhere else.
pub fn value_of(variable: &str) -> String {
    format!("sk-{}", &catalogue::sha256(variable)[..32])
}

/// What the providers speak, all of them without TLS.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Upstream {
    Http1,
    /// As the example would speak it with them.
    Http2,
}

/// A bootstrap below `envoy/`, with the clusters that it takes from a file.
pub fn example(name: &str, upstream: Upstream) -> Bootstrap {
    let example = with_clusters(read(name));
    let environment = variables(&example).into_iter().map(|name| (name.clone(), value_of(&name)));
    let environment = environment.collect();
    let make: Maker = Arc::new(move |addresses| relocated(example.clone(), addresses, upstream));
    Bootstrap {
        listeners: vec![Listener::without_filter("llm")],
        environment,
        made: Some(make),
        ..Bootstrap::default()
    }
}

/// A document below `envoy/`.
pub fn read(name: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("envoy").join(name);
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Puts the clusters of a watched file among the static ones.
fn with_clusters(mut example: Value) -> Value {
    let dynamic = example.as_object_mut().unwrap().remove("dynamic_resources");
    let path = dynamic.and_then(|resources| {
        let path = resources.pointer("/cds_config/path_config_source/path")?;
        Some(path.as_str()?.strip_prefix("envoy/")?.to_owned())
    });
    let Some(path) = path else { return example };
    let mut clusters = read(&path)["resources"].as_array().unwrap().clone();
    for cluster in &mut clusters {
        cluster.as_object_mut().unwrap().remove("@type");
    }
    example["static_resources"]["clusters"] = clusters.into();
    example
}

fn relocated(
    mut example: Value,
    addresses: &BTreeMap<String, SocketAddr>,
    upstream: Upstream,
) -> Value {
    example["admin"]["address"] = loopback(0);
    // Histograms are merged at a flush.
    example["stats_flush_interval"] = "0.2s".into();
    for listener in example["static_resources"]["listeners"].as_array_mut().unwrap() {
        listener["address"] = loopback(0);
    }
    for cluster in example["static_resources"]["clusters"].as_array_mut().unwrap() {
        lead_to(cluster, addresses, upstream);
    }
    use_built_filter(&mut example);
    example
}

/// The cluster's provider, or those of its endpoints, are at these addresses, without TLS. All else that it says stays.
fn lead_to(cluster: &mut Value, addresses: &BTreeMap<String, SocketAddr>, upstream: Upstream) {
    let name = cluster["name"].as_str().unwrap().to_owned();
    let members = cluster.as_object_mut().unwrap();
    for tls_or_names in ["transport_socket", "transport_socket_matches", "cluster_type"] {
        members.remove(tls_or_names);
    }
    members.insert("type".into(), "STATIC".into());
    for locality in cluster["load_assignment"]["endpoints"].as_array_mut().unwrap() {
        for endpoint in locality["lb_endpoints"].as_array_mut().unwrap() {
            let provider = endpoint.pointer("/metadata/filter_metadata/llm_router/provider");
            let provider = provider.and_then(Value::as_str).unwrap_or(&name);
            let port = addresses[provider].port();
            endpoint["endpoint"]["address"] = loopback(port);
        }
    }
    let options = &mut cluster["typed_extension_protocol_options"]
        ["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"];
    let Some(options) = options.as_object_mut() else { return };
    options.remove("upstream_http_protocol_options");
    let auto = options.remove("auto_config");
    let spoken = match (upstream, auto) {
        (Upstream::Http2, Some(auto)) => auto,
        _ => json!({"http_protocol_options": {}}),
    };
    options.insert("explicit_http_config".into(), spoken);
}

/// Examples name the filter where it is installed; here it is where it was built.
pub fn use_built_filter(example: &mut Value) {
    match example {
        Value::Object(members) => members.values_mut().for_each(use_built_filter),
        Value::Array(items) => items.iter_mut().for_each(use_built_filter),
        Value::String(text) if text.ends_with("envoy_llm_router.wasm") && !text.contains("://") => {
            *text = artefacts::wasm().to_string_lossy().into_owned();
        }
        _ => {}
    }
}

/// Every variable that the virtual machine is to be given.
pub fn variables(example: &Value) -> Vec<String> {
    let here = example["host_env_keys"].as_array().into_iter().flatten();
    let names = here.filter_map(Value::as_str).map(str::to_owned);
    let inner: Vec<&Value> = match example {
        Value::Object(members) => members.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => vec![],
    };
    names.chain(inner.into_iter().flat_map(variables)).collect()
}
