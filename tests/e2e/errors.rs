//! The filter's own answers, as a client reads them off the wire and an operator in the access log.

use crate::harness::catalogue::{self, DISABLED, EXPIRED, FROM_ENVIRONMENT, POOR, RED};
use crate::harness::client::Frames;
use crate::harness::{Call, Exchange, Gateway};
use serde_json::{json, Value};

const CHAT: &str = "/v1/chat/completions";

/// Every error that a client can bring about: status, type, code, and the call that does.
fn errors() -> Vec<(u16, &'static str, &'static str, Call)> {
    let invalid = "invalid_request_error";
    let unauthenticated = "authentication_error";
    let of = |body: &'static str| Call::post(CHAT, body).key(RED);
    let model = |model: &str| Call::chat(model).key(RED);
    let embedding = Call::post("/v1/embeddings", r#"{"model":"gpt-4o-mini","input":"x"}"#).key(RED);
    let at_rerank = Call::post("/v1/rerank", r#"{"model":"deployed"}"#).key(RED);
    let deep = Call::post(CHAT, "[".repeat(100_000)).key(RED);
    let too_large = Call::post(CHAT, "x".repeat(10_485_761)).key(RED);
    let gzip = model("gpt-4o").header("content-encoding", "gzip");
    let text = of("hello").header("content-type", "text/plain");
    let with_own_key = model("gpt-4o").header("x-llm-provider-data", r#"{"openai_api_key":"k"}"#);
    vec![
        (400, invalid, "invalid_json", of("{")),
        (400, invalid, "invalid_json", of("")),
        (400, invalid, "invalid_json", of(r#"{"model":"gpt-4o"} x"#)),
        (400, invalid, "invalid_json", deep),
        (400, invalid, "missing_model", of("{}")),
        (400, invalid, "missing_model", of(r#"{"x":{"model":"gpt-4o"}}"#)),
        (400, invalid, "invalid_model", of(r#"{"model":7}"#)),
        (400, invalid, "invalid_model", of(r#"{"model":""}"#)),
        (400, invalid, "invalid_model", of(r#"{"model":"gpt-4o\u0000"}"#)),
        (400, invalid, "duplicate_field", of(r#"{"model":"gpt-4o","mod\u0065l":"gpt-4o"}"#)),
        (400, invalid, "ambiguous_model", model("groq/llama-9:openai")),
        (400, invalid, "provider_not_found_for_model", model("gpt-4o:groq")),
        (400, invalid, "model_type_mismatch", model("embed-3")),
        (400, invalid, "endpoint_not_supported", at_rerank),
        (400, invalid, "forbidden_field", of(r#"{"model":"gpt-4o","api_base":"x"}"#)),
        (400, invalid, "invalid_provider_data", of(r#"{"model":"gpt-4o","provider_data":7}"#)),
        (400, invalid, "client_credentials_not_allowed", with_own_key),
        (401, unauthenticated, "missing_api_key", Call::chat("gpt-4o")),
        (401, unauthenticated, "invalid_api_key", Call::chat("gpt-4o").key("vk-of-nobody")),
        (401, unauthenticated, "invalid_api_key", Call::chat("gpt-4o").key(DISABLED)),
        (401, unauthenticated, "invalid_api_key", Call::chat("gpt-4o").key(EXPIRED)),
        (403, "permission_error", "credential_not_configured", Call::chat("zai/glm-5").key(POOR)),
        (404, invalid, "model_not_found", model("of-nobody")),
        (404, invalid, "unknown_endpoint", embedding.at("/v1/of-nobody")),
        (404, invalid, "unknown_endpoint", Call::get("/elsewhere").key(RED)),
        (413, invalid, "request_too_large", too_large),
        (415, invalid, "unsupported_content_encoding", gzip),
        (415, invalid, "unsupported_content_type", text),
    ]
}

#[tokio::test]
async fn every_error_has_its_status_type_and_code_in_openais_shape() {
    let gateway = Gateway::shared();
    for (status, kind, code, call) in errors() {
        for call in [call.clone(), call.http2()] {
            let exchange = gateway.send(call).await;
            exchange.assert_rejected(status, code);
            assert_own_answer(&exchange);
            let error = exchange.json()["error"].clone();
            assert_eq!(error["type"], kind, "{code}");
            let mut members: Vec<_> = error.as_object().unwrap().keys().cloned().collect();
            members.sort();
            assert_eq!(members, ["code", "message", "param", "type"]);
            assert_eq!(error["param"], param(code), "{error}");
        }
    }
}

#[tokio::test]
async fn every_error_under_messages_has_anthropics_shape() {
    let gateway = Gateway::shared();
    for (status, kind, code, call) in errors() {
        if matches!(code, "unknown_endpoint") {
            continue;
        }
        for path in ["/v1/messages", "/v1/messages/count_tokens"] {
            let exchange = gateway.send(call.clone().at(path)).await;
            assert_eq!(exchange.status, status, "{code}: {}", exchange.text());
            assert!(exchange.upstream.is_empty());
            assert_own_answer(&exchange);
            let message = exchange.json()["error"]["message"].clone();
            assert!(message.as_str().is_some_and(|message| !message.is_empty()));
            let kind = match status {
                404 => "not_found_error",
                413 => "request_too_large",
                _ => kind,
            };
            let error = json!({"type": kind, "message": message});
            let id = exchange.json()["request_id"].clone();
            assert!(id.is_string());
            assert_eq!(exchange.json(), json!({"type": "error", "error": error, "request_id": id}));
        }
    }
}

#[tokio::test]
async fn every_error_is_in_the_access_log_by_its_code() {
    let gateway = Gateway::shared();
    for (status, _, code, call) in errors() {
        let exchange = gateway.send(call).await;
        let entry = gateway.access_log(&exchange.test_id).await;
        assert_eq!((&entry["status"], &entry["code"]), (&json!(status), &json!(code)));
    }
}

#[tokio::test]
async fn a_routed_request_is_in_the_access_log_with_its_team_and_model() {
    let gateway = Gateway::shared();
    let exchange = gateway.send(Call::chat("sonnet:anthropic").key(FROM_ENVIRONMENT)).await;
    assert_eq!(exchange.status, 200);
    let entry = gateway.access_log(&exchange.test_id).await;
    for (name, value) in [
        ("team", "red"),
        ("key_id", "ci"),
        ("model", "sonnet:anthropic"),
        ("provider", "anthropic"),
        ("upstream_model", "claude-sonnet-4-6"),
        ("code", "ok"),
    ] {
        assert_eq!(entry[name], value, "{name} in {entry}");
    }
}

#[tokio::test]
async fn keys_unknown_disabled_and_expired_read_the_same() {
    let gateway = Gateway::shared();
    let mut answers = Vec::new();
    for key in ["vk-of-nobody", DISABLED, EXPIRED, ""] {
        answers.push(gateway.send(Call::chat("gpt-4o").header("x-api-key", key)).await);
    }
    let empty = answers.pop().unwrap();
    assert_eq!(empty.status, 401);
    assert!(answers.windows(2).all(|pair| pair[0].body == pair[1].body));
}

#[tokio::test]
async fn a_message_repeats_at_most_128_characters_of_the_clients_escaped() {
    let gateway = Gateway::shared();
    let long = "ü".repeat(5_000);
    for model in [long.clone(), format!("groq/llama:{long}"), format!("{long}:groq")] {
        let exchange = gateway.send(Call::chat(&model).key(POOR)).await;
        let message = exchange.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.matches('ü').count() <= 128, "{message}");
        assert!(message.contains("üüü"), "the beginning is there: {message}");
    }
    let path = format!("/v1/{}", "z".repeat(5_000));
    let message = gateway.send(Call::get(&path)).await.assert_rejected(404, "unknown_endpoint");
    assert!(message.matches('z').count() <= 128);

    let sharp = "\u{85}\u{202e}\"</script>\\";
    let exchange = gateway.send(Call::chat(&format!("x{sharp}")).key(RED)).await;
    let message = exchange.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(!message.contains('\u{85}') && !message.contains('\u{202e}'), "{message:?}");
}

#[tokio::test]
async fn no_answer_and_no_log_tells_a_secret() {
    let gateway = Gateway::shared();
    let secrets = catalogue::secrets();
    for (_, _, _, call) in errors() {
        let exchange = gateway.send(call).await;
        let told = exchange.text() + &format!("{:?}", exchange.headers);
        for secret in &secrets {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    }
    // The logs are searched when the test ends, as after every other.
}

#[tokio::test]
async fn a_body_that_is_not_utf8_is_not_json() {
    let gateway = Gateway::shared();
    for body in
        [&b"{\"model\":\"gpt-4o\",\"x\":\"\xff\"}"[..], b"\xef\xbb\xbf{\"model\":\"gpt-4o\"}"]
    {
        let call = Call::new("POST", CHAT).key(RED).body(Frames::pieces(body, 4));
        gateway.send(call).await.assert_rejected(400, "invalid_json");
    }
}

/// The field that is at fault.
fn param(code: &str) -> Value {
    match code {
        "missing_model"
        | "invalid_model"
        | "duplicate_field"
        | "ambiguous_model"
        | "provider_not_found_for_model"
        | "model_type_mismatch"
        | "endpoint_not_supported"
        | "credential_not_configured"
        | "model_not_found" => json!("model"),
        "invalid_provider_data" | "client_credentials_not_allowed" => json!("provider_data"),
        "forbidden_field" => json!("api_base"),
        _ => Value::Null,
    }
}

fn assert_own_answer(exchange: &Exchange) {
    assert_eq!(exchange.header("content-type"), Some("application/json"));
    let challenge = (exchange.status == 401).then_some("Bearer");
    assert_eq!(exchange.header("www-authenticate"), challenge);
    let no_retry = (exchange.status >= 500).then_some("false");
    assert_eq!(exchange.header("x-should-retry"), no_retry);
    assert!(serde_json::from_slice::<Value>(&exchange.body).is_ok());
}
