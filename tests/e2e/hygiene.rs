//! What a client cannot do: choose the cluster, slip a credential through, or break the filter.

use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::catalogue::{self, BLUE, CLUSTERS, RED};
use crate::harness::{Call, Gateway, RawRequest, Wire};
use crate::vectors::upstream::CREDENTIAL_HEADERS;

#[tokio::test]
async fn a_forged_cluster_header_never_chooses_the_cluster() {
    let gateway = Gateway::shared();
    let forgeries: [&[(&str, &[u8])]; 5] = [
        &[("x-llm-cluster", b"groq")],
        &[("X-LLM-Cluster", b"groq")],
        &[("x-llm-cluster", b"groq"), ("X-Llm-Cluster", b"groq")],
        &[("x-llm-cluster", b"groq,openai")],
        &[("x-llm-cluster", b"")],
    ];
    for forged in forgeries {
        let chat = RawRequest::new("POST /v1/chat/completions").body(br#"{"model":"gpt-4o"}"#);
        let exchange = chat.key(RED).fields(forged).send(&gateway, "main").await;
        assert_eq!(exchange.upstream().cluster, "openai");
        assert!(exchange.upstream().all("x-llm-cluster").is_empty());

        for listener in ["main", "passing"] {
            let models = RawRequest::new("GET /v1/models").key(RED).fields(forged);
            let exchange = models.send(&gateway, listener).await;
            assert_eq!((exchange.status, exchange.upstream.len()), (200, 0));
        }
        for line in ["GET /page", "POST /page", "GET /v1x/models", "DELETE /v1/models"] {
            let elsewhere = RawRequest::new(line).body(b"anything").fields(forged);
            let exchange = elsewhere.send(&gateway, "passing").await;
            assert_eq!(exchange.upstream().cluster, "site", "{line}");
            assert_eq!(exchange.upstream().body, "anything");
            assert!(exchange.upstream().all("x-llm-cluster").is_empty());
        }
    }
}

#[tokio::test]
async fn every_credential_of_the_caller_is_removed_whatever_its_case_or_number() {
    let gateway = Gateway::shared();
    let carried: [(&str, &[u8]); 12] = [
        ("X-Api-Key", RED.as_bytes()),
        ("API-KEY", RED.as_bytes()),
        ("X-Goog-Api-Key", b"leak-1"),
        ("x-goog-api-key", b"leak-2"),
        ("x-LiteLLM-api-key", b"leak-3"),
        ("Ocp-Apim-Subscription-Key", b"leak-4"),
        ("OCP-APIM-SUBSCRIPTION-KEY", b"leak-5"),
        ("Proxy-Authorization", b"Basic leak-6"),
        ("Cookie", b"session=leak-7"),
        ("COOKIE", b"session=leak-8"),
        ("X-LLM-Provider-Data", br#"{"groq":{"api_key":"leak-9"}}"#),
        ("X-LlamaStack-Provider-Data", br#"{"groq_api_key":"leak-9"}"#),
    ];
    let chat = "POST /v1/chat/completions";
    for (endpoint, model, header) in [
        (chat, "gpt-4o", Some("authorization")),
        (chat, "claude-sonnet-4.6:anthropic", Some("authorization")),
        ("POST /v1/messages", "claude-sonnet-4.6:anthropic", Some("x-api-key")),
        (chat, "deployed", Some("api-key")),
        (chat, "flash", Some("authorization")),
        (chat, "local", None),
    ] {
        let body = format!(r#"{{"model":"{model}"}}"#);
        let chat = RawRequest::new(endpoint).key(RED).fields(&carried);
        let exchange = chat.body(body.as_bytes()).send(&gateway, "main").await;
        let received = exchange.upstream();
        let left: Vec<_> =
            CREDENTIAL_HEADERS.iter().filter(|name| received.header(name).is_some()).collect();
        assert_eq!(left, header.iter().collect::<Vec<_>>(), "{model}");
        for (name, value) in &received.headers {
            let value = String::from_utf8_lossy(value);
            assert!(!value.contains("leak") && !value.contains(RED), "{name}: {value}");
        }
    }
}

#[tokio::test]
async fn openais_own_headers_go_to_openai_with_the_callers_own_key_alone() {
    let gateway = Gateway::shared();
    for model in ["gpt-4o", "groq/llama-9", "claude-sonnet-4.6:anthropic", "deployed", "local"] {
        let call = Call::chat(model).key(RED).header("openai-organization", "org-1");
        let exchange = gateway.send(call.header("openai-project", "proj-1")).await;
        let received = exchange.upstream();
        let got = (received.header("openai-organization"), received.header("openai-project"));
        assert_eq!(got, (None, None), "{model}");
    }
}

#[tokio::test]
async fn a_header_that_is_not_utf8_passes_untouched() {
    let gateway = Gateway::shared();
    let odd: &[u8] = b"caf\xe9 \xff\x80";
    for call in [Call::chat("gpt-4o"), Call::chat("gpt-4o").http2()] {
        let exchange = gateway.send(call.key(RED).header("x-odd", odd)).await;
        assert_eq!(exchange.upstream().all("x-odd"), [odd]);
    }
}

#[tokio::test]
async fn bytes_that_are_not_utf8_in_any_header_that_the_filter_reads_trap_nothing() {
    let gateway = Gateway::shared();
    for name in [
        "content-encoding",
        "content-type",
        "cookie",
        "x-llm-cluster",
        "openai-organization",
        "anthropic-version",
        "proxy-authorization",
        "x-goog-api-key",
        "x-llm-provider-data",
    ] {
        let call = Call::chat("gpt-4o").key(RED).header(name, &b"\xff\xfe"[..]);
        let exchange = gateway.send(call).await;
        assert!(exchange.status < 500, "{name}: {} {}", exchange.status, exchange.text());
    }
    for path in [&b"/v1/chat/completions?\xff\xfe"[..], b"/v1/\xff", b"/\xff", b"/v1/models/\xff"] {
        let request = [b"GET ", path, b" HTTP/1.1\r\nHost: \xffx\r\n\r\n"].concat();
        let mut wire = Wire::connect(gateway.listener("main")).await;
        wire.write(request).await;
        assert!(wire.answer().await.status.is_client_error());
    }
    assert_eq!(gateway.send(Call::chat("gpt-4o").key(RED)).await.status, 200);
}

#[tokio::test]
async fn at_trace_level_the_filter_tells_no_secret_though_envoy_prints_the_headers() {
    let listeners = vec![Listener::new("main", &catalogue::configuration())];
    let bootstrap = Bootstrap { listeners, log_level: Some("trace"), ..catalogue::bootstrap() };
    let gateway = Gateway::own(&CLUSTERS, bootstrap);
    let envoys = gateway.excuse_secrets();
    for call in [
        Call::chat("gpt-4o").key(RED),
        Call::chat("sonnet:anthropic").key(BLUE).http2(),
        Call::chat("gpt-4o").key("vk-of-nobody-0123456789"),
        Call::chat("gpt-4o").key(RED).header("x-llm-provider-data", r#"{"groq_api_key":"leak"}"#),
        Call::get("/v1/models").key(RED),
    ] {
        gateway.send(call).await;
    }
    let log = gateway.envoy().log();
    let of_filter: Vec<_> = log.lines().filter(|line| line.contains("][wasm]")).collect();
    assert!(of_filter.len() > 100, "{} lines at trace level", of_filter.len());
    for line in of_filter {
        assert!(envoys.iter().all(|secret| !line.contains(secret)), "{line}");
    }
    // Who turns this on for Envoy's own components gets what clients and the filter put into headers.
    for secret in [RED, &catalogue::credential("openai", "red")] {
        assert!(log.contains(secret), "Envoy no longer prints headers at trace level");
    }
}

#[tokio::test]
async fn a_client_writes_no_line_into_any_log() {
    let gateway = Gateway::shared();
    let forged = "[2026-01-01 00:00:00.000][1][critical][wasm] forged";
    let model = format!("groq/m\\n{forged}\\r\\n\\u2028\\u0000");
    let plain = Call::chat("gpt-4o").key(RED);
    let calls = [
        Call::post("/v1/chat/completions", format!(r#"{{"model":"{model}"}}"#)).key(RED),
        Call::post("/v1/chat/completions", format!(r#"{{"{forged}\n":1,"model":"x"}}"#)).key(RED),
        plain.clone().at(&format!("/v1/%0a{}", forged.replace(' ', "%20"))),
        plain.clone().header("x-llm-provider-data", format!("{{\"{forged}\": \"")),
        plain.clone().header("content-type", format!("text/plain; {forged}")),
        Call::chat("gpt-4o").key(forged),
    ];
    for call in calls {
        for call in [call.clone().http1(), call.http2()] {
            let exchange = gateway.send(call).await;
            // An entry is one line of JSON, or it would not be found.
            let entry = gateway.access_log(&exchange.test_id).await;
            assert!(entry["code"].is_string(), "{entry}");
            let told = entry["model"].as_str().unwrap_or_default();
            assert!(
                !told.contains(char::is_control),
                "{told:?} would be two lines in a log of text"
            );
        }
    }
    let log = gateway.envoy().log();
    assert!(!log.contains("forged"), "{log}");
}
