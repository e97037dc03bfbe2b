//! Azure's clients, which name the model in the path.

use crate::harness::catalogue::{credential, BLUE, RED};
use crate::harness::form::Form;
use crate::harness::{Call, Gateway};

fn path(model: &str, endpoint: &str) -> String {
    format!("/openai/deployments/{model}/{endpoint}?api-version=2024-06-01")
}

fn chat(model: &str) -> Call {
    Call::post(&path(model, "chat/completions"), r#"{"messages":[]}"#).header("api-key", RED)
}

#[tokio::test]
async fn a_deployments_request_goes_where_its_model_does_in_the_providers_own_way() {
    let gateway = Gateway::shared();
    let named = |model: &str| format!(r#"{{"model":"{model}","messages":[]}}"#);
    let bedrock = "us.anthropic.claude-sonnet-4-6";
    for (asked, cluster, path, body) in [
        ("gpt-4o", "openai", "/v1/chat/completions".to_owned(), named("gpt-4o")),
        ("latest", "openai", "/v1/chat/completions".to_owned(), named("gpt-4o")),
        ("sonnet", "bedrock", "/openai/v1/chat/completions".to_owned(), named(bedrock)),
        ("flash", "gemini", "/v1beta/openai/chat/completions".to_owned(), named("gemini-flash")),
        (
            "deployed",
            "azure",
            "/openai/deployments/red-gpt/chat/completions?api-version=2024-10-21".to_owned(),
            r#"{"messages":[]}"#.to_owned(),
        ),
        (
            "zai%2Fglm-5",
            "groq",
            "/openai/deployments/zai%2Fglm-5/chat/completions".to_owned(),
            r#"{"messages":[]}"#.to_owned(),
        ),
    ] {
        for call in [chat(asked), chat(asked).http2()] {
            let exchange = gateway.send(call).await;
            let received = exchange.upstream();
            assert_eq!((&*received.cluster, &*received.path), (cluster, &*path), "{asked}");
            assert_eq!(received.body, body, "{asked}");
            received.assert_framed_exactly();
            let bearer = format!("Bearer {}", credential(cluster, "red"));
            let (authorization, api_key) = match cluster {
                "azure" => (None, Some(credential(cluster, "red"))),
                _ => (Some(bearer), None),
            };
            assert_eq!(received.header("authorization"), authorization.as_deref());
            assert_eq!(received.header("api-key"), api_key.as_deref());
        }
    }
}

#[tokio::test]
async fn the_version_alone_is_dropped_from_the_query() {
    let gateway = Gateway::shared();
    let path = "/openai/deployments/gpt-4o/chat/completions?a=1&api-version=2024-06-01&b=%20";
    let exchange = gateway.send(chat("gpt-4o").at(path)).await;
    assert_eq!(exchange.upstream().path, "/v1/chat/completions?a=1&b=%20");
}

#[tokio::test]
async fn a_body_may_name_the_same_model_and_no_other() {
    let gateway = Gateway::shared();
    let body = |model: &str| format!(r#"{{"messages":[],"model":{model}}}"#);
    let call =
        |body: String| Call::post(&path("sonnet", "chat/completions"), body).header("api-key", RED);
    let exchange = gateway.send(call(body("\"sonnet\""))).await;
    let rewritten = body("\"us.anthropic.claude-sonnet-4-6\"");
    assert_eq!(exchange.upstream().body, rewritten);
    exchange.upstream().assert_framed_exactly();

    for other in ["\"gpt-4o\"", "\"claude-sonnet-4.6\"", "\"Sonnet\"", "\"\"", "7", "null"] {
        gateway.send(call(body(other))).await.assert_rejected(400, "invalid_model");
    }
}

#[tokio::test]
async fn an_empty_body_is_given_the_model_alone() {
    let gateway = Gateway::shared();
    for (body, expected) in [("{}", r#"{"model":"gpt-4o"}"#), (" { } ", r#" {"model":"gpt-4o" } "#)]
    {
        let call = Call::post(&path("latest", "embeddings"), body).header("api-key", RED);
        let exchange = gateway.send(call).await;
        assert_eq!(exchange.upstream().body, expected);
        exchange.upstream().assert_framed_exactly();
    }
}

#[tokio::test]
async fn every_operation_is_there_under_a_deployment() {
    let gateway = Gateway::shared();
    for endpoint in [
        "completions",
        "embeddings",
        "responses",
        "moderations",
        "images/generations",
        "audio/speech",
    ] {
        let call = Call::post(&path("gpt-4o", endpoint), "{}").header("api-key", RED);
        let exchange = gateway.send(call).await;
        assert_eq!(exchange.upstream().path, format!("/v1/{endpoint}"));
    }
    for endpoint in ["messages", "rerank"] {
        let call = Call::post(&path("zai%2Fglm-5", endpoint), "{}").header("api-key", RED);
        let exchange = gateway.send(call).await;
        let expected = format!("/openai/deployments/zai%2Fglm-5/{endpoint}");
        assert_eq!(exchange.upstream().path, expected);
    }
    let form = Form::new("x").file("file", b"f");
    let call = Call::post(&path("deployed", "audio/transcriptions"), form.bytes());
    let call = call.header("api-key", RED).header("content-type", form.content_type());
    let exchange = gateway.send(call).await;
    let azure = "/openai/deployments/red-gpt/audio/transcriptions?api-version=2024-10-21";
    assert_eq!((&*exchange.upstream().path, &*exchange.upstream().body), (azure, &*form.bytes()));
}

#[tokio::test]
async fn what_a_caller_may_not_have_is_refused_under_a_deployment_as_well() {
    let gateway = Gateway::shared();
    for (call, status, code) in [
        (chat("of-nobody"), 404, "model_not_found"),
        (chat("reserved-70b").header("x-api-key", RED), 200, ""),
        (chat("embed-3"), 400, "model_type_mismatch"),
        (chat("gpt-4o:groq"), 400, "provider_not_found_for_model"),
        (chat("a%00b"), 400, "invalid_model"),
        (chat("%ff"), 400, "invalid_model"),
    ] {
        let exchange = gateway.send(call).await;
        match status {
            200 => assert_eq!(exchange.status, 200, "{}", exchange.text()),
            _ => drop(exchange.assert_rejected(status, code)),
        }
    }
    let denied = Call::post(&path("reserved-70b", "chat/completions"), "{}").key(BLUE);
    gateway.send(denied).await.assert_rejected(404, "model_not_found");
    let unknown = Call::post(&path("gpt-4o", "chat/completions"), "{}");
    gateway.send(unknown).await.assert_rejected(401, "missing_api_key");
    for path in [path("gpt-4o", "of-nobody"), path("gpt-4o", "models"), path("gpt-4o", "realtime")]
    {
        let call = Call::post(&path, "{}").header("api-key", RED);
        gateway.send(call).await.assert_rejected(404, "unknown_endpoint");
    }
    let listed = Call::get("/openai/deployments/gpt-4o/models").header("api-key", RED);
    gateway.send(listed).await.assert_rejected(404, "unknown_endpoint");
}
