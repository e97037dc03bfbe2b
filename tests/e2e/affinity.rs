//! A session's requests stay at one of several equal targets, whichever worker they come to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{json, Value};
use tokio::task::JoinSet;

use crate::harness::answers::Scripted;
use crate::harness::bootstrap::{Bootstrap, Listener, SITE};
use crate::harness::catalogue::sha256;
use crate::harness::gateway::Watched;
use crate::harness::{Call, Gateway};

const PROVIDERS: [&str; 3] = ["east", "north", "west"];
const SESSIONS: usize = 50;

fn key(team: &str) -> String {
    format!("vk-affinity-{team}-3Bn7")
}

fn configuration() -> Value {
    let targets = PROVIDERS.map(|provider| json!({"provider": provider, "model": "m"}));
    let affinity = json!(["header x-session-id", "prompt_cache_key", "user", "metadata.user_id"]);
    let providers: BTreeMap<_, _> =
        PROVIDERS.map(|name| (name, json!({"cluster": name, "authority": name}))).into();
    let credential = |name| (name, json!({"provider": name, "value": format!("sk-{name}-6Hu1")}));
    let team = |name| {
        let keys = json!([{"sha256": sha256(&key(name))}]);
        (name, json!({"keys": keys, "models": ["*"], "credentials": PROVIDERS}))
    };
    json!({
        "providers": providers,
        "models": {"sticky": {"targets": targets, "affinity": affinity}},
        "credentials": BTreeMap::from(PROVIDERS.map(credential)),
        "teams": BTreeMap::from(["steady", "moving"].map(team)),
        "cooldown": {"failures": 1, "seconds": 8},
    })
}

fn gateway() -> Watched {
    let listeners = vec![Listener::new("main", &configuration())];
    let clusters: Vec<&str> = PROVIDERS.into_iter().chain([SITE]).collect();
    Gateway::own(&clusters, Bootstrap { listeners, workers: Some(2), ..Bootstrap::default() })
}

/// A request of a session, named in one of the ways that clients have.
fn call(team: &str, session: usize, way: usize) -> Call {
    let name = format!("session-{session}");
    let mut body = json!({"messages": [{"role": "user", "content": "hi"}], "model": "sticky"});
    match way % 4 {
        0 => {}
        1 => body["prompt_cache_key"] = name.as_str().into(),
        2 => body["user"] = name.as_str().into(),
        _ => body["metadata"] = json!({"other": {}, "user_id": name}),
    }
    let call = Call::post("/v1/chat/completions", body.to_string()).key(&key(team));
    let call = call.header("content-type", "application/json");
    let call = if session.is_multiple_of(3) { call.http2() } else { call.http1() };
    if way.is_multiple_of(4) {
        call.header("x-session-id", name)
    } else {
        call
    }
}

/// Where each session's requests went, of so many requests at once, each on a connection of its own.
async fn places(
    gateway: &Arc<Watched>,
    team: &'static str,
    requests: usize,
) -> Vec<BTreeSet<String>> {
    let mut places = vec![BTreeSet::new(); SESSIONS];
    let mut sent = JoinSet::new();
    for request in 0..requests {
        let gateway = Arc::clone(gateway);
        sent.spawn(async move {
            let session = request % SESSIONS;
            let exchange = gateway.send(call(team, session, request / SESSIONS)).await;
            (session, exchange.upstream().cluster.clone())
        });
        if sent.len() == 32 {
            let (session, at) = sent.join_next().await.unwrap().unwrap();
            places[session].insert(at);
        }
    }
    while let Some(done) = sent.join_next().await {
        let (session, at) = done.unwrap();
        places[session].insert(at);
    }
    places
}

/// The one place of each session.
fn settled(places: &[BTreeSet<String>]) -> Vec<&str> {
    assert!(places.iter().all(|at| at.len() == 1), "a session at two targets: {places:?}");
    places.iter().filter_map(|at| Some(&**at.first()?)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_fifty_sessions_has_a_thousand_requests_at_one_of_three_targets() {
    let gateway = Arc::new(gateway());
    let places = places(&gateway, "steady", 1_000).await;
    let at = settled(&places);
    let shares = PROVIDERS.map(|name| at.iter().filter(|at| **at == name).count());
    // 16 or 17 each are to be expected.
    assert!(shares.iter().all(|share| (8..=26).contains(share)), "{shares:?}");

    // Without a session chance decides, and every target gets its share.
    let mut unnamed = BTreeSet::new();
    for _ in 0..60 {
        unnamed.insert(
            gateway.send(Call::chat("sticky").key(&key("steady"))).await.upstream().cluster.clone(),
        );
    }
    assert_eq!(unnamed.len(), 3);
    // A pin is stronger.
    let pinned = Call::chat("sticky:west").key(&key("steady")).header("x-session-id", "session-1");
    assert_eq!(gateway.send(pinned).await.upstream().cluster, "west");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_cools_down_moves_its_own_sessions_alone_and_they_come_back() {
    let gateway = Arc::new(gateway());
    let before = places(&gateway, "moving", SESSIONS).await;
    let before = settled(&before);
    let (gone, session) = (before[0], 0);
    let answer = Scripted::status(503).body("{}");
    let failed = gateway.send(call("moving", session, 0).answered(&answer)).await;
    assert_eq!((failed.status, &*failed.upstream[0].cluster), (503, gone));

    let failed_at = Instant::now();
    let meanwhile = places(&gateway, "moving", 4 * SESSIONS).await;
    assert!(failed_at.elapsed() < Duration::from_secs(8), "the machine is too slow to tell");
    for (session, (now, was)) in settled(&meanwhile).into_iter().zip(&before).enumerate() {
        match *was == gone {
            true => assert_ne!(now, gone, "{session} stayed"),
            false => assert_eq!(now, *was, "{session} moved"),
        }
    }
    // Those that moved are not all at one other target.
    let moved: BTreeSet<_> = meanwhile
        .iter()
        .zip(&before)
        .filter(|(_, was)| **was == gone)
        .map(|(now, _)| now)
        .collect();
    assert_eq!(moved.len(), 2, "{meanwhile:?}");

    tokio::time::sleep(Duration::from_secs(9).saturating_sub(failed_at.elapsed())).await;
    let after = places(&gateway, "moving", SESSIONS).await;
    assert_eq!(settled(&after), before);
}
