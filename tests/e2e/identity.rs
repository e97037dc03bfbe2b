//! Teams that something in front has recognised, and callers who show nothing.

use crate::harness::catalogue::{credential, BLUE, DISABLED, RED};
use crate::harness::token::{expired_token, forged_token, token};
use crate::harness::variants::PUBLIC;
use crate::harness::{Call, Exchange, Gateway, RawRequest};
use serde_json::json;

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

fn assert_is_of(exchange: &Exchange, provider: &str, team: &str) {
    let received = exchange.upstream();
    let expected = bearer(&credential(provider, team));
    assert_eq!(received.header("authorization"), Some(&*expected));
}

#[tokio::test]
async fn the_team_of_a_checked_token_is_the_callers() {
    let gateway = Gateway::shared();
    for team in ["red", "blue"] {
        let call = Call::chat("gpt-4o").key(&token(&json!({"team": team})));
        for call in [call.clone(), call.http2()] {
            let exchange = gateway.send_to("by-token", call).await;
            assert_is_of(&exchange, "openai", team);
            let entry = gateway.access_log(&exchange.test_id).await;
            assert_eq!((&entry["team"], &entry["code"]), (&json!(team), &json!("ok")));
            assert!(entry["key_id"].is_null(), "a token is no key: {entry}");
        }
    }
    let denied = Call::chat("reserved-70b").key(&token(&json!({"team": "blue"})));
    gateway.send_to("by-token", denied).await.assert_rejected(404, "model_not_found");
}

#[tokio::test]
async fn the_token_wins_over_every_key_that_is_shown() {
    let gateway = Gateway::shared();
    let of_blue = || Call::chat("gpt-4o").key(&token(&json!({"team": "blue"})));
    for key in [RED, BLUE, DISABLED, "vk-of-nobody"] {
        for name in ["x-api-key", "api-key"] {
            let exchange = gateway.send_to("by-token", of_blue().header(name, key)).await;
            assert_is_of(&exchange, "openai", "blue");
            assert_eq!(exchange.upstream().header(name), None);
        }
    }
}

#[tokio::test]
async fn a_caller_without_a_checked_token_needs_a_key() {
    let gateway = Gateway::shared();
    let exchange = gateway.send_to("by-token", Call::chat("gpt-4o").key(RED)).await;
    assert_is_of(&exchange, "openai", "red");
    let claims = json!({"team": "red"});
    for unchecked in [expired_token(&claims), forged_token(&claims), "a.b.c".to_owned()] {
        let call = Call::chat("gpt-4o").key(&unchecked);
        gateway.send_to("by-token", call).await.assert_rejected(401, "invalid_api_key");
    }
    let nothing = gateway.send_to("by-token", Call::chat("gpt-4o")).await;
    nothing.assert_rejected(401, "missing_api_key");
}

#[tokio::test]
async fn a_token_of_a_team_that_does_not_exist_is_refused() {
    let gateway = Gateway::shared();
    for team in [json!("nobody"), json!("RED"), json!("red ")] {
        let call =
            Call::chat("gpt-4o").key(&token(&json!({"team": team}))).header("x-api-key", RED);
        gateway.send_to("by-token", call).await.assert_rejected(401, "invalid_api_key");
    }
}

#[tokio::test]
async fn a_token_whose_team_is_no_string_does_not_make_its_bearer_anybody() {
    let gateway = Gateway::shared();
    for team in [json!(7), json!(["red"]), json!({"red": true}), json!(null), json!("")] {
        let call = Call::chat("gpt-4o").key(&token(&json!({"team": team})));
        let exchange = gateway.send_to("by-token", call).await;
        exchange.assert_rejected(401, "invalid_api_key");
    }
}

#[tokio::test]
async fn the_roles_of_a_checked_token_open_the_models_that_ask_for_them() {
    let gateway = Gateway::shared();
    let ask = |model: &str, claims: serde_json::Value| {
        gateway.send_to("by-token", Call::chat(model).key(&token(&claims)))
    };
    for roles in [json!(["analyst"]), json!(["guest", "analyst", "é"]), json!("analyst")] {
        let exchange = ask("for-analysts", json!({"team": "red", "roles": roles})).await;
        assert_is_of(&exchange, "groq", "red");
    }
    for roles in [
        json!([]),
        json!(["Analyst"]),
        json!("analyst,guest"),
        json!(["analyst "]),
        json!(null),
        json!(7),
    ] {
        let exchange = ask("for-analysts", json!({"team": "red", "roles": roles})).await;
        exchange.assert_rejected(404, "model_not_found");
    }
    // A second list must share an entry as well: a claim deeper down, or what the team is already.
    let analyst = json!(["analyst"]);
    let of = json!({"project": ["w", "x"]});
    for (claims, served) in [
        (json!({"team": "red", "roles": analyst}), false),
        (json!({"team": "red", "of": of}), false),
        (json!({"team": "red", "roles": analyst, "of": of}), true),
        (json!({"team": "blue", "roles": analyst}), true),
        (json!({"team": "blue", "roles": analyst, "of": {"project": "w"}}), true),
    ] {
        let exchange = ask("for-project-x", claims.clone()).await;
        match served {
            true => assert_eq!(exchange.status, 200, "{claims}: {}", exchange.text()),
            false => drop(exchange.assert_rejected(404, "model_not_found")),
        }
    }
}

