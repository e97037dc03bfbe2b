//! Configurations of listener and pool are replaced under load, one after the other.

use super::site::{
    assert_credential, chat, configuration, environment, failing, tried, CLUSTERS, RED,
};
use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::gateway::Watched;
use crate::harness::pool::{retry_policy, Endpoint, Pool};
use crate::harness::process::replace;
use crate::harness::{Exchange, Gateway};
use serde_json::{json, Value};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::task::JoinSet;

const CONNECTIONS: usize = 8;

/// A gateway whose listener and pool come from files.
struct Replaceable {
    gateway: Arc<Watched>,
    directory: TempDir,
}

impl Replaceable {
    fn start() -> Self {
        let directory = TempDir::new().unwrap();
        let first = bootstrap(directory.path(), &generation(1));
        Self { gateway: Arc::new(Gateway::own(&CLUSTERS, first)), directory }
    }

    fn replace_pool(&self, configuration: &Value) {
        let bootstrap = bootstrap(self.directory.path(), configuration);
        let addresses = self.gateway.addresses();
        replace(&clusters(self.directory.path()), &bootstrap.render_pools(addresses));
    }

    fn replace_listener(&self, configuration: &Value) {
        let bootstrap = bootstrap(self.directory.path(), configuration);
        let access_log = self.gateway.envoy().access_log_path();
        replace(&listeners(self.directory.path()), &bootstrap.render_discovery(&access_log));
    }

    /// Waits until requests are answered as expected, ten times in a row.
    async fn until(&self, expected: impl Fn(&Exchange) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut in_a_row = 0;
        while in_a_row < 10 {
            let exchange = self.gateway.send(failing(chat("pair", RED), "bedrock=503")).await;
            in_a_row = if expected(&exchange) { in_a_row + 1 } else { 0 };
            assert!(Instant::now() < deadline, "still {} {:?}", exchange.status, tried(&exchange));
        }
    }
}

#[tokio::test]
async fn a_pool_and_then_its_listener_are_replaced_under_load_and_no_request_fails() {
    let replaceable = Replaceable::start();
    let stop = Arc::new(AtomicBool::new(false));
    let mut loads = JoinSet::new();
    for _ in 0..CONNECTIONS {
        loads.spawn(load(replaceable.gateway.clone(), stop.clone()));
    }
    for number in [2, 3] {
        tokio::time::sleep(Duration::from_millis(300)).await;
        // What the pool knows includes what the listener's old configuration says.
        replaceable.replace_pool(&generation(number));
        tokio::time::sleep(Duration::from_secs(1)).await;
        replaceable.replace_listener(&generation(number));
        let model = format!("generation-{number}");
        replaceable
            .until(|exchange| exchange.upstream.iter().all(|one| one.model() == model))
            .await;
    }
    stop.store(true, Ordering::Relaxed);
    let mut outcomes = Vec::new();
    while let Some(load) = loads.join_next().await {
        outcomes.extend(load.unwrap());
    }
    assert!(outcomes.len() > 50, "{} requests are no load", outcomes.len());
    for exchange in &outcomes {
        assert_eq!((exchange.status, tried(exchange)), (200, vec!["bedrock", "anthropic"]));
        for received in &exchange.upstream {
            assert_credential(received, RED);
        }
        let [first, second] = &*exchange.upstream else { panic!() };
        assert_eq!(first.model(), second.model(), "one request, one generation");
    }
}

async fn load(gateway: Arc<Watched>, stop: Arc<AtomicBool>) -> Vec<Exchange> {
    let mut outcomes = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        outcomes.push(gateway.send(failing(chat("pair", RED), "bedrock=503")).await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    outcomes
}

/// The same providers and teams, with other names of the model there. A pool of a later generation still knows the one before.
fn generation(number: usize) -> Value {
    let mut configuration = configuration();
    let target = |provider: &str, number: usize, priority: usize| {
        json!({
            "provider": provider, "model": format!("generation-{number}"), "priority": priority,
        })
    };
    let mut targets: Vec<Value> =
        ["bedrock", "anthropic"].map(|name| target(name, number, 0)).to_vec();
    if number > 1 {
        targets.extend(["bedrock", "anthropic"].map(|name| target(name, number - 1, 1)));
    }
    configuration["models"]["pair"]["targets"] = targets.into();
    configuration
}

fn bootstrap(directory: &Path, configuration: &Value) -> Bootstrap {
    let both = ["bedrock", "anthropic"].map(Endpoint::of);
    Bootstrap {
        listeners: vec![Listener::new("main", configuration).retrying(retry_policy(1))],
        pools: vec![Pool::new("pair", configuration, both)],
        listener_discovery: Some(listeners(directory)),
        pool_discovery: Some(clusters(directory)),
        environment: environment(),
        ..Bootstrap::default()
    }
}

fn listeners(directory: &Path) -> PathBuf {
    directory.join("listeners.json")
}

fn clusters(directory: &Path) -> PathBuf {
    directory.join("clusters.json")
}
