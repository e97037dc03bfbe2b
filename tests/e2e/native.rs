//! Gemini's and Bedrock's own APIs in a real Envoy: the request that the provider gets, and the tokens of its answer.

use crate::harness::answers::Scripted;
use crate::harness::catalogue::RED;
use crate::harness::{Call, Gateway};
use crate::usages::rows;
use serde_json::{json, Value};

const CLAUDE: &str = "/model/us.anthropic.claude-x-v1%3A0/";
/// The same as a client of the gateway asks for it.
const ASKED: &str = "/model/bedrock%2Fus.anthropic.claude-x-v1%3A0/";

/// A call as Google's clients make it, or as Amazon's do.
fn call(path: &str) -> Call {
    let body = json!({"contents": [], "messages": []}).to_string();
    match path.starts_with("/model/") {
        true => Call::post(path, body).key(RED),
        false => Call::post(path, body).header("x-goog-api-key", RED),
    }
}

fn count(entry: &Value, name: &str) -> u64 {
    entry[name].as_str().map_or(0, |count| count.parse().unwrap())
}

#[tokio::test]
async fn apis_with_the_model_in_the_path_are_served_and_their_tokens_counted() {
    let gateway = Gateway::shared();
    let rows = rows::Usages::load().answers;
    for (path, sent, provider, answer) in [
        (
            "/v1beta/models/flash:generateContent".to_owned(),
            "/v1beta/models/gemini-flash:generateContent".to_owned(),
            "Gemini",
            "generateContent",
        ),
        (
            "/v1/models/flash:streamGenerateContent?alt=sse".to_owned(),
            "/v1beta/models/gemini-flash:streamGenerateContent?alt=sse".to_owned(),
            "Gemini",
            "streamGenerateContent as events",
        ),
        (
            "/v1beta/models/flash:streamGenerateContent".to_owned(),
            "/v1beta/models/gemini-flash:streamGenerateContent".to_owned(),
            "Gemini",
            "streamGenerateContent as one array",
        ),
        (format!("{ASKED}converse"), format!("{CLAUDE}converse"), "Bedrock", "converse"),
        (
            format!("{ASKED}converse-stream"),
            format!("{CLAUDE}converse-stream"),
            "Bedrock",
            "converse-stream",
        ),
        (format!("{ASKED}invoke"), format!("{CLAUDE}invoke"), "Bedrock", "invoke of Claude"),
        (
            format!("{ASKED}invoke-with-response-stream"),
            format!("{CLAUDE}invoke-with-response-stream"),
            "Bedrock",
            "invoke-with-response-stream of Claude",
        ),
    ] {
        let row = rows.iter().find(|row| row.provider == provider && row.name == answer).unwrap();
        let body = row.body();
        let scripted = Scripted::status(200).header("content-type", &row.content_type).bytes(&body);
        for call in [call(&path).http1(), call(&path).http2()] {
            let exchange = gateway.send(call.answered(&scripted)).await;
            assert_eq!((exchange.status, &*exchange.body), (200, &*body), "{path}");
            let upstream = exchange.upstream();
            assert_eq!(upstream.path, sent);
            assert_eq!(upstream.cluster, provider.to_lowercase(), "{path}");
            let (header, other) = match provider {
                "Gemini" => ("x-goog-api-key", "authorization"),
                _ => ("authorization", "x-goog-api-key"),
            };
            assert!(upstream.header(header).is_some_and(|value| !value.contains(RED)), "{path}");
            assert_eq!(upstream.header(other), None, "{path}");
            upstream.assert_framed_exactly();
            let entry = gateway.access_log(&exchange.test_id).await;
            let usage = row.usage.as_ref().unwrap();
            let counted = ["prompt_tokens", "completion_tokens", "cached_tokens"];
            let counted = counted.map(|name| count(&entry, name));
            assert_eq!(counted, [usage.prompt, usage.completion, usage.cached], "{path}: {entry}");
        }
    }
}

#[tokio::test]
async fn a_key_in_the_query_is_good_for_googles_clients_and_goes_no_further() {
    let gateway = Gateway::shared();
    let path = format!("/v1beta/models/flash:streamGenerateContent?key={RED}&alt=sse");
    let exchange = gateway.send(Call::post(&path, "{}")).await;
    let upstream = exchange.upstream();
    assert_eq!(upstream.path, "/v1beta/models/gemini-flash:streamGenerateContent?alt=sse");
    assert_eq!(upstream.body, "{}");

    let refused =
        gateway.send(Call::post("/v1beta/models/flash:generateContent?key=x", "{}")).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.json()["error"]["status"], "UNAUTHENTICATED");
    let refused = gateway.send(Call::post("/model/nope/converse", "{}").key(RED)).await;
    assert_eq!(refused.header("x-amzn-errortype"), Some("ResourceNotFoundException"));
    assert!(refused.json()["message"].is_string() && refused.upstream.is_empty());
}
