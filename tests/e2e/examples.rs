//! Every example under `envoy/`: Envoy accepts it, and the router accepts what it configures.

use crate::harness::shipped::{use_built_filter, variables};
use crate::harness::{artefacts, process};
use envoy_llm_router::Router;
use prost_types::Struct;
use serde_json::{json, Map, Value};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

#[test]
fn envoy_accepts_every_example() {
    let examples = examples();
    let environment: Vec<_> = examples.iter().flat_map(|(_, value)| variables(value)).collect();
    let directory = TempDir::new().unwrap();
    let mut accepted = 0;
    for (path, example) in examples {
        let Some(mut bootstrap) = bootstrap(&example) else { continue };
        use_built_filter(&mut bootstrap);
        let file = directory.path().join("example.json");
        fs::write(&file, bootstrap.to_string()).unwrap();
        let verdict = process::validate(&file, &environment);
        if least_envoy(&path) > artefacts::envoy_minor() {
            assert!(verdict.is_err(), "{}: an older Envoy would do", path.display());
            continue;
        }
        let log = verdict.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!log.contains("Deprecated field"), "{}: {log}", path.display());
        accepted += 1;
    }
    assert!(accepted > 0, "there is no example for Envoy");
}

/// The minor version of Envoy that an example says it needs, or else the least for the filter.
fn least_envoy(example: &Path) -> u32 {
    let text = fs::read_to_string(example).unwrap();
    let needed = text.split_once("Needs Envoy 1.").map(|(_, rest)| rest.split(' ').next().unwrap());
    needed.map_or(35, |minor| minor.parse().unwrap())
}

#[test]
fn the_router_accepts_every_configuration_in_the_examples() {
    let mut accepted = 0;
    for (path, example) in examples() {
        for configuration in configurations(&example) {
            // What a variable holds does not matter, so long as no two hold the same.
            let loaded = Router::from_configuration(&configuration, &|name| Some(name.to_owned()));
            assert!(loaded.is_ok(), "{}: {:?}", path.display(), loaded.err());
            accepted += 1;
        }
    }
    assert!(accepted > 0, "there is no configuration in the examples");
}

/// Every YAML and JSON document under `envoy/`, by its file.
fn examples() -> Vec<(PathBuf, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("envoy");
    let mut directories = vec![root];
    let mut examples = Vec::new();
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            let extension = path.extension().and_then(|extension| extension.to_str());
            if path.is_dir() {
                directories.push(path);
            } else if let Some("yaml" | "yml" | "json") = extension {
                let text = fs::read_to_string(&path).unwrap();
                let documents: Vec<Value> = serde_saphyr::from_multiple(&text)
                    .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                examples.extend(documents.into_iter().map(|document| (path.clone(), document)));
            }
        }
    }
    examples
}

/// What Envoy can be started with: a bootstrap as it is, the resources of a discovery file in one of
/// their own. Kubernetes' objects are neither.
fn bootstrap(example: &Value) -> Option<Value> {
    let Some(resources) = example["resources"].as_array() else {
        return example.get("static_resources").map(|_| example.clone());
    };
    let internal_listener = "type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3";
    let mut bootstrap = json!({
        "static_resources": {"clusters": [], "listeners": [], "secrets": []},
        "bootstrap_extensions": [{
            "name": "envoy.bootstrap.internal_listener",
            "typed_config": {"@type": format!("{internal_listener}.InternalListener")},
        }],
    });
    for mut resource in resources.clone() {
        let kind = resource.as_object_mut().unwrap().remove("@type").expect("the resource's type");
        let place = match kind.as_str().and_then(|kind| kind.rsplit('.').next()) {
            Some("TypedExtensionConfig") => {
                resource = listener_of(resource);
                "listeners"
            }
            Some("Cluster") => "clusters",
            Some("Listener") => "listeners",
            Some("Secret") => "secrets",
            _ => panic!("a resource that no bootstrap has a place for: {kind}"),
        };
        bootstrap["static_resources"][place].as_array_mut().unwrap().push(resource);
    }
    Some(bootstrap)
}

/// A listener with this HTTP filter.
fn listener_of(filter: Value) -> Value {
    let manager =
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
    let router = "envoy.extensions.filters.http.router.v3.Router";
    let router = json!({"name": "router", "typed_config": {"@type": format!("type.googleapis.com/{router}")}});
    json!({
        "name": "of-the-filter",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
        "filter_chains": [{"filters": [{"name": "manager", "typed_config": {
            "@type": format!("type.googleapis.com/{manager}"),
            "stat_prefix": "example",
            "route_config": {},
            "http_filters": [filter, router],
        }}]}],
    })
}

/// Every configuration of the filter, as Envoy would hand it over: Envoy's own `configuration`,
/// Istio's and Envoy Gateway's.
fn configurations(example: &Value) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    if example.get("vm_config").is_some() {
        let configuration = &example["configuration"];
        found.push(match &configuration["value"] {
            Value::String(text) => text.clone().into_bytes(),
            Value::Object(members) => encoded(members),
            _ => panic!("a filter without a configuration: {example}"),
        });
    }
    for name in ["pluginConfig", "config"] {
        let foreign = &example[name];
        if foreign.get("providers").is_some() {
            found.push(foreign.to_string().into_bytes());
        }
    }
    found.extend(children(example).flat_map(configurations));
    found
}

fn children(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Object(members) => Box::new(members.values()),
        Value::Array(items) => Box::new(items.iter()),
        _ => Box::new(std::iter::empty()),
    }
}

/// A `google.protobuf.Struct` on the wire.
fn encoded(members: &Map<String, Value>) -> Vec<u8> {
    prost::Message::encode_to_vec(&structure(members))
}

fn structure(members: &Map<String, Value>) -> Struct {
    let fields = members.iter().map(|(name, value)| (name.clone(), kind(value)));
    Struct { fields: fields.collect() }
}

fn kind(value: &Value) -> prost_types::Value {
    use prost_types::value::Kind;
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(value) => Kind::BoolValue(*value),
        Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap()),
        Value::String(text) => Kind::StringValue(text.clone()),
        Value::Array(items) => {
            Kind::ListValue(prost_types::ListValue { values: items.iter().map(kind).collect() })
        }
        Value::Object(members) => Kind::StructValue(structure(members)),
    };
    prost_types::Value { kind: Some(kind) }
}
