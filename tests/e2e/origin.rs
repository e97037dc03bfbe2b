//! Whose answer it is: what Envoy and other filters answer says nothing of the provider, and what a provider answers does
//! not steer Envoy or clients.

use crate::harness::answers::{Scripted, FAIL_WITH};
use crate::harness::bootstrap::{Bootstrap, Listener, SITE};
use crate::harness::catalogue::{self, sha256, CLUSTERS};
use crate::harness::filters;
use crate::harness::gateway::Watched;
use crate::harness::{Call, Gateway};
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use serde_json::{json, Value};
use std::sync::{Arc, OnceLock};

const KEY: &str = "vk-origin-4Tw9";
const FIRST: &str = "openai";
const SECOND: &str = "groq";

/// Two providers of one model, of which the first is preferred. Two failures are enough.
fn configuration() -> Value {
    json!({
        "providers": {
            FIRST: {"cluster": FIRST, "kind": "openai"},
            SECOND: {"cluster": SECOND, "kind": "groq"},
            "gemini": {"cluster": "gemini", "kind": "gemini"},
        },
        "models": {
            "m": {"targets": [{"provider": FIRST}, {"provider": SECOND, "priority": 1}]},
            "n": {"targets": [{"provider": FIRST}, {"provider": SECOND, "priority": 1}]},
            "g": {"targets": [{"provider": "gemini"}]},
        },
        "credentials": {
            "o": {"provider": FIRST, "value": "sk-origin-openai-8Vx1"},
            "q": {"provider": SECOND, "value": "sk-origin-groq-3Nc6"},
            "e": {"provider": "gemini", "value": "sk-origin-gemini-7Hd2"},
        },
        "teams": {"t": {
            "keys": [{"id": "k", "sha256": sha256(KEY)}], "models": ["*"], "credentials": ["o", "q", "e"],
        }},
        "cooldown": {"failures": 2, "seconds": 600},
    })
}

fn gateway() -> Watched {
    static SHARED: OnceLock<Arc<Gateway>> = OnceLock::new();
    Gateway::once(&SHARED, &CLUSTERS, || {
        let plain = configuration();
        let listener = |name: &str, filter| {
            let mut own = plain.clone();
            // What is remembered is remembered of a team: each listener has one of its own.
            let team = own["teams"].as_object_mut().unwrap().remove("t").unwrap();
            own["teams"][name] = team;
            let listener = Listener::new(name, &own);
            match filter {
                Some(filter) => listener.before(filter),
                None => listener,
            }
        };
        let listeners = vec![
            Listener::new("main", &plain),
            listener("limited", Some(filters::local_rate_limit())),
            listener("denied", Some(filters::rbac())),
            listener("faulty", Some(filters::fault())),
            listener("authorized", Some(filters::ext_authz(SITE))),
            listener("patient", None),
            listener("of-models", None),
            listener("waiting", None),
        ];
        Bootstrap { listeners, ..catalogue::bootstrap() }
    })
}

fn chat(model: &str) -> Call {
    Call::chat(model).key(KEY)
}

#[tokio::test]
async fn what_other_filters_answer_passes_and_counts_against_no_provider() {
    let gateway = gateway();
    // The bucket has one token.
    assert_eq!(gateway.send_to("limited", chat("m")).await.status, 200);
    for (listener, status) in [("limited", 429), ("denied", 403), ("faulty", 503)] {
        for _ in 0..4 {
            let exchange = gateway.send_to(listener, chat("m")).await;
            assert_eq!((exchange.status, exchange.upstream.len()), (status, 0), "{listener}");
            let entry = gateway.access_log(&exchange.test_id).await;
            assert_eq!(entry["code"], "local_reply", "{listener}");
            assert_eq!(entry["provider"], FIRST, "{listener}");
        }
    }
    // A service's refusal, and its consent.
    for _ in 0..4 {
        let exchange = gateway.send_to("authorized", chat("m").header(FAIL_WITH, "401")).await;
        assert_eq!((exchange.status, exchange.upstream.len()), (401, 0), "{}", exchange.text());
        let entry = gateway.access_log(&exchange.test_id).await;
        assert_eq!((&entry["code"], &entry["provider"]), (&"local_reply".into(), &FIRST.into()));
    }
    let exchange = gateway.send_to("authorized", chat("m")).await;
    assert_eq!((exchange.status, &*exchange.upstream().cluster), (200, FIRST));
    let labels = |listener: &'static str| [("team", listener), ("code", "local_reply")];
    let metrics =
        gateway.metrics_once(|metrics| metrics.sum("requests", &labels("faulty")) >= 4.0).await;
    for listener in ["limited", "denied", "faulty", "authorized"] {
        assert_eq!(metrics.sum("requests", &labels(listener)), 4.0, "{listener}");
        assert_eq!(metrics.sum("cooldowns", &[("team", listener)]), 0.0, "{listener}");
    }
}

