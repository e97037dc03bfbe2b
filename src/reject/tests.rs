//! Errors in the shape that each API's clients read.

use serde_json::{json, Value};

use super::{Quoted, Reject, Reply};
use crate::endpoint::Dialect;

fn body(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap()
}

#[test]
fn both_dialects_have_their_shape() {
    let reject = Reject::ModelNotFound { model: Quoted::new("x") };
    let message = "The model `x` does not exist or you do not have access to it.";
    assert_eq!(
        body(&Reply::rejected(&reject, Dialect::OpenAi, Some("req-1"))),
        json!({"error": {"message": message, "type": "invalid_request_error", "param": "model", "code": "model_not_found"}})
    );
    assert_eq!(
        body(&Reply::rejected(&reject, Dialect::Anthropic, Some("req-1"))),
        json!({"type": "error", "error": {"type": "not_found_error", "message": message}, "request_id": "req-1"})
    );
}

#[test]
fn google_and_amazon_have_their_shapes_of_errors() {
    let limit = 7;
    for (reject, status, google, amazon) in [
        (Reject::MissingModel, 400, "INVALID_ARGUMENT", "ValidationException"),
        (Reject::RequestTooLarge { limit }, 413, "INVALID_ARGUMENT", "ValidationException"),
        (Reject::InvalidApiKey, 401, "UNAUTHENTICATED", "AccessDeniedException"),
        (
            Reject::ModelNotFound { model: Quoted::new("x") },
            404,
            "NOT_FOUND",
            "ResourceNotFoundException",
        ),
        (Reject::UpstreamRedirected, 502, "UNAVAILABLE", "ServiceUnavailableException"),
        (Reject::Internal, 500, "INTERNAL", "InternalServerException"),
    ] {
        let message = reject.to_string();
        let reply = Reply::rejected(&reject, Dialect::Google, Some("req-1"));
        assert_eq!(
            body(&reply),
            json!({"error": {"code": status, "message": message, "status": google}})
        );
        let reply = Reply::rejected(&reject, Dialect::Amazon, Some("req-1"));
        assert_eq!(body(&reply), json!({"message": message}));
        assert!(reply.headers.contains(&("x-amzn-errortype", amazon.into())), "{reject:?}");
    }
}

#[test]
fn statuses_bring_the_headers_that_clients_act_on() {
    for (reject, header) in [
        (Reject::MissingApiKey, Some(("www-authenticate", "Bearer"))),
        (Reject::InvalidApiKey, Some(("www-authenticate", "Bearer"))),
        (Reject::Internal, Some(("x-should-retry", "false"))),
        (Reject::MissingModel, None),
    ] {
        let reply = Reply::rejected(&reject, Dialect::OpenAi, Some("req-1"));
        let further = reply.headers.iter().filter(|(name, _)| *name != "content-type");
        let further: Vec<_> = further.map(|(name, value)| (*name, &**value)).collect();
        assert_eq!(further, header.iter().copied().collect::<Vec<_>>(), "{reject:?}");
    }
}

#[test]
fn the_available_providers_are_listed() {
    let reject = |available: &[&str]| Reject::ProviderNotFoundForModel {
        provider: "cerebras".into(),
        model: Quoted::new("glm-5"),
        available: available.iter().map(|name| (*name).into()).collect(),
    };
    assert_eq!(
        reject(&["groq", "openai"]).to_string(),
        "Provider 'cerebras' does not support model 'glm-5'. Available providers: groq, openai"
    );
    assert!(reject(&[]).to_string().ends_with("Available providers: none"));
}

#[test]
fn what_the_client_sent_is_cut_and_escaped() {
    for (text, quoted) in [
        ("gpt-4o", "gpt-4o".to_owned()),
        ("it's \"so\" \\ true", "it's \"so\" \\ true".to_owned()),
        ("a\r\nb\u{1b}[31m", "a\\r\\nb\\u{1b}[31m".to_owned()),
        ("\u{202e}evil", "\\u{202e}evil".to_owned()),
        ("größe", "größe".to_owned()),
        (&"x".repeat(128), "x".repeat(128)),
        (&"x".repeat(129), format!("{}…", "x".repeat(128))),
        (&"ü".repeat(500), format!("{}…", "ü".repeat(128))),
    ] {
        assert_eq!(Quoted::new(text).as_str(), quoted);
    }
    assert_eq!(Quoted::bytes(b"a\xffb").as_str(), "a\u{fffd}b");
    assert_eq!(Quoted::bytes("𝒳".repeat(500).as_bytes()), Quoted::new(&"𝒳".repeat(500)));
}
