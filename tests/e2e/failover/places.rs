//! Which providers a request is tried at, and what an attempt is spent on.

use super::site::{
    assert_credential, chat, failing, gateway, key, tried, BLUE, GREEN, LONE, RED, RETRIES,
    TRIED_HEADER,
};
use crate::harness::variants::OWN_KEY;
use crate::harness::Call;

#[tokio::test]
async fn a_team_with_one_credential_goes_to_its_provider_alone() {
    let (lone, provider) = LONE;
    for (listener, model) in [("main", "pair"), ("parts", "any")] {
        let exchange = gateway().send_to(listener, chat(model, lone)).await;
        assert_eq!(exchange.upstream().cluster, provider);
        assert_credential(exchange.upstream(), lone);
        // There is nowhere else to go, however often it is tried.
        let exchange =
            gateway().send_to(listener, failing(chat(model, lone), "anthropic=503")).await;
        assert_eq!(tried(&exchange), [provider; 1 + RETRIES as usize]);
    }
}

#[tokio::test]
async fn no_attempt_is_spent_on_a_provider_that_the_team_has_no_credential_for() {
    let (green, [second, third]) = GREEN;
    let exchange = gateway().send_to("parts", failing(chat("any", green), "anthropic=503")).await;
    assert_eq!((exchange.status, tried(&exchange)), (200, vec![second, third]));
    let both = failing(chat("any", green), "anthropic=503 openai=503");
    let exchange = gateway().send_to("parts", both).await;
    // As many attempts as the operator has configured, all of them real.
    assert_eq!((exchange.status, tried(&exchange)), (503, vec![second, third, second]));
    for received in &exchange.upstream {
        assert_credential(received, green);
    }
}

#[tokio::test]
async fn each_provider_of_four_gets_its_turn_and_its_own_request() {
    let faults = failing(chat("any", RED), "bedrock=503 anthropic=429");
    let exchange = gateway().send_to("parts", faults).await;
    assert_eq!((exchange.status, tried(&exchange)), (200, vec!["bedrock", "anthropic", "openai"]));
    let exchange = gateway().send_to("parts", failing(chat("two", BLUE), "openai=503")).await;
    assert_eq!(tried(&exchange), ["openai", "azure"]);
    let [openai, azure] = &*exchange.upstream else { panic!() };
    assert_eq!(openai.path, "/v1/chat/completions");
    let deployed = "/openai/deployments/model-at-azure/chat/completions?api-version=2024-10-21";
    assert_eq!((&*azure.path, &*azure.authority), (deployed, "red.openai.azure.com"));
    assert_eq!(azure.header("authorization"), None);
    assert_credential(azure, BLUE);
}

