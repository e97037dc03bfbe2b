//! `envoy`: what it prints is what the shipped examples say, and passes `check`. Whether Envoy takes it, `tests/e2e` asks.

use std::collections::BTreeMap;
use std::fs;

use envoy_llm_router::{Authority, Field, Kind};
use serde_json::{json, Value};

use crate::command::{file, llm_router};

fn documents(text: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(text).unwrap()
}

fn shipped(name: &str) -> Value {
    documents(&fs::read_to_string(file(name)).unwrap()).remove(0)
}

/// The plugin configuration of a shipped example, as a file of its own.
fn plugin(example: &str) -> String {
    fn find(value: &Value) -> Option<&Value> {
        match value {
            Value::Object(members) if members.contains_key("providers") => Some(value),
            Value::Object(members) => members.values().find_map(find),
            Value::Array(items) => items.iter().find_map(find),
            _ => None,
        }
    }
    let text = fs::read_to_string(file(example)).unwrap();
    documents(&text).iter().find_map(find).unwrap().to_string()
}

fn generate(configuration: &str, arguments: &[&str]) -> String {
    let all = [&["envoy", "-"], arguments].concat();
    llm_router(&all).input(configuration).run().fine()
}

/// Without what is nobody's business but the example's.
fn clusters(list: &Value, own: &[&str]) -> Vec<Value> {
    let mut clusters = list.as_array().unwrap().clone();
    for cluster in &mut clusters {
        let members = cluster.as_object_mut().unwrap();
        own.iter().for_each(|name| drop(members.remove(*name)));
    }
    clusters.sort_by_key(|cluster| cluster["name"].to_string());
    clusters
}

#[test]
fn the_bootstrap_says_what_the_example_says() {
    let generated = documents(&generate(&plugin("envoy/envoy.yaml"), &[])).remove(0);
    let mut example = shipped("envoy/envoy.yaml");
    assert_eq!(
        clusters(&generated["static_resources"]["clusters"], &[]),
        clusters(&shipped("envoy/providers.yaml")["resources"], &["@type"])
    );
    let resources =
        documents(&generate(&plugin("envoy/envoy.yaml"), &["--format", "cds"])).remove(0);
    assert_eq!(
        clusters(&resources["resources"], &[]),
        clusters(&shipped("envoy/providers.yaml")["resources"], &[])
    );
    let mut generated = generated;
    generated["static_resources"].as_object_mut().unwrap().remove("clusters");
    example.as_object_mut().unwrap().remove("dynamic_resources");
    // The variables are sorted.
    for bootstrap in [&mut generated, &mut example] {
        let names = bootstrap
            .pointer_mut(
                "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters/2/typed_config/config\
                 /vm_config/environment_variables/host_env_keys",
            )
            .and_then(Value::as_array_mut)
            .unwrap();
        names.sort_by_key(Value::to_string);
    }
    assert_eq!(generated, example);
}

/// Whoever writes a provider of a kind gets its cluster.
#[test]
fn the_clusters_of_all_kinds_lead_to_their_hosts() {
    let mut providers = json!({});
    let mut hosts = BTreeMap::new();
    for kind in Kind::all() {
        let fields = json!({"region": "r-1", "project": "p", "account": "a"});
        let mut provider = json!({"kind": kind.name, "cluster": kind.name});
        let has_default = matches!(kind.authority, Authority::Regional { default: Some(_), .. });
        let is_usual = |field: &Field| *field == Field::ApiVersion || has_default;
        for field in kind.fields().filter(|field| !is_usual(field)) {
            provider[field.as_str()] = fields[field.as_str()].clone();
        }
        let host = match kind.authority {
            Authority::Fixed(host) => host.to_owned(),
            Authority::Regional { .. } => {
                let region = Some("r-1").filter(|_| !has_default);
                kind.authority.host(region).unwrap().unwrap()
            }
            // The customer's own.
            Authority::Configured => {
                provider["authority"] = json!("own.example");
                "own.example".to_owned()
            }
            // A server of one's own, on this machine.
            Authority::AsSent => "127.0.0.1".to_owned(),
        };
        hosts.insert(kind.name.to_owned(), host);
        providers[kind.name] = provider;
    }
    let configuration = json!({"providers": providers}).to_string();
    let printed = documents(&generate(&configuration, &["--format", "cds"])).remove(0);
    let found: BTreeMap<String, String> = printed["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cluster| {
            let address = "/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address/address";
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&cluster["name"]), text(cluster.pointer(address).unwrap()))
        })
        .collect();
    assert_eq!(found, hosts);
}

