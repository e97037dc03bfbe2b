//! Configurations of listener and pool are replaced under load, one after the other.

use super::site::{
    assert_credential, chat, configuration, environment, failing, tried, CLUSTERS, RED,
};
use crate::harness::artefacts;
use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::catalogue::credential;
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

    /// Waits until one of Envoy's numbers is this.
    async fn until_stat(&self, name: &str, value: usize) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let expected = format!("{name}: {value}");
        loop {
            let stats = self.gateway.envoy().admin(&format!("/stats?filter=^{name}$")).await;
            if stats.trim() == expected {
                return;
            }
            assert!(Instant::now() < deadline, "{stats}, not {expected}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
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

/// The listener does not know yet that the credential is called otherwise now, and is another. Before 1.40 Envoy makes all
/// attempts of a request with the filters that its pool had at the first one. So they have the credential of that time: the
/// same provider's all the same.
#[tokio::test]
async fn a_request_in_flight_is_tried_again_with_the_credential_that_the_team_has_then() {
    const ROTATED: &str = "sk-anthropic-of-red-rotated-4Mz8";
    let first = credential("anthropic", RED);
    for secret in [first.clone(), ROTATED.to_owned()] {
        let replaceable = Replaceable::start();
        let gateway = replaceable.gateway.clone();
        let request =
            tokio::spawn(
                async move { gateway.send(failing(chat("pair", RED), "bedrock=hang")).await },
            );
        replaceable.until_stat("cluster.pair.upstream_rq_active", 1).await;
        let mut renamed = generation(1);
        let credentials = renamed["credentials"].as_object_mut().unwrap();
        credentials.remove("anthropic-red");
        let other = json!({"provider": "anthropic", "value": secret});
        credentials.insert("anthropic-of-this-week".to_owned(), other);
        renamed["teams"][RED]["credentials"] = json!(["bedrock-red", "anthropic-of-this-week"]);
        replaceable.replace_pool(&renamed);
        replaceable.until_stat("cluster_manager.cluster_modified", 1).await;
        assert!(!request.is_finished(), "it was over before the pool was replaced");
        let exchange = request.await.unwrap();
        assert_eq!(exchange.status, 200, "{}", exchange.text());
        assert_eq!(tried(&exchange), ["bedrock", "anthropic"]);
        let expected = match artefacts::envoy_minor() {
            ..40 => &first,
            _ => &secret,
        };
        assert_eq!(exchange.upstream[1].header("x-api-key"), Some(&**expected));
        assert_eq!(exchange.upstream[1].header("authorization"), None);
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
    // Time enough to replace a pool.
    let mut policy = retry_policy(1);
    policy["per_try_timeout"] = json!("5s");
    Bootstrap {
        listeners: vec![Listener::new("main", configuration).retrying(policy)],
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
