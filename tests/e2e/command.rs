//! What `llm-router envoy` prints, in a real Envoy.

use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::{artefacts, process, Call, Gateway};
use envoy_llm_router::{Authority, Field, Kind};
use serde_json::{json, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use tempfile::TempDir;

/// What the command prints.
pub(crate) fn llm_router(arguments: &[&str], input: &str) -> String {
    run(arguments, input).0
}

/// What the command prints, and what it says beside that.
pub(crate) fn run(arguments: &[&str], input: &str) -> (String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_llm-router"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let [printed, remarks] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.success(), "{arguments:?}: {printed}{remarks}");
    (printed, remarks)
}

/// A provider of every kind, with what its kind must be told and a credential where it takes one.
fn of_every_kind() -> Value {
    let mut providers = BTreeMap::new();
    let mut credentials = BTreeMap::new();
    for kind in Kind::all() {
        let mut provider = json!({"kind": kind.name, "cluster": format!("to-{}", kind.name)});
        for field in kind.fields().filter(|field| *field != Field::ApiVersion) {
            provider[field.as_str()] = match (field, kind.authority) {
                (Field::Region, Authority::Regional { hosts, .. }) => {
                    hosts.last().unwrap().0.replace('*', "eu-central-1").into()
                }
                _ => "mine".into(),
            };
        }
        for header in kind.required_headers {
            provider["headers"][header] = "mine".into();
        }
        if kind.auth().is_some() {
            if matches!(kind.authority, Authority::Configured) {
                provider["authority"] = "models.example".into();
            }
            let variable = format!("{}_KEY", kind.name.to_uppercase().replace('-', "_"));
            provider["default_credential"] = kind.name.into();
            credentials.insert(kind.name, json!({"provider": kind.name, "env": variable}));
        }
        providers.insert(kind.name, provider);
    }
    json!({
        "providers": providers, "credentials": credentials,
        "teams": {"all": {"models": ["*"], "keys": [{"env": "GATEWAY_KEY"}]}},
    })
}

#[test]
fn envoy_accepts_the_bootstrap_for_every_kind_of_provider() {
    let configuration = of_every_kind().to_string();
    let wasm = artefacts::wasm();
    let bootstrap = llm_router(&["envoy", "-", "--wasm", wasm.to_str().unwrap()], &configuration);
    llm_router(&["check", "--deny-warnings", "-"], &bootstrap);
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("envoy.yaml");
    std::fs::write(&file, &bootstrap).unwrap();
    let made: Value = serde_saphyr::from_str(&bootstrap).unwrap();
    let clusters = made["static_resources"]["clusters"].as_array().unwrap();
    let name = |one: &Value| one["name"].as_str().unwrap().to_owned();
    let names: BTreeSet<_> = clusters.iter().map(name).collect();
    assert_eq!(names, Kind::names().map(|kind| format!("to-{kind}")).collect());
    let config = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters/2/typed_config/config";
    let variables = &made.pointer(config).unwrap()["vm_config"]["environment_variables"];
    let variables: Vec<String> =
        serde_json::from_value(variables["host_env_keys"].clone()).unwrap();
    let with_credentials = Kind::all().filter(|kind| kind.auth().is_some()).count();
    assert_eq!(variables.len(), with_credentials + 1, "and the virtual key");
    process::validate(&file, &variables).unwrap_or_else(|error| panic!("{error}"));

    let broken = bootstrap.replacen("connect_timeout: 5s", "connect_timeout: soon", 1);
    std::fs::write(&file, broken).unwrap();
    assert!(process::validate(&file, &variables).is_err());
}

/// A proxy whose teams have keys for four providers each, and whose models are asked for without a provider's name: where
/// the first credential of the team was taken, whatever it was for, three of four requests took a key to a stranger.
#[tokio::test]
async fn an_imported_litellm_proxy_sends_each_provider_its_own_key_of_the_team() {
    let sample = "tests/cli/import/litellm-teams.yaml";
    let configuration = llm_router(&["import", "litellm", sample], "");
    llm_router(&["check", "--deny-warnings", "-"], &configuration);
    const MODELS: [(&str, &str, &str); 4] = [
        ("gpt-oss-120b", "bedrock", "openai.gpt-oss-120b-1:0"),
        ("gemini-2.5-pro", "gemini", "gemini-2.5-pro"),
        ("gpt-4o", "openai", "gpt-4o-2024-11-20"),
        ("llama-3.3-70b", "groq", "llama-3.3-70b-versatile"),
    ];
    let providers = MODELS.map(|(_, provider, _)| provider);
    let mut environment = BTreeMap::new();
    for team in ["1", "2"] {
        environment.insert(format!("TEAM_{team}_VIRTUAL_KEY"), format!("vk-team-{team}-Hx5"));
        for provider in providers {
            let variable = format!("{}_TEAM_{team}", provider.to_uppercase());
            environment.insert(variable, format!("sk-{provider}-of-team-{team}-Pw8"));
        }
    }
    environment.insert("LITELLM_MASTER_KEY".to_owned(), "sk-the-master-key-Zr6".to_owned());
    let make = move |addresses: &BTreeMap<String, SocketAddr>| {
        let endpoints: Vec<_> =
            providers.iter().map(|name| format!("{name}=http://{}", addresses[*name])).collect();
        let wasm = artefacts::wasm();
        let mut arguments = vec!["envoy", "-", "--wasm", wasm.to_str().unwrap()];
        arguments.extend(["--listen", "127.0.0.1:0", "--admin-port", "0"]);
        endpoints.iter().for_each(|endpoint| arguments.extend(["--endpoint", endpoint.as_str()]));
        serde_saphyr::from_str(&llm_router(&arguments, &configuration)).unwrap()
    };
    let bootstrap = Bootstrap {
        listeners: vec![Listener::without_filter("llm")],
        environment,
        made: Some(Arc::new(make)),
        ..Bootstrap::default()
    };
    let gateway = Gateway::own(&providers, bootstrap);
    for team in ["1", "2"] {
        for (asked, provider, model) in MODELS {
            let call = Call::chat(asked).key(&format!("vk-team-{team}-Hx5"));
            let exchange = gateway.send_to("llm", call).await;
            let received = exchange.upstream();
            assert_eq!((&*received.cluster, &*received.model()), (provider, model));
            let own = format!("Bearer sk-{provider}-of-team-{team}-Pw8");
            assert_eq!(received.header("authorization"), Some(&*own), "team {team}: {asked}");
            assert_eq!(received.header("x-llm-cluster"), None);
            // Nothing else in the request is a key of anybody's.
            for (name, value) in received.headers.iter().filter(|(name, _)| name != "authorization")
            {
                let value = String::from_utf8_lossy(value);
                assert!(!value.contains("sk-") && !value.contains("vk-"), "{name}: {value}");
            }
        }
    }
    // The master key's team has no provider's key: nothing is sent anywhere.
    let exchange = gateway.send_to("llm", Call::chat("gpt-4o").key("sk-the-master-key-Zr6")).await;
    exchange.assert_rejected(403, "credential_not_configured");
}

/// Two servers without TLS that differ in their port alone, so that they would have one name: the arguments that `import`
/// prints lead each of them its own key.
#[tokio::test]
async fn two_plain_servers_of_one_import_get_their_own_keys() {
    const SERVERS: [&str; 2] = ["one", "two"];
    let make = |addresses: &BTreeMap<String, SocketAddr>| {
        let model = |name: &str| {
            let key = format!("os.environ/KEY_OF_{}", name.to_uppercase());
            let base = format!("http://{}/v1", addresses[name]);
            json!({
                "model_name": format!("model-{name}"),
                "litellm_params": {"model": "openai/served", "api_base": base, "api_key": key},
            })
        };
        let proxy = json!({"model_list": SERVERS.map(model)}).to_string();
        let (configuration, remarks) = run(&["import", "litellm", "-"], &proxy);
        let printed = remarks.lines().find_map(|line| line.split_once("llm-router envoy … "));
        let wasm = artefacts::wasm();
        let mut arguments = vec!["envoy", "-", "--wasm", wasm.to_str().unwrap()];
        arguments.extend(["--listen", "127.0.0.1:0", "--admin-port", "0"]);
        arguments.extend(printed.unwrap().1.split(' '));
        serde_saphyr::from_str(&llm_router(&arguments, &configuration)).unwrap()
    };
    let variables = ["KEY_OF_ONE", "KEY_OF_TWO", "GATEWAY_KEY"];
    let environment = variables.map(|name| (name.to_owned(), format!("sk-{name}-Nw4")));
    let bootstrap = Bootstrap {
        listeners: vec![Listener::without_filter("llm")],
        environment: environment.into(),
        made: Some(Arc::new(make)),
        ..Bootstrap::default()
    };
    let gateway = Gateway::own(&SERVERS, bootstrap);
    for name in SERVERS {
        let call = Call::chat(&format!("model-{name}")).key("sk-GATEWAY_KEY-Nw4");
        let exchange = gateway.send_to("llm", call).await;
        let received = exchange.upstream();
        assert_eq!((&*received.cluster, &*received.model()), (name, "served"));
        let own = format!("Bearer sk-KEY_OF_{}-Nw4", name.to_uppercase());
        assert_eq!(received.header("authorization"), Some(&*own));
    }
    // What is served by one cannot be had from the other.
    let call = Call::chat("model-one:127.0.0.1-2").key("sk-GATEWAY_KEY-Nw4");
    gateway.send_to("llm", call).await.assert_rejected(400, "provider_not_found_for_model");
}
