//! Variations of the common configuration, each at a listener of its own.

use super::bootstrap::{Listener, UNREACHABLE};
use super::catalogue::{configuration, credential, sha256, with};
use super::token::{checker, CHECKED_BY, CLAIMS};
use serde_json::{json, Value};

/// Keys that callers bring for a provider. They stand in no log either.
pub const OWN_KEY: &str = "sk-brought-by-a-caller-8Ht2";
pub const OTHER_OWN_KEY: &str = "sk-brought-by-another-4Vb9";

/// The team of those who bring no key.
pub const PUBLIC: &str = "public";

/// Teams of which each is one test's alone, for what is remembered of a team would be another's too.
/// All of them have the same credentials.
pub const PATIENTS: [&str; 16] = [
    "asked",
    "bringing",
    "counted",
    "dated",
    "failing",
    "first",
    "hung-up-on",
    "listed",
    "lost",
    "pinned",
    "recovering",
    "relapsing",
    "returning",
    "second",
    "spared",
    "untroubled",
];

/// The virtual key of a patient.
pub fn patient(name: &str) -> String {
    assert!(PATIENTS.contains(&name), "no patient {name}");
    format!("vk-patient-{name}-6Ye5")
}

/// The listeners that have these configurations.
pub fn listeners() -> Vec<Listener> {
    vec![
        Listener::new("own-keys", &with_own_keys()),
        Listener::new("cooldown", &with_cooldown(json!({"failures": 3, "seconds": 60}))),
        Listener::new("brief-cooldown", &with_cooldown(json!({"failures": 3, "seconds": 1}))),
        Listener::new("cooldown-on-429", &with_cooldown(json!({"statuses": [429]}))),
        Listener::new("by-token", &with_tokens()).behind(checker()),
        Listener::new("by-header", &with_team_header()),
        Listener::new("behind-front", &with_team_header()).behind(front()),
        Listener::new("open", &with_anonymous_team()),
    ]
}

/// What stands in no log, beside the common configuration's secrets.
pub fn secrets() -> impl Iterator<Item = String> {
    let of_patients = PATIENTS.iter().map(|name| patient(name));
    let brought = [OWN_KEY, OTHER_OWN_KEY].map(str::to_owned);
    let held = ["openai", "groq", UNREACHABLE].map(|provider| credential(provider, "patients"));
    of_patients.chain(brought).chain(held)
}

/// Some providers take callers' own keys.
fn with_own_keys() -> Value {
    let mut configuration = configuration();
    for provider in ["anthropic", "azure", "groq"] {
        configuration["providers"][provider]["client_credentials"] = json!(true);
    }
    configuration
}

/// Models with two targets, for the teams that are patients.
fn with_cooldown(cooldown: Value) -> Value {
    let mut configuration = with(configuration(), "cooldown", cooldown);
    configuration["providers"][UNREACHABLE] =
        json!({"cluster": UNREACHABLE, "authority": "unreachable.example"});
    configuration["providers"]["openai"]["client_credentials"] = json!(true);
    for (model, first) in [("resilient", "openai"), ("far-away", UNREACHABLE)] {
        configuration["models"][model]["targets"] = json!([
            {"provider": first, "model": "first-choice", "priority": 0},
            {"provider": "groq", "model": "second-choice", "priority": 1},
        ]);
    }
    let providers = ["openai", "groq", UNREACHABLE];
    let names = providers.map(|provider| format!("{provider}-patients"));
    for (provider, name) in providers.iter().zip(&names) {
        let value = credential(provider, "patients");
        configuration["credentials"][name] = json!({"provider": provider, "value": value});
    }
    for name in PATIENTS {
        let keys = json!([{"sha256": sha256(&patient(name))}]);
        configuration["teams"][name] = json!({"keys": keys, "models": ["*"], "credentials": names});
    }
    configuration
}

/// Teams and roles are claims of a token that an earlier filter has checked.
fn with_tokens() -> Value {
    let identity = json!({
        "team_metadata": [CHECKED_BY, CLAIMS, "team"],
        "attributes_metadata": {
            "roles": [CHECKED_BY, CLAIMS, "roles"],
            "projects": [CHECKED_BY, CLAIMS, "of", "project"],
        },
    });
    let mut configuration = with(configuration(), "identity", identity);
    let targets = json!([{"provider": "groq", "model": "m"}]);
    configuration["models"]["for-analysts"] = json!({"roles": ["analyst"], "targets": targets});
    configuration["models"]["for-project-x"] =
        json!({"roles": ["analyst"], "projects": ["x"], "targets": targets});
    configuration["teams"]["blue"]["attributes"] = json!({"projects": ["x"]});
    configuration
}

fn with_team_header() -> Value {
    with(configuration(), "identity", json!({"team_header": "X-Team-Id"}))
}

/// A filter that names the team to whoever comes after, and lets no client do so.
fn front() -> Value {
    let name = "x-team-id";
    let named = json!({"header": {"key": name, "value": "%REQ(X-VERIFIED-TEAM)%"}});
    json!({
        "name": "envoy.filters.http.header_mutation",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3\
                .HeaderMutation",
            "mutations": {"request_mutations": [{"remove": name}, {"append": named}]},
        },
    })
}

fn with_anonymous_team() -> Value {
    let identity = json!({"anonymous_team": PUBLIC});
    let mut configuration = with(configuration(), "identity", identity);
    configuration["teams"][PUBLIC] = json!({"models": ["gpt-4o"], "credentials": ["openai-blue"]});
    configuration
}
