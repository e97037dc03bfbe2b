//! What is refused before its body has come.

use crate::harness::catalogue::RED;
use crate::harness::client::Frames;
use crate::harness::wire::head;
use crate::harness::{Call, Exchange, Gateway, Wire};
use serde_json::json;

const CHAT: &str = "/v1/chat/completions";

fn chat(body: Frames) -> Call {
    Call::new("POST", CHAT).key(RED).body(body)
}

#[tokio::test]
async fn a_body_announced_too_large_is_refused_before_it_is_sent() {
    let gateway = Gateway::shared();
    for (listener, length) in [("main", "10485761"), ("small", "4097")] {
        let key = format!("Bearer {RED}");
        let fields: [(&str, &[u8]); 2] =
            [("Authorization", key.as_bytes()), ("Content-Length", length.as_bytes())];
        let mut wire = Wire::connect(gateway.listener(listener)).await;
        wire.write(head(&format!("POST {CHAT}"), &fields)).await;
        let exchange = Exchange::new(wire.answer().await, vec![], String::new());
        exchange.assert_rejected(413, "request_too_large");
    }
}

#[tokio::test]
async fn a_body_that_grows_too_large_is_refused_on_its_way() {
    let gateway = Gateway::shared();
    let body = |size: usize| json!({"model": "gpt-4o", "x": "y".repeat(size)}).to_string();
    let overhead = body(0).len();
    let at_the_limit = body(4096 - overhead);
    let exchange =
        gateway.send_to("small", chat(Frames::pieces(at_the_limit.as_bytes(), 500))).await;
    assert_eq!(exchange.upstream().body, at_the_limit);
    for over in [body(4097 - overhead), body(400_000)] {
        for call in [chat(Frames::pieces(over.as_bytes(), 500)), chat(Frames::whole(over.into()))] {
            for call in [call.clone(), call.http2()] {
                let exchange = gateway.send_to("small", call).await;
                exchange.assert_rejected(413, "request_too_large");
            }
        }
    }
}

#[tokio::test]
async fn a_caller_without_a_key_is_refused_before_the_body_is_read() {
    let gateway = Gateway::shared();
    for (call, code) in [
        (Call::new("POST", CHAT), "missing_api_key"),
        (Call::new("POST", CHAT).key("vk-of-nobody"), "invalid_api_key"),
    ] {
        let withheld = call.body(Frames::pieces(b"{", 1).withheld());
        gateway.send(withheld.clone()).await.assert_rejected(401, code);
        gateway.send(withheld.http2()).await.assert_rejected(401, code);
    }
}