#[tokio::test]
async fn what_one_provider_is_not_sent_the_next_one_is() {
    let call = |model: &str| {
        chat(model, RED)
            .header("openai-organization", "org-1")
            .header("x-debug-trace", "on")
            .header("x-origin", "client")
            .header("x-other", "kept")
    };
    let exchange =
        gateway().send_to("parts", failing(call("any"), "bedrock=503 anthropic=503")).await;
    let [bedrock, anthropic, openai] = &*exchange.upstream else { panic!("{}", exchange.status) };
    let seen = |received: &crate::harness::Received| {
        ["openai-organization", "x-debug-trace", "x-origin", "anthropic-version", "x-other"]
            .map(|name| received.header(name).map(str::to_owned))
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(seen(bedrock), [None, text("on"), text("client"), None, text("kept")]);
    assert_eq!(seen(anthropic), [None, None, text("gateway"), text("2023-06-01"), text("kept")]);
    assert_eq!(seen(openai), [None, text("on"), text("client"), None, text("kept")]);
}

#[tokio::test]
async fn a_client_says_the_version_of_anthropics_api_for_every_attempt() {
    let call = chat("pair", RED).at("/v1/messages").header("anthropic-version", "2024-01-01");
    let exchange = gateway().send(failing(call, "bedrock=503")).await;
    let [_, anthropic] = &*exchange.upstream else { panic!() };
    assert_eq!(anthropic.header("anthropic-version"), Some("2024-01-01"));
}

#[tokio::test]
async fn pinned_requests_never_fail_over() {
    for model in ["pair:bedrock", "couple:bedrock", "bedrock/model-at-bedrock"] {
        let exchange = gateway().send(failing(chat(model, BLUE), "bedrock=503")).await;
        assert_eq!(tried(&exchange), ["bedrock"; 1 + RETRIES as usize], "{model}");
    }
}

#[tokio::test]
async fn an_alias_and_a_pattern_fail_over_like_the_name() {
    for (model, at_first, at_second) in [
        ("couple", "model-at-bedrock", "model-at-anthropic"),
        ("claude-opus-9", "us.vendor.claude-opus-9", "claude-opus-9"),
    ] {
        let exchange = gateway().send(failing(chat(model, BLUE), "bedrock=503")).await;
        let [first, second] = &*exchange.upstream else { panic!("{model}: {}", exchange.status) };
        assert_eq!((first.model(), second.model()), (at_first.into(), at_second.into()));
    }
}

#[tokio::test]
async fn a_request_with_the_callers_own_key_stays_at_its_provider() {
    let data = format!(r#"{{"anthropic_api_key":"{OWN_KEY}"}}"#);
    let call = chat("pair:anthropic", RED).header("x-llm-provider-data", data.as_str());
    let exchange = gateway().send(failing(call, "anthropic=503")).await;
    assert_eq!(tried(&exchange), ["anthropic"; 1 + RETRIES as usize]);
    for received in &exchange.upstream {
        assert_eq!(received.header("x-api-key"), Some(OWN_KEY));
    }
    // In the body: it is cut out, and the key is used for no other provider.
    let body = format!(
        r#"{{"model":"pair","provider_data":{{"anthropic":{{"api_key":"{OWN_KEY}"}}}},"messages":[]}}"#
    );
    let call = Call::post("/v1/chat/completions", body)
        .header("content-type", "application/json")
        .key(&key(RED));
    let exchange = gateway().send(failing(call, "bedrock=503")).await;
    assert_eq!(tried(&exchange), ["bedrock"; 1 + RETRIES as usize]);
    for received in &exchange.upstream {
        assert!(!String::from_utf8_lossy(&received.body).contains(OWN_KEY));
        assert_credential(received, RED);
    }
}

#[tokio::test]
async fn a_provider_in_cooldown_is_passed_over_without_an_attempt() {
    // An answer that is a failure, none in time, and none at all: each attempt is counted where it is made.
    for (team, fault) in [("cooldown", "503"), ("unheard", "hang"), ("hung-up-on", "hang-up")] {
        for _ in 0..3 {
            let call = failing(chat("pair", team), &format!("bedrock={fault}"));
            let exchange = gateway().send_to("cooldown", call).await;
            assert_eq!((exchange.status, tried(&exchange)), (200, vec!["bedrock", "anthropic"]));
        }
        for _ in 0..6 {
            let exchange = gateway().send_to("cooldown", chat("pair", team)).await;
            assert_eq!(exchange.upstream().cluster, "anthropic", "{fault}");
            assert_eq!(exchange.header(TRIED_HEADER), Some("anthropic"));
        }
        let exchange =
            gateway().send_to("parts", failing(chat("any", team), "anthropic=503")).await;
        assert_eq!((exchange.status, tried(&exchange)), (200, vec!["anthropic", "openai"]));
    }
    // Another team's credential for the same provider does not rest.
    let exchange = gateway().send_to("cooldown", chat("pair", "spared")).await;
    assert_eq!(exchange.upstream().cluster, "bedrock");
}

#[tokio::test]
async fn a_client_that_leaves_starts_no_cooldown() {
    let team = "leaving";
    let gateway = gateway();
    let call = || failing(chat("pair", team), "bedrock=hang");
    // Over the one the connection ends, over the other a stream alone.
    for call in [call().http1(), call().http2()].into_iter().cycle().take(8) {
        let asked = call.open(gateway.listener("cooldown"));
        let left = tokio::time::timeout(std::time::Duration::from_millis(400), asked).await;
        assert!(left.is_err(), "it was answered");
    }
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(gateway.send_to("cooldown", chat("pair", team)).await.upstream().cluster, "bedrock");
}
