//! Configurations are replaced while requests are under way, and no request notices.

use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::catalogue::{self, CLUSTERS};
use crate::harness::client::unique_test_id;
use crate::harness::process::replace;
use crate::harness::{Gateway, RawRequest, Wire};
use serde_json::{json, Value};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::task::JoinSet;

const CONNECTIONS: usize = 20;
const OLD_KEY: &str = "vk-red-old-5Jk1";
const NEW_KEY: &str = "vk-red-new-7Lm3";

/// What a request came to: its status, and the credential that the provider got.
type Outcome = (u16, Option<String>);

#[tokio::test]
async fn keys_are_rotated_under_load_and_no_request_fails() {
    let rotation = Rotation::start();
    let stop = Arc::new(AtomicBool::new(false));
    let mut loads = JoinSet::new();
    for number in 0..CONNECTIONS {
        // Half of them hold on to their connections, half come anew each time.
        let load = load(rotation.gateway.clone(), number % 2 == 0, stop.clone());
        loads.spawn(load);
    }
    for generation in [2, 3] {
        tokio::time::sleep(Duration::from_millis(500)).await;
        rotation.replace(&configuration(generation));
        rotation.until_requests_carry(generation).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    stop.store(true, Ordering::Relaxed);
    let mut outcomes = Vec::new();
    while let Some(load) = loads.join_next().await {
        outcomes.extend(load.unwrap());
    }
    let kinds: BTreeSet<Outcome> = outcomes.iter().cloned().collect();
    let expected = [1, 2, 3].map(|generation| (200, Some(bearer(generation))));
    assert_eq!(kinds, expected.into(), "of {} requests", outcomes.len());
    assert!(outcomes.len() > 200, "{} requests are no load", outcomes.len());
}

#[tokio::test]
async fn a_bad_update_is_refused_under_load_and_the_old_configuration_goes_on() {
    let rotation = Rotation::start();
    let stop = Arc::new(AtomicBool::new(false));
    let mut loads = JoinSet::new();
    for number in 0..CONNECTIONS {
        loads.spawn(load(rotation.gateway.clone(), number % 2 == 0, stop.clone()));
    }
    let mut bad = configuration(2);
    bad["teams"]["red"]["credentials"] = json!(["openai-2", "no-such-credential"]);
    rotation.replace(&bad);
    let deadline = Instant::now() + Duration::from_secs(15);
    while !rotation.was_refused().await {
        assert!(Instant::now() < deadline, "the update was not refused");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    stop.store(true, Ordering::Relaxed);
    while let Some(load) = loads.join_next().await {
        for outcome in load.unwrap() {
            assert_eq!(outcome, (200, Some(bearer(1))));
        }
    }
    assert!(rotation.gateway.envoy().log().contains("teams.red.credentials[1]"));
    rotation.replace(&configuration(2));
    rotation.until_requests_carry(2).await;
}

/// A gateway whose listener comes from a file.
struct Rotation {
    gateway: Arc<crate::harness::gateway::Watched>,
    directory: TempDir,
}

impl Rotation {
    fn start() -> Self {
        let directory = TempDir::new().unwrap();
        let first = bootstrap(directory.path(), &configuration(1));
        Self { gateway: Arc::new(Gateway::own(&CLUSTERS, first)), directory }
    }

    fn replace(&self, configuration: &Value) {
        let bootstrap = bootstrap(self.directory.path(), configuration);
        let access_log = self.gateway.envoy().access_log_path();
        replace(&discovery(self.directory.path()), &bootstrap.render_discovery(&access_log));
    }

    /// Waits until a new connection gets the configuration of this generation.
    async fn until_requests_carry(&self, generation: usize) {
        let deadline = Instant::now() + Duration::from_secs(15);
        let mut in_a_row = 0;
        while in_a_row < 10 {
            let outcome = ask(&self.gateway, &mut None).await;
            in_a_row = if outcome == (200, Some(bearer(generation))) { in_a_row + 1 } else { 0 };
            assert!(Instant::now() < deadline, "still {outcome:?}");
        }
    }

    async fn was_refused(&self) -> bool {
        let stats = self.gateway.envoy().admin("/stats?filter=lds.update_rejected").await;
        stats.trim().ends_with(": 1")
    }
}

/// Requests, one after the other, until it is time to stop.
async fn load(
    gateway: Arc<crate::harness::gateway::Watched>,
    holds_on: bool,
    stop: Arc<AtomicBool>,
) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let mut connection = None;
    while !stop.load(Ordering::Relaxed) {
        outcomes.push(ask(&gateway, &mut connection).await);
        if !holds_on {
            connection = None;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    outcomes
}

/// One request, on the connection if there is one. Envoy may ask for it to be the last there.
async fn ask(gateway: &Gateway, connection: &mut Option<Wire>) -> Outcome {
    let mut wire = match connection.take() {
        Some(wire) => wire,
        None => Wire::connect(gateway.listener("main")).await,
    };
    let test_id = unique_test_id();
    let body = br#"{"model":"gpt-4o"}"#;
    let request = RawRequest::new("POST /v1/chat/completions").key(NEW_KEY).body(body);
    wire.write([request.head(&test_id), request.payload()].concat()).await;
    let answer = wire.answer().await;
    if answer.headers.get("connection").is_none_or(|value| value != "close") {
        *connection = Some(wire);
    }
    let received = gateway.received(&test_id);
    let credential = received.first().and_then(|one| one.header("authorization"));
    (answer.status.as_u16(), credential.map(str::to_owned))
}

/// The virtual key stays, the provider's is another in each generation.
fn configuration(generation: usize) -> Value {
    let name = format!("openai-{generation}");
    let keys = match generation {
        1 => {
            json!([{"sha256": catalogue::sha256(OLD_KEY)}, {"sha256": catalogue::sha256(NEW_KEY)}])
        }
        _ => json!([{"sha256": catalogue::sha256(NEW_KEY)}]),
    };
    json!({
        "providers": {"openai": {"cluster": "openai", "kind": "openai"}},
        "models": {"gpt-4o": {}},
        "credentials": {&name: {"provider": "openai", "value": secret(generation)}},
        "teams": {"red": {"keys": keys, "models": ["*"], "credentials": [&name]}},
    })
}

fn bearer(generation: usize) -> String {
    format!("Bearer {}", secret(generation))
}

fn secret(generation: usize) -> String {
    catalogue::credential("openai", &format!("red-{generation}"))
}

fn bootstrap(directory: &Path, configuration: &Value) -> Bootstrap {
    Bootstrap {
        listeners: vec![Listener::new("main", configuration)],
        listener_discovery: Some(discovery(directory)),
        ..catalogue::bootstrap()
    }
}

fn discovery(directory: &Path) -> std::path::PathBuf {
    directory.join("listeners.json")
}
