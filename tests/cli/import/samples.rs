//! Larger samples, which hold much of what there is.

use std::fs;

use serde_json::{json, Value};

use crate::command::{file, llm_router, Ran};

fn import(arguments: &[&str]) -> Ran {
    llm_router(&[&["import"], arguments].concat()).run()
}

/// The configuration that is printed, which has passed `check`.
fn configuration(ran: Ran) -> Value {
    let text = ran.fine();
    let checked = llm_router(&["check", "-"]).input(text.clone()).run();
    assert_eq!(checked.status, 0, "{}\n{text}", checked.stdout);
    serde_saphyr::from_str(&text).unwrap()
}

/// In the sample, `#lacks: words` at the end of a line says that a remark has the words, and where it names a line, this
/// one.
fn assert_remarks(sample: &str, remarks: &str) {
    let text = fs::read_to_string(file(sample)).unwrap();
    let mut expected = 0;
    for (line, number) in text.lines().zip(1..) {
        let Some((_, words)) = line.split_once("#lacks: ") else { continue };
        let is_it = |remark: &&str| {
            let place = remark.split("line ").nth(1).and_then(|rest| rest.split(':').next());
            let place: Option<i32> = place.and_then(|place| place.parse().ok());
            // An entry begins some lines before what is wrong with it.
            remark.contains(words)
                && place.is_none_or(|place| (number - 3..=number).contains(&place))
        };
        assert!(remarks.lines().any(|remark| is_it(&remark)), "line {number}: {words}\n{remarks}");
        expected += 1;
    }
    let lacking = remarks.lines().filter(|remark| remark.contains("not carried over")).count();
    assert!(expected > 5 && lacking >= expected - 3, "{expected}\n{remarks}");
}

const LITELLM: &str = "tests/cli/import/litellm.yaml";
const TEAMS: &str = "tests/cli/import/litellm-teams.json";
const LLAMA_STACK: &str = "tests/cli/import/llama-stack.yaml";

#[test]
fn a_litellm_proxys_models_become_targets() {
    let ran = import(&["litellm", LITELLM, "--teams", TEAMS]);
    assert_remarks(LITELLM, &ran.stderr);
    let made = configuration(ran);
    let gpt = &made["models"]["gpt-4o"];
    assert_eq!(gpt["type"], "chat");
    assert_eq!(gpt["aliases"], json!(["gpt-4"]));
    assert_eq!(gpt["metadata"], json!({"context_length": 128_000}));
    // What has no rank comes behind what has one, as in LiteLLM.
    assert_eq!(
        gpt["targets"],
        json!([
            {"provider": "azure-openai-my-endpoint-europe", "model": "gpt-4o-eu", "priority": 3, "weight": 6},
            {"provider": "azure-openai-my-endpoint-canada", "model": "gpt-4o-ca", "priority": 3, "weight": 18},
            {"provider": "openai", "priority": 2},
        ])
    );
    assert_eq!(
        made["providers"]["azure-openai-my-endpoint-europe"],
        json!({
            "kind": "azure-openai", "cluster": "azure-openai-my-endpoint-europe",
            "authority": "my-endpoint-europe.openai.azure.com", "api_version": "2024-10-21",
            "unregistered_models": false, "default_credential": "azure-openai-my-endpoint-europe",
        })
    );
    // Two keys for one provider are two providers.
    assert_eq!(made["models"]["llama-3.3-70b"]["targets"].as_array().unwrap().len(), 2);
    assert_eq!(made["credentials"]["groq-2"], json!({"provider": "groq-2", "env": "GROQ_KEY_B"}));
    // Fallbacks rank behind.
    assert_eq!(
        made["models"]["claude-sonnet-4.6"]["targets"],
        json!([
            {"provider": "anthropic", "model": "claude-sonnet-4-6"},
            {"provider": "gemini", "model": "gemini-2.5-flash", "priority": 100},
        ])
    );
    assert_eq!(
        made["models"]["openai/*"]["targets"],
        json!([{"provider": "openai", "model": "*"}])
    );
    assert_eq!(made["models"]["of-a-team"]["teams"], json!(["data"]));
    assert_eq!(
        made["providers"]["llm.example.com"]["path"],
        json!({"strip": "/v1", "prefix": "/api/v2"})
    );
    assert_eq!(made["models"]["local-qwen"]["targets"][0]["model"], "Qwen/Qwen3-32B");
    assert_eq!(made["cooldown"], json!({"failures": 4, "seconds": 60}));
    assert!(made["models"]["from-afar"].is_null() && made["models"]["*"].is_null());
}

