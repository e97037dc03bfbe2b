//! How a caller shows its key, and which callers are nobody.

use crate::harness::catalogue::{self, BLUE, RED};
use crate::harness::{Call, Exchange, Gateway};

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

fn assert_refused(exchange: &Exchange) {
    assert_eq!(exchange.status, 401, "{}", exchange.text());
    assert_eq!(exchange.json()["error"]["type"], "authentication_error");
    assert!(exchange.upstream.is_empty());
}
