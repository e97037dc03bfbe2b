//! What is told of limits: by `explain` of those that a request meets, by `check` of those that cannot do what they say.

use serde_json::{json, Value};

use crate::command::llm_router;

const CONFIGURATION: &str = r#"
providers:
  openai: { kind: openai, cluster: openai, default_credential: shared, stream_usage: true }
  local: { kind: ollama, cluster: local, stream_usage: true, unregistered_models: false }
models:
  gpt-6-sol: { aliases: [sun], targets: [{ provider: openai, price: { input: 1, output: 10 } }] }
  llama: { targets: [{ provider: local }] }
credentials:
  shared: { provider: openai, value: s }
teams:
  research:
    models: ["*"]
    keys:
      - { id: ci, sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, limits: [{ requests: 10, per: minute }] }
      - { sha256: 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752 }
    limits:
      - { tokens: 2000000, per: hour }
      - { usd: 12.5, per: day, models: [sun] }
  others: { models: [llama], keys: [{ sha256: fd61a03af4f77d870fc21e05e7e80678095c92d808cfb3b5c279ee04c74aca13 }] }
"#;

#[test]
fn explain_tells_the_limits_that_a_request_meets() {
    let explain = |more: &[&str]| {
        llm_router(&[&["explain", "-", "--team", "research"], more].concat())
            .input(CONFIGURATION)
            .run()
            .fine()
    };
    let told = explain(&["--key", "ci", "--model", "gpt-6-sol"]);
    let expected = "limits    of the key: 10 requests per minute\n          of the team: 2000000 tokens per hour\n          \
                    of the team: 12.5 US dollars per day for sun\n";
    assert!(told.contains(expected), "{told}");
    let told = explain(&["--model", "llama"]);
    assert!(told.contains("limits    of the team: 2000000 tokens per hour\n"), "{told}");
    assert!(!told.contains("dollars") && !told.contains("of the key"), "{told}");

    let told = explain(&["--key", "ci", "--model", "openai/gpt-6-sol", "--format", "json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    let expected = json!([
        {"of": "key", "limit": "10 requests per minute"},
        {"of": "team", "limit": "2000000 tokens per hour"},
        {"of": "team", "limit": "12.5 US dollars per day for sun"},
    ]);
    assert_eq!(told["limits"], expected);
}

#[test]
fn the_overview_lists_the_limits_of_teams_and_keys() {
    let told = llm_router(&["explain", "-"]).input(CONFIGURATION).run().fine();
    let expected = "\nlimits\nresearch: 2000000 tokens per hour\nresearch: 12.5 US dollars per day for sun\nresearch/ci: 10 requests per minute\n";
    assert!(told.ends_with(expected), "{told}");
    let told = llm_router(&["explain", "-", "--team", "research", "--format", "json"]);
    let told: Value = serde_json::from_str(&told.input(CONFIGURATION).run().fine()).unwrap();
    let of_key = json!({"team": "research", "key": "ci", "limit": "10 requests per minute"});
    assert_eq!((told["limits"].as_array().unwrap().len(), &told["limits"][2]), (3, &of_key));
}

/// The warnings of a configuration in which this stands in the place of that.
fn warnings(old: &str, new: &str) -> Vec<String> {
    assert!(CONFIGURATION.contains(old), "{old}");
    let changed = CONFIGURATION.replacen(old, new, 1);
    let told = llm_router(&["check", "-"]).input(changed).run().fine();
    let found = told.lines().filter_map(|line| line.split_once(" warning: "));
    found.map(|(_, warning)| warning.to_owned()).collect()
}

#[test]
fn check_warns_of_limits_that_can_never_act_or_miss_something() {
    assert_eq!(warnings("sun", "sun"), [""; 0]);
    let limits = "teams.research.limits";
    for (old, new, expected) in [
        (
            "models: [sun] }",
            "models: [sun, \"claude-*\"] }",
            format!("{limits}[1].models: \"claude-*\" is no model that may be called: it limits nothing"),
        ),
        (
            "stream_usage: true",
            "stream_usage: false",
            format!("{limits}[0]: a stream whose client does not ask for its tokens may not be counted; `stream_usage: true` asks for them, at: openai"),
        ),
        (
            "models: [sun] }",
            "models: [\"gpt*\", llama] }",
            format!("{limits}[1]: what has no `price` costs nothing of this limit: llama"),
        ),
        (
            ", models: [sun] }",
            "}",
            format!("{limits}[1]: what has no `price` costs nothing of this limit: llama, openai/*"),
        ),
        (
            "models: [llama], keys: [{ ",
            "models: [llama], keys: [{ limits: [{ requests: 1, per: day, models: [sun] }], ",
            "teams.others.keys[0].limits[0].models: \"sun\" is no model that may be called: it limits nothing".to_owned(),
        ),
    ] {
        let told = warnings(old, new);
        assert!(told.contains(&expected), "{new}: {told:#?}");
    }
}
