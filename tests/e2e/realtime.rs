//! WebSockets: the handshake is routed by its query, and then messages flow both ways.

use crate::harness::catalogue::{credential, BLUE, RED};
use crate::harness::variants::OWN_KEY;
use crate::harness::websocket::{WebSocket, REALTIME};
use crate::harness::{Call, Gateway};
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

const OFFERS: &str = "sec-websocket-protocol";

fn bearer(key: &str) -> String {
    format!("Bearer {key}")
}

#[tokio::test]
async fn a_websocket_is_opened_with_the_providers_model_and_credential() {
    let gateway = Gateway::shared();
    for (query, cluster, path) in [
        ("model=gpt-4o", "openai", "/v1/realtime?model=gpt-4o"),
        ("intent=x&model=latest&z=%20", "openai", "/v1/realtime?intent=x&model=gpt-4o&z=%20"),
        ("model=zai%2Fglm-5", "groq", "/v1/realtime?model=zai%2Fglm-5"),
        ("model=open/a+b%26", "groq", "/v1/realtime?model=a%20b%26"),
        ("m%6Fdel=groq/x&n=1", "groq", "/v1/realtime?m%6Fdel=x&n=1"),
        (
            "model=deployed&n=1",
            "azure",
            "/openai/realtime?api-version=2024-10-21&deployment=red-gpt&n=1",
        ),
    ] {
        let authorization = bearer(RED);
        let fields = [("authorization", &*authorization), ("cookie", "session=1")];
        let asked = format!("/v1/realtime?{query}");
        let socket = WebSocket::open(&gateway, "main", &asked, &fields).await.unwrap();
        let received = &socket.opened_by;
        assert_eq!((&*received.cluster, &*received.path), (cluster, path));
        let (header, expected) = match cluster {
            "azure" => ("api-key", credential(cluster, "red")),
            _ => ("authorization", bearer(&credential(cluster, "red"))),
        };
        assert_eq!(received.header(header), Some(&*expected));
        assert_eq!(received.header("cookie"), None);
        assert_eq!(received.header("upgrade"), Some("websocket"));
        assert!(received.all("x-llm-cluster").is_empty());
        socket.close().await;
    }
}

