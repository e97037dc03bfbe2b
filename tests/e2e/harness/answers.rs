//! What a provider answers: the shape that a client of the endpoint expects, unless the test has
//! asked for another.

use super::fault::Fault;
use super::provider::Received;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use serde_json::{json, Value};

/// The header by which a test asks the provider for an error of this status.
pub const FAIL_WITH: &str = "x-fail-with";

/// What stands there instead of a status, if there is to be no answer at all.
pub const HANG_UP: &str = "hang-up";

/// What stands there if the provider is to say nothing, and to stay.
pub const SAY_NOTHING: &str = "say-nothing";

/// The header in which a test gives the whole answer: see [`Scripted`].
pub const ANSWER: &str = "x-answer";

/// The header in which a test says what the answer tells of tokens: `prompt,completion,cached`.
pub const USAGE: &str = "x-usage";

/// An answer that a test gives word for word.
#[derive(Clone)]
pub struct Scripted(Value);

impl Scripted {
    pub fn status(status: u16) -> Self {
        Self(json!({"status": status, "headers": [], "body": ""}))
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.0["headers"].as_array_mut().unwrap().push(json!([name, value]));
        self
    }

    pub fn body(mut self, body: &str) -> Self {
        self.0["body"] = body.into();
        self
    }

    /// A body of any bytes.
    pub fn bytes(mut self, body: &[u8]) -> Self {
        self.0["bytes"] = body.into();
        self
    }

    /// The same answer, of the provider in this cluster alone.
    pub fn only_of(mut self, cluster: &str) -> Self {
        self.0["cluster"] = cluster.into();
        self
    }

    /// A field of so many bytes, `x-long`.
    pub fn long_header(mut self, length: usize) -> Self {
        self.0["long_header"] = length.into();
        self
    }

    /// How it is written in the request's header.
    pub fn written(&self) -> String {
        self.0.to_string()
    }

    /// What the request asks the provider that received it for.
    fn read(request: &Received) -> Option<Response<Full<Bytes>>> {
        let script: Value = serde_json::from_str(request.header(ANSWER)?).unwrap();
        if script["cluster"].as_str().is_some_and(|cluster| cluster != request.cluster) {
            return None;
        }
        let status = u16::try_from(script["status"].as_u64().unwrap()).unwrap();
        let mut answer = Response::builder().status(status);
        for header in script["headers"].as_array().unwrap() {
            answer = answer.header(header[0].as_str().unwrap(), header[1].as_str().unwrap());
        }
        if let Some(length) = script["long_header"].as_u64() {
            answer = answer.header("x-long", "x".repeat(usize::try_from(length).unwrap()));
        }
        let body = match serde_json::from_value(script["bytes"].clone()) {
            Ok(bytes) => Bytes::from_owner::<Vec<u8>>(bytes),
            Err(_) => script["body"].as_str().unwrap().to_owned().into(),
        };
        Some(answer.body(Full::new(body)).unwrap())
    }
}

/// A successful answer to the request, unless it asks for another; the model in it is the one that
/// was asked for upstream.
pub fn answer(request: &Received) -> Response<Full<Bytes>> {
    if let Some(scripted) = Scripted::read(request) {
        return scripted;
    }
    if let Some(status) = request.header(FAIL_WITH) {
        return failure(status);
    }
    if let Some(Fault::Status(status)) = Fault::of(request) {
        return failure(&status.to_string());
    }
    let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let model = asked["model"].as_str().unwrap_or_default();
    let usage = Usage::asked_for(request);
    let path = request.path.split('?').next().unwrap_or_default();
    if asked["stream"] == true {
        let events = match path {
            _ if path.ends_with("/messages") => streamed_message(model, usage),
            _ if path.ends_with("/responses") => streamed_response(model, usage),
            _ => streamed_chat(model, usage, asked["stream_options"]["include_usage"] == true),
        };
        return respond("text/event-stream", events);
    }
    let body = match path {
        _ if path.ends_with("/chat/completions") => chat(model, usage),
        _ if path.ends_with("/completions") => completion(model, usage),
        _ if path.ends_with("/responses") => response(model, usage),
        _ if path.ends_with("/embeddings") => embedding(model, usage),
        _ if path.ends_with("/messages/count_tokens") => json!({"input_tokens": 3}),
        _ if path.ends_with("/messages") => message(model, usage),
        _ if path.ends_with("/rerank") => rerank(model),
        _ if path.ends_with("/audio/transcriptions") => json!({"text": "Good morning."}),
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
        .header("content-type", "application/problem+json")
        .body(Full::new(body.to_string().into()))
        .unwrap()
}

/// The tokens of an answer.
#[derive(Clone, Copy)]
struct Usage {
    prompt: u64,
    completion: u64,
    /// The part of the prompt that the provider found in its cache.
    cached: u64,
}

impl Usage {
    fn asked_for(request: &Received) -> Self {
        let mut numbers = request.header(USAGE).unwrap_or("2,3,0").split(',');
        let mut next = || numbers.next().unwrap().parse().unwrap();
        Self { prompt: next(), completion: next(), cached: next() }
    }

    fn of_chat(self) -> Value {
        json!({
            "prompt_tokens": self.prompt, "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
            "prompt_tokens_details": {"cached_tokens": self.cached},
        })
    }

    fn of_response(self) -> Value {
        json!({
            "input_tokens": self.prompt, "output_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
            "input_tokens_details": {"cached_tokens": self.cached},
        })
    }

    /// Anthropic counts what was cached beside the input, not as a part of it.
    fn of_message(self) -> Value {
        json!({
            "input_tokens": self.prompt - self.cached, "output_tokens": self.completion,
            "cache_read_input_tokens": self.cached, "cache_creation_input_tokens": 0,
        })
    }
}

fn chat(model: &str, usage: Usage) -> Value {
    let message = json!({"role": "assistant", "content": "Good morning."});
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": usage.of_chat(),
    })
}

