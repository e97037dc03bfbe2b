//! What goes wrong at the first provider, and what the second one gets.

use super::site::{
    assert_credential, assert_same, chat, configuration, failing, gateway, own, tried,
    upstream_model, BLUE, RED, TRIED_HEADER,
};
use crate::harness::bootstrap::Listener;
use crate::harness::fault::FAULTS;
use crate::harness::live::looks_whole_when_broken;
use crate::harness::pool::{retry_policy, Endpoint, Pool};
use crate::harness::sabotage;
use http_body_util::BodyExt;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What the second provider would be sent by a request of its own.
async fn what_anthropic_gets(team: &str) -> crate::harness::Received {
    let pinned = chat("alone:anthropic", team).header(FAULTS, "none");
    gateway().send(pinned).await.upstream().clone()
}

#[tokio::test]
async fn after_a_failure_the_second_provider_gets_what_a_request_of_its_own_would_be() {
    for (fault, team) in [("503", RED), ("429", BLUE), ("500", RED), ("hang-up", BLUE)] {
        let exchange =
            gateway().send(failing(chat("pair", team), &format!("bedrock={fault}"))).await;
        assert_eq!(
            (exchange.status, tried(&exchange)),
            (200, vec!["bedrock", "anthropic"]),
            "{fault}"
        );
        let [first, second] = &*exchange.upstream else { panic!("{fault}") };
        assert_credential(first, team);
        assert_eq!(first.model(), upstream_model("bedrock"));
        assert_eq!(first.path, "/openai/v1/chat/completions");
        assert_eq!(first.authority, "bedrock-runtime.us-east-1.amazonaws.com");
        assert_credential(second, team);
        assert_eq!(second.model(), upstream_model("anthropic"));
        assert_eq!(second.path, "/v1/chat/completions");
        assert_eq!(second.authority, "api.anthropic.com");
        second.assert_framed_exactly();
        assert_same(second, &what_anthropic_gets(team).await);
        assert_eq!(exchange.json()["model"], upstream_model("anthropic"));
    }
}

#[tokio::test]
async fn after_a_refused_connection_the_second_provider_gets_the_request() {
    let team = RED;
    let exchange = gateway().send(chat("far", team).header(FAULTS, "none")).await;
    assert_same(exchange.upstream(), &what_anthropic_gets(team).await);
    assert_credential(exchange.upstream(), team);
    assert_eq!(exchange.header(TRIED_HEADER), Some("bedrock, anthropic"));
}

#[tokio::test]
async fn a_provider_that_hangs_is_left_when_its_time_is_over() {
    let team = BLUE;
    // Its start takes longer than any answer.
    let gateway = gateway();
    let began = Instant::now();
    let exchange = gateway.send(failing(chat("pair", team), "bedrock=hang")).await;
    let took = began.elapsed();
    assert_eq!((exchange.status, tried(&exchange)), (200, vec!["bedrock", "anthropic"]));
    assert!(took > Duration::from_millis(1_900) && took < Duration::from_secs(10), "{took:?}");
    let [first, second] = &*exchange.upstream else { panic!() };
    assert_credential(first, team);
    assert_credential(second, team);
    assert_same(second, &what_anthropic_gets(team).await);
}

#[tokio::test]
async fn where_nothing_fails_one_provider_is_asked_once() {
    let exchange = gateway().send(chat("pair", RED)).await;
    let received = exchange.upstream();
    assert_credential(received, RED);
    let pinned = gateway().send(chat("alone:bedrock", RED)).await;
    assert_same(received, pinned.upstream());
}

#[tokio::test]
async fn where_all_fail_the_client_gets_one_clear_error() {
    // What the last provider said, once. Envoy begins anew where every provider was tried.
    let both = failing(chat("pair", RED), "bedrock=503 anthropic=500");
    let exchange = gateway().send(both).await;
    assert_eq!((exchange.status, tried(&exchange)), (503, vec!["bedrock", "anthropic", "bedrock"]));
    assert_eq!(exchange.json()["error"]["message"], "Slow down.");
    for received in &exchange.upstream {
        assert_credential(received, RED);
    }
    let [first, _, last] = &*exchange.upstream else { panic!() };
    assert_same(first, last);
}

