//! What Prometheus scrapes is what the teams did and what the providers told.

use crate::harness::answers::{Scripted, USAGE};
use crate::harness::bootstrap::{Bootstrap, Listener, LABELS};
use crate::harness::catalogue::{self, BACK, BLUE, CLUSTERS, FORTH, POOR, RED};
use crate::harness::metrics::Metrics;
use crate::harness::{Call, Gateway};
use serde_json::{json, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Where a request is counted: team, provider, model, code.
type Place = (&'static str, &'static str, &'static str, &'static str);

/// A call, where it is counted, and whether the tokens of its answer are told: of the prompt, of
/// the completion, and of the prompt from a cache.
struct Deed {
    call: Call,
    place: Place,
    tokens: Option<[u64; 3]>,
}

fn deed(call: Call, place: Place) -> Deed {
    Deed { call, place, tokens: None }
}

/// The same, with an answer of these tokens.
fn costing(call: Call, place: Place, tokens: [u64; 3]) -> Deed {
    let written = tokens.map(|count| count.to_string()).join(",");
    Deed { call: call.header(USAGE, written), place, tokens: Some(tokens) }
}

fn post(path: &str, key: &str, body: Value) -> Call {
    Call::post(path, body.to_string()).key(key)
}

/// A mixed load of three teams, and of some who get nowhere.
fn load(round: u64) -> Vec<Deed> {
    let of_red = ("red", "openai", "gpt-4o", "ok");
    let of_blue = ("blue", "anthropic", "claude-sonnet-4.6", "ok");
    let of_forth = ("forth", "openai", "gpt-4o-mini", "ok");
    let streamed = |model: &str| json!({"model": model, "stream": true});
    let mut told = streamed("latest");
    told["stream_options"] = json!({"include_usage": true});
    let embedding = json!({"model": "embed-3", "input": "x"});
    let chat = "/v1/chat/completions";
    let failed = Scripted::status(503);
    let refused = Scripted::status(401).body("{}");
    vec![
        costing(Call::chat("gpt-4o").key(RED), of_red, [11 + round, 7, 4]),
        costing(post(chat, RED, told), of_red, [100, 20 + round, 0]),
        // A stream tells its tokens only if it is asked to.
        deed(post(chat, RED, streamed("gpt-4o")), of_red),
        costing(post("/v1/messages", BLUE, json!({"model": "sonnet"})), of_blue, [50, 5, 30]),
        costing(post("/v1/messages", BLUE, streamed("sonnet")), of_blue, [60, 6 + round, 40]),
        costing(
            Call::chat("groq/llama-9").key(BLUE),
            ("blue", "groq", "unregistered", "ok"),
            [3, 2, 0],
        ),
        costing(Call::chat("open/llama").key(BLUE), ("blue", "groq", "open/*", "ok"), [4, 1, 0]),
        costing(post("/v1/responses", FORTH, json!({"model": "gpt-4o-mini"})), of_forth, [9, 8, 7]),
        costing(post("/v1/responses", FORTH, streamed("gpt-4o-mini")), of_forth, [19, 18, 17]),
        costing(
            post("/v1/embeddings", FORTH, embedding),
            ("forth", "openai", "embed-3", "ok"),
            [1_000_000, 0, 0],
        ),
        deed(
            Call::chat("over-http2").key(RED).answered(&failed),
            ("red", "mistral", "over-http2", "upstream_error"),
        ),
        deed(Call::get("/v1/models").key(RED), ("red", "-", "-", "ok")),
        deed(Call::chat("of-nobody").key(RED), ("red", "-", "-", "model_not_found")),
        deed(Call::chat("gpt-4o").key(POOR), ("poor", "-", "-", "credential_not_configured")),
        deed(Call::chat("gpt-4o").key("vk-of-nobody"), ("-", "-", "-", "invalid_api_key")),
        deed(Call::get("/elsewhere"), ("-", "-", "-", "unknown_endpoint")),
        deed(
            Call::chat("gpt-4o").key(BACK).answered(&refused),
            ("back", "openai", "gpt-4o", "upstream_authentication_failed"),
        ),
    ]
}

#[tokio::test]
async fn after_a_mixed_load_every_count_is_exact() {
    let listeners = vec![Listener::new("main", &catalogue::configuration())];
    let gateway = Gateway::own(&CLUSTERS, Bootstrap { listeners, ..catalogue::bootstrap() });
    let mut requests = Series::new();
    let mut answered = Series::new();
    let mut tokens = [Series::new(), Series::new(), Series::new()];
    for round in 0..4 {
        for Deed { call, place, tokens: told } in load(round) {
            let call = if round % 2 == 0 { call } else { call.http2() };
            gateway.send(call).await;
            add(&mut requests, labels(place), 1.0);
            if place.1 != "-" && place.3 == "ok" {
                add(&mut answered, without_code(place), 1.0);
            }
            let counts = told.into_iter().flatten();
            for (series, count) in tokens.iter_mut().zip(counts).filter(|(_, count)| *count > 0) {
                add(series, without_code(place), f64::from(u32::try_from(count).unwrap()));
            }
        }
    }
    let [prompt, completion, cached] = tokens;
    let of_three_teams = |metrics: &Metrics, name: &str| {
        let mut series = metrics.series(name);
        series.retain(|labels, _| labels["team"] != "back");
        series
    };
    let seen = |metrics: &Metrics| {
        [
            metrics.series("requests"),
            metrics.series("prompt_tokens"),
            metrics.series("completion_tokens"),
            metrics.series("cached_tokens"),
            of_three_teams(metrics, "time_to_first_byte_ms_count"),
            of_three_teams(metrics, "upstream_time_ms_count"),
        ]
    };
    let done = [requests, prompt, completion, cached, answered.clone(), answered];
    let metrics = gateway.metrics_once(|metrics| seen(metrics) == done).await;
    assert_eq!(seen(&metrics), done);
    assert_no_other_labels(&metrics);
}

#[tokio::test]
async fn no_label_is_ever_a_clients_string() {
    let gateway = Gateway::shared();
    let hostile = [
        "gpt-9-of-mine",
        "groq/model-of-mine",
        "open/model-of-mine",
        "vault/model-of-mine",
        "gpt-4o:model-of-mine",
        "a.b.team=.=model-of-mine;.;",
        "groq/;.;.code=.=model-of-mine;.;",
        "groq/\"}model-of-mine{\"",
        "openai/ä\u{202e}model-of-mine",
    ];
    for model in hostile {
        for key in [RED, BLUE, POOR, "vk-model-of-mine"] {
            gateway.send(Call::chat(model).key(key)).await;
        }
        let path = format!("/v1/realtime?model={}", model.replace('"', "%22"));
        let _ = Call::get(&path).key(RED).send(gateway.listener("main")).await;
        gateway.send(Call::chat("gpt-4o").key(RED).at("/v1/model-of-mine")).await;
    }
    let unregistered = [("team", "red"), ("provider", "groq"), ("model", "unregistered")];
    let counted = |metrics: &Metrics| metrics.sum("requests", &unregistered) >= 3.0;
    let metrics = gateway.metrics_once(counted).await;
    assert!(counted(&metrics), "{metrics:?}");
    assert_no_other_labels(&metrics);
    let configured = shared_configuration();
    for (label, names) in configured {
        let strange: Vec<_> =
            metrics.values(label).into_iter().filter(|value| !names.contains(*value)).collect();
        assert!(strange.is_empty(), "{label}: {strange:?}");
    }
    let everything = gateway.envoy().admin("/stats").await;
    assert!(!everything.contains("of-mine"), "a metric has a client's string for a name");
    assert!(everything.contains("wasmcustom.llm_router.requests"));
}

#[tokio::test]
async fn a_cooldown_is_counted_once() {
    let gateway = Gateway::shared();
    let key = crate::harness::variants::patient("counted");
    let call = Call::chat("resilient").key(&key).answered(&Scripted::status(503));
    for _ in 0..3 {
        assert_eq!(gateway.send_to("cooldown", call.clone()).await.upstream[0].cluster, "openai");
    }
    let labels = [("team", "counted"), ("provider", "openai"), ("model", "resilient")];
    let is_counted = |metrics: &Metrics| metrics.sum("requests", &labels) >= 3.0;
    let metrics = gateway.metrics_once(is_counted).await;
    assert_eq!(metrics.sum("cooldowns", &labels), 1.0);
    assert_eq!(metrics.series("cooldowns").keys().filter(|l| l["team"] == "counted").count(), 1);
}

type Series = BTreeMap<BTreeMap<String, String>, f64>;

fn add(series: &mut Series, labels: BTreeMap<String, String>, count: f64) {
    *series.entry(labels).or_default() += count;
}

fn labels((team, provider, model, code): Place) -> BTreeMap<String, String> {
    let values = [team, provider, model, code];
    LABELS.map(str::to_owned).into_iter().zip(values.map(str::to_owned)).collect()
}

fn without_code(place: Place) -> BTreeMap<String, String> {
    let mut labels = labels(place);
    labels.remove("code");
    labels
}

/// The names are the filter's own, and nothing of a label is left in one.
fn assert_no_other_labels(metrics: &Metrics) {
    let known: BTreeSet<_> = [
        "requests",
        "prompt_tokens",
        "completion_tokens",
        "cached_tokens",
        "cooldowns",
        "time_to_first_byte_ms_bucket",
        "time_to_first_byte_ms_count",
        "time_to_first_byte_ms_sum",
        "upstream_time_ms_bucket",
        "upstream_time_ms_count",
        "upstream_time_ms_sum",
    ]
    .into();
    let names = metrics.names();
    let strange: Vec<_> = names.difference(&known).collect();
    assert!(strange.is_empty(), "{strange:?}");
}

/// Every name in the configurations of the shared gateway that a label may have for a value.
fn shared_configuration() -> [(&'static str, BTreeSet<String>); 3] {
    let mut names =
        ["team", "provider", "model"].map(|label| (label, BTreeSet::from(["-".to_owned()])));
    names[2].1.insert("unregistered".to_owned());
    for listener in catalogue::bootstrap().listeners {
        let configuration = listener.configuration();
        for ((_, names), member) in names.iter_mut().zip(["teams", "providers", "models"]) {
            let named = configuration[member].as_object().into_iter().flat_map(|map| map.keys());
            names.extend(named.cloned());
        }
    }
    names
}
