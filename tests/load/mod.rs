//! Configurations of any size, and the request that is made most often.

#![allow(dead_code, reason = "each test uses its part")]

use std::collections::BTreeMap;

use serde_json::{json, Value};
use sha2::{Digest, Sha256};

/// Where the request goes.
pub const PATH: &str = "/v1/chat/completions";

/// The fields that OpenAI's SDK adds to it.
pub const SDK: [(&str, &str); 6] = [
    ("accept-encoding", "gzip, deflate"),
    ("user-agent", "OpenAI/Python 3.54.0"),
    ("x-stainless-lang", "python"),
    ("x-stainless-os", "Linux"),
    ("x-stainless-arch", "x64"),
    ("x-stainless-async", "false"),
];

/// A chat of about 1 KB as that SDK sends it.
pub fn chat(model: &str) -> String {
    let content = "The reviewer wrote: \"Please shorten this section\" and went on.\n".repeat(12);
    let messages = json!([{"role": "user", "content": content}]);
    format!(r#"{{"messages":{messages},"model":"{model}","stream":false}}"#)
}

/// The virtual key of a team, by its number.
pub fn key(team: usize) -> String {
    format!("vk-{team}-8f2c61d0b7")
}

fn digest(key: &str) -> String {
    Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A configuration with so many teams of so many keys each, and so many models and patterns.
pub fn configuration(teams: usize, keys: usize, models: usize, patterns: usize) -> Value {
    let target = |name: String| json!({"targets": [{"provider": "p", "model": name}]});
    let models = (0..models).map(|n| {
        let mut model = target(format!("upstream-{n}"));
        model["aliases"] = json!([format!("alias-{n}")]);
        (format!("model-{n}"), model)
    });
    let patterns =
        (0..patterns).map(|n| (format!("family-{n}-*"), target(format!("family-{n}-*"))));
    let teams = (0..teams).map(|team| {
        // The first key is the one that is shown.
        let keys = (0..keys).map(|n| json!({"sha256": digest(&if n == 0 { key(team) } else { format!("{team}/{n}") })}));
        (
            format!("team-{team}"),
            json!({"keys": keys.collect::<Vec<_>>(), "models": ["*"], "credentials": [format!("c-{team}")]}),
        )
    });
    let teams: BTreeMap<String, Value> = teams.collect();
    let credentials: BTreeMap<String, Value> = (0..teams.len())
        .map(|team| {
            (format!("c-{team}"), json!({"provider": "p", "value": format!("secret-{team}")}))
        })
        .collect();
    json!({
        "providers": {"p": {"cluster": "p", "authority": "p.example"}},
        "models": models.chain(patterns).collect::<BTreeMap<_, _>>(),
        "credentials": credentials,
        "teams": teams,
    })
}
