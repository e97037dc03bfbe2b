//! Requests that never come whole: the team whose key they show is in the access log and in the metrics all the same.

use super::Held;
use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::catalogue::{self, CLUSTERS, RED};
use crate::harness::client::unique_test_id;
use crate::harness::{Gateway, RawRequest, Wire};
use std::time::Duration;

/// Less than the filter's own limit, so that Envoy is the one who refuses a body.
const BUFFER: u64 = 64 << 10;

fn gateway() -> crate::harness::gateway::Watched {
    let listeners = vec![
        Listener::new("main", &super::configuration()),
        Listener::new("impatient", &super::configuration()).taking_requests_within("0.3s"),
        Listener::new("narrow", &super::configuration()).holding(BUFFER),
    ];
    Gateway::own(&CLUSTERS, Bootstrap { listeners, ..catalogue::bootstrap() })
}

/// The front of a request on this listener, of a body of 1 MB.
async fn begin(gateway: &Gateway, listener: &str, front: usize) -> (Wire, String) {
    let body = [br#"{"model":"gpt-4o","messages":[""#, &*vec![b'x'; 1 << 20], br#""]}"#].concat();
    let request = RawRequest::new("POST /v1/chat/completions").key(RED).body(&body);
    let test_id = unique_test_id();
    let mut wire = Wire::connect(gateway.listener(listener)).await;
    wire.try_write([&*request.head(&test_id), &body[..front]].concat()).await;
    (wire, test_id)
}

async fn assert_incomplete(gateway: &Gateway, test_id: &str, status: u16) {
    let entry = gateway.access_log(test_id).await;
    let told = ["team", "key_id", "code"].map(|name| entry[name].as_str());
    assert_eq!(told, [Some("red"), Some("keys[0]"), Some("incomplete")], "{entry}");
    assert_eq!(entry["status"], status, "{entry}");
    assert!(gateway.received(test_id).is_empty());
}

#[tokio::test]
async fn an_upload_that_ends_early_is_its_teams_in_log_and_metrics() {
    let gateway = gateway();
    // The client leaves.
    let (wire, left) = begin(&gateway, "main", 100).await;
    gateway.until_active(1, Duration::from_secs(10)).await;
    drop(wire);
    assert_incomplete(&gateway, &left, 0).await;
    // Envoy waits no longer.
    let (mut wire, late) = begin(&gateway, "impatient", 100).await;
    assert_eq!(wire.answer().await.status, 408);
    assert_incomplete(&gateway, &late, 408).await;
    // Envoy holds no more.
    let (mut wire, large) = begin(&gateway, "narrow", 1 << 20).await;
    assert_eq!(wire.answer().await.status, 413);
    assert_incomplete(&gateway, &large, 413).await;

    let of_red = [("team", "red"), ("code", "incomplete")];
    let metrics = gateway.metrics_once(|metrics| metrics.sum("requests", &of_red) >= 3.0).await;
    assert_eq!(metrics.sum("requests", &of_red), 3.0);
    assert_eq!(metrics.sum("requests", &[("team", "red")]), 3.0);
    assert!(Held::begin(&gateway).await.end(&gateway).await, "the next one is served");
}
