//! envoy/failover/envoy.yaml as it is shipped: with large bodies, and for both kinds of clients.

use crate::harness::fault::FAULTS;
use crate::harness::shipped::{self, Upstream};
use crate::harness::{artefacts, Call, Gateway};
use serde_json::json;

#[tokio::test]
async fn the_shipped_pool_hands_a_large_body_on_whatever_the_providers_speak() {
    for upstream in [Upstream::Http1, Upstream::Http2] {
        let bootstrap = shipped::example("failover/envoy.yaml", upstream);
        let gateway = Gateway::own(&["anthropic", "bedrock", "openai"], bootstrap);
        // Before 1.37 the route's limit does not hold for the filter.
        let large = if artefacts::envoy_minor() < 37 { 100_000 } else { 9_000_000 };
        for length in [1_000, large] {
            let body = json!({"messages": ["x".repeat(length)], "model": "smart"}).to_string();
            let call = Call::post("/v1/messages", body)
                .header("content-type", "application/json")
                .header(FAULTS, "bedrock=503")
                .key(&shipped::value_of("RESEARCH_VIRTUAL_KEY"));
            for call in [call.clone().http1(), call.http2()] {
                let exchange = gateway.send_to("llm", call).await;
                let tried: Vec<_> = exchange.upstream.iter().map(|one| &*one.cluster).collect();
                assert_eq!((exchange.status, &*tried), (200, &["bedrock", "anthropic"][..]));
                assert!(exchange.upstream.iter().all(|one| one.body.len() > length));
                // A success, so that nothing is in cooldown.
                let call = Call::chat("smart")
                    .at("/v1/messages")
                    .key(&shipped::value_of("RESEARCH_VIRTUAL_KEY"));
                assert_eq!(gateway.send_to("llm", call).await.upstream().cluster, "bedrock");
            }
        }
    }
}

/// Bedrock does not serve Claude to OpenAI's clients: their requests begin at the next provider of the pool.
#[tokio::test]
async fn each_kind_of_client_fails_over_between_providers_that_serve_its_endpoint() {
    let bootstrap = shipped::example("failover/envoy.yaml", Upstream::Http1);
    let gateway = Gateway::own(&["anthropic", "bedrock", "openai"], bootstrap);
    let research = shipped::value_of("RESEARCH_VIRTUAL_KEY");
    for (path, faults, expected) in [
        ("/v1/messages", "", &[("bedrock", "/anthropic/v1/messages")][..]),
        (
            "/v1/messages",
            "bedrock=503",
            &[("bedrock", "/anthropic/v1/messages"), ("anthropic", "/v1/messages")],
        ),
        ("/v1/chat/completions", "", &[("anthropic", "/v1/chat/completions")]),
        (
            "/v1/chat/completions",
            "anthropic=503",
            &[("anthropic", "/v1/chat/completions"), ("openai", "/v1/chat/completions")],
        ),
        // One provider alone serves it: no pool, and its own cluster.
        ("/v1/messages/count_tokens", "", &[("anthropic", "/v1/messages/count_tokens")]),
        ("/v1/responses", "", &[("openai", "/v1/responses")]),
    ] {
        let call = Call::chat("smart").at(path).header(FAULTS, faults).key(&research);
        let exchange = gateway.send_to("llm", call).await;
        let seen: Vec<_> =
            exchange.upstream.iter().map(|one| (&*one.cluster, &*one.path)).collect();
        assert_eq!((exchange.status, &*seen), (200, expected), "{path} {faults}");
    }
    let call = Call::chat("smart").at("/v1/rerank").key(&research);
    gateway.send_to("llm", call).await.assert_rejected(400, "endpoint_not_supported");
}
