//! Every kind of body goes to each provider as it wants it.

use super::site::{assert_credential, chat, failing, gateway, key, tried, BLUE, RED};
use crate::harness::client::Frames;
use crate::harness::provider::Received;
use crate::harness::{artefacts, Call};
use serde_json::json;

fn post(path: &str, body: impl Into<bytes::Bytes>) -> Call {
    Call::post(path, body).header("content-type", "application/json").key(&key(RED))
}

#[tokio::test]
async fn chunks_trailers_and_http2_are_tried_again_like_any_body() {
    let text =
        json!({"messages": [{"role": "user", "content": "x".repeat(40_000)}], "model": "pair"})
            .to_string();
    let expected = |provider: &str| {
        text.replace(r#""model":"pair""#, &format!(r#""model":"model-at-{provider}""#))
    };
    let base = || post("/v1/chat/completions", "");
    let calls = [
        base().body(Frames::whole(text.clone().into())),
        base().body(Frames::pieces(text.as_bytes(), 1000)),
        base().body(Frames::pieces(text.as_bytes(), 30_000).trailer("x-trailer", "1")),
        base().body(Frames::pieces(text.as_bytes(), 30_000).empty_last_frame()).http2(),
        base().body(Frames::pieces(text.as_bytes(), 30_000).trailer("x-trailer", "1")).http2(),
    ];
    for (number, call) in calls.into_iter().enumerate() {
        let exchange = gateway().send(failing(call, "bedrock=503")).await;
        assert_eq!(
            (exchange.status, tried(&exchange)),
            (200, vec!["bedrock", "anthropic"]),
            "{number}"
        );
        for received in &exchange.upstream {
            assert!(
                received.body == expected(&received.cluster).as_bytes(),
                "{number}: {}",
                received.cluster
            );
            received.assert_framed_exactly();
            assert_credential(received, RED);
        }
    }
}

#[tokio::test]
async fn a_form_is_tried_again_with_the_next_providers_model() {
    let form = "--b\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\npair\r\n--b\r\ncontent-disposition: \
                form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n\u{1}\u{2}pair\r\n--b--\r\n";
    let call = Call::post("/v1/audio/transcriptions", form)
        .header("content-type", "multipart/form-data; boundary=b")
        .key(&key(BLUE));
    let exchange = gateway().send(failing(call, "bedrock=503")).await;
    assert_eq!((exchange.status, tried(&exchange)), (200, vec!["bedrock", "anthropic"]));
    for received in &exchange.upstream {
        let model = format!("\r\n\r\nmodel-at-{}\r\n--b", received.cluster);
        assert!(received.body == form.replacen("\r\n\r\npair\r\n--b", &model, 1).as_bytes());
        received.assert_framed_exactly();
    }
}

#[tokio::test]
async fn a_path_of_azures_clients_is_tried_again_as_the_next_provider_has_it() {
    let call = post("/openai/deployments/two/chat/completions?api-version=1", r#"{"messages":[]}"#);
    let exchange = gateway().send_to("parts", failing(call.clone(), "openai=503")).await;
    let [openai, azure] = &*exchange.upstream else { panic!("{}", exchange.text()) };
    assert_eq!(openai.path, "/v1/chat/completions");
    assert_eq!(&*openai.body, br#"{"model":"model-at-openai","messages":[]}"#);
    assert_eq!(
        azure.path,
        "/openai/deployments/model-at-azure/chat/completions?api-version=2024-10-21"
    );
    assert_eq!(&*azure.body, br#"{"messages":[]}"#);
    openai.assert_framed_exactly();
    azure.assert_framed_exactly();
}

#[tokio::test]
async fn a_query_and_a_host_go_to_each_provider_as_the_client_sent_them() {
    let body = r#"{"model":"pair","messages":[]}"#;
    let exchange =
        gateway().send(failing(post("/v1/messages?beta=true&x=%2F", body), "bedrock=503")).await;
    let paths: Vec<&str> = exchange.upstream.iter().map(|received| &*received.path).collect();
    assert_eq!(paths, ["/anthropic/v1/messages?beta=true&x=%2F", "/v1/messages?beta=true&x=%2F"]);
}

#[tokio::test]
async fn a_large_body_is_tried_again_as_long_as_envoy_keeps_it() {
    let text =
        json!({"messages": [{"role": "user", "content": "x".repeat(9 << 20)}], "model": "pair"})
            .to_string();
    let exchange =
        gateway().send(failing(post("/v1/chat/completions", text.clone()), "bedrock=503")).await;
    let expected = match artefacts::envoy_minor() {
        ..38 => (503, vec!["bedrock"]),
        _ => (200, vec!["bedrock", "anthropic"]),
    };
    assert_eq!((exchange.status, tried(&exchange)), expected);
    for received in &exchange.upstream {
        assert_eq!(
            received.body.len(),
            text.len() - "pair".len() + "model-at-".len() + received.cluster.len()
        );
        received.assert_framed_exactly();
    }
}

#[tokio::test]
async fn a_body_that_names_the_model_as_one_provider_has_it_is_left_alone_for_that_one() {
    // The registered pattern's own name is what one of the two wants.
    let exchange = gateway().send(failing(chat("claude-x", RED), "bedrock=429")).await;
    let [first, second] = &*exchange.upstream else { panic!() };
    assert_eq!((&*first.model(), &*second.model()), ("us.vendor.claude-x", "claude-x"));
    first.assert_framed_exactly();
    second.assert_framed_exactly();
}

#[tokio::test]
async fn each_attempt_has_the_members_that_its_provider_knows() {
    let precise = "123456789012345678901234567890.000000000000000000001";
    let body = format!(
        r#"{{ "service_tier":"flex", "messages":[{{"n":{precise}}}],"twice":1, "model":"edited","n":null,"verbosity" : "low" ,"twice":{precise},"prompt_cache_key":"k"}}"#
    );
    let call = post("/v1/chat/completions", body.clone());
    let exchange = gateway().send_to("parts", failing(call, "bedrock=503 openai=503")).await;
    let [bedrock, openai, azure] = &*exchange.upstream else { panic!("{}", exchange.text()) };
    assert_eq!(exchange.status, 200);
    let text = |received: &Received| String::from_utf8(received.body.to_vec()).unwrap();
    assert_eq!(text(openai), body.replace(r#""edited""#, r#""model-at-openai""#));
    assert_eq!(
        text(azure),
        format!(
            r#"{{  "messages":[{{"n":{precise}}}],"twice":1, "model":"model-at-azure","n":null,"twice":{precise}}}"#
        )
    );
    assert_eq!(
        text(bedrock),
        format!(
            r#"{{"max_tokens":4096,"reasoning_effort":"low","seed":0.25,  "messages":[{{"n":{precise}}}],"twice":1, "model":"model-at-bedrock","n":1,"twice":{precise}}}"#
        )
    );
    for received in &exchange.upstream {
        received.assert_framed_exactly();
        assert_credential(received, RED);
    }
    // The request alone at each of them is the same.
    for (provider, attempt) in [("azure", azure), ("bedrock", bedrock)] {
        let pinned = body.replace("edited", &format!("edited:{provider}"));
        let alone = gateway().send_to("parts", post("/v1/chat/completions", pinned)).await;
        assert_eq!(text(alone.upstream()), text(attempt));
    }
}

#[tokio::test]
async fn a_member_that_is_there_twice_is_refused_where_the_provider_is_sent_another() {
    let body = r#"{"model":"edited:azure","verbosity":"low","messages":[],"verbosity":"high"}"#;
    let exchange = gateway().send_to("parts", post("/v1/chat/completions", body)).await;
    assert_eq!((exchange.status, exchange.upstream.len()), (400, 0), "{}", exchange.text());
    assert!(exchange.text().contains("`verbosity` more than once"), "{}", exchange.text());
    // At a provider that it is not changed for, it is the provider's to read.
    let kept = body.replace(":azure", ":openai");
    let exchange = gateway().send_to("parts", post("/v1/chat/completions", kept)).await;
    assert_eq!((exchange.status, exchange.upstream.len()), (200, 1), "{}", exchange.text());
}

#[tokio::test]
async fn a_member_in_another_case_is_refused_alone_and_in_a_pool_where_a_provider_is_sent_another()
{
    for name in ["VERBOSITY", "verbo\u{17f}ity", "Verbo\\u017fity"] {
        // Two providers that leave `verbosity` out: one alone, and the first of a pool.
        for model in ["edited:azure", "edited"] {
            let body = format!(r#"{{"model":"{model}","messages":[],"{name}":"high"}}"#);
            let exchange = gateway().send_to("parts", post("/v1/chat/completions", body)).await;
            assert_eq!((exchange.status, exchange.upstream.len()), (400, 0), "{}", exchange.text());
            assert!(exchange.text().contains("duplicate_field"), "{}", exchange.text());
        }
        let body = format!(r#"{{"model":"edited:openai","messages":[],"{name}":"high"}}"#);
        let exchange = gateway().send_to("parts", post("/v1/chat/completions", body.clone())).await;
        assert_eq!(exchange.status, 200, "{}", exchange.text());
        let sent = body.replace("edited:openai", "model-at-openai");
        assert_eq!(exchange.upstream().body, sent.as_bytes());
    }
}
