//! What is stored at a provider is reached by its team, with the team's own credential, and by nobody else.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::{json, Value};

use crate::harness::answers::Scripted;
use crate::harness::bootstrap::{Bootstrap, Listener, SITE};
use crate::harness::catalogue::sha256;
use crate::harness::client::Frames;
use crate::harness::gateway::Watched;
use crate::harness::websocket::WebSocket;
use crate::harness::{Call, Exchange, Gateway};

/// The clusters: two accounts' worth of one API behind a path of its own, and another.
const CLUSTERS: [&str; 3] = ["openai", "groq", SITE];

const OWN: &str = "sk-openai-of-own-1Kd8";
const OTHER: &str = "sk-groq-of-own-7Wq2";
const OF_KEY: &str = "sk-openai-of-key-5Tz3";
const SHARED: &str = "sk-openai-shared-9Lm4";

fn key(team: &str) -> String {
    format!("vk-resources-{team}-8Yx6")
}

fn team(name: &str, resources: &Value, credentials: &[&str]) -> Value {
    let mut team = json!({
        "keys": [{"sha256": sha256(&key(name))}], "models": ["*"], "credentials": credentials,
    });
    if !resources.is_null() {
        team["resources"] = resources.clone();
    }
    team
}

fn configuration() -> Value {
    let at_openai = json!({"providers": ["openai"]});
    let wide = json!({
        "providers": ["openai", "groq"],
        "endpoints": ["responses", "conversations", "files", "realtime/calls", "messages/batches"],
    });
    let shared =
        json!({"providers": ["openai"], "endpoints": ["files"], "shared_credential": true});
    let mut own = team("own", &wide, &["openai-own", "groq-own"]);
    let of_key =
        json!({"id": "k", "sha256": sha256(&key("key-of-own")), "credentials": ["openai-key"]});
    own["keys"].as_array_mut().unwrap().push(of_key);
    json!({
        "providers": {
            "openai": {"kind": "openai", "cluster": "openai", "default_credential": "openai-shared"},
            "groq": {"kind": "groq", "cluster": "groq"},
        },
        "models": {"m": {"targets": [
            {"provider": "groq", "model": "at-groq", "priority": 0},
            {"provider": "openai", "model": "at-openai", "priority": 1},
        ]}},
        "credentials": {
            "openai-own": {"provider": "openai", "value": OWN},
            "openai-key": {"provider": "openai", "value": OF_KEY},
            "openai-shared": {"provider": "openai", "value": SHARED},
            "groq-own": {"provider": "groq", "value": OTHER},
        },
        "teams": {
            "own": own,
            "plain": team("plain", &at_openai, &["openai-own"]),
            "poor": team("poor", &at_openai, &[]),
            "poorer": team("poorer", &at_openai, &[]),
            "sharing": team("sharing", &shared, &[]),
            "without": team("without", &Value::Null, &["openai-own", "groq-own"]),
        },
        // Of a resource's body nothing is counted.
        "max_body_bytes": 2048,
    })
}

/// Envoy may hold no more of a body than a small part of what is sent here.
const HELD_AT_MOST: u64 = 256 * 1024;

fn gateway() -> Watched {
    static GATEWAY: OnceLock<Arc<Gateway>> = OnceLock::new();
    Gateway::once(&GATEWAY, &CLUSTERS, || Bootstrap {
        listeners: vec![Listener::new("main", &configuration()).holding(HELD_AT_MOST)],
        ..Bootstrap::default()
    })
}

async fn ask(method: &str, path: &str, who: &str) -> Exchange {
    gateway().send(Call::new(method, path).key(&key(who))).await
}

fn assert_sent(exchange: &Exchange, cluster: &str, path: &str, credential: &str) {
    let received = exchange.upstream();
    assert_eq!((&*received.cluster, &*received.path), (cluster, path));
    assert_eq!(received.header("authorization"), Some(&*format!("Bearer {credential}")));
}