#[test]
fn the_patches_say_what_the_examples_say() {
    for (example, format, kind) in [
        ("envoy/kubernetes/istio.yaml", "istio", "EnvoyFilter"),
        ("envoy/kubernetes/envoy-gateway.yaml", "gateway", "EnvoyPatchPolicy"),
    ] {
        let port = if format == "istio" { "0.0.0.0:8080" } else { "0.0.0.0:80" };
        let gateway = if format == "istio" { "llm-gateway" } else { "llm" };
        let arguments = ["--format", format, "--listen", port, "--gateway", gateway];
        let mut generated = documents(&generate(&plugin(example), &arguments)).remove(0);
        let all = documents(&fs::read_to_string(file(example)).unwrap());
        let mut shipped = all.into_iter().find(|one| one["kind"] == kind).unwrap();
        for object in [&mut generated, &mut shipped] {
            sort(object);
        }
        assert_eq!(generated, shipped, "{example}");
    }
}

#[test]
fn the_resource_says_what_the_example_says() {
    let [example] =
        &documents(&fs::read_to_string(file("envoy/dynamic/llm_router.yaml")).unwrap())[..]
    else {
        panic!()
    };
    let text = "/resources/0/typed_config/config/configuration/value";
    let configuration = example.pointer(text).unwrap().as_str().unwrap();
    // Of YAML it makes JSON too.
    let yaml =
        serde_saphyr::to_string(&serde_json::from_str::<Value>(configuration).unwrap()).unwrap();
    for written in [configuration, &yaml] {
        let mut printed = documents(&generate(written, &["--format", "ecds"])).remove(0);
        let mut shipped = example.clone();
        for one in [&mut printed, &mut shipped] {
            let value = one.pointer_mut(text).unwrap();
            *value = serde_json::from_str(value.as_str().unwrap()).unwrap();
            sort(one);
        }
        assert_eq!(printed, shipped);
    }
    let printed = generate(configuration, &["--format", "ecds"]);
    let checked = llm_router(&["check", "--deny-warnings", "-"]).input(printed).run();
    assert_eq!(checked.status, 0, "{}", checked.stdout);
}

#[test]
fn a_text_has_the_parameters_that_the_configuration_means() {
    let ecds = ["--format", "ecds"];
    let yaml = "
providers: { p: { cluster: p, auth: none } }
models:
  m: { targets: [ { provider: p, parameters: { set: { seed: 0.25, n: [1.5, x] }, remove: [a] } } ] }
teams: { t: { models: [m] } }
";
    let text = generate(yaml, &ecds);
    assert!(text.contains("\"seed\": 0.25"), "{text}");
    let numbers: String = text.split_whitespace().collect();
    assert!(numbers.contains("\"n\":[1.5,\"x\"]"), "{text}");

    // Of JSON no digit is lost, and no text becomes a number.
    let precise = "123456789012345678901234567890.000000000000000000001";
    let json = format!(
        r#"{{"providers": {{"p": {{"cluster": "p", "auth": "none"}}}}, "teams": {{"t": {{"models": ["m"]}}}},
        "models": {{"m": {{"targets": [{{"provider": "p", "parameters": {{"set": {{"a": {precise}, "b": "0.7"}}}}}}]}}}}}}"#
    );
    let directory = tempfile::TempDir::new().unwrap();
    let file = directory.path().join("configuration.json");
    fs::write(&file, &json).unwrap();
    let file = file.to_str().unwrap();
    let text = llm_router(&[&["envoy", file], &ecds[..]].concat()).run().fine();
    let written = "/resources/0/typed_config/config/configuration/value";
    assert_eq!(documents(&text)[0].pointer(written).unwrap().as_str().unwrap().trim(), json);
    let told = llm_router(&["explain", file, "--team", "t", "--model", "m"]).run().fine();
    assert!(told.contains(&format!("a is {precise}\n")), "{told}");
    assert!(told.contains("b is \"0.7\"\n"), "{told}");
}

