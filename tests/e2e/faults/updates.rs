//! Configurations that change faster than anybody would change them.

use super::{Bystanders, Held};
use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::catalogue::{self, sha256, CLUSTERS};
use crate::harness::process::replace;
use crate::harness::{Call, Gateway};
use serde_json::{json, Value};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// One every 100 ms.
const UPDATES: usize = 24;
const PAUSE: Duration = Duration::from_millis(100);

/// How many of them a request meets that is slow.
const MET: usize = 4;

#[tokio::test]
async fn in_a_storm_of_updates_every_request_is_answered_as_one_of_the_configurations_says() {
    let directory = TempDir::new().unwrap();
    let discovery = directory.path().join("listeners.json");
    let bootstrap = |generation: usize| Bootstrap {
        listeners: vec![Listener::new("main", &configuration(generation))],
        listener_discovery: Some(discovery.clone()),
        ..catalogue::bootstrap()
    };
    let gateway = Arc::new(Gateway::own(&CLUSTERS, bootstrap(0)));
    let bystanders = Bystanders::of(&gateway);
    let mut held = VecDeque::new();
    for generation in 1..=UPDATES {
        held.push_back(Held::begin(&gateway).await);
        tokio::time::sleep(PAUSE).await;
        // Every fifth is wrong, and must change nothing.
        let access_log = gateway.envoy().access_log_path();
        replace(&discovery, &bootstrap(generation).render_discovery(&access_log));
        // It is answered as the configuration says with which it began.
        if held.len() > MET {
            assert!(held.pop_front().unwrap().end(&gateway).await, "{generation}");
        }
    }
    until_in_force(&gateway, UPDATES).await;
    for one in held {
        assert!(one.end(&gateway).await);
    }
    let accepted = updates(&gateway, "success").await;
    let refused = updates(&gateway, "rejected").await;
    // Envoy may see two updates as one, so it counts fewer than there were.
    assert!(accepted >= 3 && refused >= 1, "{accepted} updates were taken, {refused} refused");
    let requests = bystanders.all_well().await;
    println!("update storm: {accepted} updates taken, {refused} refused, {requests} requests, none wrong");
}

/// Waits until the configuration of this generation is the one that requests meet.
async fn until_in_force(gateway: &Gateway, generation: usize) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let call = Call::chat("gpt-4o").key(&key(generation));
        match gateway.send(call).await.status {
            // The team is known, and has no credential.
            403 => return,
            status => assert!(Instant::now() < deadline, "still {status}"),
        }
    }
}

async fn updates(gateway: &Gateway, outcome: &str) -> usize {
    let name = format!("listener_manager.lds.update_{outcome}");
    let stats = gateway.envoy().admin(&format!("/stats?filter=^{name}$")).await;
    stats.trim().rsplit(' ').next().unwrap().parse().unwrap()
}

fn key(generation: usize) -> String {
    format!("vk-of-generation-{generation}")
}

/// The catalogue with one more team in each; every fifth names a credential that there is not.
fn configuration(generation: usize) -> Value {
    let mut configuration = super::configuration();
    let keys = json!([{"sha256": sha256(&key(generation))}]);
    configuration["teams"][format!("team-{generation}")] = json!({"keys": keys, "models": ["*"]});
    if generation.is_multiple_of(5) && generation > 0 {
        configuration["teams"]["red"]["credentials"] = json!(["no-such-credential"]);
    }
    configuration
}
