//! A connection outlives its requests, and a request may outlive its client.

use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::catalogue::{self, RED};
use crate::harness::client::{unique_test_id, Frames};
use crate::harness::provider::TEST_ID;
use crate::harness::wire::head;
use crate::harness::{Call, Gateway, RawRequest, Wire};
use serde_json::{json, Value};
use std::time::Duration;

fn chat(model: &str) -> RawRequest {
    let body = json!({"model": model}).to_string();
    RawRequest::new("POST /v1/chat/completions").key(RED).body(body.as_bytes())
}

#[tokio::test]
async fn an_answer_of_the_filter_leaves_the_connection_usable() {
    let gateway = Gateway::shared();
    let mut wire = Wire::connect(gateway.listener("main")).await;
    for _ in 0..3 {
        let denied = chat("of-nobody");
        wire.write([denied.head(""), denied.payload()].concat()).await;
        assert_eq!(wire.answer().await.status, 404);
        wire.write(head("GET /v1/models", &[])).await;
        assert_eq!(wire.answer().await.status, 401);
        let (served, test_id) = (chat("gpt-4o"), unique_test_id());
        wire.write([served.head(&test_id), served.payload()].concat()).await;
        assert_eq!(wire.answer().await.status, 200);
        assert_eq!(gateway.received(&test_id)[0].model(), "gpt-4o");
    }
}

#[tokio::test]
async fn requests_sent_ahead_of_their_answers_are_answered_in_turn() {
    let gateway = Gateway::shared();
    let mut wire = Wire::connect(gateway.listener("main")).await;
    let models = ["of-nobody", "glm-5:groq"];
    let pipeline = models.map(|model| [chat(model).head(""), chat(model).payload()].concat());
    wire.write(pipeline.concat()).await;
    let mut answers = Vec::new();
    for _ in models {
        let answer = wire.answer().await;
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        answers.push((answer.status.as_u16(), body["model"].as_str().map(str::to_owned)));
    }
    assert_eq!(answers, [(404, None), (200, Some("zai/glm-5".to_owned()))]);
}

#[tokio::test]
async fn a_client_that_expects_100_continue_gets_it_and_then_its_answer() {
    let gateway = Gateway::shared();
    let (request, test_id) = (chat("sonnet"), unique_test_id());
    let mut wire = Wire::connect(gateway.listener("main")).await;
    wire.write(request.fields(&[("Expect", b"100-continue")]).head(&test_id)).await;
    assert_eq!(wire.answer().await.status, 100);
    wire.write(chat("sonnet").payload()).await;
    assert_eq!(wire.answer().await.status, 200);
    let received = gateway.received(&test_id);
    assert_eq!(received[0].model(), "us.anthropic.claude-sonnet-4-6");
    received[0].assert_framed_exactly();
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_sends_nothing_upstream() {
    let gateway = Gateway::shared();
    let payload = chat("gpt-4o").payload();
    for sent in [0, payload.len() / 2] {
        let test_id = unique_test_id();
        let mut wire = Wire::connect(gateway.listener("main")).await;
        wire.write([&*chat("gpt-4o").head(&test_id), &payload[..sent]].concat()).await;
        assert!(wire.stays_silent(Duration::from_millis(100)).await, "a held request waits");
        drop(wire);
        // Envoy has seen it leave once the request stands in the access log.
        gateway.access_log(&test_id).await;
        assert!(gateway.received(&test_id).is_empty());
    }
    for frames in [Frames::default(), Frames::pieces(&payload[..payload.len() / 2], 4)] {
        let test_id = unique_test_id();
        let call = Call::chat("gpt-4o").key(RED).body(frames.withheld()).http2();
        let sent = call.header(TEST_ID, test_id.as_str()).send(gateway.listener("main"));
        let waited = tokio::time::timeout(Duration::from_millis(100), sent).await;
        assert!(waited.is_err(), "a held request waits");
        gateway.access_log(&test_id).await;
        assert!(gateway.received(&test_id).is_empty());
    }
    let named = gateway.envoy().log().contains("allow_on_headers_stop_iteration");
    assert!(!named, "the flag is set, and a client that leaves says nothing of it");
}

#[tokio::test]
async fn without_the_flag_a_held_request_hangs_and_one_line_names_the_flag() {
    let listener = Listener::new("main", &catalogue::configuration()).without_stop_iteration();
    let bootstrap = Bootstrap { listeners: vec![listener], ..catalogue::bootstrap() };
    let gateway = Gateway::own(&catalogue::CLUSTERS, bootstrap);
    let (request, test_id) = (chat("gpt-4o"), unique_test_id());
    let mut wire = Wire::connect(gateway.listener("main")).await;
    wire.write([request.head(&test_id), request.payload()].concat()).await;
    assert!(wire.stays_silent(Duration::from_secs(1)).await, "it is Envoy's nature to hang here");
    drop(wire);
    gateway.access_log(&test_id).await;
    let log = gateway.envoy().log();
    let names_flag = |line: &&str| line.contains("allow_on_headers_stop_iteration");
    let lines: Vec<_> = log.lines().filter(names_flag).collect();
    assert!(matches!(lines.as_slice(), [line] if line.contains("[error]")), "{lines:?} in\n{log}");
    assert!(gateway.received(&test_id).is_empty());
}