#[tokio::test]
async fn a_provider_that_refuses_the_gateways_credential_ends_it_with_our_error() {
    let exchange = gateway().send(failing(chat("pair", BLUE), "bedrock=401")).await;
    assert_eq!((exchange.status, tried(&exchange)), (502, vec!["bedrock"]));
    assert_eq!(exchange.json()["error"]["code"], "upstream_authentication_failed");
    // A 403 tells the client something, unless its body is about the credential.
    let exchange = gateway().send(failing(chat("pair", BLUE), "bedrock=403")).await;
    assert_eq!((exchange.status, tried(&exchange)), (403, vec!["bedrock"]));
    assert_eq!(exchange.json()["error"]["type"], "provider_error");
}

#[tokio::test]
async fn an_answer_that_has_begun_is_never_tried_again() {
    let gateway = gateway();
    let mut live = gateway.send_live(chat("pair", RED)).await;
    live.provider.say("data: {\"choices\":[]}\n\n");
    let piece = live.answer.body_mut().frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(&*piece, b"data: {\"choices\":[]}\n\n");
    // Longer than an attempt may take: a stream is not an attempt that hangs.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    live.provider.say("data: more\n\n");
    let piece = live.answer.body_mut().frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(&*piece, b"data: more\n\n");
    live.provider.break_off();
    let expected = looks_whole_when_broken(&live.answer);
    assert_eq!(live.answer.collect().await.is_ok(), expected, "the stream went on");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(gateway.received(&live.test_id).len(), 1);
}

#[tokio::test]
async fn a_stream_comes_from_the_second_provider_as_from_the_first() {
    let gateway = gateway();
    let mut live = gateway.send_live(failing(chat("pair", BLUE), "bedrock=503")).await;
    live.provider.say("data: {}\n\n");
    let piece = live.answer.body_mut().frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(&*piece, b"data: {}\n\n");
    drop(live.provider);
    // The end may come in a frame of its own.
    assert!(live.answer.collect().await.unwrap().to_bytes().is_empty());
    assert_eq!(gateway.received(&live.test_id).len(), 2);
}

#[tokio::test]
async fn without_a_retry_policy_one_provider_is_tried() {
    let call = failing(chat("pair", RED), "bedrock=503");
    let exchange = gateway().send_to("without-retries", call).await;
    assert_eq!((exchange.status, tried(&exchange)), (503, vec!["bedrock"]));
}

/// The pool's virtual machine traps in the answer to every attempt: Envoy answers in its place, until it is loaded again and
/// while it is not. None of these answers is a provider's.
#[tokio::test]
async fn requests_that_a_trapped_pool_answers_are_not_counted_as_the_providers() {
    const REQUESTS: usize = 6;
    let directory = TempDir::new().unwrap();
    let wasm = sabotage::trapping_in("proxy_on_response_headers", directory.path());
    let plain = configuration();
    let listener = Listener::new("main", &plain).retrying(retry_policy(2));
    let pool = Pool::new("pair", &plain, ["bedrock", "anthropic"].map(Endpoint::of)).wasm(wasm);
    let gateway = own(vec![listener], vec![pool]);
    for _ in 0..REQUESTS {
        let exchange = gateway.send(chat("pair", RED).header(FAULTS, "none")).await;
        assert_eq!(exchange.status, 503);
        assert_eq!(gateway.access_log(&exchange.test_id).await["code"], "local_reply");
    }
    let all = [("team", RED)];
    let metrics =
        gateway.metrics_once(|metrics| metrics.sum("requests", &all) >= REQUESTS as f64).await;
    let local = [("team", RED), ("code", "local_reply")];
    assert_eq!(metrics.sum("requests", &all), REQUESTS as f64);
    assert_eq!(metrics.sum("requests", &local), REQUESTS as f64);
    assert_eq!(metrics.sum("cooldowns", &all), 0.0);
    // Some came while the machine was waited for: no attempt was made for these.
    let attempts = metrics.sum("attempts", &all);
    assert!((1.0..REQUESTS as f64).contains(&attempts), "{attempts}");
    assert!(!gateway.excuse_traps().is_empty());
}
