//! What clients and providers might say to steer it, and what comes of that.

use super::site::{
    assert_credential, assert_same, chat, failing, gateway, tried, BLUE, GREEN, RED, RETRIES,
    SUBSET_HEADER, TRIED_HEADER,
};
use crate::harness::answers::Scripted;

#[tokio::test]
async fn clients_cannot_choose_providers_or_steer_envoys_retries() {
    let forged = [
        ("x-llm-cluster", "pair"),
        ("llm_router.failover_context", "{}"),
        ("x-envoy-max-retries", "9"),
        ("x-envoy-retry-on", "retriable-4xx"),
        ("x-envoy-retriable-status-codes", "400,404"),
        ("x-envoy-hedge-on-per-try-timeout", "true"),
        ("x-envoy-upstream-rq-timeout-ms", "1"),
        ("x-envoy-upstream-rq-per-try-timeout-ms", "1"),
        ("x-envoy-upstream-alt-stat-name", "forged"),
        ("x-envoy-attempt-count", "7"),
    ];
    for (listener, model) in [("main", "pair"), ("parts", "any")] {
        let (team, faults) = (BLUE, "bedrock=503 anthropic=503 openai=503 azure=503");
        let mut call = failing(chat(model, team), faults);
        for (name, value) in forged {
            call = call.header(name, value);
        }
        if listener == "parts" {
            call = call.header(SUBSET_HEADER, "anthropic+bedrock");
        }
        let exchange = gateway().send_to(listener, call).await;
        assert_eq!((exchange.status, exchange.upstream.len()), (503, 1 + RETRIES as usize));
        let honest = gateway().send_to(listener, failing(chat(model, team), faults)).await;
        for (received, as_if_honest) in exchange.upstream.iter().zip(&honest.upstream) {
            assert_credential(received, team);
            let mut received = received.clone();
            received.headers.retain(|(name, _)| name != "llm_router.failover_context");
            assert_same(&received, as_if_honest);
        }
    }
    // A subset that the team has no credentials for.
    let (green, _) = GREEN;
    let call = failing(chat("any", green), "anthropic=503").header(SUBSET_HEADER, "azure+bedrock");
    let exchange = gateway().send_to("parts", call).await;
    assert_eq!(tried(&exchange), ["anthropic", "openai"]);
}

#[tokio::test]
async fn an_answer_that_is_no_failure_is_not_tried_again_whatever_the_client_asks_for() {
    let call =
        failing(chat("pair", RED), "bedrock=404").header("x-envoy-retry-on", "retriable-4xx,5xx");
    let call = call.header("x-envoy-retriable-status-codes", "404");
    let exchange = gateway().send(call).await;
    assert_eq!((exchange.status, tried(&exchange)), (404, vec!["bedrock"]));
}

#[tokio::test]
async fn what_a_provider_says_of_failover_is_not_believed() {
    let answer = Scripted::status(200)
        .header(TRIED_HEADER, "forged")
        .header("x-llm-cluster", "site")
        .body("{}");
    let exchange = gateway().send(chat("pair", RED).answered(&answer)).await;
    assert_eq!(exchange.header(TRIED_HEADER), Some("bedrock"));
    let exchange = gateway().send(chat("alone:anthropic", RED).answered(&answer)).await;
    assert_eq!(exchange.header(TRIED_HEADER), Some("anthropic"));
    // Where nobody has asked for it, nothing is said.
    let exchange = gateway().send_to("parts", chat("any", RED)).await;
    assert_eq!((exchange.header(TRIED_HEADER), exchange.header(SUBSET_HEADER)), (None, None));
}

#[tokio::test]
async fn the_model_that_a_client_names_is_text_wherever_it_stands() {
    for model in [
        "claude-\"},{\"provider\":\"openai",
        "claude-\\u0000",
        "claude-,bedrock",
        "claude-ü\u{1F600}",
    ] {
        let exchange = gateway().send(failing(chat(model, RED), "bedrock=503")).await;
        let [first, second] = &*exchange.upstream else { panic!("{model}: {}", exchange.text()) };
        assert_eq!(
            (first.model(), second.model()),
            (format!("us.vendor.{model}"), model.to_owned())
        );
        assert_credential(first, RED);
        assert_credential(second, RED);
    }
}
