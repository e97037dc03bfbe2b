//! What access logs and metrics tell of it.

use super::site::{chat, failing, gateway, BLUE, RED};
use serde_json::Value;

#[tokio::test]
async fn the_access_log_tells_attempts_providers_tried_and_the_final_provider() {
    for (faults, status, attempts, tried, provider, model) in [
        ("none", 200, "1", "bedrock", "bedrock", "model-at-bedrock"),
        ("bedrock=503", 200, "2", "bedrock,anthropic", "anthropic", "model-at-anthropic"),
        (
            "bedrock=503 anthropic=503",
            503,
            "3",
            "bedrock,anthropic,bedrock",
            "bedrock",
            "model-at-bedrock",
        ),
    ] {
        let exchange = gateway().send(failing(chat("pair", RED), faults)).await;
        assert_eq!(exchange.status, status);
        let entry = gateway().access_log(&exchange.test_id).await;
        let expected = [
            ("attempts", attempts),
            ("providers_tried", tried),
            ("provider", provider),
            ("upstream_model", model),
            ("team", RED),
            ("key_id", "k"),
            ("model", "pair"),
            ("code", if status == 200 { "ok" } else { "upstream_error" }),
        ];
        for (name, value) in expected {
            assert_eq!(entry[name], value, "{name} of {entry}");
        }
    }
    // A request to one provider alone makes no attempts.
    let exchange = gateway().send(chat("alone:bedrock", BLUE)).await;
    let entry = gateway().access_log(&exchange.test_id).await;
    assert_eq!((&entry["attempts"], &entry["provider"]), (&Value::Null, &"bedrock".into()));
}

#[tokio::test]
async fn metrics_tell_attempts_failovers_and_who_answered() {
    let team = "counted";
    let model = "pair";
    for faults in ["none", "bedrock=503", "bedrock=503", "bedrock=503 anthropic=500"] {
        gateway().send_to("cooldown", failing(chat(model, team), faults)).await;
    }
    let of = |provider: &'static str| [("team", team), ("provider", provider), ("model", model)];
    let expected = [
        ("attempts", "bedrock", 5.0),
        ("attempts", "anthropic", 3.0),
        ("failovers", "bedrock", 3.0),
        ("failovers", "anthropic", 1.0),
        // It failed again while it rested.
        ("cooldowns", "bedrock", 2.0),
        ("requests", "bedrock", 2.0),
        ("requests", "anthropic", 2.0),
        ("completion_tokens", "anthropic", 6.0),
    ];
    let metrics =
        gateway().metrics_once(|metrics| metrics.sum("requests", &[("team", team)]) >= 4.0).await;
    for (name, provider, value) in expected {
        assert_eq!(metrics.sum(name, &of(provider)), value, "{name} {provider}");
    }
}