#[tokio::test]
async fn a_team_reaches_its_own_account_and_the_shared_one_only_where_that_is_allowed() {
    for (who, credential) in [("own", OWN), ("plain", OWN), ("key-of-own", OF_KEY)] {
        for (method, path) in [
            ("GET", "/v1/responses/resp_1?include=usage"),
            ("DELETE", "/v1/responses/resp_1"),
            ("GET", "/v1/conversations/conv_1/items"),
        ] {
            assert_sent(&ask(method, path, who).await, "openai", path, credential);
        }
    }
    // Two teams that have only what all have could see each other's.
    for who in ["poor", "poorer"] {
        let refused = ask("GET", "/v1/responses/resp_1", who).await;
        let message = refused.assert_rejected(403, "credential_not_configured");
        assert!(message.contains("'openai'"), "{message}");
    }
    assert_sent(&ask("GET", "/v1/files", "sharing").await, "openai", "/v1/files", SHARED);
    // The models of the same provider are theirs all the same.
    assert_sent(
        &gateway().send(Call::chat("openai/gpt").key(&key("poor"))).await,
        "openai",
        "/v1/chat/completions",
        SHARED,
    );
}

#[tokio::test]
async fn without_opt_in_and_outside_its_families_a_path_is_no_endpoint() {
    for (who, method, path) in [
        ("without", "GET", "/v1/responses/resp_1"),
        ("without", "GET", "/v1/files"),
        ("without", "GET", "/v1/realtime/calls"),
        // Not among those that the configuration names, and not among the usual ones.
        ("own", "GET", "/v1/videos/video_1"),
        ("own", "GET", "/v1/batches"),
        ("plain", "GET", "/v1/files"),
        ("plain", "POST", "/v1/batches"),
        // No resource.
        ("own", "PUT", "/v1/files/file-1"),
        ("own", "GET", "/v1/assistants"),
        ("own", "GET", "/v1/files/.%2e/chat/completions"),
        ("own", "GET", "/v1/files/%2e%2e/chat/completions"),
        ("own", "GET", "/v1/files/a%2f..%2f..%2fchat"),
        ("own", "GET", "/v1/files/..%5c..%5cchat"),
        ("own", "GET", "/v1/files/%252e%252e/x"),
        ("own", "GET", "/v1/files/..;/x"),
        ("own", "GET", "/v1/files//x"),
    ] {
        ask(method, path, who).await.assert_rejected(404, "unknown_endpoint");
    }
    for path in ["/v1/files/../responses/resp_1", "/v1/files/./x"] {
        ask("GET", path, "own").await.assert_rejected(404, "unknown_endpoint");
    }
    // Whose it is comes first.
    gateway().send(Call::get("/v1/responses/resp_1")).await.assert_rejected(401, "missing_api_key");
    let upgraded = Call::get("/v1/responses/resp_1").http1().key(&key("own"));
    let upgraded = upgraded.header("upgrade", "websocket").header("connection", "upgrade");
    gateway().send(upgraded).await.assert_rejected(426, "upgrade_not_supported");
    // Under `messages` errors are Anthropic's.
    let refused = ask("GET", "/v1/messages/batches", "without").await;
    assert_eq!((refused.status, &refused.json()["type"]), (404, &json!("error")));
}

#[tokio::test]
async fn the_header_names_a_provider_of_the_teams_and_no_other() {
    let call = |who: &str, named: &str| {
        Call::get("/v1/responses/resp_1").key(&key(who)).header("x-llm-provider", named)
    };
    for (named, path, credential) in
        [("openai", "/v1/responses/resp_1", OWN), ("groq", "/openai/v1/responses/resp_1", OTHER)]
    {
        let exchange = gateway().send(call("own", named)).await;
        assert_sent(&exchange, named, path, credential);
        assert!(exchange.upstream().all("x-llm-provider").is_empty());
    }
    for (who, named, available) in
        [("plain", "groq", "openai"), ("own", "site", "groq, openai"), ("own", "", "groq, openai")]
    {
        let refused = gateway().send(call(who, named)).await;
        let message = refused.assert_rejected(400, "unknown_provider");
        assert!(message.ends_with(&format!(": {available}.")), "{message}");
    }
    let twice = call("own", "openai").header("x-llm-provider", "groq");
    gateway().send(twice).await.assert_rejected(400, "unknown_provider");
    // Where a model is called the header says nothing and goes nowhere.
    let chat = Call::chat("m").key(&key("own")).header("x-llm-provider", "openai");
    let exchange = gateway().send(chat).await;
    assert_eq!(exchange.upstream().cluster, "groq");
    assert!(exchange.upstream().all("x-llm-provider").is_empty());
}

