//! Clients that leave in the middle of what they do.

use super::{gateway, Bystanders};
use crate::harness::catalogue::RED;
use crate::harness::client::{unique_test_id, Frames};
use crate::harness::gateway::Live;
use crate::harness::provider::TEST_ID;
use crate::harness::Call;
use serde_json::json;
use std::time::Duration;
use tokio::task::JoinSet;

/// How many leave at once.
const CLIENTS: usize = 100;

#[tokio::test]
async fn clients_that_leave_in_the_middle_of_a_body_send_nothing_and_harm_nobody_else() {
    let gateway = gateway();
    let body = json!({"messages": ["x".repeat(50_000)], "model": "gpt-4o"}).to_string();
    let mut clients = JoinSet::new();
    let mut test_ids = Vec::new();
    for number in 0..CLIENTS {
        let sent = &body.as_bytes()[..body.len() * number / CLIENTS];
        let frames = Frames::pieces(sent, 10_000).withheld();
        let call = Call::post("/v1/chat/completions", "").key(RED).body(frames);
        let call = if number % 2 == 0 { call.http1() } else { call.http2() };
        let test_id = unique_test_id();
        clients.spawn(call.header(TEST_ID, test_id.as_str()).send(gateway.listener("main")));
        test_ids.push(test_id);
    }
    gateway.until_active(CLIENTS, Duration::from_secs(20)).await;
    let bystanders = Bystanders::of(&gateway);
    // Held requests wait; now all of them leave.
    clients.shutdown().await;
    for test_id in test_ids {
        gateway.access_log(&test_id).await;
        assert!(gateway.received(&test_id).is_empty());
    }
    bystanders.all_well().await;
}

#[tokio::test]
async fn a_client_that_leaves_a_stream_ends_it_at_the_provider() {
    let gateway = gateway();
    let bystanders = Bystanders::of(&gateway);
    for model in ["gpt-4o", "over-http2"] {
        for call in [Call::chat(model).key(RED).http1(), Call::chat(model).key(RED).http2()] {
            let Live { provider, answer, test_id } = gateway.send_live(call).await;
            provider.say("data: {\"usage\":{\"prompt_tok");
            drop(answer);
            provider.until_nobody_listens().await;
            // The connection closed (HTTP/1.1), or the stream reset (HTTP/2).
            let entry = gateway.access_log(&test_id).await;
            assert!(matches!(entry["flags"].as_str(), Some("DC" | "DR")), "{entry}");
        }
    }
    bystanders.all_well().await;
}
