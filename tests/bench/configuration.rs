//! The router's own configuration: a company's, of which one team is seen at work.

use serde_json::{json, Value};
use sha2::{Digest, Sha256};

/// The key that the client shows.
pub const VIRTUAL_KEY: &str = "sk-team-17-f3b1c9d2a4e84d7f9b60";
/// The key that the provider expects.
pub const CREDENTIAL: &str = "provider-key-17-0c5d2e9a71b34f6e";
/// A model that has another name at its provider, …
pub const RENAMED: &str = "claude-sonnet-4.6";
pub const PROVIDERS_PREFIX: &str = "us.anthropic.";
/// … and one of the same length that has not.
pub const KEPT: &str = "mistral-large-3.1";
/// The header that the route takes the cluster from.
pub const CLUSTER_HEADER: &str = "x-llm-cluster";

/// How much it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// What is asked for, and nothing else.
    Small,
    /// A company's.
    Usual,
    /// As much as anybody would write into a configuration.
    Large,
}

impl Scale {
    /// How many teams, keys of each, models and patterns there are besides those that are asked for.
    fn extent(self) -> [usize; 4] {
        match self {
            Self::Small => [0, 0, 0, 0],
            Self::Usual => [50, 1, 100, 0],
            Self::Large => [1_000, 5, 10_000, 200],
        }
    }
}

/// The model's name at its provider.
pub fn renamed() -> String {
    [PROVIDERS_PREFIX, RENAMED].concat()
}

/// Models beyond a company's have aliases as well.
pub fn configuration(scale: Scale) -> Value {
    let [teams, keys, models, patterns] = scale.extent();
    json!({
        "providers": {"provider": {"cluster": "upstream", "authority": "upstream.example"}},
        "models": all_models(scale, models, patterns),
        "credentials": credentials(teams),
        "teams": all_teams(teams, keys),
        "cluster_header": CLUSTER_HEADER,
    })
}

fn all_models(scale: Scale, models: usize, patterns: usize) -> Value {
    let target = |name: String| json!({"targets": [{"provider": "provider", "model": name}]});
    let mut all = json!({RENAMED: target(renamed()), KEPT: target(KEPT.to_owned())});
    for number in 0..models {
        let mut model = target(format!("upstream-model-{number}"));
        if scale == Scale::Large {
            model["aliases"] = json!([format!("alias-{number}")]);
        }
        all[format!("model-{number}")] = model;
    }
    for number in 0..patterns {
        all[format!("family-{number}-*")] = target(format!("family-{number}-*"));
    }
    all
}

fn credentials(teams: usize) -> Value {
    let mut all = json!({"credential": {"provider": "provider", "value": CREDENTIAL}});
    for team in 0..teams {
        let value = format!("provider-key-{team}-of-another-team");
        all[format!("credential-{team}")] = json!({"provider": "provider", "value": value});
    }
    all
}

fn all_teams(teams: usize, keys: usize) -> Value {
    let team = |keys: Vec<Value>, credential: String| json!({"keys": keys, "models": ["*"], "credentials": [credential]});
    let key = json!({"id": "key", "sha256": sha256(VIRTUAL_KEY)});
    let mut all = json!({"team": team(vec![key], "credential".to_owned())});
    for number in 0..teams {
        let key = |key| json!({"id": format!("key-{key}"), "sha256": sha256(&format!("key-{key}-of-team-{number}"))});
        all[format!("team-{number}")] =
            team((0..keys).map(key).collect(), format!("credential-{number}"));
    }
    all
}

fn sha256(key: &str) -> String {
    Sha256::digest(key.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
