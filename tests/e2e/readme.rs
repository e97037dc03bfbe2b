//! The README's configuration, as the README says to run it: through `llm-router envoy`, in a real Envoy.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use tempfile::TempDir;

use crate::command::llm_router;
use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::{artefacts, process, Call, Gateway};

const VARIABLES: [&str; 6] = [
    "ANTHROPIC_API_KEY",
    "CEREBRAS_API_KEY",
    "GROQ_API_KEY",
    "RESEARCH_OPENAI_API_KEY",
    "RESEARCH_VIRTUAL_KEY",
    "SUPPORT_VIRTUAL_KEY",
];

fn configuration() -> String {
    let text = include_str!("../../README.md");
    let (_, rest) = text.split_once("\n```yaml\n").unwrap();
    rest.split_once("\n```").unwrap().0.to_owned()
}

/// With the real providers' addresses and certificates.
#[test]
fn envoy_accepts_what_the_readme_says_to_start() {
    let wasm = artefacts::wasm();
    let printed = llm_router(&["envoy", "-", "--wasm", wasm.to_str().unwrap()], &configuration());
    for host in ["api.anthropic.com", "api.cerebras.ai", "api.groq.com", "api.openai.com"] {
        assert!(
            printed.contains(&format!("address: {host}, port_value: 443")),
            "{host}: {printed}"
        );
    }
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("envoy.yaml");
    std::fs::write(&file, printed).unwrap();
    process::validate(&file, &VARIABLES.map(str::to_owned))
        .unwrap_or_else(|error| panic!("{error}"));
}

/// With servers of the test's own in the providers' place.
#[tokio::test]
async fn the_readmes_configuration_does_what_the_readme_says() {
    let providers = ["anthropic", "cerebras", "groq", "openai"];
    let make = move |addresses: &BTreeMap<String, SocketAddr>| {
        let endpoints = providers.map(|name| format!("{name}=http://{}", addresses[name]));
        let wasm = artefacts::wasm();
        let mut arguments = vec!["envoy", "-", "--wasm", wasm.to_str().unwrap()];
        arguments.extend(["--listen", "127.0.0.1:0", "--admin-port", "0"]);
        endpoints.iter().for_each(|endpoint| arguments.extend(["--endpoint", endpoint.as_str()]));
        serde_saphyr::from_str(&llm_router(&arguments, &configuration())).unwrap()
    };
    let secret = |variable: &str| format!("value-of-{variable}-Kt7");
    let environment = VARIABLES.map(|name| (name.to_owned(), secret(name)));
    let bootstrap = Bootstrap {
        listeners: vec![Listener::without_filter("llm")],
        environment: environment.into(),
        made: Some(Arc::new(make)),
        ..Bootstrap::default()
    };
    let gateway = Gateway::own(&providers, bootstrap);
    const SERVED: [(&str, &str, &str, &str, &str); 5] = [
        ("RESEARCH", "gpt-oss-120b", "groq", "openai/gpt-oss-120b", "GROQ_API_KEY"),
        ("SUPPORT", "gpt-oss-120b:cerebras", "cerebras", "gpt-oss-120b", "CEREBRAS_API_KEY"),
        ("RESEARCH", "claude-sonnet-4.6", "anthropic", "claude-sonnet-4-6", "ANTHROPIC_API_KEY"),
        ("RESEARCH", "openai/gpt-5.5", "openai", "gpt-5.5", "RESEARCH_OPENAI_API_KEY"),
        ("RESEARCH", "groq/moonshotai/kimi-k2", "groq", "moonshotai/kimi-k2", "GROQ_API_KEY"),
    ];
    for (team, asked, provider, model, variable) in SERVED {
        let key = secret(&format!("{team}_VIRTUAL_KEY"));
        let exchange = gateway.send_to("llm", Call::chat(asked).key(&key)).await;
        let received = exchange.upstream();
        assert_eq!((&*received.cluster, &*received.model()), (provider, model));
        let sent =
            ["authorization", "x-api-key"].map(|name| received.header(name)).into_iter().flatten();
        let sent: Vec<_> = sent.map(|value| value.trim_start_matches("Bearer ")).collect();
        assert_eq!(sent, [secret(variable)], "{team}: {asked}");
    }
    for asked in ["claude-sonnet-4.6", "openai/gpt-5.5"] {
        let key = secret("SUPPORT_VIRTUAL_KEY");
        let exchange = gateway.send_to("llm", Call::chat(asked).key(&key)).await;
        exchange.assert_rejected(404, "model_not_found");
    }
}