#[tokio::test]
async fn a_resource_passes_as_it_is_without_what_no_provider_is_sent() {
    let body = b"\x1f\x8b not JSON \0 and in no known encoding, {\"model\": 1, \"model\": 2}";
    for call in [Call::new("POST", "").http1(), Call::new("POST", "").http2()] {
        let who = key("own");
        let call = call
            .at(&format!("/v1/files?purpose=x&token={who}&key=1&after=a%20b"))
            .key(&who)
            .header("content-type", "multipart/form-data; boundary=x")
            .header("content-encoding", "gzip")
            .header("cookie", "session=1")
            .header("x-copy", who.as_str())
            .header("x-forwarded-for", "10.0.0.1")
            .header("openai-beta", "files=v9")
            .body(Frames::pieces(body, 7).trailer("x-api-key", "sk-in-a-trailer"));
        let answer = Scripted::status(201)
            .header("content-type", "application/json")
            .header("set-cookie", "a=b")
            .header("x-envoy-upstream-healthchecked-cluster", "x")
            .header("openai-processing-ms", "7")
            .body("{\"id\": \"file-1\"}");
        let exchange = gateway().send(call.answered(&answer)).await;
        let [received] = &exchange.upstream[..] else { panic!("{:?}", exchange.upstream) };
        assert_eq!(received.path, "/v1/files?purpose=x&after=a%20b");
        assert_eq!(&received.body[..], body);
        assert!(received.complete && received.trailers.is_empty(), "{received:?}");
        assert_eq!(received.header("content-encoding"), Some("gzip"));
        assert_eq!(received.header("openai-beta"), Some("files=v9"));
        assert_eq!(received.header("authorization"), Some(&*format!("Bearer {OWN}")));
        for name in ["cookie", "x-copy", "x-forwarded-for", "x-llm-cluster"] {
            assert!(received.all(name).is_empty(), "{name}");
        }
        assert_eq!((exchange.status, exchange.header("openai-processing-ms")), (201, Some("7")));
        assert_eq!(exchange.header("set-cookie"), None);
    }
}

#[tokio::test]
async fn what_a_provider_answers_for_a_resource_means_what_it_means_everywhere() {
    let of = |method: &str, answer: &Scripted| {
        Call::new(method, "/v1/conversations/conv_1").key(&key("own")).answered(answer)
    };
    for (method, answer, status, code) in [
        ("GET", Scripted::status(401).body("{}"), 502, "upstream_authentication_failed"),
        ("GET", Scripted::status(402).body("{}"), 502, "upstream_quota_exhausted"),
        ("POST", Scripted::status(307).header("location", "https://x"), 502, "upstream_redirected"),
        ("GET", Scripted::status(407).body("{}"), 502, "upstream_refused"),
    ] {
        let exchange = gateway().send(of(method, &answer)).await;
        let told = (exchange.status, exchange.json()["error"]["code"].as_str().map(str::to_owned));
        assert_eq!(told, (status, Some(code.to_owned())));
    }
    let absent = Scripted::status(404).body("{\"error\": {\"code\": \"not_found\"}}");
    let exchange = gateway().send(of("GET", &absent)).await;
    assert_eq!(
        (exchange.status, exchange.text()),
        (404, "{\"error\": {\"code\": \"not_found\"}}".into())
    );
    let entry = gateway().access_log(&exchange.test_id).await;
    for (field, value) in
        [("team", "own"), ("provider", "openai"), ("code", "upstream_client_error")]
    {
        assert_eq!(entry[field], value, "{entry}");
    }
    // However often it fails, it is where it is.
    for _ in 0..5 {
        gateway().send(of("GET", &Scripted::status(503).body("{}"))).await;
    }
    assert_eq!(ask("GET", "/v1/conversations/conv_1", "own").await.upstream().cluster, "openai");
}

#[tokio::test]
async fn a_response_that_is_fetched_again_is_not_charged_again() {
    let gateway = Gateway::own(
        &CLUSTERS,
        Bootstrap {
            listeners: vec![Listener::new("main", &configuration())],
            ..Bootstrap::default()
        },
    );
    let answer = Scripted::status(200)
        .header("content-type", "application/json")
        .body("{\"id\": \"resp_1\", \"usage\": {\"input_tokens\": 11, \"output_tokens\": 7}}");
    let body = json!({"model": "openai/gpt", "input": "x"}).to_string();
    let create = Call::post("/v1/responses", body).header("content-type", "application/json");
    assert_eq!(gateway.send(create.key(&key("own")).answered(&answer)).await.status, 200);
    for _ in 0..3 {
        let fetch = Call::get("/v1/responses/resp_1").key(&key("own")).answered(&answer);
        assert_eq!(gateway.send(fetch).await.status, 200);
    }
    let labels = [("team", "own"), ("provider", "openai")];
    let metrics = gateway.metrics_once(|metrics| metrics.sum("requests", &labels) == 4.0).await;
    assert_eq!(metrics.sum("requests", &labels), 4.0);
    assert_eq!(metrics.sum("prompt_tokens", &labels), 11.0);
    assert_eq!(metrics.sum("completion_tokens", &labels), 7.0);
}