#[tokio::test]
async fn a_redirect_of_a_provider_reaches_no_client() {
    let gateway = gateway();
    for status in [301, 302, 303, 307, 308] {
        let answer = Scripted::status(status).header("location", "https://elsewhere.example/v1");
        let exchange = gateway.send(chat("m").answered(&answer)).await;
        assert_eq!(exchange.status, 502, "{status}");
        assert_eq!(exchange.json()["error"]["code"], "upstream_redirected", "{status}");
        assert_eq!(exchange.header("location"), None, "{status}");
    }
}

#[tokio::test]
async fn a_provider_steers_neither_envoy_nor_clients() {
    let fields = [
        ("x-envoy-immediate-health-check-fail", "true"),
        ("x-envoy-ratelimited", "true"),
        ("alt-svc", "h3=\":443\""),
        ("set-cookie", "a=1"),
        ("strict-transport-security", "max-age=1"),
        ("proxy-authenticate", "Basic"),
        ("x-llm-anything", "1"),
    ];
    let answer = fields
        .iter()
        .fold(Scripted::status(200).body("{}"), |answer, (name, value)| answer.header(name, value));
    let answer = answer.header("x-ratelimit-remaining-requests", "7");
    let exchange = gateway().send(chat("m").answered(&answer)).await;
    assert_eq!(exchange.status, 200);
    for (name, _) in fields {
        assert_eq!(exchange.header(name), None, "{name}");
    }
    assert_eq!(exchange.header("x-ratelimit-remaining-requests"), Some("7"));
    let refused = gateway().send(chat("m").answered(&Scripted::status(407))).await;
    assert_eq!(refused.status, 502);
    assert_eq!(refused.json()["error"]["code"], "upstream_refused");
}

