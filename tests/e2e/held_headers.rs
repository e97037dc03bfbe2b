//! Headers are held until the body is there, however it comes.

use crate::harness::catalogue::RED;
use crate::harness::client::{unique_test_id, Frames};
use crate::harness::{Call, Exchange, Gateway, RawRequest, Wire};
use bytes::Bytes;

const CHAT: &str = "/v1/chat/completions";
const BODY: &[u8] = br#"{"messages":[],"model":"claude-sonnet-4.6","stream":false}"#;
const REWRITTEN: &[u8] =
    br#"{"messages":[],"model":"us.anthropic.claude-sonnet-4-6","stream":false}"#;

fn chat(body: Frames) -> Call {
    Call::new("POST", CHAT).key(RED).body(body)
}

fn assert_rewritten(exchange: &Exchange) {
    let received = exchange.upstream();
    assert_eq!(received.cluster, "bedrock");
    assert_eq!(received.body, REWRITTEN);
    received.assert_framed_exactly();
}

#[tokio::test]
async fn a_body_is_rewritten_whatever_its_framing() {
    let gateway = Gateway::shared();
    let framings = [
        Frames::whole(Bytes::from_static(BODY)),
        Frames::pieces(BODY, BODY.len()),
        Frames::pieces(BODY, 7),
        Frames::pieces(BODY, 1),
        Frames::pieces(BODY, BODY.len()).empty_last_frame(),
    ];
    for frames in framings {
        assert_rewritten(&gateway.send(chat(frames.clone())).await);
        assert_rewritten(&gateway.send(chat(frames).http2()).await);
    }
}

#[tokio::test]
async fn a_body_that_ends_in_trailers_is_rewritten_and_no_trailer_goes_upstream() {
    let gateway = Gateway::shared();
    for size in [BODY.len(), 5] {
        let frames = Frames::pieces(BODY, size).trailer("authorization", "Bearer abc");
        let chunks = RawRequest::new(&format!("POST {CHAT}")).key(RED).chunks(BODY, size);
        let over_http2 = gateway.send(chat(frames).http2()).await;
        let over_http1 = chunks.trailer("Authorization", "Bearer abc").send(&gateway, "main").await;
        for exchange in [over_http1, over_http2] {
            assert_rewritten(&exchange);
            let trailers = &exchange.upstream().trailers;
            assert_eq!(trailers.as_slice(), []);
        }
    }
}

#[tokio::test]
async fn a_provider_that_speaks_http2_gets_the_rewritten_body_too() {
    let gateway = Gateway::shared();
    for call in [Call::chat("over-http2").key(RED), Call::chat("over-http2").key(RED).http2()] {
        let exchange = gateway.send(call).await;
        let received = exchange.upstream();
        assert_eq!(received.cluster, "mistral");
        assert_eq!(received.authority, "api.mistral.ai");
        assert_eq!(received.model(), "magistral");
        received.assert_framed_exactly();
    }
}

#[tokio::test]
async fn chunks_of_one_byte_each_in_its_own_packet_are_one_body() {
    let gateway = Gateway::shared();
    let test_id = unique_test_id();
    let request = RawRequest::new(&format!("POST {CHAT}")).key(RED).chunks(BODY, 1);
    let mut wire = Wire::connect(gateway.listener("main")).await;
    wire.write(request.head(&test_id)).await;
    for byte in request.payload() {
        wire.write([byte]).await;
        tokio::task::yield_now().await;
    }
    let answer = wire.answer().await;
    assert_rewritten(&Exchange::new(answer, gateway.received(&test_id), test_id));
}

#[tokio::test]
async fn a_request_without_a_body_is_answered_and_not_held() {
    let gateway = Gateway::shared();
    let bodiless = || Call::new("POST", CHAT).key(RED);
    for call in [bodiless(), bodiless().http2(), chat(Frames::whole(Bytes::new()))] {
        gateway.send(call).await.assert_rejected(400, "invalid_json");
    }
    for call in [Call::get("/v1/models").key(RED), Call::get("/v1/models").key(RED).http2()] {
        let exchange = gateway.send(call).await;
        assert_eq!(exchange.status, 200);
        assert!(exchange.upstream.is_empty());
    }
    let body_that_is_empty_after_all = chat(Frames::pieces(b"", 1).empty_last_frame()).http2();
    gateway.send(body_that_is_empty_after_all).await.assert_rejected(400, "invalid_json");
}

#[tokio::test]
async fn five_megabytes_are_rewritten_in_the_model_alone() {
    let gateway = Gateway::shared();
    let picture: String = (0..5_000_000).map(|i: u32| char::from(b'A' + (i % 23) as u8)).collect();
    let first = |model: &str| format!(r#"{{ "model" : "{model}" , "picture":"{picture}\n"}} "#);
    let last = |model: &str| format!(r#"{{"picture":"{picture}\u00e9",  "model":"{model}"}}"#);
    let bodies: [&dyn Fn(&str) -> String; 2] = [&first, &last];
    for body in bodies {
        let whole = Frames::whole(body("claude-sonnet-4.6").into());
        let pieces = Frames::pieces(body("claude-sonnet-4.6").as_bytes(), 60_000);
        for call in [chat(whole.clone()), chat(whole).http2(), chat(pieces)] {
            let exchange = gateway.send(call).await;
            let received = exchange.upstream();
            let expected = body("us.anthropic.claude-sonnet-4-6");
            assert!(received.body == expected, "{} of {}", received.body.len(), expected.len());
            received.assert_framed_exactly();
        }
    }
}
