//! What breaks around the filter: providers, clients, configurations, and its own virtual machine. Whatever does, those
//! who have nothing to do with it are served all the while.

mod answers;
mod bystanders;
mod ceiling;
mod clients;
mod headers;
mod held;
mod trap;
mod unfinished;
mod updates;
mod uploads;

use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::catalogue::{self, with, CLUSTERS};
use crate::harness::gateway::Watched;
use crate::harness::Gateway;
use bystanders::Bystanders;
use held::Held;
use serde_json::{json, Value};
use std::sync::Arc;

/// The catalogue, in which no credential ever cools down: faults are what these tests are about.
fn configuration() -> Value {
    with(catalogue::configuration(), "cooldown", json!({"failures": 0}))
}

/// A gateway with the listeners `main` and `impatient`, which gives providers half a second.
fn gateway() -> Arc<Watched> {
    let listeners = vec![
        Listener::new("main", &configuration()),
        Listener::new("impatient", &configuration()).timeout("0.5s"),
    ];
    Arc::new(Gateway::own(&CLUSTERS, Bootstrap { listeners, ..catalogue::bootstrap() }))
}