#[tokio::test]
async fn a_request_that_goes_on_with_what_is_stored_goes_where_it_is() {
    let call = |member: &str, value: Value| {
        let mut body = json!({"model": "m", "input": "x"});
        body[member] = value;
        Call::post("/v1/responses", body.to_string())
            .header("content-type", "application/json")
            .key(&key("own"))
    };
    for (member, value, cluster) in [
        ("previous_response_id", json!("resp_1"), "openai"),
        ("conversation", json!({"id": "conv_1"}), "openai"),
        ("conversation", json!("conv_1"), "openai"),
        ("previous_response_id", Value::Null, "groq"),
        ("store", json!(true), "groq"),
    ] {
        let exchange = gateway().send(call(member, value)).await;
        assert_eq!(exchange.upstream().cluster, cluster, "{member}");
    }
    let named = call("conversation", json!("conv_1")).header("x-llm-provider", "groq");
    assert_eq!(gateway().send(named).await.upstream().cluster, "groq");
    // A pin is stronger, and a team without resources has nothing stored.
    let mut body = json!({"model": "m:groq", "previous_response_id": "resp_1"});
    for (who, model, cluster) in [("own", "m:groq", "groq"), ("without", "m", "groq")] {
        body["model"] = model.into();
        let call = Call::post("/v1/responses", body.to_string()).key(&key(who));
        let exchange = gateway().send(call.header("content-type", "application/json")).await;
        assert_eq!(exchange.upstream().cluster, cluster, "{who}");
    }
}

#[tokio::test]
async fn realtime_connections_join_calls_and_transcribe_by_the_teams_resources() {
    let gateway = gateway();
    for path in ["/v1/realtime?call_id=rtc_1", "/v1/realtime?intent=transcription"] {
        let authorization = format!("Bearer {}", key("own"));
        let fields = [("authorization", &*authorization)];
        let mut socket = WebSocket::open(&gateway, "main", path, &fields).await.unwrap();
        assert_eq!((&*socket.opened_by.cluster, &*socket.opened_by.path), ("openai", path));
        let bearer = format!("Bearer {OWN}");
        assert_eq!(socket.opened_by.header("authorization"), Some(&*bearer));
        socket.say("hello").await;
        socket.close().await;
        for who in ["without", "plain"] {
            let authorization = format!("Bearer {}", key(who));
            let fields = [("authorization", &*authorization)];
            assert!(
                WebSocket::open(&gateway, "main", path, &fields).await.is_err(),
                "{who} {path}"
            );
        }
    }
}

/// What a file takes of Envoy's memory: some buffers, and of the virtual machines' nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_megabytes_of_a_file_pass_and_are_held_nowhere() {
    let gateway = Gateway::own(
        &CLUSTERS,
        Bootstrap {
            listeners: vec![Listener::new("main", &configuration()).holding(HELD_AT_MOST)],
            ..Bootstrap::default()
        },
    );
    let file = Bytes::from(vec![b'x'; 100 << 20]);
    let call = |body: Bytes| {
        Call::post("/v1/files", body)
            .key(&key("own"))
            .header("content-type", "application/octet-stream")
    };
    for _ in 0..8 {
        gateway.send(call(Bytes::from_static(b"warm"))).await;
    }
    let before = gateway.envoy().memory();
    for _ in 0..2 {
        let exchange = gateway.send(call(file.clone())).await;
        assert_eq!(exchange.upstream().body.len(), file.len());
        gateway.take_received(&exchange.test_id);
    }
    let after = gateway.envoy().memory();
    println!("Envoy's memory {before} before 200 MiB of files, {after} after");
    // A worker that has its first request here makes sure once that there is a mebibyte left.
    assert!(after.guests <= before.guests + (2 << 20), "the virtual machines grew: {after}");
    assert!(after.resident < before.resident + (32 << 20), "from {before} to {after}");
    // A model's body of more than `max_body_bytes` is refused as ever.
    let chat = Call::post("/v1/chat/completions", vec![b' '; 4096]).key(&key("own"));
    gateway.send(chat).await.assert_rejected(413, "request_too_large");
}
