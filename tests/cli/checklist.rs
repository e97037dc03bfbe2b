//! What a gateway in production needs around the filter: no example misses any of it, and nothing that `llm-router envoy`
//! prints does.

#[path = "checklist/gateway.rs"]
mod gateway;
#[path = "checklist/missing.rs"]
mod missing;

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::command::{file, llm_router};
use gateway::{everywhere, Gateway};
use missing::{missing, LABELS};

/// The examples that are a gateway, each with the files that it reads.
const GATEWAYS: [&[&str]; 8] = [
    &["envoy.yaml", "providers.yaml"],
    &["dynamic/envoy.yaml", "dynamic/llm_router.yaml", "providers.yaml"],
    &["failover/envoy.yaml"],
    &["kubernetes/envoy-gateway.yaml"],
    &["kubernetes/istio.yaml"],
    &["limits/envoy.yaml", "dynamic/llm_router.yaml", "providers.yaml"],
    &["secrets/injected.yaml"],
    &["secrets/inline.yaml"],
];

/// What else is there: parts of others, stand-ins, and what is not Envoy's.
const NO_GATEWAYS: [&str; 15] = [
    "compose/alerts.yaml",
    "compose/prometheus.yaml",
    "compose/providers.yaml",
    "demo/clusters.yaml",
    "demo/demo.yaml",
    "demo/standalone.yaml",
    "docker-compose.yaml",
    "grafana/provisioning/dashboards/llm-router.yaml",
    "grafana/provisioning/datasources/prometheus.yaml",
    // Runs those of dynamic/.
    "kubernetes/envoy.yaml",
    "limits/docker-compose.yaml",
    "limits/ratelimit/llm.yaml",
    "providers.yaml",
    "secrets/keys/anthropic.yaml",
    "secrets/keys/openai.yaml",
];

fn documents(names: &[&str]) -> Vec<Value> {
    let read = |name: &&str| {
        let text = fs::read_to_string(file("envoy").join(name)).unwrap();
        serde_saphyr::from_multiple::<Value>(&text).unwrap()
    };
    names.iter().flat_map(read).collect()
}

fn examples() -> impl Iterator<Item = (&'static str, Gateway)> {
    GATEWAYS.iter().map(|names| (names[0], Gateway::of(&documents(names)).expect(names[0])))
}