/// Sorts what has no order.
fn sort(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(sort);
        }
        Value::Array(items) => {
            items.iter_mut().for_each(sort);
            items.sort_by_key(Value::to_string);
        }
        _ => {}
    }
}

#[test]
fn a_file_of_its_own_keeps_its_comments() {
    let configuration = "\
# yaml-language-server: $schema=envoy/llm_router.schema.json
# Ours.
providers:
  openai: { kind: openai, cluster: openai, default_credential: openai } # the usual
credentials: { openai: { provider: openai, env: OPENAI_API_KEY } }
teams: { t: { models: [\"*\"], keys: [{ env: KEY }] } }
max_body_bytes: 33554432
cluster_header: x-where-to
";
    let text = generate(
        configuration,
        &["--listen", "0.0.0.0:8080", "--admin-port", "9000", "--wasm", "/lib/filter.wasm"],
    );
    assert!(text.contains("\n                            # Ours.\n"), "{text}");
    assert!(
        text.contains("openai } # the usual\n") && !text.contains("yaml-language-server"),
        "{text}"
    );
    let bootstrap = documents(&text).remove(0);
    let listener = &bootstrap["static_resources"]["listeners"][0];
    assert_eq!(
        listener["address"]["socket_address"],
        json!({"address": "0.0.0.0", "port_value": 8080})
    );
    assert_eq!(bootstrap["admin"]["address"]["socket_address"]["port_value"], 9000);
    let manager = &listener["filter_chains"][0]["filters"][0]["typed_config"];
    let vm = &manager["http_filters"][2]["typed_config"]["config"]["vm_config"];
    assert_eq!(vm["environment_variables"]["host_env_keys"], json!(["KEY", "OPENAI_API_KEY"]));
    assert_eq!(vm["code"]["local"]["filename"], "/lib/filter.wasm");
    let host = &manager["route_config"]["virtual_hosts"][0];
    assert_eq!(host["request_body_buffer_limit"], 67_108_864);
    let monitor = &bootstrap["overload_manager"]["resource_monitors"][0]["typed_config"];
    assert_eq!(monitor["max_heap_size_bytes"], 1_073_741_824);
    assert_eq!(host["routes"][0]["route"]["cluster_header"], "x-where-to");
    assert_eq!(host["request_headers_to_remove"][0], "x-where-to");
    let checked = llm_router(&["check", "--deny-warnings", "-"]).input(text).run();
    assert_eq!(checked.status, 0, "{}", checked.stdout);
}

#[test]
fn clusters_lead_where_they_are_told() {
    let configuration = "\
providers:
  house: { cluster: house }
  named: { cluster: named, authority: \"llm.example.com:8443\", auth: none }
  models: { kind: ollama, cluster: ollama }
teams: { t: { models: [\"*\"], keys: [{ sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 }] } }
";
    let refused = llm_router(&["envoy", "-"]).input(configuration).run();
    assert_eq!((refused.status, &*refused.stdout), (2, ""));
    assert!(refused.stderr.contains("add --endpoint house=https://HOST\n"), "{}", refused.stderr);

    let text = generate(configuration, &["--endpoint", "house=https://llm.internal:9443"]);
    let bootstrap = documents(&text).remove(0);
    let clusters = clusters(&bootstrap["static_resources"]["clusters"], &[]);
    let address = |cluster: &Value| {
        cluster
            .pointer("/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address")
            .cloned()
    };
    let tls = |cluster: &Value| cluster.pointer("/transport_socket/typed_config").cloned();
    let [house, named, ollama] = [&clusters[0], &clusters[1], &clusters[2]];
    assert_eq!(address(house), Some(json!({"address": "llm.internal", "port_value": 9443})));
    // The client's host is sent, but the provider's is meant.
    assert_eq!(tls(house).unwrap()["sni"], "llm.internal");
    let names = &tls(house).unwrap()["common_tls_context"]["validation_context"]
        ["match_typed_subject_alt_names"];
    assert_eq!(*names, json!([{"san_type": "DNS", "matcher": {"exact": "llm.internal"}}]));
    assert_eq!(address(named), Some(json!({"address": "llm.example.com", "port_value": 8443})));
    assert!(tls(named).unwrap().get("sni").is_none());
    assert_eq!(address(ollama), Some(json!({"address": "127.0.0.1", "port_value": 11434})));
    assert!(tls(ollama).is_none() && ollama["type"] == "STATIC");
    for wrong in [
        "house",
        "house=llm.internal",
        "house=ftp://x",
        "house=https://",
        "house=https://x:y",
        "hose=https://x",
        "house=http://x,https://y",
        "house=http://x,",
        // The certificates of two hosts have two names.
        "house=https://x,https://y",
    ] {
        let ran = llm_router(&["envoy", "-", "--endpoint", wrong]).input(configuration).run();
        assert_eq!((ran.status, &*ran.stdout), (2, ""), "{wrong}");
    }
}

#[test]
fn a_cluster_can_have_several_addresses() {
    let configuration = "\
providers:
  house: { kind: vllm, cluster: house }
  named: { cluster: named, authority: llm.example.com, auth: none }
teams: { t: { models: [\"*\"], keys: [{ sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 }] } }
";
    let made = |endpoints: [&str; 2]| {
        let arguments = ["--endpoint", endpoints[0], "--endpoint", endpoints[1]];
        let bootstrap = documents(&generate(configuration, &arguments)).remove(0);
        clusters(&bootstrap["static_resources"]["clusters"], &[])
    };
    let addresses = |cluster: &Value| -> Vec<String> {
        let endpoints = &cluster["load_assignment"]["endpoints"][0]["lb_endpoints"];
        let address = |one: &Value| one["endpoint"]["address"]["socket_address"].clone();
        let addresses = endpoints.as_array().unwrap().iter().map(address);
        addresses.map(|one| format!("{}:{}", one["address"], one["port_value"])).collect()
    };
    let of_numbers = made([
        "house=http://10.0.0.1:8000,http://10.0.0.2:8001",
        "named=https://a.example,https://b.example:8443",
    ]);
    assert_eq!(addresses(&of_numbers[0]), [r#""10.0.0.1":8000"#, r#""10.0.0.2":8001"#]);
    assert_eq!(of_numbers[0]["type"], "STATIC");
    assert!(of_numbers[0].get("transport_socket").is_none());
    assert_eq!(addresses(&of_numbers[1]), [r#""a.example":443"#, r#""b.example":8443"#]);
    // Each name is one endpoint for each of its addresses.
    let discovery = &of_numbers[1]["cluster_type"]["typed_config"];
    assert_eq!(discovery["all_addresses_in_single_endpoint"], false);

    let twice = ["envoy", "-", "--endpoint", "house=http://x", "--endpoint", "house=http://y"];
    let ran = llm_router(&twice).input(configuration).run();
    assert_eq!((ran.status, &*ran.stdout), (2, ""));
    assert!(ran.stderr.contains("house: this cluster is given twice"), "{}", ran.stderr);
}

/// An API at another host has a cluster of its own.
#[test]
fn each_host_that_an_api_needs_has_its_cluster() {
    let configuration = "\
providers:
  both:
    cluster: both
    authority: chat.example
    auth: none
    apis: { anthropic: { cluster: both-claude, authority: claude.example } }
  chat-only:
    cluster: chat
    authority: only.example
    auth: none
    endpoints: [chat/completions]
    apis: { anthropic: { cluster: nobodys, authority: nobodys.example } }
teams: { t: { models: [\"*\"], keys: [{ sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 }] } }
";
    let bootstrap = documents(&generate(configuration, &[])).remove(0);
    let clusters = clusters(&bootstrap["static_resources"]["clusters"], &[]);
    let names: Vec<_> = clusters.iter().map(|cluster| cluster["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["both", "both-claude", "chat"]);
    let address =
        "/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address/address";
    assert_eq!(clusters[1].pointer(address), Some(&json!("claude.example")));
}

/// What begins or ends a document means nothing in the middle of another one.
#[test]
fn files_that_cannot_be_copied_are_printed_anew() {
    let plain = "\
providers: { openai: { kind: openai, cluster: openai, default_credential: openai } }
credentials: { openai: { provider: openai, env: OPENAI_API_KEY } }
teams: { t: { models: [\"*\"], keys: [{ env: KEY }] } }
";
    for format in ["envoy", "istio", "gateway"] {
        let expected = documents(&generate(plain, &["--format", format]));
        for (title, file) in [
            ("a directive", format!("%YAML 1.2\n---\n{plain}")),
            ("a byte order mark", format!("\u{feff}{plain}")),
            ("a comment behind the beginning", format!("--- # ours\n{plain}")),
            ("the end of a document", format!("{plain}...\n")),
            ("both", format!("---\n{plain}...\n# the end\n")),
            ("indentation", format!("  {}", plain.trim_end().replace('\n', "\n  "))),
            ("one line", format!("--- {{ {} }}\n", plain.trim_end().replace('\n', ", "))),
        ] {
            let ran = llm_router(&["envoy", "-", "--format", format]).input(file).run();
            assert_eq!(ran.status, 0, "{title}: {}", ran.stderr);
            assert_eq!(documents(&ran.stdout), expected, "{title}: {}", ran.stdout);
        }
    }
}

/// A name that YAML would take for something else than text.
#[test]
fn names_are_quoted_where_yaml_asks_for_it() {
    let configuration = "\
providers:
  a: { kind: openai, cluster: \"on\", default_credential: c }
  b: { kind: ollama, cluster: \"x: y\" }
credentials: { c: { provider: a, env: \"NO\" } }
teams: { t: { models: [\"*\"], keys: [{ env: KEY }] } }
";
    let patches = |text: &str| documents(text)[0]["spec"]["jsonPatches"].clone();
    let gateway = patches(&generate(configuration, &["--format", "gateway"]));
    let names: Vec<_> = (gateway.as_array().unwrap().iter())
        .filter(|patch| patch["type"].as_str().unwrap().ends_with(".Cluster"))
        .map(|patch| (patch["name"].clone(), patch["operation"]["value"]["name"].clone()))
        .collect();
    assert_eq!(names, [(json!("on"), json!("on")), (json!("x: y"), json!("x: y"))]);
    for format in ["envoy", "istio", "gateway"] {
        let text = generate(configuration, &["--format", format]);
        assert!(text.contains("- \"NO\"\n"), "{format}: {text}");
        let checked = llm_router(&["check", "-"]).input(text).run();
        assert_eq!(checked.status, 0, "{format}: {}", checked.stdout);
    }
}

#[test]
fn nothing_is_made_of_a_broken_configuration() {
    let ran = llm_router(&["envoy", "-"]).input("providers: { a: {} }\n").run();
    assert_eq!((ran.status, &*ran.stdout), (1, ""));
    assert!(
        ran.stderr.contains("-:1:14: error: providers.a.cluster: this field is required"),
        "{}",
        ran.stderr
    );
}
