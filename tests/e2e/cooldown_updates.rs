//! A secret is replaced while its credential cools down: the cooldown is the secret's, and goes with it.

use crate::harness::answers::Scripted;
use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::catalogue::{sha256, CLUSTERS};
use crate::harness::gateway::Watched;
use crate::harness::process::replace;
use crate::harness::{Call, Gateway};
use serde_json::{json, Value};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const KEY: &str = "vk-updates-7Rc4";
const FIRST: &str = "openai";
const SECOND: &str = "groq";
const OLD: &str = "sk-updates-openai-old-5Vh2";
const NEW: &str = "sk-updates-openai-new-9Bn6";
const OTHER: &str = "sk-updates-groq-1Kd8";

/// Enough connections that both workers get some.
const CONNECTIONS: usize = 12;

/// By what Envoy is given another configuration.
#[derive(Clone, Copy)]
enum By {
    /// A listener of its own (LDS).
    Listener,
    /// The filter alone (ECDS).
    Filter,
}

#[tokio::test]
async fn a_cooldown_outlives_an_update_of_the_listener_and_ends_with_its_secret() {
    a_cooldown_ends_with_its_secret(By::Listener).await;
}

#[tokio::test]
async fn a_cooldown_outlives_an_update_of_the_filter_and_ends_with_its_secret() {
    a_cooldown_ends_with_its_secret(By::Filter).await;
}

async fn a_cooldown_ends_with_its_secret(by: By) {
    let site = Site::start(by);
    site.assert_all_go_to("m", FIRST, OLD).await;
    // Both the credential and its model are asked not to be used.
    for (status, model) in [(429, "m"), (503, "m:openai")] {
        let answer = Scripted::status(status).header("retry-after", "3600");
        let exchange = site.gateway.send(chat(model).answered(&answer)).await;
        assert_eq!((exchange.status, &*exchange.upstream[0].cluster), (status, FIRST));
    }
    site.assert_all_go_to("m", SECOND, OTHER).await;
    // The same secret under another name is the same account.
    site.update("second", "renamed", OLD).await;
    site.assert_all_go_to("m", SECOND, OTHER).await;
    site.update("third", "renamed", NEW).await;
    for model in ["m", "m:openai"] {
        site.assert_all_go_to(model, FIRST, NEW).await;
    }
    // Who takes the update back has the account that was asked not to be used.
    site.update("fourth", "renamed", OLD).await;
    site.assert_all_go_to("m", SECOND, OTHER).await;
    site.update("fifth", "renamed", NEW).await;
    site.assert_all_go_to("m", FIRST, NEW).await;
}

fn chat(model: &str) -> Call {
    Call::chat(model).key(KEY)
}

/// A gateway that takes its configuration from a file.
struct Site {
    gateway: Watched,
    directory: TempDir,
    by: By,
}

impl Site {
    fn start(by: By) -> Self {
        let directory = TempDir::new().unwrap();
        let first = bootstrap(directory.path(), by, &configuration("first", "o", OLD));
        Self { gateway: Gateway::own(&CLUSTERS, first), directory, by }
    }

    /// Gives the first provider's credential this name and secret, and waits until both workers have it.
    async fn update(&self, generation: &str, name: &str, secret: &str) {
        let directory = self.directory.path();
        let bootstrap = bootstrap(directory, self.by, &configuration(generation, name, secret));
        let contents = match self.by {
            By::Listener => bootstrap.render_discovery(&self.gateway.envoy().access_log_path()),
            By::Filter => bootstrap.listeners[0].render_filter(&bootstrap.environment),
        };
        replace(&file(directory), &contents);
        let deadline = Instant::now() + Duration::from_secs(15);
        let mut in_a_row = 0;
        while in_a_row < CONNECTIONS {
            let call = Call::get(&format!("/v1/models/{generation}")).key(KEY);
            let is_there = self.gateway.send(call).await.status == 200;
            in_a_row = if is_there { in_a_row + 1 } else { 0 };
            assert!(Instant::now() < deadline, "the {generation} configuration does not come");
        }
    }

    /// All requests go to this provider with this secret.
    async fn assert_all_go_to(&self, model: &str, cluster: &str, secret: &str) {
        for _ in 0..CONNECTIONS {
            let exchange = self.gateway.send(chat(model)).await;
            let received = exchange.upstream();
            let bearer = format!("Bearer {secret}");
            assert_eq!(
                (&*received.cluster, received.header("authorization")),
                (cluster, Some(&*bearer)),
                "{model}"
            );
        }
    }
}

/// A model at two providers, of which the first has a credential of this name, and another by which the configuration is
/// known.
fn configuration(generation: &str, name: &str, secret: &str) -> Value {
    json!({
        "providers": {
            FIRST: {"cluster": FIRST, "kind": "openai"},
            SECOND: {"cluster": SECOND, "kind": "groq"},
        },
        "models": {
            "m": {"targets": [{"provider": FIRST}, {"provider": SECOND, "priority": 1}]},
            generation: {"targets": [{"provider": SECOND}]},
        },
        "credentials": {
            name: {"provider": FIRST, "value": secret},
            "g": {"provider": SECOND, "value": OTHER},
        },
        "teams": {"t": {
            "keys": [{"id": "k", "sha256": sha256(KEY)}], "models": ["*"], "credentials": [name, "g"],
        }},
        "cooldown": {"failures": 3, "seconds": 60},
    })
}

fn bootstrap(directory: &Path, by: By, configuration: &Value) -> Bootstrap {
    let listener = Listener::new("main", configuration);
    // In no log stands any of them.
    let environment = [("OLD", OLD), ("NEW", NEW), ("OTHER", OTHER), ("KEY", KEY)];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    match by {
        By::Listener => Bootstrap {
            listeners: vec![listener],
            listener_discovery: Some(file(directory)),
            environment,
            ..Bootstrap::default()
        },
        By::Filter => Bootstrap {
            listeners: vec![listener.discovering_filter(file(directory))],
            environment,
            ..Bootstrap::default()
        },
    }
}

fn file(directory: &Path) -> PathBuf {
    directory.join("discovery.json")
}
