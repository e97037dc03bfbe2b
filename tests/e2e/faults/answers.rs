//! Providers that fail in the middle of what they do.

use super::{gateway, Bystanders};
use crate::harness::answers::{FAIL_WITH, HANG_UP, SAY_NOTHING};
use crate::harness::catalogue::RED;
use crate::harness::gateway::Live;
use crate::harness::live::looks_whole_when_broken;
use crate::harness::{Call, Exchange};
use http_body_util::BodyExt;

/// A model behind a provider that speaks HTTP/1.1, and one behind HTTP/2.
const MODELS: [&str; 2] = ["gpt-4o", "over-http2"];

fn calls() -> impl Iterator<Item = Call> {
    let of = |model| [Call::chat(model).key(RED).http1(), Call::chat(model).key(RED).http2()];
    MODELS.into_iter().flat_map(of)
}

#[tokio::test]
async fn a_provider_that_resets_before_its_answer_is_a_503_and_harms_nobody_else() {
    let gateway = gateway();
    let bystanders = Bystanders::of(&gateway);
    for _ in 0..5 {
        for call in calls() {
            let exchange = gateway.send(call.header(FAIL_WITH, HANG_UP)).await;
            assert_eq!((exchange.status, exchange.upstream.len()), (503, 1), "{}", exchange.text());
            let entry = gateway.access_log(&exchange.test_id).await;
            // The request was well and went out; the provider is to blame (UC, UR).
            assert_eq!(entry["code"], "upstream_unreachable");
            assert!(matches!(entry["flags"].as_str(), Some("UC" | "UR")), "{entry}");
        }
    }
    bystanders.all_well().await;
}

#[tokio::test]
async fn an_answer_that_breaks_off_never_looks_whole_to_its_client() {
    let gateway = gateway();
    let bystanders = Bystanders::of(&gateway);
    for length in [Some(1000), None] {
        for call in calls() {
            let Live { provider, mut answer, test_id } = gateway.send_live_of(length, call).await;
            assert_eq!(answer.status(), 200);
            let piece = "data: {\"usage\":{\"prompt_tokens\":1";
            provider.say(piece);
            let heard = answer.body_mut().frame().await.unwrap().unwrap().into_data().unwrap();
            assert_eq!(heard, piece);
            provider.break_off();
            let expected = looks_whole_when_broken(&answer);
            assert_eq!(
                answer.collect().await.is_ok(),
                expected,
                "what it takes for the end: {length:?}"
            );
            let entry = gateway.access_log(&test_id).await;
            // The record tells the truth also of an answer that looks whole to its client.
            let logged = (&entry["status"], &entry["code"]);
            assert_eq!(logged, (&200.into(), &"upstream_incomplete".into()));
        }
    }
    bystanders.all_well().await;
}

#[tokio::test]
async fn a_provider_that_says_nothing_is_given_up_after_the_routes_timeout() {
    let gateway = gateway();
    let bystanders = Bystanders::of(&gateway);
    let silent = calls().map(|call| {
        let gateway = gateway.clone();
        async move { gateway.send_to("impatient", call.header(FAIL_WITH, SAY_NOTHING)).await }
    });
    let given_up: Vec<Exchange> = futures_util::future::join_all(silent).await;
    for exchange in given_up {
        assert_eq!((exchange.status, exchange.upstream.len()), (504, 1), "{}", exchange.text());
        let entry = gateway.access_log(&exchange.test_id).await;
        assert_eq!((&entry["flags"], &entry["code"]), (&"UT".into(), &"upstream_timeout".into()));
    }
    bystanders.all_well().await;
}
