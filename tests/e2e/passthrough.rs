//! The harness itself, without the filter: what it reports of Envoy is what Envoy did.

use crate::harness::client::{unique_test_id, Frames};
use crate::harness::wire::{chunked, head};
use crate::harness::{Call, Gateway, Wire};
use bytes::Bytes;

const BODY: &[u8] = b"{\"model\":\"any\",\"x\":\"\xff\"}";

#[tokio::test]
async fn without_the_filter_every_framing_reaches_the_site_as_it_was_sent() {
    let gateway = Gateway::shared();
    let framings = [
        Frames::whole(Bytes::from_static(BODY)),
        Frames::pieces(BODY, 1),
        Frames::pieces(BODY, BODY.len()).empty_last_frame(),
        Frames::pieces(BODY, 4).trailer("x-checksum", "abc"),
    ];
    for frames in framings {
        let call =
            Call::new("PUT", "/any?x=y").key("any").header("x-odd", &b"\xff"[..]).body(frames);
        for call in [call.clone(), call.http2()] {
            let exchange = gateway.send_to("unfiltered", call).await;
            let received = exchange.upstream();
            let got =
                (&*received.cluster, &*received.method, &*received.path, &*received.authority);
            assert_eq!(got, ("site", "PUT", "/any?x=y", "gateway.example"));
            assert_eq!(received.header("authorization"), Some("Bearer any"));
            assert_eq!(received.all("x-odd"), [b"\xff"]);
            assert_eq!(received.body, BODY);
            received.assert_framed_exactly();
        }
    }
}

#[tokio::test]
async fn without_the_filter_trailers_arrive() {
    let gateway = Gateway::shared();
    let frames = Frames::pieces(BODY, 4).trailer("x-checksum", "abc");
    let call = Call::new("POST", "/any").body(frames).http2();
    let exchange = gateway.send_to("unfiltered", call).await;
    assert_eq!(exchange.upstream().trailers, [("x-checksum".to_owned(), b"abc".to_vec())]);

    let test_id = unique_test_id();
    let mut wire = Wire::connect(gateway.listener("unfiltered")).await;
    let fields: [(&str, &[u8]); 2] =
        [("Transfer-Encoding", b"chunked"), ("X-Test-Id", test_id.as_bytes())];
    wire.write(head("POST /any", &fields)).await;
    wire.write([chunked(BODY, 3), b"x-checksum: abc\r\n\r\n".to_vec()].concat()).await;
    assert_eq!(wire.answer().await.status, 200);
    let received = gateway.received(&test_id);
    assert_eq!(received[0].trailers, [("x-checksum".to_owned(), b"abc".to_vec())]);
    assert_eq!(received[0].body, BODY);
}

#[tokio::test]
async fn without_the_filter_the_access_log_has_the_request() {
    let gateway = Gateway::shared();
    let exchange = gateway.send_to("unfiltered", Call::get("/any")).await;
    let entry = gateway.access_log(&exchange.test_id).await;
    assert_eq!((&entry["status"], &entry["team"]), (&200.into(), &serde_json::Value::Null));
}
