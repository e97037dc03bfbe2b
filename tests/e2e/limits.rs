//! Limits of teams, counted by two workers at once.

use crate::harness::answers::USAGE;
use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::catalogue::{self, BLUE, CLUSTERS, FORTH, RED};
use crate::harness::gateway::Watched;
use crate::harness::process::replace;
use crate::harness::{Call, Gateway};
use http_body_util::BodyExt;
use serde_json::{json, Value};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// A day has no edge within these tests, but for some seconds at midnight: those are waited for.
async fn until_no_edge_is_near() {
    const DAY: u64 = 24 * 60 * 60;
    const NEAR: u64 = 90;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let left = DAY - now % DAY;
    if left < NEAR {
        tokio::time::sleep(Duration::from_secs(left)).await;
    }
}

fn gateway(limits: &[(&str, Value)]) -> Watched {
    let mut plugin = catalogue::configuration();
    for (team, limits) in limits {
        plugin["teams"][team]["limits"] = limits.clone();
    }
    let listeners = vec![Listener::new("main", &plugin)];
    Gateway::own(&CLUSTERS, Bootstrap { listeners, ..catalogue::bootstrap() })
}

/// A request's time at the client, which is longer than that at the filter.
struct Served {
    from: Instant,
    to: Instant,
}

/// How many were under way at once, at most.
fn most_at_once(served: &[Served]) -> usize {
    let at = |moment: Instant| {
        served.iter().filter(|one| one.from <= moment && moment <= one.to).count()
    };
    served.iter().map(|one| at(one.to)).max().unwrap_or(0)
}

#[tokio::test]
async fn limits_hold_exactly_while_two_thousand_requests_come_at_once_to_two_workers() {
    const REQUESTS: usize = 100;
    const TOKENS: usize = 10_000;
    until_no_edge_is_near().await;
    let limits = json!([{"requests": REQUESTS, "per": "day"}, {"tokens": TOKENS, "per": "day"}]);
    let gateway = Arc::new(gateway(&[("red", limits.clone()), ("blue", limits)]));
    // Whose requests, how many, how many tokens each, and how many of them at once.
    let teams =
        [("red", RED, 900, 10, 900), ("blue", BLUE, 700, 250, 20), ("forth", FORTH, 400, 250, 400)];
    let mut calls = JoinSet::new();
    for (team, key, requests, tokens, at_once) in teams {
        let room = Arc::new(Semaphore::new(at_once));
        for number in 0..requests {
            let usage = format!("{},10,0", tokens - 10);
            let call = Call::chat("openai/gpt-x").key(key).header(USAGE, usage);
            let call = if number % 2 == 0 { call.http2() } else { call.http1() };
            let (gateway, room) = (gateway.clone(), room.clone());
            calls.spawn(async move {
                let _room = room.acquire().await.unwrap();
                let from = Instant::now();
                let exchange = gateway.send(call).await;
                (team, exchange, Served { from, to: Instant::now() })
            });
        }
    }
    let mut served: [Vec<Served>; 3] = Default::default();
    let mut refused = [0_usize; 3];
    while let Some(call) = calls.join_next().await {
        let (team, exchange, time) = call.unwrap();
        let index = teams.iter().position(|one| one.0 == team).unwrap();
        match exchange.status {
            200 => served[index].push(time),
            429 => {
                refused[index] += 1;
                assert_eq!(exchange.json()["error"]["code"], "rate_limit_exceeded");
                let wait: u64 = exchange.header("retry-after").unwrap().parse().unwrap();
                assert!((1..=24 * 60 * 60).contains(&wait), "{wait}");
                assert!(exchange.upstream.is_empty());
                let unit = if team == "red" { "requests" } else { "tokens" };
                let limit = if team == "red" { REQUESTS } else { TOKENS }.to_string();
                let name = format!("x-ratelimit-limit-{unit}");
                assert_eq!(exchange.header(&name), Some(&*limit), "{team}");
            }
            other => panic!("{team}: {other}"),
        }
    }
    let counts = served.each_ref().map(Vec::len);
    let in_flight = most_at_once(&served[1]);
    println!("served {counts:?}, refused {refused:?}, in flight {in_flight}");
    assert_eq!((counts[0], refused[0]), (REQUESTS, 900 - REQUESTS));
    assert_eq!((counts[2], refused[2]), (400, 0));
    let (used, over) = (counts[1] * 250, in_flight * 250);
    assert_eq!(counts[1] + refused[1], 700);
    assert!((TOKENS..TOKENS + over).contains(&used), "{used} tokens, {in_flight} in flight");

    let code = ("code", "rate_limit_exceeded");
    let expected = refused.iter().sum::<usize>() as f64;
    let told = |metrics: &crate::harness::metrics::Metrics| metrics.sum("requests", &[code]);
    let metrics = gateway.metrics_once(|metrics| told(metrics) == expected).await;
    assert_eq!(told(&metrics), expected);
    assert_eq!(metrics.sum("limit_errors", &[]), 0.0);
}

