//! A provider that refuses a credential: the gateway's is the operator's affair, the caller's own
//! its own.

use crate::harness::answers::Scripted;
use crate::harness::catalogue::RED;
use crate::harness::variants::OWN_KEY;
use crate::harness::{Call, Exchange, Gateway};
use serde_json::json;

const TELLTALE: &str = "sk-open...Qw3 of org-77 is not valid";

/// What a provider may tell whom it concerns.
const UNTELLING: &str = "this key of org-77 is not valid";

/// A refusal in these words, that tells more than a client may know.
fn refusal(status: u16, words: &str) -> Scripted {
    Scripted::status(status)
        .header("content-type", "application/problem+json")
        .header("www-authenticate", "Bearer realm=\"org-77\"")
        .header("set-cookie", "session=org-77")
        .header("x-request-id", "org-77")
        .header("openai-organization", "org-77")
        .header("retry-after", "77")
        .body(&json!({"error": {"message": words, "code": "invalid_api_key"}}).to_string())
}

fn assert_nothing_is_told(exchange: &Exchange) {
    let told = exchange.text() + &format!("{:?}", exchange.headers);
    for telltale in [TELLTALE, "org-77", "session", "realm", "retry-after", "problem+json"] {
        assert!(!told.contains(telltale), "{telltale} in {told}");
    }
    assert_eq!(exchange.header("content-type"), Some("application/json"));
    assert_eq!(exchange.header("x-should-retry"), Some("false"));
    assert_eq!(exchange.header("www-authenticate"), None);
    assert_eq!(exchange.upstream.len(), 1, "it did go upstream");
}

#[tokio::test]
async fn a_refusal_of_the_gateways_credential_is_a_502_of_the_gateways_own() {
    let gateway = Gateway::shared();
    for status in [401, 403] {
        // Also where this filter adds no credential, for Envoy itself may.
        for model in ["gpt-4o", "groq/x", "deployed", "over-http2", "local"] {
            let call = Call::chat(model).key(RED).answered(&refusal(status, TELLTALE));
            for call in [call.clone(), call.http2()] {
                let exchange = gateway.send(call).await;
                assert_eq!(exchange.status, 502, "{model}: {}", exchange.text());
                let error = exchange.json()["error"].clone();
                assert_eq!(error["type"], "api_error");
                assert_eq!(error["code"], "upstream_authentication_failed");
                assert!(error["param"].is_null() && error["message"].is_string(), "{error}");
                assert_nothing_is_told(&exchange);
                let entry = gateway.access_log(&exchange.test_id).await;
                assert_eq!(entry["code"], "upstream_authentication_failed");
                assert!(entry["provider"].is_string(), "{entry}");
            }
        }
    }
}

#[tokio::test]
async fn the_502_has_anthropics_shape_under_messages() {
    let gateway = Gateway::shared();
    for path in ["/v1/messages", "/v1/messages/count_tokens"] {
        let call = Call::chat("sonnet:anthropic").at(path).header("x-api-key", RED);
        let exchange = gateway.send(call.answered(&refusal(401, TELLTALE))).await;
        assert_eq!(exchange.status, 502);
        let message = exchange.json()["error"]["message"].clone();
        let error = json!({"type": "api_error", "message": message});
        let id = exchange.json()["request_id"].clone();
        assert!(id.is_string());
        assert_eq!(exchange.json(), json!({"type": "error", "error": error, "request_id": id}));
        assert_nothing_is_told(&exchange);
    }
}

#[tokio::test]
async fn a_connection_serves_on_after_a_502() {
    let gateway = Gateway::shared();
    for _ in 0..3 {
        let refused = Call::chat("gpt-4o").key(RED).answered(&refusal(401, TELLTALE));
        assert_eq!(gateway.send(refused).await.status, 502);
        assert_eq!(gateway.send(Call::chat("gpt-4o").key(RED)).await.status, 200);
    }
}

#[tokio::test]
async fn a_refusal_of_the_callers_own_key_is_passed_on_as_it_is() {
    let gateway = Gateway::shared();
    let data = format!(r#"{{"groq_api_key":"{OWN_KEY}"}}"#);
    for status in [401, 403] {
        let call = Call::chat("groq/x").key(RED).header("x-llm-provider-data", data.as_str());
        let exchange =
            gateway.send_to("own-keys", call.answered(&refusal(status, UNTELLING))).await;
        assert_eq!(exchange.status, status);
        assert_eq!(exchange.json()["error"]["message"], UNTELLING);
        assert_eq!(exchange.header("www-authenticate"), Some("Bearer realm=\"org-77\""));
        assert_eq!(exchange.header("x-should-retry"), None);
        assert_eq!(gateway.access_log(&exchange.test_id).await["code"], "upstream_client_error");
    }
}

#[tokio::test]
async fn every_other_status_is_passed_on_as_it_is() {
    let gateway = Gateway::shared();
    for status in [200, 201, 204, 304, 400, 403, 404, 409, 418, 422, 429, 500, 502, 503, 529] {
        let body = if matches!(status, 204 | 304) { "" } else { UNTELLING };
        let answer = Scripted::status(status).header("x-odd", "a, b").body(body);
        // Of a provider that is nowhere one of several, so that no other test hears of it.
        let call = Call::chat("mistral/x").key(RED).answered(&answer);
        let exchange = gateway.send(call).await;
        assert_eq!((exchange.status, exchange.text().as_str()), (status, body));
        assert_eq!(exchange.header("x-odd"), Some("a, b"));
        assert_eq!(exchange.header("x-should-retry"), None);
    }
}