#[tokio::test]
async fn what_a_refusal_means_is_told_by_its_status_and_its_body() {
    let gateway = gateway();
    let long = format!(r#"{{"error":"{}","code":"invalid_api_key"}}"#, "x".repeat(40_000));
    for (model, status, body, seen, code) in [
        ("m:groq", 401, "{}", 502, Some("upstream_authentication_failed")),
        ("m:groq", 402, "{}", 502, Some("upstream_quota_exhausted")),
        ("m:groq", 403, r#"{"error":{"code":"flagged"}}"#, 403, None),
        ("m:groq", 403, r#"{"error":{"code":"model_not_enabled"}}"#, 403, None),
        (
            "m:groq",
            403,
            r#"{"error":{"code":"invalid_api_key"}}"#,
            502,
            Some("upstream_authentication_failed"),
        ),
        // What lies further in than is held is not looked at.
        ("m:groq", 403, &*long, 403, None),
        ("m:groq", 403, "", 403, None),
        ("m:groq", 400, r#"{"error":{"message":"API_KEY_INVALID"}}"#, 400, None),
        ("g", 400, r#"{"error":{"message":"bad request"}}"#, 400, None),
        (
            "g",
            400,
            r#"{"error":{"details":[{"reason":"API_KEY_INVALID"}]}}"#,
            502,
            Some("upstream_authentication_failed"),
        ),
    ] {
        let answer = Scripted::status(status).header("content-type", "application/json").body(body);
        let exchange = gateway.send(chat(model).answered(&answer)).await;
        let what = format!("{model} {status} {}", &body[..body.len().min(60)]);
        assert_eq!(exchange.status, seen, "{what}");
        match code {
            Some(code) => assert_eq!(exchange.json()["error"]["code"], code, "{what}"),
            None => assert_eq!(exchange.text(), body, "{what}"),
        }
        let entry = gateway.access_log(&exchange.test_id).await;
        assert_eq!(entry["code"], code.unwrap_or("upstream_client_error"), "{what}");
    }
}

#[tokio::test]
async fn a_model_at_its_limit_takes_no_other_model_of_the_credential_away() {
    let gateway = gateway();
    let limited = Scripted::status(429).header("retry-after-ms", "500000");
    gateway.send_to("of-models", chat("m").answered(&limited)).await;
    let to =
        async |model| gateway.send_to("of-models", chat(model)).await.upstream().cluster.clone();
    assert_eq!(to("m").await, SECOND);
    assert_eq!(to("n").await, FIRST);
    let overloaded = Scripted::status(529).header("retry-after", "500.5");
    gateway.send_to("of-models", chat("n").answered(&overloaded)).await;
    assert_eq!(to("n").await, SECOND);
}

#[tokio::test]
async fn members_that_choose_further_models_reach_no_provider() {
    for member in [
        r#""models":["dear/one"]"#,
        r#""fallbacks":["n"]"#,
        r#""route":"fallback""#,
        r#""preset":"x""#,
    ] {
        let body = format!(r#"{{"model":"m",{member},"messages":[]}}"#);
        let call = Call::post("/v1/chat/completions", body)
            .header("content-type", "application/json")
            .key(KEY);
        let exchange = gateway().send(call).await;
        exchange.assert_rejected(400, "forbidden_field");
    }
}

#[tokio::test]
async fn nothing_that_tells_who_the_caller_is_goes_upstream() {
    let fields = [
        ("origin", "https://app.example"),
        ("referer", "https://app.example/page"),
        ("sec-fetch-mode", "cors"),
        ("sec-ch-ua", "x"),
        ("forwarded", "for=192.0.2.1"),
        ("x-forwarded-for", "192.0.2.1"),
        ("x-forwarded-host", "gateway.internal"),
        ("x-real-ip", "192.0.2.1"),
        ("true-client-ip", "192.0.2.1"),
        ("cf-connecting-ip", "192.0.2.1"),
        ("x-client-ip", "192.0.2.1"),
        ("via", "1.1 proxy"),
        ("x-envoy-external-address", "192.0.2.1"),
    ];
    for call in [chat("m"), chat("m").http2()] {
        let call = fields.iter().fold(call, |call, (name, value)| call.header(name, *value));
        let exchange = gateway().send(call).await;
        let received = exchange.upstream();
        for (name, _) in fields {
            assert_eq!(received.header(name), None, "{name}");
        }
        assert_eq!(received.header("x-forwarded-proto"), Some("http"));
    }
}

/// The virtual key may stand anywhere in a request; no provider sees it.
#[tokio::test]
async fn the_shown_key_goes_upstream_in_no_field_and_in_no_query() {
    let encoded: String = KEY.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let basic = STANDARD.encode(format!("user:{KEY}"));
    for (name, value) in [
        ("xi-api-key", KEY.to_owned()),
        ("x-auth-token", format!("Token {KEY}")),
        ("cf-aig-authorization", format!("Bearer {KEY}")),
        ("helicone-auth", encoded.clone()),
        ("x-proxy-auth", format!("Basic {basic}")),
        ("sec-websocket-protocol", format!("realtime, openai-insecure-api-key.{KEY}")),
    ] {
        for path in [
            "/v1/chat/completions".to_owned(),
            format!("/v1/chat/completions?key={KEY}&a=1"),
            format!("/v1/chat/completions?b={encoded}&a=1"),
            "/v1/chat/completions?API%5Fkey=anything&a=1".to_owned(),
        ] {
            let exchange = gateway().send(chat("m").at(&path).header(name, &*value)).await;
            assert_eq!(exchange.status, 200, "{path}");
            let received = exchange.upstream();
            let text = |(name, value): &(String, Vec<u8>)| {
                format!("{name}: {}\n", String::from_utf8_lossy(value))
            };
            let fields: String = received.headers.iter().map(text).collect();
            let seen = format!("{}\n{fields}{:?}", received.path, received.body);
            for disguise in [KEY, &encoded, &basic] {
                assert!(!seen.contains(disguise), "{name} {path}: {seen}");
            }
            let query = received.path.split_once('?').map(|(_, query)| query);
            assert_eq!(query, path.contains("a=1").then_some("a=1"), "{path}");
        }
    }
}
