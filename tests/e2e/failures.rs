//! The four ways in which gateways of this kind are known to fail, each by its name.

use crate::harness::catalogue::{self, BACK, BLUE, FORTH, NARROW, POOR, RED};
use crate::harness::{Call, Gateway, Received};

#[tokio::test]
async fn an_unregistered_provider_model_is_routed() {
    let gateway = Gateway::shared();
    for (asked, cluster, upstream_model) in [
        ("groq/llama-9", "groq", "llama-9"),
        ("groq/meta-llama/llama-4:free", "groq", "meta-llama/llama-4:free"),
        ("groq/openai/gpt-oss", "groq", "openai/gpt-oss"),
        ("groq/foo:groq", "groq", "foo:groq"),
        ("openai/gpt-7-preview", "openai", "gpt-7-preview"),
        ("mistral/magistral-next", "mistral", "magistral-next"),
        ("ollama/qwen3:8b", "ollama", "qwen3:8b"),
    ] {
        let exchange = gateway.send(Call::chat(asked).key(RED)).await;
        let received = exchange.upstream();
        assert_eq!(received.cluster, cluster, "{asked}");
        assert_eq!(received.model(), upstream_model, "{asked}");
    }
}

#[tokio::test]
async fn an_unknown_name_never_falls_to_a_default_provider() {
    let gateway = Gateway::shared();
    let unknown = [
        "gpt-9",
        "GPT-4o",
        " gpt-4o",
        "gpt-4o ",
        "Groq/llama-9",
        "groq/",
        "groq//llama-9",
        "/groq",
        "nobody/llama-9",
        "cerebras/wafer-2",
        "gpt-4o:nobody",
        "gpt-9:openai",
        "open/",
    ];
    for asked in unknown {
        let exchange = gateway.send(Call::chat(asked).key(RED)).await;
        assert_eq!(exchange.assert_rejected(404, "model_not_found"), not_found(asked));
    }
}

#[tokio::test]
async fn a_denied_registered_model_is_not_served_by_any_path() {
    let gateway = Gateway::shared();
    let paths = [
        // The name, its alias, pinned by either.
        "reserved-70b",
        "biggest",
        "reserved-70b:groq",
        "biggest:groq",
        "biggest:openai",
        // The provider's own name for it, in front of which another pattern may stand.
        "groq/llama-70b",
        "openai/llama-70b-hosted",
        "open/llama-70b",
        // A pattern, and what it stands for.
        "vault/7",
        "mistral/vault-7",
    ];
    for asked in paths {
        let denied = gateway.send(Call::chat(asked).key(BLUE)).await;
        assert_eq!(denied.assert_rejected(404, "model_not_found"), not_found(asked));
        let served = gateway.send(Call::chat(asked).key(RED)).await;
        assert!(!served.upstream().body.is_empty(), "{asked} is there for those who may");
    }
}

#[tokio::test]
async fn a_model_that_the_team_may_not_use_is_not_served_by_any_path() {
    let gateway = Gateway::shared();
    for asked in [
        "claude-sonnet-4.6",
        "sonnet",
        "claude-sonnet-4.6:anthropic",
        "sonnet:anthropic",
        "anthropic/claude-sonnet-4-6",
        "openai/gpt-4o-mini",
        "gpt-4o-mini",
        "fast",
    ] {
        let denied = gateway.send(Call::chat(asked).key(NARROW)).await;
        assert_eq!(denied.assert_rejected(404, "model_not_found"), not_found(asked));
    }
    for asked in ["gpt-4o", "latest", "gpt-4o:openai"] {
        assert_eq!(gateway.send(Call::chat(asked).key(NARROW)).await.upstream().model(), "gpt-4o");
    }
}

#[tokio::test]
async fn a_model_is_pinned_to_a_provider_by_suffix() {
    let gateway = Gateway::shared();
    for (asked, cluster, upstream_model) in [
        ("claude-sonnet-4.6", "bedrock", "us.anthropic.claude-sonnet-4-6"),
        ("claude-sonnet-4.6:bedrock", "bedrock", "us.anthropic.claude-sonnet-4-6"),
        ("claude-sonnet-4.6:anthropic", "anthropic", "claude-sonnet-4-6"),
        ("sonnet:anthropic", "anthropic", "claude-sonnet-4-6"),
        ("glm-5:groq", "groq", "zai/glm-5"),
        ("glm-5:openai", "openai", "glm-5-of-openai"),
    ] {
        let exchange = gateway.send(Call::chat(asked).key(RED)).await;
        let received = exchange.upstream();
        assert_eq!(received.cluster, cluster, "{asked}");
        assert_eq!(received.model(), upstream_model, "{asked}");
    }
}

#[tokio::test]
async fn a_pin_to_a_provider_without_the_model_lists_the_providers_that_have_it() {
    let gateway = Gateway::shared();
    // Only those that this team could be routed to: team back has no credential for groq.
    for (key, available) in [(RED, "groq, openai"), (BACK, "openai")] {
        let exchange = gateway.send(Call::chat("glm-5:anthropic").key(key)).await;
        let message = exchange.assert_rejected(400, "provider_not_found_for_model");
        let expected = format!(
            "Provider 'anthropic' does not support model 'glm-5'. Available providers: {available}"
        );
        assert_eq!(message, expected);
    }
    // A provider that could serve this team nothing is not told of.
    let exchange = gateway.send(Call::chat("glm-5:cerebras").key(BACK)).await;
    exchange.assert_rejected(404, "model_not_found");
}

#[tokio::test]
async fn a_team_with_keys_for_two_providers_sends_each_provider_only_its_own() {
    let gateway = Gateway::shared();
    for (key, team) in [(FORTH, "forth"), (BACK, "back")] {
        let exchange = gateway.send(Call::chat("openai/gpt-x").key(key)).await;
        let bearer = format!("Bearer {}", catalogue::credential("openai", team));
        assert_credential(exchange.upstream(), "openai", "authorization", &bearer);

        let exchange =
            gateway.send(Call::chat("anthropic/claude-x").at("/v1/messages").key(key)).await;
        let bare = catalogue::credential("anthropic", team);
        assert_credential(exchange.upstream(), "anthropic", "x-api-key", &bare);
    }
}

#[tokio::test]
async fn a_team_without_a_credential_gets_403_and_nothing_is_sent() {
    let gateway = Gateway::shared();
    for asked in ["gpt-4o", "openai/gpt-x", "claude-sonnet-4.6", "glm-5:groq", "open/llama-9"] {
        let exchange = gateway.send(Call::chat(asked).key(POOR)).await;
        exchange.assert_rejected(403, "credential_not_configured");
        assert_eq!(exchange.json()["error"]["type"], "permission_error");
    }
    // A provider that wants none is open to the team all the same.
    let exchange = gateway.send(Call::chat("local").key(POOR)).await;
    assert_eq!(exchange.upstream().header("authorization"), None);
}

/// The provider got this one credential, in this one header, and no other secret in any.
fn assert_credential(received: &Received, cluster: &str, name: &str, value: &str) {
    assert_eq!(received.cluster, cluster);
    assert_eq!(received.header(name), Some(value));
    for (other, held) in received.headers.iter().filter(|(other, _)| other != name) {
        let held = String::from_utf8_lossy(held);
        for secret in catalogue::secrets() {
            assert!(!held.contains(&secret), "{other} holds {secret}");
        }
    }
}

fn not_found(model: &str) -> String {
    format!("The model `{model}` does not exist or you do not have access to it.")
}