#[test]
fn no_example_misses_anything() {
    for (name, gateway) in examples() {
        assert_eq!(missing(&gateway), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn nothing_that_is_printed_misses_anything() {
    let [configuration] = &documents(&["dynamic/llm_router.yaml"])[..] else { panic!() };
    let configuration =
        everywhere(configuration).into_iter().find_map(|one| one["value"].as_str()).unwrap();
    for format in ["envoy", "ecds", "istio", "gateway"] {
        let arguments = ["envoy", "-", "--format", format, "--listen", "0.0.0.0:8080"];
        let printed = llm_router(&arguments).input(configuration).run().fine();
        let mut documents: Vec<Value> = serde_saphyr::from_multiple(&printed).unwrap();
        if format == "ecds" {
            // The rest of it is the example's.
            documents.extend(self::documents(&["dynamic/envoy.yaml", "providers.yaml"]));
        }
        let mut gateway = Gateway::of(&documents).expect(format);
        if format == "istio" {
            // An annotation of the pods has them; what is printed says so.
            assert!(printed.contains(r#"{"extraStatTags": ["team", "provider", "model", "code"]}"#));
            gateway.stats_tags = LABELS.map(str::to_owned).to_vec();
        }
        assert_eq!(missing(&gateway), Vec::<String>::new(), "{format}");
    }
}

/// Each bucket of a histogram is a line of every scrape for each team, provider and model.
#[test]
fn whatever_has_labels_has_few_buckets() {
    let configuration = fs::read_to_string(file("envoy/dynamic/llm_router.yaml")).unwrap();
    let shipped =
        GATEWAYS.iter().map(|names| fs::read_to_string(file("envoy").join(names[0])).unwrap());
    let printed = ["envoy", "gateway"].map(|format| {
        let arguments = ["envoy", "-", "--format", format, "--listen", "0.0.0.0:8080"];
        llm_router(&arguments).input(configuration.as_str()).run().fine()
    });
    let mut found = 0;
    for text in shipped.chain(printed) {
        let times = |name: &str| text.matches(name).count();
        assert_eq!(times("stats_tags:\n"), times("histogram_bucket_settings:\n"), "{text:.300}");
        found += times("histogram_bucket_settings:\n");
    }
    assert_eq!(found, 9);
}

#[test]
fn every_file_is_known_to_be_a_gateway_or_none() {
    let mut found = BTreeSet::new();
    let mut folders = vec![file("envoy")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                let name = path.strip_prefix(file("envoy")).unwrap().to_str().unwrap().to_owned();
                found.insert(name);
            }
        }
    }
    let gateways = GATEWAYS.iter().flat_map(|names| names.iter());
    let known: BTreeSet<String> =
        gateways.chain(&NO_GATEWAYS).map(|name| (*name).to_owned()).collect();
    assert_eq!(found, known);
    for name in NO_GATEWAYS {
        assert!(Gateway::of(&documents(&[name])).is_none(), "{name}");
    }
}

/// A limit must see who asks, and must hold when the service that counts is down.
#[test]
fn a_rate_limit_that_could_be_passed_is_missed() {
    let names = GATEWAYS.iter().find(|names| names[0] == "limits/envoy.yaml").unwrap();
    let limited = Gateway::of(&documents(names)).unwrap();
    let place =
        limited.filters.iter().position(|one| one["name"] == "envoy.filters.http.ratelimit");
    let mut open = limited.clone();
    open.filters[place.unwrap()]["typed_config"]["failure_mode_deny"] = false.into();
    assert_eq!(missing(&open), ["rate limit: failure_mode_deny"]);
    let mut before = limited;
    before.filters.swap(place.unwrap(), place.unwrap() - 1);
    assert_eq!(missing(&before), ["rate limit: behind the filter"]);
}

/// Whatever is taken out of the example is missed, under some name.
#[test]
fn whatever_is_taken_out_is_missed() {
    let take = |what: &mut dyn FnMut(&mut Gateway)| {
        let mut gateway = Gateway::of(&documents(GATEWAYS[0])).unwrap();
        what(&mut gateway);
        missing(&gateway)
    };
    let managers = ["/request_timeout", "/stream_idle_timeout", "/request_headers_timeout"];
    let below = ["/local_reply_config", "/access_log", "/access_log_options"];
    let deeper =
        ["/http2_protocol_options/max_concurrent_streams", "/common_http_protocol_options"];
    for pointer in managers.into_iter().chain(below).chain(deeper) {
        let without = take(&mut |one| *one.manager.pointer_mut(pointer).unwrap() = Value::Null);
        assert!(!without.is_empty(), "{pointer}");
    }
    for pointer in ["/route/retry_policy", "/route/timeout", "/request_headers_to_remove"] {
        let without = take(&mut |one| *one.routes[0].pointer_mut(pointer).unwrap() = Value::Null);
        assert!(!without.is_empty(), "{pointer}");
    }
    for name in ["cluster_type", "upstream_connection_options", "circuit_breakers"] {
        assert!(!take(&mut |one| one.clusters[2][name] = Value::Null).is_empty(), "{name}");
    }
    let options =
        "/typed_extension_protocol_options/envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    for name in ["common_http_protocol_options", "auto_config", "http_filters"] {
        let without = take(&mut |one| {
            one.clusters[1].pointer_mut(options).unwrap()[name] = Value::Null;
        });
        assert!(!without.is_empty(), "{name}");
    }
    for name in ["resource_monitors", "actions", "loadshed_points", "buffer_factory_config"] {
        assert!(!take(&mut |one| one.overload_manager[name] = Value::Null).is_empty(), "{name}");
    }
    for place in [0, 1] {
        assert!(!take(&mut |one| drop(one.filters.remove(place))).is_empty(), "filter {place}");
    }
    assert!(!take(&mut |one| one.filters.reverse()).is_empty());
    assert!(!take(&mut |one| drop(one.stats_tags.pop())).is_empty());
    assert!(!take(&mut |one| one.buffer_limit = 16_777_216.into()).is_empty());
    let without = take(&mut |one| one.routes[0]["request_body_buffer_limit"] = 10_485_760.into());
    assert_eq!(without, ["limits: request_body_buffer_limit 1 MiB above max_body_bytes"]);
}
