//! The common configuration: the providers, models and teams that most tests are about.

use super::bootstrap::{Bootstrap, Listener};
use super::variants;
use serde_json::{json, Value};
use sha2::{Digest, Sha256};

/// Teams and the virtual keys they bring.
pub const RED: &str = "vk-red-7Zq2";
pub const BLUE: &str = "vk-blue-9Kd4";
/// May use `gpt-4o` alone.
pub const NARROW: &str = "vk-narrow-1Xw8";
/// Has no credential at all.
pub const POOR: &str = "vk-poor-5Rt6";
/// Teams with the same two providers, listed one way and the other.
pub const FORTH: &str = "vk-forth-3Lm1";
pub const BACK: &str = "vk-back-8Pn0";
/// Keys of team red that no longer count, and one that came from the environment.
pub const DISABLED: &str = "vk-red-disabled-2Bc3";
pub const EXPIRED: &str = "vk-red-expired-6Fg7";
pub const FROM_ENVIRONMENT: &str = "vk-red-environment-4Hj5";

/// The cluster of each provider, and `site`, which is none.
pub const CLUSTERS: [&str; 10] = [
    "anthropic",
    "azure",
    "bedrock",
    "cerebras",
    "gemini",
    "groq",
    "mistral",
    "ollama",
    "openai",
    "site",
];

/// What a team's credential for a provider is.
pub fn credential(provider: &str, team: &str) -> String {
    format!("sk-{provider}-of-{team}-Qw3")
}

/// Every string of the configuration that nobody may ever see.
pub fn secrets() -> Vec<String> {
    let keys = [RED, BLUE, NARROW, POOR, FORTH, BACK, DISABLED, EXPIRED, FROM_ENVIRONMENT];
    let credentials = CREDENTIALS.iter().map(|(provider, team)| credential(provider, team));
    let hashes = keys.iter().map(|key| sha256(key));
    let known = keys.iter().map(ToString::to_string).chain(hashes).chain(credentials);
    known.chain(variants::secrets()).collect()
}

/// The listeners: the catalogue as text and as a struct, and the variations of it.
pub fn bootstrap() -> Bootstrap {
    let passing = with(configuration(), "other_paths", json!("pass"));
    let small = with(configuration(), "max_body_bytes", json!(4096));
    let mounted = with(configuration(), "base_paths", json!(["/v1", "/v1/openai/v1"]));
    let listeners = vec![
        Listener::new("main", &configuration()),
        Listener::of_struct("struct", &configuration()),
        Listener::new("passing", &passing),
        Listener::new("small", &small),
        Listener::new("mounted", &mounted),
        Listener::without_filter("unfiltered"),
    ];
    Bootstrap {
        listeners: listeners.into_iter().chain(variants::listeners()).collect(),
        http2_clusters: ["mistral".to_owned()].into(),
        environment: [
            ("RED_KEY".to_owned(), FROM_ENVIRONMENT.to_owned()),
            ("OPENAI_RED".to_owned(), credential("openai", "red")),
        ]
        .into(),
        ..Bootstrap::default()
    }
}

/// The catalogue itself.
pub fn configuration() -> Value {
    json!({
        "providers": providers(),
        "models": models(),
        "credentials": credentials(),
        "teams": teams(),
    })
}

/// A configuration with one of its members replaced or added.
pub fn with(mut configuration: Value, member: &str, value: Value) -> Value {
    configuration[member] = value;
    configuration
}