#[tokio::test]
async fn messages_flow_both_ways() {
    let gateway = Gateway::shared();
    let authorization = bearer(RED);
    let fields = [("authorization", &*authorization)];
    let path = "/v1/realtime?model=gpt-4o";
    let mut socket = WebSocket::open(&gateway, "main", path, &fields).await.unwrap();
    for number in 0..5 {
        let said = format!(r#"{{"type":"response.create","n":{number},"model":"groq/other"}}"#);
        assert_eq!(socket.say(said.as_str()).await, Message::text(said));
    }
    let sound: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    assert_eq!(socket.say(sound.clone()).await, Message::binary(sound));
    let test_id = socket.test_id.clone();
    socket.close().await;
    let entry = gateway.access_log(&test_id).await;
    for (name, value) in [
        ("team", "red"),
        ("model", "gpt-4o"),
        ("provider", "openai"),
        ("upstream_model", "gpt-4o"),
        ("code", "ok"),
    ] {
        assert_eq!(entry[name], value, "{name} in {entry}");
    }
}

#[tokio::test]
async fn a_websocket_is_opened_over_http2_as_well() {
    let gateway = Gateway::shared();
    let path = "/v1/realtime?model=groq/voice";
    let mut socket = WebSocket::open_over_http2(&gateway, path, RED).await;
    assert_eq!(socket.opened_by.path, "/v1/realtime?model=voice");
    let expected = bearer(&credential("groq", "red"));
    assert_eq!(socket.opened_by.header("authorization"), Some(&*expected));
    assert_eq!(socket.say("Good morning").await, Message::text("Good morning"));
    socket.close().await;

    let denied = Call::get("/v1/realtime?model=of-nobody").key(RED).header("upgrade", "websocket");
    gateway.send(denied.http2()).await.assert_rejected(404, "model_not_found");
}

#[tokio::test]
async fn a_key_among_the_sub_protocols_is_the_callers_and_is_removed() {
    let gateway = Gateway::shared();
    let secret = format!("openai-insecure-api-key.{RED}");
    let account = "openai-organization.org-1, openai-project.proj-1";
    for (model, cluster, left) in [
        ("gpt-4o", "openai", format!("{REALTIME}, openai-beta.realtime-v1")),
        ("groq/x", "groq", format!("{REALTIME}, openai-beta.realtime-v1")),
    ] {
        let offers = format!("{REALTIME}, {secret}, {account}, openai-beta.realtime-v1");
        let path = format!("/v1/realtime?model={model}");
        let socket = WebSocket::open(&gateway, "main", &path, &[(OFFERS, &*offers)]).await.unwrap();
        assert_eq!(socket.opened_by.cluster, cluster);
        let got = socket.opened_by.header(OFFERS).unwrap_or_default().replace(' ', "");
        assert_eq!(got, left.replace(' ', ""));
        let expected = bearer(&credential(cluster, "red"));
        assert_eq!(socket.opened_by.header("authorization"), Some(&*expected));
        assert_eq!(socket.answer.get(OFFERS).unwrap(), REALTIME);
        socket.close().await;
    }
}

#[tokio::test]
async fn an_own_key_opens_a_websocket_too() {
    let gateway = Gateway::shared();
    let authorization = bearer(RED);
    let data = format!(r#"{{"groq_api_key":"{OWN_KEY}"}}"#);
    let fields = [("authorization", &*authorization), ("x-llm-provider-data", &*data)];
    let path = "/v1/realtime?model=groq/x";
    let socket = WebSocket::open(&gateway, "own-keys", path, &fields).await.unwrap();
    assert_eq!(socket.opened_by.header("authorization"), Some(&*bearer(OWN_KEY)));
    assert!(socket.opened_by.all("x-llm-provider-data").is_empty());
    socket.close().await;
}

#[tokio::test]
async fn a_handshake_that_is_refused_gets_a_plain_answer() {
    let gateway = Gateway::shared();
    let (of_red, of_blue, of_nobody) = (bearer(RED), bearer(BLUE), bearer("vk-of-nobody"));
    for (query, key, status, code) in [
        ("?model=of-nobody", Some(&of_red), 404, "model_not_found"),
        ("?model=reserved-70b", Some(&of_blue), 404, "model_not_found"),
        ("?model=embed-3", Some(&of_red), 400, "model_type_mismatch"),
        ("?model=gpt-4o", Some(&of_nobody), 401, "invalid_api_key"),
        ("?model=gpt-4o", None, 401, "missing_api_key"),
        ("?model=deployed", Some(&of_blue), 403, "credential_not_configured"),
        ("", Some(&of_red), 400, "missing_model"),
        ("?x=model", Some(&of_red), 400, "missing_model"),
        ("?model=", Some(&of_red), 400, "invalid_model"),
        ("?model=%ff", Some(&of_red), 400, "invalid_model"),
        ("?model=a%0d%0ab", Some(&of_red), 400, "invalid_model"),
        ("?model=gpt-4o&model=gpt-4o", Some(&of_red), 400, "duplicate_field"),
        ("?model=gpt-4o&MODEL=gpt-4o", Some(&of_red), 400, "duplicate_field"),
        ("?model=gpt-4o&mod%65l=gpt-4o", Some(&of_red), 400, "duplicate_field"),
    ] {
        let fields: Vec<_> = key.iter().map(|key| ("authorization", key.as_str())).collect();
        let path = format!("/v1/realtime{query}");
        let refused = WebSocket::open(&gateway, "main", &path, &fields).await.err();
        let refused = refused.unwrap_or_else(|| panic!("{query} was opened"));
        assert_eq!(refused.status, status, "{query}: {}", refused.body);
        let body: Value = serde_json::from_str(&refused.body).unwrap();
        assert_eq!(body["error"]["code"], code, "{query}");
        assert_eq!(refused.headers.get("content-type").unwrap(), "application/json");
        assert!(!refused.went_upstream);
    }
    // And the one before it has left nothing behind.
    let fields = [("authorization", &*of_red)];
    let path = "/v1/realtime?model=gpt-4o";
    WebSocket::open(&gateway, "main", path, &fields).await.unwrap().close().await;
}

#[tokio::test]
async fn realtime_without_an_upgrade_is_no_endpoint() {
    let gateway = Gateway::shared();
    let path = "/v1/realtime?model=gpt-4o";
    for call in [
        Call::get(path).key(RED),
        Call::get(path).key(RED).http2(),
        Call::get(path).key(RED).header("sec-websocket-version", "13"),
        Call::post(path, "{}").key(RED),
    ] {
        gateway.send(call).await.assert_rejected(404, "unknown_endpoint");
    }
    let fields = [("authorization", &*bearer(RED))];
    for (path, status) in
        [("/v1/chat/completions?model=gpt-4o", 426), ("/v1/realtimes?model=gpt-4o", 404)]
    {
        let refused = WebSocket::open(&gateway, "main", path, &fields).await.err().unwrap();
        assert_eq!((refused.status, refused.went_upstream), (status, false), "{path}");
    }
}
