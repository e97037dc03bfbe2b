//! What a provider answers: the shape that a client of the endpoint expects.

use super::provider::Received;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use serde_json::{json, Value};

/// The header by which a test asks the provider for an error of this status.
pub const FAIL_WITH: &str = "x-fail-with";

/// A successful answer to the request, unless it asks for another; the model in it is the one that
/// was asked for upstream.
pub fn answer(request: &Received) -> Response<Full<Bytes>> {
    if let Some(status) = request.header(FAIL_WITH) {
        return failure(status);
    }
    let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let model = asked["model"].as_str().unwrap_or_default();
    let path = request.path.split('?').next().unwrap_or_default();
    if asked["stream"] == true && path.ends_with("/chat/completions") {
        return respond("text/event-stream", streamed_chat(model));
    }
    let body = match path {
        _ if path.ends_with("/chat/completions") => chat(model),
        _ if path.ends_with("/completions") => completion(model),
        _ if path.ends_with("/embeddings") => embedding(model),
        _ if path.ends_with("/messages/count_tokens") => json!({"input_tokens": 3}),
        _ if path.ends_with("/messages") => message(model),
        _ if path.ends_with("/rerank") => rerank(model),
        _ => json!({"object": "answer", "model": model}),
    };
    respond("application/json", body.to_string())
}

fn respond(content_type: &str, body: String) -> Response<Full<Bytes>> {
    Response::builder().header("content-type", content_type).body(Full::new(body.into())).unwrap()
}

fn failure(status: &str) -> Response<Full<Bytes>> {
    let body = json!({"error": {"message": "Slow down.", "type": "provider_error", "code": null}});
    Response::builder()
        .status(status)
        .header("retry-after", "7")
        .header("content-type", "application/problem+json")
        .body(Full::new(body.to_string().into()))
        .unwrap()
}

fn chat(model: &str) -> Value {
    let message = json!({"role": "assistant", "content": "Good morning."});
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5},
    })
}

fn streamed_chat(model: &str) -> String {
    let chunk = |delta: Value, finish_reason: Value| {
        let choices = json!([{"index": 0, "delta": delta, "finish_reason": finish_reason}]);
        json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model,
            "choices": choices,
        })
    };
    let chunks = [
        chunk(json!({"role": "assistant", "content": "Good "}), Value::Null),
        chunk(json!({"content": "morning."}), Value::Null),
        chunk(json!({}), json!("stop")),
    ];
    let events: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    events + "data: [DONE]\n\n"
}

fn completion(model: &str) -> Value {
    json!({
        "id": "cmpl-1", "object": "text_completion", "created": 1, "model": model,
        "choices": [{"index": 0, "text": "Good morning.", "finish_reason": "stop"}],
    })
}

fn embedding(model: &str) -> Value {
    json!({
        "object": "list", "model": model,
        "data": [{"object": "embedding", "index": 0, "embedding": [0.25, 0.5]}],
        "usage": {"prompt_tokens": 2, "total_tokens": 2},
    })
}

fn message(model: &str) -> Value {
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": model,
        "content": [{"type": "text", "text": "Good morning."}], "stop_reason": "end_turn",
        "usage": {"input_tokens": 2, "output_tokens": 3},
    })
}

fn rerank(model: &str) -> Value {
    json!({"model": model, "results": [{"index": 0, "relevance_score": 0.9}]})
}