#[tokio::test]
async fn a_client_that_left_is_charged_with_what_the_answer_had_told() {
    until_no_edge_is_near().await;
    let gateway = gateway(&[("red", json!([{"tokens": 48, "per": "day"}]))]);
    let body = json!({"model": "gpt-4o", "stream": true}).to_string();
    let mut live = gateway.send_live(Call::post("/v1/chat/completions", body).key(RED)).await;
    live.provider.say("data: {\"usage\":{\"prompt_tokens\":40,\"completion_tokens\":8}}\n\n");
    let _heard = live.answer.body_mut().frame().await.unwrap().unwrap();
    assert_eq!(
        gateway.send(Call::chat("gpt-4o").key(RED).header(USAGE, "0,0,0")).await.status,
        200
    );
    drop(live.answer);
    live.provider.until_nobody_listens().await;
    let entry = gateway.access_log(&live.test_id).await;
    assert_eq!((&entry["code"], &entry["total_tokens"]), (&"client_left".into(), &"48".into()));
    gateway.send(Call::chat("gpt-4o").key(RED)).await.assert_rejected(429, "rate_limit_exceeded");
    assert_eq!(gateway.send(Call::chat("gpt-4o").key(BLUE)).await.status, 200);
}

/// The catalogue with a limit of so many requests, and a model that tells the generation.
fn limited(generation: usize, requests: usize) -> Value {
    let mut plugin = catalogue::configuration();
    plugin["teams"]["red"]["limits"] = json!([{"requests": requests, "per": "day"}]);
    plugin["models"]["gpt-4o"]["metadata"] = json!({"generation": generation});
    plugin
}

fn discovered(directory: &Path, plugin: &Value) -> Bootstrap {
    Bootstrap {
        listeners: vec![Listener::new("main", plugin)],
        listener_discovery: Some(directory.join("listeners.json")),
        ..catalogue::bootstrap()
    }
}

#[tokio::test]
async fn what_was_used_stays_used_when_the_configuration_is_replaced() {
    until_no_edge_is_near().await;
    let directory = TempDir::new().unwrap();
    let gateway = Gateway::own(&CLUSTERS, discovered(directory.path(), &limited(1, 3)));
    let ask = || async { gateway.send(Call::chat("gpt-4o").key(RED).http1()).await.status };
    for expected in [200, 200] {
        assert_eq!(ask().await, expected);
    }
    let next = discovered(directory.path(), &limited(2, 5));
    let access_log = gateway.envoy().access_log_path();
    replace(&directory.path().join("listeners.json"), &next.render_discovery(&access_log));
    // Both workers have it when all of many new connections do. Lists of models are not counted.
    let deadline = Instant::now() + Duration::from_secs(15);
    let mut in_a_row = 0;
    while in_a_row < 20 {
        let told = gateway.send(Call::get("/v1/models/gpt-4o").key(RED).http1()).await.text();
        in_a_row = if told.contains(r#""generation":2"#) { in_a_row + 1 } else { 0 };
        assert!(Instant::now() < deadline, "still {told}");
    }
    for expected in [200, 200, 200, 429, 429] {
        assert_eq!(ask().await, expected);
    }
}

#[tokio::test]
async fn listeners_count_together_under_one_name_of_the_plugin_and_apart_under_others() {
    until_no_edge_is_near().await;
    let plugin = limited(1, 1);
    let listeners = vec![
        Listener::new("main", &plugin),
        Listener::new("same", &plugin),
        Listener::new("other", &plugin).plugin_name("another"),
    ];
    let gateway = Gateway::own(&CLUSTERS, Bootstrap { listeners, ..catalogue::bootstrap() });
    for (listener, expected) in
        [("main", 200), ("same", 429), ("other", 200), ("other", 429), ("main", 429)]
    {
        let exchange = gateway.send_to(listener, Call::chat("gpt-4o").key(RED)).await;
        assert_eq!(exchange.status, expected, "{listener}");
    }
}
