//! How a caller shows its key, and which callers are nobody.

use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::catalogue::{self, BLUE, CLUSTERS, RED};
use crate::harness::client::unique_test_id;
use crate::harness::gateway::Watched;
use crate::harness::{Call, Exchange, Gateway, RawRequest, Wire};
use serde_json::json;
use std::time::{Duration, SystemTime};

#[tokio::test]
async fn a_key_is_taken_from_each_key_header_and_bearer_in_any_case() {
    let gateway = Gateway::shared();
    for (name, value) in [
        ("authorization", format!("Bearer {RED}")),
        ("authorization", format!("bearer {RED}")),
        ("authorization", format!("BEARER {RED}")),
        ("x-api-key", RED.to_owned()),
        ("api-key", RED.to_owned()),
    ] {
        let exchange = gateway.send(Call::chat("gpt-4o").header(name, value)).await;
        let expected = format!("Bearer {}", catalogue::credential("openai", "red"));
        assert_eq!(exchange.upstream().header("authorization"), Some(expected.as_str()));
        assert_eq!(exchange.upstream().header(name).is_some(), name == "authorization");
    }
}

#[tokio::test]
async fn more_than_one_authorization_header_is_refused() {
    let gateway = Gateway::shared();
    for (first, second) in [(RED, RED), (RED, BLUE), (RED, "unknown"), ("unknown", RED)] {
        let call = Call::chat("gpt-4o").key(first).key(second);
        assert_refused(&gateway.send(call.clone()).await);
        assert_refused(&gateway.send(call.http2()).await);
    }
    let merged = format!("Bearer {RED}, Bearer {RED}");
    assert_refused(&gateway.send(Call::chat("gpt-4o").header("authorization", merged)).await);
}

#[tokio::test]
async fn two_virtual_keys_are_refused_and_one_beside_others_is_the_callers() {
    let gateway = Gateway::shared();
    for name in ["x-api-key", "api-key"] {
        let call = Call::chat("gpt-4o").key(RED).header(name, BLUE);
        let refused = gateway.send(call).await;
        assert_refused(&refused);
        let message = refused.json()["error"]["message"].clone();
        assert!(
            message.as_str().unwrap().contains(&format!("in authorization, {name}")),
            "{message}"
        );
        // Clients show a provider's key of their own beside the virtual one: it goes nowhere.
        let own = "sk-of-the-callers-own-Hk3";
        let call = Call::chat("gpt-4o").key(RED).header(name, own).header("x-further", own);
        let exchange = gateway.send(call).await;
        assert_eq!(exchange.status, 200);
        let seen = format!("{:?}", exchange.upstream());
        assert!(!seen.contains(own), "{seen}");
    }
    let call = Call::chat("gpt-4o").header("x-api-key", RED).header("x-api-key", BLUE);
    assert_refused(&gateway.send(call).await);
    let call = Call::chat("gpt-4o").key(RED).header("x-api-key", RED).header("api-key", RED);
    assert_eq!(gateway.send(call).await.status, 200);
}

#[tokio::test]
async fn a_key_that_is_not_utf8_is_an_unknown_one() {
    let gateway = Gateway::shared();
    for (name, key) in [
        ("authorization", &b"Bearer \xff\xfe"[..]),
        ("authorization", b"\xff\xfe"),
        ("x-api-key", b"\xe9"),
        ("api-key", b"vk-\x80"),
    ] {
        let exchange = gateway.send(Call::chat("gpt-4o").header(name, key)).await;
        assert_eq!(exchange.status, 401, "{name}: {}", exchange.text());
        assert!(exchange.upstream.is_empty());
    }
}

/// A key must be good twice: when the headers come, and when the body is whole.
#[tokio::test]
async fn a_key_that_ends_while_its_upload_is_held_is_refused() {
    // How long an Envoy takes to start depends on how busy the machine is.
    for seconds in [3, 12, 48] {
        let end = SystemTime::now() + Duration::from_secs(seconds);
        let gateway = gateway_with_key_until(end);
        let call = Call::chat("openai/m").key(ENDS_SOON);
        let is_good = gateway.send(call).await.status == 200;
        let body = json!({"messages": [], "model": "openai/m"}).to_string();
        let request = RawRequest::new("POST /v1/chat/completions").key(ENDS_SOON);
        let test_id = unique_test_id();
        let mut wire = Wire::connect(gateway.listener("main")).await;
        let (front, rest) = body.as_bytes().split_at(10);
        let head = request.body(body.as_bytes()).head(&test_id);
        wire.try_write([&*head, front].concat()).await;
        let left = end.duration_since(SystemTime::now()).unwrap_or_default();
        if !is_good || left < Duration::from_secs(1) {
            continue;
        }
        assert!(wire.stays_silent(left + Duration::from_millis(100)).await, "it is held");
        wire.write(rest.to_vec()).await;
        let answer = wire.answer().await;
        assert_eq!(answer.status, 401);
        assert!(gateway.received(&test_id).is_empty());
        assert_eq!(gateway.access_log(&test_id).await["code"], "invalid_api_key");
        return;
    }
    panic!("no Envoy was there in time");
}

const ENDS_SOON: &str = "vk-that-ends-soon-Zt5";

fn gateway_with_key_until(end: SystemTime) -> Watched {
    let key = json!({"sha256": catalogue::sha256(ENDS_SOON), "expires_at": rfc3339(end)});
    let configuration = json!({
        "providers": {"openai": {"cluster": "openai", "auth": "none"}},
        "teams": {"red": {"keys": [key], "models": ["*"]}},
    });
    let listeners = vec![Listener::new("main", &configuration)];
    Gateway::own(&CLUSTERS, Bootstrap { listeners, ..catalogue::bootstrap() })
}

/// An instant as configurations have it.
fn rfc3339(instant: SystemTime) -> String {
    let since = instant.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let timestamp = prost_types::Timestamp {
        seconds: since.as_secs().try_into().unwrap(),
        nanos: since.subsec_nanos().try_into().unwrap(),
    };
    timestamp.to_string()
}

fn assert_refused(exchange: &Exchange) {
    assert_eq!(exchange.status, 401, "{}", exchange.text());
    assert_eq!(exchange.json()["error"]["type"], "authentication_error");
    assert!(exchange.upstream.is_empty());
}
