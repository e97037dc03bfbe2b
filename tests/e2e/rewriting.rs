//! What a provider is sent: its own path and host, and a body in which the model alone has changed.

use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::catalogue::{self, CLUSTERS, RED};
use crate::harness::client::Frames;
use crate::harness::{Call, Gateway};
use bytes::Bytes;

const CHAT: &str = "/v1/chat/completions";

#[tokio::test]
async fn a_body_whose_model_stays_is_not_touched() {
    let gateway = Gateway::shared();
    let body =
        b"\n{ \"model\" :\t\"gpt-4o\",\"n\":1.0E+2, \"e\":\"\\u00e9\xc3\xa9\\/\", \"a\":[ ]} \n";
    let call = Call::post(CHAT, Bytes::from_static(body)).key(RED);
    for call in [call.clone(), call.http2()] {
        let exchange = gateway.send(call).await;
        assert_eq!(exchange.upstream().body, body.as_slice());
        exchange.upstream().assert_framed_exactly();
    }
}

#[tokio::test]
async fn content_length_is_exact_when_the_name_grows_and_when_it_shrinks() {
    let gateway = Gateway::shared();
    for (asked, upstream_model) in [
        ("claude-sonnet-4.6", "us.anthropic.claude-sonnet-4-6"),
        ("glm-5-long-name-for-a-short-one", "g"),
        ("quoted", "a \"quoted\" \\ name/é"),
    ] {
        let body = |model: &str| format!(r#"{{"a":"é", "model" : {model} ,"z":[1, 2]}}"#);
        let sent = Bytes::from(body(&format!("\"{asked}\"")));
        let exchange = gateway.send(Call::post(CHAT, sent).key(RED)).await;
        let received = exchange.upstream();
        assert_eq!(received.model(), upstream_model);
        assert_eq!(received.header("content-length"), Some(&*received.body.len().to_string()));
        let text = std::str::from_utf8(&received.body).unwrap();
        assert!(
            text.starts_with(r#"{"a":"é", "model" : ""#) && text.ends_with(r#"" ,"z":[1, 2]}"#)
        );
    }
}

#[tokio::test]
async fn a_body_as_large_as_envoy_holds_is_changed_without_becoming_larger_on_the_way() {
    const LIMIT: usize = 1 << 20;
    let listener = Listener::new("main", &catalogue::configuration()).holding(LIMIT as u64);
    let bootstrap = Bootstrap { listeners: vec![listener], ..catalogue::bootstrap() };
    let gateway = Gateway::own(&CLUSTERS, bootstrap);
    // The model is the last member: all of the body goes from Envoy's front to its end.
    let body = |model: &str, padding: usize| {
        format!(r#"{{"messages":"{}","model":"{model}"}}"#, "x".repeat(padding))
    };
    let (asked, sent) = ("claude-sonnet-4.6", "us.anthropic.claude-sonnet-4-6");
    let padding = LIMIT - body(sent, 0).len();
    for call in [
        Call::post(CHAT, body(asked, padding)).key(RED).http1(),
        Call::post(CHAT, body(asked, padding)).key(RED).http2(),
    ] {
        let exchange = gateway.send(call).await;
        assert!(exchange.upstream().body == body(sent, padding).as_bytes(), "another body");
        exchange.upstream().assert_framed_exactly();
    }
    // Envoy's own refusal, for the name upstream is too long for it. Over HTTP/2 it holds a little more than its limit.
    let call = Call::post(CHAT, body(asked, padding + 1)).key(RED).http1();
    let exchange = gateway.send(call).await;
    assert_eq!((exchange.status, exchange.upstream.len()), (413, 0));
}

#[tokio::test]
async fn a_model_written_with_escapes_is_the_model_it_spells() {
    let gateway = Gateway::shared();
    let body = r#"{"mod\u0065l":"claude\u002Dsonnet-4.6:anthropic"}"#;
    let exchange = gateway.send(Call::post(CHAT, body).key(RED)).await;
    assert_eq!(exchange.upstream().cluster, "anthropic");
    assert_eq!(exchange.upstream().model(), "claude-sonnet-4-6");
    assert_eq!(exchange.upstream().json().as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn path_and_authority_are_the_providers() {
    let gateway = Gateway::shared();
    let azure = "/openai/deployments/red-gpt/chat/completions?api-version=2024-10-21";
    for (model, authority, path) in [
        ("gpt-4o", "api.openai.com", "/v1/chat/completions"),
        (
            "claude-sonnet-4.6",
            "bedrock-runtime.us-east-1.amazonaws.com",
            "/openai/v1/chat/completions",
        ),
        ("flash", "generativelanguage.googleapis.com", "/v1beta/openai/chat/completions"),
        ("deployed", "red.openai.azure.com", azure),
        ("groq/llama-9", "groq.example", "/v1/chat/completions"),
        ("local", "gateway.example", "/v1/chat/completions"),
    ] {
        for call in [Call::chat(model).key(RED), Call::chat(model).key(RED).http2()] {
            let exchange = gateway.send(call).await;
            let received = exchange.upstream();
            let got = (received.authority.as_str(), received.path.as_str());
            assert_eq!(got, (authority, path), "{model}");
        }
    }
}

#[tokio::test]
async fn anthropics_version_is_set_unless_the_client_sent_one() {
    let gateway = Gateway::shared();
    let message = || {
        Call::post("/v1/messages", r#"{"model":"anthropic/claude-x","max_tokens":9}"#)
            .header("x-api-key", RED)
    };
    let exchange = gateway.send(message()).await;
    assert_eq!(exchange.upstream().header("anthropic-version"), Some("2023-06-01"));
    assert_eq!(exchange.upstream().path, "/v1/messages");
    let exchange = gateway.send(message().header("anthropic-version", "2024-01-01")).await;
    assert_eq!(exchange.upstream().header("anthropic-version"), Some("2024-01-01"));
}

#[tokio::test]
async fn the_api_lives_under_each_of_its_base_paths() {
    let gateway = Gateway::shared();
    for path in ["/v1/chat/completions", "/v1/openai/v1/chat/completions"] {
        let call = Call::chat("gpt-4o").key(RED);
        let call = call.at(path);
        let exchange = gateway.send_to("mounted", call).await;
        assert_eq!(exchange.upstream().path, "/v1/chat/completions");
    }
    let elsewhere = Call::chat("gpt-4o").key(RED).at("/v1/other/v1/chat/completions");
    gateway.send(elsewhere).await.assert_rejected(404, "unknown_endpoint");
}

#[tokio::test]
async fn a_body_in_an_encoding_is_refused_unread() {
    let gateway = Gateway::shared();
    let gzip = Call::new("POST", CHAT).key(RED).header("content-encoding", "gzip");
    let exchange = gateway.send(gzip.body(Frames::whole(Bytes::from_static(b"\x1f\x8b")))).await;
    exchange.assert_rejected(415, "unsupported_content_encoding");
    let identity = Call::chat("gpt-4o").key(RED).header("content-encoding", "identity");
    assert_eq!(gateway.send(identity).await.status, 200);
}

#[tokio::test]
async fn a_provider_is_never_asked_for_a_compressed_answer() {
    let gateway = Gateway::shared();
    for model in ["gpt-4o", "local", "over-http2"] {
        let call = Call::chat(model).key(RED).header("accept-encoding", "gzip, br");
        let exchange = gateway.send(call).await;
        assert!(exchange.upstream().all("accept-encoding").is_empty(), "{model}");
    }
}