fn streamed_chat(model: &str, usage: Usage, tells_usage: bool) -> String {
    let chunk = |choices: Value, usage: Value| {
        json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model,
            "choices": choices, "usage": usage,
        })
    };
    let choice = |delta: Value, finish_reason: Value| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": finish_reason});
        chunk(json!([choice]), Value::Null)
    };
    let chunks = [
        choice(json!({"role": "assistant", "content": "Good "}), Value::Null),
        choice(json!({"content": "morning."}), Value::Null),
        choice(json!({}), json!("stop")),
    ];
    let last = tells_usage.then(|| chunk(json!([]), usage.of_chat()));
    let events: String =
        chunks.iter().chain(&last).map(|chunk| format!("data: {chunk}\n\n")).collect();
    events + "data: [DONE]\n\n"
}

fn completion(model: &str, usage: Usage) -> Value {
    json!({
        "id": "cmpl-1", "object": "text_completion", "created": 1, "model": model,
        "choices": [{"index": 0, "text": "Good morning.", "finish_reason": "stop"}],
        "usage": usage.of_chat(),
    })
}

fn response(model: &str, usage: Usage) -> Value {
    let text = json!({"type": "output_text", "text": "Good morning.", "annotations": []});
    json!({
        "id": "resp_1", "object": "response", "created_at": 1, "model": model,
        "status": "completed", "usage": usage.of_response(),
        "output": [{
            "type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
            "content": [text],
        }],
    })
}

fn streamed_response(model: &str, usage: Usage) -> String {
    let begun = json!({"id": "resp_1", "object": "response", "model": model, "usage": null});
    named_events(&[
        json!({"type": "response.created", "response": begun}),
        json!({"type": "response.output_text.delta", "delta": "Good morning."}),
        json!({"type": "response.completed", "response": response(model, usage)}),
    ])
}

fn embedding(model: &str, usage: Usage) -> Value {
    json!({
        "object": "list", "model": model,
        "data": [{"object": "embedding", "index": 0, "embedding": [0.25, 0.5]}],
        "usage": {"prompt_tokens": usage.prompt, "total_tokens": usage.prompt},
    })
}

fn message(model: &str, usage: Usage) -> Value {
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": model,
        "content": [{"type": "text", "text": "Good morning."}],
        "stop_reason": "end_turn", "stop_sequence": null,
        "usage": usage.of_message(),
    })
}

fn streamed_message(model: &str, usage: Usage) -> String {
    let mut begun = message(model, Usage { completion: 1, ..usage });
    begun["content"] = json!([]);
    begun["stop_reason"] = Value::Null;
    let text = |text: &str| {
        let delta = json!({"type": "text_delta", "text": text});
        json!({"type": "content_block_delta", "index": 0, "delta": delta})
    };
    let block = json!({"type": "text", "text": ""});
    let end = json!({"stop_reason": "end_turn", "stop_sequence": null});
    let total = json!({"output_tokens": usage.completion});
    named_events(&[
        json!({"type": "message_start", "message": begun}),
        json!({"type": "content_block_start", "index": 0, "content_block": block}),
        json!({"type": "ping"}),
        text("Good "),
        text("morning."),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": end, "usage": total}),
        json!({"type": "message_stop"}),
    ])
}

/// Events that are named by their type.
fn named_events(events: &[Value]) -> String {
    let event =
        |data: &Value| format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap());
    events.iter().map(event).collect()
}

fn rerank(model: &str) -> Value {
    json!({"model": model, "results": [{"index": 0, "relevance_score": 0.9}]})
}
