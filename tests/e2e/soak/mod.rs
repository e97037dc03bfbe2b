//! Very many requests of every kind and size, errors among them: no answer is wrong, nothing grows.

mod figures;
mod mix;
mod uploads;

use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::catalogue::{self, with, CLUSTERS};
use crate::harness::client::unique_test_id;
use crate::harness::gateway::Watched;
use crate::harness::provider::TEST_ID;
use crate::harness::{Exchange, Gateway, Session};
use figures::Figures;
use mix::Deed;
use serde_json::{json, Value};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How many there are, unless `SOAK_REQUESTS` says otherwise.
const REQUESTS: usize = 3_000;

/// Connections, half of them HTTP/1.1 and half HTTP/2, and how many share each of the latter.
const CONNECTIONS: usize = 8;
const SHARES: usize = 3;

/// Longer than any request takes, on the busiest of machines.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_is_wrong_and_nothing_grows() {
    let given = std::env::var("SOAK_REQUESTS").map(|number| number.parse().unwrap());
    let requests: usize = given.unwrap_or(REQUESTS);
    let listeners = vec![Listener::new("main", &configuration())];
    let bootstrap = Bootstrap { listeners, ..catalogue::bootstrap() };
    let gateway = Arc::new(Gateway::own(&CLUSTERS, bootstrap));
    let started = Instant::now();
    let soak = Soak::default();
    // What is only once is over after a tenth: the largest request, the first of every kind.
    let mut figures = Vec::new();
    for until in [requests / 10, requests / 2, requests] {
        soak.run(&gateway, until).await;
        figures.push(Figures::of(&gateway, until).await);
        println!(
            "soak: {} after {:.0} s",
            figures.last().unwrap(),
            started.elapsed().as_secs_f64()
        );
    }
    let codes = soak.codes.lock().unwrap().clone();
    println!("soak: {requests} requests, 0 wrong answers; by code: {codes:?}");
    let [start, middle, end] = &figures[..] else { panic!("three figures") };
    end.assert_no_growth(start, middle);
    let counted = |metrics: &crate::harness::metrics::Metrics| {
        let count = |code: &&String| metrics.sum("requests", &[("code", code.as_str())]) as usize;
        codes.keys().map(|code| (code.clone(), count(&code))).collect::<BTreeMap<_, _>>()
    };
    let metrics = gateway.metrics_once(|metrics| counted(metrics) == codes).await;
    assert_eq!(counted(&metrics), codes);
    assert_eq!(metrics.sum("requests", &[]) as usize, requests);
}

/// The catalogue, in which no credential ever cools down, and callers' own keys for groq.
fn configuration() -> Value {
    let mut configuration = with(catalogue::configuration(), "cooldown", json!({"failures": 0}));
    configuration["providers"]["groq"]["client_credentials"] = json!(true);
    configuration
}

/// How far it has come.
#[derive(Default)]
struct Soak {
    next: Arc<AtomicUsize>,
    /// How many requests came to each code.
    codes: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Soak {
    /// Goes on until so many requests are answered.
    async fn run(&self, gateway: &Arc<Watched>, until: usize) {
        let mut clients = JoinSet::new();
        for number in 0..CONNECTIONS {
            let session = connect(gateway, number % 2 == 1).await;
            let shares: Vec<_> = (1..SHARES).filter_map(|_| session.share()).collect();
            for session in shares.into_iter().chain([session]) {
                let (next, codes) = (self.next.clone(), self.codes.clone());
                let gateway = gateway.clone();
                clients.spawn(async move {
                    let own = send_all(&gateway, session, &next, until).await;
                    let mut codes = codes.lock().unwrap();
                    for (code, count) in own {
                        *codes.entry(code).or_default() += count;
                    }
                });
            }
        }
        while let Some(client) = clients.join_next().await {
            client.unwrap();
        }
        // Each client found that the next was one too many.
        self.next.store(until, Ordering::Relaxed);
    }
}

async fn connect(gateway: &Gateway, http2: bool) -> Session {
    Session::connect(gateway.listener("main"), http2).await.expect("a connection")
}

/// Takes one number after the other and makes its request: how many came to each code.
async fn send_all(
    gateway: &Gateway,
    mut session: Session,
    next: &AtomicUsize,
    until: usize,
) -> BTreeMap<String, usize> {
    let http2 = matches!(session, Session::Http2(_));
    let mut codes = BTreeMap::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= until {
            return codes;
        }
        let Deed { call, code, check } = mix::deed(number);
        let test_id = unique_test_id();
        let call = call.header(TEST_ID, test_id.as_str());
        // Envoy closes a connection of HTTP/1.1 when it answers before the request's end.
        if !session.is_open().await {
            session = connect(gateway, http2).await;
        }
        let answer = tokio::time::timeout(PATIENCE, session.send(&call)).await;
        let answer = answer.unwrap_or_else(|_| panic!("{number} hangs"));
        let answer = answer.unwrap_or_else(|error| panic!("{number}: {error}"));
        check(Exchange::new(answer, gateway.take_received(&test_id), test_id));
        *codes.entry(code.to_owned()).or_default() += 1;
    }
}