#[test]
fn a_litellm_proxys_teams_keep_their_keys() {
    let made = configuration(import(&["litellm", LITELLM, "--teams", TEAMS]));
    let data = &made["teams"]["data"];
    assert_eq!(
        data["models"],
        json!(["claude-sonnet-4.6", "gemini-2.5-flash", "gpt-4o", "of-a-team", "best", "smart"])
    );
    assert_eq!(data["aliases"], json!({"best": "claude-sonnet-4.6"}));
    assert_eq!(data["keys"][1]["disabled"], true);
    assert_eq!(data["keys"][0]["expires_at"], "2030-01-01T00:00:00Z");
    assert_eq!(data["credentials"], json!(["groq data", "groq data-at-groq-2", "openai-data"]));
    assert_eq!(data["model_credentials"], json!({"gpt-4o": ["openai-data-4o"]}));
    // SHA-256 of the master key, which is not repeated.
    assert_eq!(
        made["teams"]["admin"]["keys"][0]["sha256"],
        "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b"
    );
}

/// LiteLLM took the first credential of a team, whichever provider it was for.
#[test]
fn each_team_has_a_credential_for_each_of_four_providers() {
    let made = configuration(import(&["litellm", "tests/cli/import/litellm-teams.yaml"]));
    let text = made.to_string();
    for team in ["team-1", "team-2"] {
        for (model, provider) in [
            ("gpt-oss-120b", "bedrock"),
            ("gemini-2.5-pro", "gemini"),
            ("gpt-4o", "openai"),
            ("llama-3.3-70b", "groq"),
        ] {
            let arguments = ["explain", "-", "--team", team, "--model", model, "--format", "json"];
            let told = llm_router(&arguments).input(text.clone()).run().json();
            assert_eq!(told["upstream"]["cluster"], provider);
            let authorization = format!("Bearer [{provider}-{team}]");
            assert_eq!(
                told["upstream"]["headers"]["authorization"], authorization,
                "{team} {model}"
            );
        }
    }
    // A provider for which only the teams have keys has none for everybody.
    assert!(!text.contains("default_credential"), "{text}");
    let other = ["explain", "-", "--team", "admin", "--model", "gpt-4o", "--format", "json"];
    let told = llm_router(&other).input(text).run().json();
    assert_eq!(told["answer"]["code"], "credential_not_configured");
}

#[test]
fn a_llama_stacks_providers_and_models_are_carried_over() {
    let ran = import(&["llama-stack", LLAMA_STACK]);
    assert_remarks(LLAMA_STACK, &ran.stderr);
    let made = configuration(ran);
    assert_eq!(
        made["providers"]["openai"],
        json!({"kind": "openai", "cluster": "openai", "default_credential": "openai", "client_credentials": true})
    );
    assert_eq!(
        made["credentials"]["openai"],
        json!({"provider": "openai", "env": "OPENAI_API_KEY"})
    );
    // Without a key of its own it takes the callers'.
    assert_eq!(
        made["providers"]["groq"],
        json!({"kind": "groq", "cluster": "groq", "client_credentials": true})
    );
    assert_eq!(made["providers"]["ollama"]["authority"], "localhost:11434");
    assert_eq!(made["providers"]["sambanova"]["kind"], "sambanova");
    assert_eq!(
        made["models"]["meta-llama/Llama-3.3-70B-Instruct"]["targets"],
        json!([
            {"provider": "groq", "model": "llama-3.3-70b-versatile"},
            {"provider": "sambanova", "model": "Meta-Llama-3.3-70B-Instruct"},
        ])
    );
    assert_eq!(
        made["models"]["text-embedding-3-small"]["metadata"],
        json!({"embedding_dimension": 1536})
    );
    assert_eq!(made["models"]["llama3.2:3b"]["targets"], json!([{"provider": "ollama"}]));
    assert!(made["providers"]["cerebras"].is_null());
}

#[test]
fn only_what_cannot_be_read_is_trouble() {
    let missing = import(&["litellm", "no-such-file.yaml"]);
    assert_eq!((missing.status, &*missing.stdout), (2, ""));
    let broken = llm_router(&["import", "llama-stack", "-"]).input("a: [\n").run();
    assert_eq!((broken.status, &*broken.stdout), (2, ""));
    assert!(broken.stderr.starts_with("error: -:1:4: "), "{}", broken.stderr);
    // What can be read and is nothing to be imported is no configuration.
    let other = llm_router(&["import", "litellm", "-"]).input("a: 1\n").run();
    assert_eq!((other.status, &*other.stdout), (1, ""));
    assert_eq!(
        other.stderr,
        "error: -: there is no configuration of a LiteLLM proxy in this file\n"
    );
}
