//! Header fields beyond all measure.

use super::{gateway, Bystanders};
use crate::harness::answers::Scripted;
use crate::harness::catalogue::RED;
use crate::harness::client::unique_test_id;
use crate::harness::provider::TEST_ID;
use crate::harness::{artefacts, Call, Gateway};

/// Envoy takes 60 KiB of header fields in all, and 100 of them.
const TOO_LONG: usize = 62 * 1024;
const LONG: usize = 50 * 1024;

#[tokio::test]
async fn header_fields_beyond_envoys_limits_are_refused_and_below_them_pass() {
    let gateway = gateway();
    let bystanders = Bystanders::of(&gateway);
    let call = || Call::chat("gpt-4o").key(RED);
    for name in ["x-long", "cookie", "x-llm-provider-data", "content-type", "x-llm-cluster"] {
        for (over_http2, call) in [(false, call().http1()), (true, call().http2())] {
            let too_long = call.clone().header(name, "x".repeat(TOO_LONG));
            match (artefacts::envoy_minor(), name, over_http2) {
                // This one version does not count it.
                (37, "cookie", true) => assert_eq!(gateway.send(too_long).await.status, 200),
                _ => assert_refused(&gateway, too_long).await,
            }
            let exchange = gateway.send(call.header(name, "x".repeat(LONG))).await;
            // What no content type and no provider data can be is refused by the filter.
            let expected = match name {
                "content-type" => 415,
                "x-llm-provider-data" => 400,
                _ => 200,
            };
            assert_eq!(exchange.status, expected, "{name}: {}", exchange.text());
            let passes = exchange.upstream.iter().flat_map(|received| received.all(name)).count();
            assert_eq!(passes, usize::from(name == "x-long"), "{name}");
        }
    }
    for call in [call().http1(), call().http2()] {
        let with = |number: usize| {
            (0..number).fold(call.clone(), |call, one| call.header(&format!("x-{one}"), "x"))
        };
        assert_eq!(gateway.send(with(60)).await.status, 200);
        assert_refused(&gateway, with(200)).await;
    }
    bystanders.all_well().await;
}

/// Envoy answers by 431, or resets the stream: nothing is sent on.
async fn assert_refused(gateway: &Gateway, call: Call) {
    let test_id = unique_test_id();
    let call = call.header(TEST_ID, test_id.as_str());
    if let Ok(answer) = call.send(gateway.listener("main")).await {
        assert_eq!(answer.status, 431);
    }
    assert!(gateway.received(&test_id).is_empty());
}

#[tokio::test]
async fn a_key_or_a_path_of_50_kilobytes_is_an_unknown_one() {
    let gateway = gateway();
    for call in [Call::chat("gpt-4o").http1(), Call::chat("gpt-4o").http2()] {
        let exchange = gateway.send(call.clone().key(&"k".repeat(LONG))).await;
        exchange.assert_rejected(401, "invalid_api_key");
        let exchange = gateway.send(call.key(RED).at(&format!("/v1/{}", "p".repeat(LONG)))).await;
        exchange.assert_rejected(404, "unknown_endpoint");
        assert!(exchange.body.len() < 1_000, "an answer repeats little of what the client sent");
    }
}

#[tokio::test]
async fn a_providers_answer_with_header_fields_beyond_envoys_limits_is_none() {
    let gateway = gateway();
    let bystanders = Bystanders::of(&gateway);
    for model in ["gpt-4o", "over-http2"] {
        for (length, expected) in [(LONG, 200), (3 * LONG, 502)] {
            let answer = Scripted::status(200).long_header(length).body("{}");
            let exchange = gateway.send(Call::chat(model).key(RED).answered(&answer).http1()).await;
            assert_eq!(exchange.status, expected, "{model}: {}", exchange.text());
        }
    }
    bystanders.all_well().await;
}
