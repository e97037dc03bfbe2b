//! Answers that come piece by piece are passed on piece by piece.

use crate::harness::catalogue::RED;
use crate::harness::gateway::Live;
use crate::harness::{Call, Gateway};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::Response;
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(10);

fn streamed(path: &str, model: &str) -> Call {
    let body = json!({"model": model, "stream": true, "messages": []});
    Call::post(path, body.to_string()).key(RED)
}

/// The next piece that the client hears; `None` at the end.
async fn hear(answer: &mut Response<Incoming>) -> Option<Bytes> {
    loop {
        let frame = timeout(PATIENCE, answer.body_mut().frame()).await.expect("a piece in time");
        let piece = frame?.unwrap().into_data().expect("a piece and no trailers");
        // The end may come in an empty frame of its own.
        if !piece.is_empty() {
            return Some(piece);
        }
    }
}

#[tokio::test]
async fn each_event_reaches_the_client_before_the_provider_says_the_next() {
    let gateway = Gateway::shared();
    for (path, model) in [("/v1/chat/completions", "gpt-4o"), ("/v1/messages", "sonnet:anthropic")]
    {
        for call in [streamed(path, model), streamed(path, model).http2()] {
            let mut live = gateway.send_live(call).await;
            // The head is here, and nothing was said yet.
            assert_eq!(live.answer.status(), 200);
            assert_eq!(live.answer.headers()["content-type"], "text/event-stream");
            for number in 0..5 {
                let event =
                    format!("data: {{\"n\":{number},\"usage\":{{\"prompt_tokens\":1}}}}\n\n");
                // An event may come in halves, and the halves do not wait for each other.
                let (half, rest) = event.split_at(9);
                for piece in [half, rest] {
                    live.provider.say(piece);
                    assert_eq!(hear(&mut live.answer).await.unwrap(), piece);
                }
            }
            let Live { provider, mut answer, .. } = live;
            drop(provider);
            assert_eq!(hear(&mut answer).await, None);
        }
    }
}

#[tokio::test]
async fn an_answer_of_megabytes_that_is_no_json_passes_as_it_is() {
    let gateway = Gateway::shared();
    let mut live = gateway.send_live(streamed("/v1/chat/completions", "gpt-4o")).await;
    let piece = "data: {\"usage\": [[[[ \u{e9}\r\r\n".repeat(4_000);
    let mut heard = 0;
    for _ in 0..20 {
        live.provider.say(&piece);
        let mut missing = piece.as_bytes();
        while !missing.is_empty() {
            let part = hear(&mut live.answer).await.expect("the rest of the piece");
            missing = missing.strip_prefix(&*part).expect("the bytes that were said");
            heard += part.len();
        }
    }
    assert_eq!(heard, 20 * piece.len());
}