#[tokio::test]
async fn models_that_a_tokens_roles_open_are_listed_for_it() {
    let gateway = Gateway::shared();
    for (roles, listed) in [(json!(["analyst"]), true), (json!(["guest"]), false)] {
        let claims = json!({"team": "red", "roles": roles});
        let call = Call::get("/v1/models").key(&token(&claims));
        let list = gateway.send_to("by-token", call).await.json();
        let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|m| &m["id"]).collect();
        assert_eq!(ids.contains(&&json!("for-analysts")), listed, "{ids:?}");
    }
}

#[tokio::test]
async fn the_team_in_the_header_is_the_callers_and_the_header_goes_no_further() {
    let gateway = Gateway::shared();
    for team in ["red", "blue"] {
        let call = Call::chat("gpt-4o").header("x-team-id", team);
        for call in [call.clone(), call.clone().http2(), call.key("vk-of-nobody")] {
            let exchange = gateway.send_to("by-header", call).await;
            assert_is_of(&exchange, "openai", team);
            assert_eq!(exchange.upstream().header("x-team-id"), None);
        }
    }
    let by_key = gateway.send_to("by-header", Call::chat("gpt-4o").key(RED)).await;
    assert_is_of(&by_key, "openai", "red");
}

#[tokio::test]
async fn a_team_header_that_names_no_team_or_two_is_refused() {
    let gateway = Gateway::shared();
    for team in [&b"nobody"[..], b"RED", b"red,blue", b"\xff"] {
        let call = Call::chat("gpt-4o").key(RED).header("x-team-id", team);
        gateway.send_to("by-header", call).await.assert_rejected(401, "invalid_api_key");
    }
    for (first, second) in [("red", "blue"), ("red", "red")] {
        let chat = RawRequest::new("POST /v1/chat/completions").body(br#"{"model":"gpt-4o"}"#);
        let fields = [("X-Team-Id", first.as_bytes()), ("x-team-id", second.as_bytes())];
        let exchange = chat.fields(&fields).send(&gateway, "by-header").await;
        exchange.assert_rejected(401, "invalid_api_key");
    }
}

#[tokio::test]
async fn behind_a_filter_that_names_the_team_no_client_can() {
    let gateway = Gateway::shared();
    let verified = Call::chat("gpt-4o").header("x-verified-team", "blue");
    for call in [verified.clone(), verified.header("x-team-id", "red")] {
        let exchange = gateway.send_to("behind-front", call).await;
        assert_is_of(&exchange, "openai", "blue");
    }
    let forged = Call::chat("gpt-4o").header("x-team-id", "red");
    gateway.send_to("behind-front", forged).await.assert_rejected(401, "missing_api_key");
}

#[tokio::test]
async fn a_caller_who_brings_no_key_at_all_is_of_the_anonymous_team() {
    let gateway = Gateway::shared();
    let exchange = gateway.send_to("open", Call::chat("gpt-4o")).await;
    assert_is_of(&exchange, "openai", "blue");
    assert_eq!(gateway.access_log(&exchange.test_id).await["team"], PUBLIC);
    let beyond = gateway.send_to("open", Call::chat("gpt-4o-mini")).await;
    beyond.assert_rejected(404, "model_not_found");

    let keyed = gateway.send_to("open", Call::chat("gpt-4o").key(RED)).await;
    assert_is_of(&keyed, "openai", "red");
    // Whoever shows a key that does not count is not nobody.
    for call in [
        Call::chat("gpt-4o").key("vk-of-nobody"),
        Call::chat("gpt-4o").key(DISABLED),
        Call::chat("gpt-4o").key(RED).header("x-api-key", BLUE),
        Call::chat("gpt-4o").key(RED).key(RED),
        Call::chat("gpt-4o").header("authorization", "Basic cmVkOg=="),
    ] {
        gateway.send_to("open", call).await.assert_rejected(401, "invalid_api_key");
    }
}

#[tokio::test]
async fn where_no_team_is_told_in_front_a_clients_own_word_counts_for_nothing() {
    let gateway = Gateway::shared();
    for listener in ["main", "by-token", "open"] {
        let call = Call::chat("reserved-70b").header("x-team-id", "red").key(BLUE);
        gateway.send_to(listener, call).await.assert_rejected(404, "model_not_found");
    }
}