pub fn sha256(key: &str) -> String {
    Sha256::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn providers() -> Value {
    let azure = "red.openai.azure.com";
    json!({
        "anthropic": {"cluster": "anthropic", "kind": "anthropic"},
        "azure": {
            "cluster": "azure", "kind": "azure-openai",
            "authority": azure, "api_version": "2024-10-21",
        },
        "bedrock": {"cluster": "bedrock", "kind": "bedrock", "region": "us-east-1"},
        "cerebras": {"cluster": "cerebras", "unregistered_models": false},
        "gemini": {"cluster": "gemini", "kind": "gemini"},
        "groq": {"cluster": "groq"},
        "mistral": {"cluster": "mistral", "kind": "mistral"},
        "ollama": {"cluster": "ollama", "kind": "ollama"},
        "openai": {"cluster": "openai", "kind": "openai"},
    })
}

fn models() -> Value {
    let target = |provider: &str, model: &str| json!({"provider": provider, "model": model});
    let ranked = |provider: &str, model: &str, priority: u32| json!({"provider": provider, "model": model, "priority": priority});
    json!({
        "gpt-4o": {"aliases": ["latest"], "targets": [target("openai", "gpt-4o")]},
        "gpt-4o-mini": {"targets": [target("openai", "gpt-4o-mini")]},
        "claude-sonnet-4.6": {"aliases": ["sonnet"], "targets": [
            // Its kind knows that this is not so: but then there would be no two targets for one endpoint.
            {
                "provider": "bedrock", "model": "us.anthropic.claude-sonnet-4-6", "priority": 0,
                "endpoints": ["chat/completions", "messages"],
            },
            ranked("anthropic", "claude-sonnet-4-6", 1),
        ]},
        "glm-5": {"targets": [target("groq", "zai/glm-5"), target("openai", "glm-5-of-openai")]},
        "glm-5-long-name-for-a-short-one": {"targets": [target("groq", "g")]},
        "quoted": {"targets": [target("groq", "a \"quoted\" \\ name/é")]},
        "over-http2": {"targets": [target("mistral", "magistral")]},
        "deployed": {"targets": [target("azure", "red-gpt")]},
        "flash": {"targets": [target("gemini", "gemini-flash")]},
        "local": {"targets": [target("ollama", "llama3")]},
        "wafer": {"targets": [target("cerebras", "wafer-1")]},
        "embed-3": {
            "type": "embedding", "metadata": {"embedding_dimension": 2},
            "targets": [target("openai", "text-embedding-3-small")],
        },
        "reserved-70b": {
            "teams": ["red"], "aliases": ["biggest"],
            "targets": [target("groq", "llama-70b"), target("openai", "llama-70b-hosted")],
        },
        "vault/*": {"teams": ["red"], "targets": [target("mistral", "vault-*")]},
        "cheapest": {"targets": [
            {"provider": "openai", "model": "dear", "cost": 2.5},
            {"provider": "groq", "model": "cheap", "cost": 0.5},
        ]},
        "weighted": {"targets": [
            {"provider": "openai", "model": "light", "weight": 1},
            {"provider": "groq", "model": "heavy", "weight": 4},
        ]},
        "zai/glm-5": {"targets": [target("groq", "zai/glm-5")]},
        "open/*": {"targets": [target("groq", "*")]},
    })
}

const CREDENTIALS: [(&str, &str); 18] = [
    ("anthropic", "back"),
    ("anthropic", "blue"),
    ("anthropic", "forth"),
    ("anthropic", "red"),
    ("azure", "red"),
    ("bedrock", "red"),
    ("cerebras", "red"),
    ("gemini", "red"),
    ("groq", "blue"),
    ("groq", "red"),
    ("mistral", "blue"),
    ("mistral", "red"),
    ("openai", "back"),
    ("openai", "blue"),
    ("openai", "forth"),
    ("openai", "narrow"),
    ("openai", "red"),
    ("anthropic", "narrow"),
];

/// One for each provider of a team; team red's for openai comes from the environment.
fn credentials() -> Value {
    let one = |(provider, team): &(&str, &str)| {
        let secret = match (*provider, *team) {
            ("openai", "red") => json!({"provider": provider, "env": "OPENAI_RED"}),
            _ => json!({"provider": provider, "value": credential(provider, team)}),
        };
        (format!("{provider}-{team}"), secret)
    };
    CREDENTIALS.iter().map(one).collect()
}

fn teams() -> Value {
    let of_red =
        ["openai", "groq", "mistral", "azure", "bedrock", "gemini", "anthropic", "cerebras"];
    json!({
        "red": {
            "keys": [
                {"sha256": sha256(RED)},
                {"id": "ci", "env": "RED_KEY"},
                {"sha256": sha256(DISABLED), "disabled": true},
                {"sha256": sha256(EXPIRED), "expires_at": "2020-01-01T00:00:00Z"},
            ],
            "models": ["*"], "aliases": {"fast": "gpt-4o-mini"},
            "credentials": of_red.map(|provider| format!("{provider}-red")),
        },
        "blue": team(BLUE, &["*"], &["groq-blue", "anthropic-blue", "openai-blue", "mistral-blue"]),
        "narrow": team(NARROW, &["gpt-4o"], &["anthropic-narrow", "openai-narrow"]),
        "poor": team(POOR, &["*"], &[]),
        "forth": team(FORTH, &["*"], &["openai-forth", "anthropic-forth"]),
        "back": team(BACK, &["*"], &["anthropic-back", "openai-back"]),
    })
}

fn team(key: &str, models: &[&str], credentials: &[&str]) -> Value {
    json!({"keys": [{"sha256": sha256(key)}], "models": models, "credentials": credentials})
}
