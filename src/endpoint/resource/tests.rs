//! Which paths are those of resources, and of which family.

use super::Resource;
use crate::endpoint::BasePaths;

fn family(method: &str, path: &str) -> Option<Resource> {
    let bases = BasePaths::new(vec!["/v1".into()]);
    bases.split(path.as_bytes())?.resource(method.as_bytes())
}

#[test]
fn what_belongs_to_a_family_is_found_and_what_calls_a_model_is_not() {
    use Resource::{
        Batches, ChatCompletions, Containers, Conversations, Files, FineTuning, MessageBatches,
        RealtimeCalls, Responses, Uploads, VectorStores, Videos,
    };
    for (methods, path, expected) in [
        ("GET DELETE", "/v1/responses/resp_1", Some(Responses)),
        ("GET POST DELETE", "/v1/responses/resp_1/cancel?x=y", Some(Responses)),
        ("GET", "/v1/responses/resp_1/input_items?after=item_2&limit=5", Some(Responses)),
        // These create a response, with a model that would have to be checked.
        ("POST", "/v1/responses/compact", None),
        ("POST", "/v1/responses/input_tokens", None),
        ("GET POST DELETE", "/v1/responses", None),
        ("GET POST DELETE", "/v1/conversations", Some(Conversations)),
        ("GET POST DELETE", "/v1/conversations/conv_1/items/msg_1", Some(Conversations)),
        ("GET DELETE", "/v1/videos/video_1", Some(Videos)),
        ("GET POST", "/v1/videos/video_1/content", Some(Videos)),
        ("POST", "/v1/videos/edits", None),
        ("GET POST", "/v1/videos", None),
        ("GET POST DELETE", "/v1/chat/completions/chatcmpl-1", Some(ChatCompletions)),
        ("GET", "/v1/chat/completions/chatcmpl-1/messages", Some(ChatCompletions)),
        ("GET POST DELETE", "/v1/chat/completions", None),
        ("GET POST", "/v1/files", Some(Files)),
        ("GET DELETE", "/v1/files/file-1/content", Some(Files)),
        ("POST", "/v1/uploads/upload_1/parts", Some(Uploads)),
        ("GET POST", "/v1/batches", Some(Batches)),
        ("POST", "/v1/vector_stores/vs_1/search", Some(VectorStores)),
        ("POST", "/v1/containers/c_1/files", Some(Containers)),
        ("POST", "/v1/fine_tuning/jobs", Some(FineTuning)),
        ("GET", "/v1/fine_tuning/checkpoints/ft:gpt-4o:org%3Ax:1/permissions", Some(FineTuning)),
        ("GET POST DELETE", "/v1/messages/batches", Some(MessageBatches)),
        ("POST", "/v1/realtime/calls/rtc_1/accept", Some(RealtimeCalls)),
        ("POST", "/v1/realtime/client_secrets", None),
        ("GET", "/v1/filesystem", None),
        ("GET", "/v1/conversationsx/a", None),
        ("PUT PATCH HEAD OPTIONS", "/v1/files", None),
        ("GET", "/files", None),
        ("GET", "/openai/deployments/files/files", None),
    ] {
        for method in methods.split(' ') {
            assert_eq!(family(method, path), expected, "{method} {path}");
        }
    }
}

#[test]
fn no_path_leads_out_of_its_family() {
    for id in [
        "..",
        ".",
        "...",
        "%2e%2e",
        ".%2E",
        "%2E",
        "a%2fb",
        "a%2Fb",
        "a%5Cb",
        "a\\b",
        "%252e%252e",
        "a%25b",
        "%",
        "%2",
        "%zz",
        "a%00",
        "a%0ab",
        "a b",
        "a;b",
        "..;",
        "a%3Bb",
        "a%3fb",
        "a#b",
        "a%23b",
        "ä",
        "a\u{7f}",
        "a%c3%a4",
    ] {
        for path in [
            format!("/v1/files/{id}"),
            format!("/v1/files/{id}/content"),
            format!("/v1/conversations/c/{id}"),
        ] {
            assert_eq!(family("GET", &path), None, "{path}");
        }
    }
    assert_eq!(family("GET", "/v1/files/../chat/completions"), None);
    assert_eq!(family("GET", "/v1/files//x"), None);
    for id in ["a.b", "..a", "a..", "file-ab_C~1", "a:b@c+d,e=f", "a%3Ab", "%41"] {
        let path = format!("/v1/files/{id}");
        assert_eq!(family("GET", &path), Some(Resource::Files), "{path}");
    }
}

#[test]
fn realtime_connections_that_name_no_model_join_or_transcribe() {
    let bases = BasePaths::new(vec!["/v1".into()]);
    for (query, is_resource) in [
        ("?call_id=rtc_1", true),
        ("?call_id=rtc_1&model=gpt-realtime", true),
        ("?call_id=a&call_id=b", true),
        ("?intent=transcription", true),
        ("?intent=transcription&model=whisper-1", false),
        ("?intent=other", false),
        ("?model=gpt-realtime", false),
        ("", false),
    ] {
        let path = format!("/v1/realtime{query}");
        let found = bases.split(path.as_bytes()).unwrap().realtime_resource();
        assert_eq!(found.is_some(), is_resource, "{path}");
    }
}
