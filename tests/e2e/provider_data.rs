//! Callers' own keys for a provider: used once, for that provider, and never passed on as they came.

use crate::harness::catalogue::{credential, POOR, RED};
use crate::harness::client::unique_test_id;
use crate::harness::variants::{OTHER_OWN_KEY, OWN_KEY};
use crate::harness::{Call, Exchange, Gateway, RawRequest, Wire};

const CHAT: &str = "/v1/chat/completions";

const HEADERS: [&str; 3] =
    ["x-llm-provider-data", "x-llamastack-provider-data", "x-ogx-provider-data"];

/// Both forms, of a caller's own key for groq.
fn forms() -> [String; 2] {
    [
        format!(r#"{{"groq":{{"api_key":"{OWN_KEY}"}}}}"#),
        format!(r#"{{"groq_api_key":"{OWN_KEY}"}}"#),
    ]
}

async fn send(body: &str) -> Exchange {
    Gateway::shared().send_to("own-keys", Call::post(CHAT, body.to_owned()).key(RED)).await
}

fn assert_sent_with(exchange: &Exchange, key: &str) {
    let received = exchange.upstream();
    let expected = format!("Bearer {key}");
    assert_eq!(received.header("authorization"), Some(expected.as_str()));
    received.assert_framed_exactly();
}

fn assert_not_forwarded(exchange: &Exchange) {
    let received = exchange.upstream();
    let body = String::from_utf8_lossy(&received.body);
    assert!(!body.contains(OWN_KEY) && !body.contains("provider_data"), "{body}");
    for name in HEADERS {
        assert!(received.all(name).is_empty(), "{name} went upstream");
    }
}

#[tokio::test]
async fn an_own_key_in_the_body_is_used_and_its_member_is_cut_wherever_it_stands() {
    for data in forms() {
        let cut = |before: &str, after: &str| {
            (format!("{before}\"provider_data\":{data}{after}"), format!("{before}{after}"))
        };
        let named = "\"model\":\"glm-5-long-name-for-a-short-one\"";
        let renamed = "\"model\":\"g\"";
        // First, in the middle before and after the model, last: its comma goes with it.
        let (first, first_cut) =
            (format!("{{\"provider_data\":{data},{named},\"é\":[1 , 2]}}"), "{M,\"é\":[1 , 2]}");
        let (before, _) = cut("{\"a\": 1.0,", &format!(",{named},\"b\":\"\\u00e9\"}}"));
        let (after, _) = cut(&format!("{{\"a\": 1.0,{named},"), ",\"b\":\"\\u00e9\"}");
        let (last, _) = cut(&format!("{{\"a\":{{ }},{named},"), "}");
        for (body, expected) in [
            (first, first_cut),
            (before, "{\"a\": 1.0,M,\"b\":\"\\u00e9\"}"),
            (after, "{\"a\": 1.0,M,\"b\":\"\\u00e9\"}"),
            (last, "{\"a\":{ },M}"),
        ] {
            let exchange = send(&body).await;
            assert_sent_with(&exchange, OWN_KEY);
            assert_not_forwarded(&exchange);
            assert_eq!(exchange.upstream().body, expected.replace('M', renamed));
        }
    }
}

#[tokio::test]
async fn the_only_member_of_a_body_is_cut_and_nothing_is_left_of_it() {
    let gateway = Gateway::shared();
    let body = format!(r#" {{"provider_data":{{"azure":{{"api_key":"{OWN_KEY}"}}}}}}"#);
    let call = Call::post("/openai/deployments/deployed/chat/completions", body).key(RED);
    let exchange = gateway.send_to("own-keys", call).await;
    assert_eq!(exchange.upstream().header("api-key"), Some(OWN_KEY));
    assert_eq!(exchange.upstream().body, " {}");
    assert_not_forwarded(&exchange);
    exchange.upstream().assert_framed_exactly();
}

#[tokio::test]
async fn an_own_key_in_each_of_the_headers_is_used_and_the_header_dropped() {
    let gateway = Gateway::shared();
    let body = r#"{ "model" : "groq/llama-9" }"#;
    for data in forms() {
        for name in HEADERS {
            let call = Call::post(CHAT, body).key(RED).header(name, data.as_str());
            for call in [call.clone(), call.http2()] {
                let exchange = gateway.send_to("own-keys", call).await;
                assert_sent_with(&exchange, OWN_KEY);
                assert_not_forwarded(&exchange);
                assert_eq!(exchange.upstream().body, r#"{ "model" : "llama-9" }"#);
            }
        }
    }
}

#[tokio::test]
async fn an_own_key_goes_where_the_provider_wants_it() {
    let gateway = Gateway::shared();
    let data = format!(r#"{{"anthropic_api_key":"{OWN_KEY}","azure":{{"api_key":"{OWN_KEY}"}}}}"#);
    for (model, path, header) in [
        ("sonnet:anthropic", "/v1/messages", "x-api-key"),
        ("deployed", "/v1/chat/completions", "api-key"),
    ] {
        let call = Call::chat(model).at(path).key(RED).header(HEADERS[0], data.as_str());
        let exchange = gateway.send_to("own-keys", call).await;
        assert_eq!(exchange.upstream().header(header), Some(OWN_KEY), "{model}");
        assert_eq!(exchange.upstream().header("authorization"), None);
    }
}

#[tokio::test]
async fn an_own_key_makes_a_target_available_that_the_team_has_no_credential_for() {
    let gateway = Gateway::shared();
    let without = gateway.send_to("own-keys", Call::chat("glm-5").key(POOR)).await;
    without.assert_rejected(403, "credential_not_configured");
    for data in forms() {
        let call = Call::chat("glm-5").key(POOR).header(HEADERS[0], data.as_str());
        let exchange = gateway.send_to("own-keys", call).await;
        assert_eq!(exchange.upstream().cluster, "groq");
        assert_sent_with(&exchange, OWN_KEY);
    }
}

#[tokio::test]
async fn an_own_key_for_a_provider_that_is_not_chosen_is_ignored_and_still_cut() {
    let data = format!(
        r#"{{"anthropic":{{"api_key":"{OWN_KEY}"}},"nobody_api_key":"{OWN_KEY}","openai":{{"api_key":"{OWN_KEY}"}}}}"#
    );
    let exchange = send(&format!(r#"{{"model":"groq/x","provider_data":{data},"z":1}}"#)).await;
    assert_sent_with(&exchange, &credential("groq", "red"));
    assert_not_forwarded(&exchange);
    assert_eq!(exchange.upstream().body, r#"{"model":"x","z":1}"#);

    let exchange = send(r#"{"provider_data":null,"model":"groq/x"}"#).await;
    assert_sent_with(&exchange, &credential("groq", "red"));
    assert_eq!(exchange.upstream().body, r#"{"model":"x"}"#);
}

#[tokio::test]
async fn an_own_key_is_not_remembered_by_the_next_request_on_the_connection() {
    let gateway = Gateway::shared();
    let mut wire = Wire::connect(gateway.listener("own-keys")).await;
    let [nested, flat] = forms();
    let member = format!(r#"{{"model":"groq/x","provider_data":{nested}}}"#);
    let plain = r#"{"model":"groq/x"}"#;
    let request = || RawRequest::new(&format!("POST {CHAT}")).key(RED);
    for (request, key) in [
        (request().body(member.as_bytes()), OWN_KEY.to_owned()),
        (request().body(plain.as_bytes()), credential("groq", "red")),
        (
            request().fields(&[(HEADERS[1], flat.as_bytes())]).body(plain.as_bytes()),
            OWN_KEY.to_owned(),
        ),
        (request().body(plain.as_bytes()), credential("groq", "red")),
    ] {
        let test_id = unique_test_id();
        wire.write([request.head(&test_id), request.payload()].concat()).await;
        let answer = wire.answer().await;
        assert_sent_with(&Exchange::new(answer, gateway.received(&test_id), test_id), &key);
    }
}

#[tokio::test]
async fn a_provider_that_takes_no_own_keys_refuses_them() {
    let gateway = Gateway::shared();
    let nested = format!(r#"{{"openai":{{"api_key":"{OWN_KEY}"}}}}"#);
    let flat = format!(r#"{{"openai_api_key":"{OWN_KEY}"}}"#);
    for data in [nested, flat] {
        let body = format!(r#"{{"model":"gpt-4o","provider_data":{data}}}"#);
        let in_body = Call::post(CHAT, body).key(RED);
        let in_header = Call::chat("gpt-4o").key(RED).header(HEADERS[2], data.as_str());
        for call in [in_body, in_header] {
            for listener in ["main", "own-keys"] {
                let exchange = gateway.send_to(listener, call.clone()).await;
                let message = exchange.assert_rejected(400, "client_credentials_not_allowed");
                assert!(message.contains("openai") && !message.contains(OWN_KEY), "{message}");
                assert_eq!(exchange.json()["error"]["param"], "provider_data");
            }
        }
    }
}

#[tokio::test]
async fn malformed_provider_data_is_refused() {
    let gateway = Gateway::shared();
    let malformed = [
        "7",
        "true",
        "[]",
        r#""sk-x""#,
        r#"{"groq":"sk-x"}"#,
        r#"{"groq":7}"#,
        r#"{"groq":null}"#,
        r#"{"groq":{"api_key":7}}"#,
        r#"{"groq":{"api_key":""}}"#,
        r#"{"groq":{"api_key":" "}}"#,
        r#"{"groq":{"api_key":"sk-x\r\nx-injected: 1"}}"#,
        r#"{"groq_api_key":null}"#,
        r#"{"_api_key":"sk-x"}"#,
        r#"{"groq":{"api_key":"sk-x"},"groq_api_key":"sk-y"}"#,
        r#"{"groq":{"api_key":"sk-x","api_key":"sk-y"}}"#,
        r#"{"groq":{"api_key":"sk-x"},"groq":{"api_key":"sk-y"}}"#,
    ];
    for data in malformed {
        let exchange = send(&format!(r#"{{"model":"groq/x","provider_data":{data}}}"#)).await;
        assert_malformed(&exchange, data);
        for name in HEADERS {
            let call = Call::chat("groq/x").key(RED).header(name, data);
            assert_malformed(&gateway.send_to("own-keys", call).await, data);
        }
    }
    for data in [&b""[..], b"{", b"{}{}", b"{\"groq\":{\"api_key\":\"\xff\"}}"] {
        let call = Call::chat("groq/x").key(RED).header(HEADERS[0], data);
        assert_malformed(&gateway.send_to("own-keys", call).await, "header");
    }
}

#[tokio::test]
async fn two_different_own_keys_for_one_provider_are_refused_and_one_twice_is_not() {
    let gateway = Gateway::shared();
    let of = |key: &str| format!(r#"{{"groq_api_key":"{key}"}}"#);
    let body = format!(r#"{{"model":"groq/x","provider_data":{}}}"#, of(OWN_KEY));
    let in_body = || Call::post(CHAT, body.clone()).key(RED);
    for (second, agrees) in [(OWN_KEY, true), (OTHER_OWN_KEY, false)] {
        let in_headers = Call::chat("groq/x").key(RED).header(HEADERS[1], of(OWN_KEY));
        for call in
            [in_body().header(HEADERS[0], of(second)), in_headers.header(HEADERS[2], of(second))]
        {
            let exchange = gateway.send_to("own-keys", call).await;
            match agrees {
                true => assert_sent_with(&exchange, OWN_KEY),
                false => assert_malformed(&exchange, second),
            }
        }
    }
    let twice = format!(r#"{{"provider_data":{0},"model":"x","provider_data":{0}}}"#, of(OWN_KEY));
    send(&twice).await.assert_rejected(400, "duplicate_field");
}

#[tokio::test]
async fn members_that_would_choose_where_a_key_goes_are_refused() {
    for name in ["api_key", "api_base", "base_url", "user_config"] {
        for value in [r#""x""#, "null", "{}"] {
            for body in [
                format!(r#"{{"model":"gpt-4o","{name}":{value}}}"#),
                format!(r#"{{"{name}":{value},"model":"gpt-4o"}}"#),
                format!(
                    r#"{{"\u{:04x}{}":{value},"model":"gpt-4o"}}"#,
                    name.as_bytes()[0],
                    &name[1..]
                ),
            ] {
                let exchange = send(&body).await;
                exchange.assert_rejected(400, "forbidden_field");
                assert_eq!(exchange.json()["error"]["param"], name);
            }
        }
        let nested = send(&format!(r#"{{"model":"gpt-4o","metadata":{{"{name}":"x"}}}}"#)).await;
        assert_eq!(nested.upstream().model(), "gpt-4o");
    }
}

fn assert_malformed(exchange: &Exchange, data: &str) {
    let message = exchange.assert_rejected(400, "invalid_provider_data");
    assert!(!message.contains("sk-"), "{message}");
    assert_eq!(exchange.json()["error"]["param"], "provider_data", "{data}");
}
