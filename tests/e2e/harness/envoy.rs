//! A running Envoy: where it listens, and what it wrote.

use super::bootstrap::Bootstrap;
use super::client;
use super::memory::Memory;
use super::process::Process;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

/// How long Envoy may take to compile the filter and open its listeners.
const START: Duration = Duration::from_secs(60);

/// What Envoy's log shows when a virtual machine dies: the panic, and the call it happened in.
const TRAPS: [&str; 2] = ["panicked at", "wasm_vm.cc"];

pub struct Envoy {
    process: Process,
    admin: SocketAddr,
    listeners: BTreeMap<String, SocketAddr>,
}

impl Envoy {
    /// Starts Envoy and waits until every listener is open.
    pub async fn start(bootstrap: &Bootstrap) -> Self {
        let expected: Vec<_> = bootstrap.listeners.iter().map(|listener| &listener.name).collect();
        let mut process = Process::spawn(bootstrap);
        let deadline = Instant::now() + START;
        loop {
            if let Some((admin, listeners)) = open_listeners(&process).await {
                if expected.iter().all(|name| listeners.contains_key(*name)) {
                    return Self { process, admin, listeners };
                }
            }
            if let Some(status) = process.ended() {
                panic!("Envoy ended with {status}:\n{}", process.log());
            }
            assert!(Instant::now() < deadline, "Envoy is not ready:\n{}", process.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Runs an Envoy that is expected to end by itself: how it ended, and its log.
    pub async fn run_to_end(bootstrap: &Bootstrap) -> (ExitStatus, String) {
        let mut process = Process::spawn(bootstrap);
        let deadline = Instant::now() + START;
        loop {
            if let Some(status) = process.ended() {
                return (status, process.log());
            }
            let started = open_listeners(&process).await.is_some();
            assert!(!started, "Envoy started all the same:\n{}", process.log());
            assert!(Instant::now() < deadline, "Envoy does not end:\n{}", process.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Where a listener really listens.
    pub fn listener(&self, name: &str) -> SocketAddr {
        *self.listeners.get(name).unwrap_or_else(|| panic!("no listener {name}"))
    }

    /// An answer of the admin interface.
    pub async fn admin(&self, path: &str) -> String {
        client::get(self.admin, path).await.expect("the admin interface answers")
    }

    pub fn memory(&self) -> Memory {
        self.process.memory()
    }

    pub fn log(&self) -> String {
        self.process.log()
    }

    pub fn access_log(&self) -> String {
        self.process.access_log()
    }

    pub fn access_log_path(&self) -> PathBuf {
        self.process.access_log_path()
    }

    /// The lines of the log that tell of a dead virtual machine.
    pub fn traps(&self) -> Vec<String> {
        // At trace level each call is told of, and from the same place.
        let is_trap = |line: &&str| {
            TRAPS.iter().any(|trap| line.contains(trap)) && !line.contains("[trace][wasm]")
        };
        self.log().lines().filter(is_trap).map(str::to_owned).collect()
    }
}

/// The admin interface's address and the listeners it tells of, once Envoy has them.
async fn open_listeners(process: &Process) -> Option<(SocketAddr, BTreeMap<String, SocketAddr>)> {
    let admin: SocketAddr = process.admin_address()?.parse().ok()?;
    let listeners = client::get(admin, "/listeners?format=json").await.ok()?;
    let listeners: Value = serde_json::from_str(&listeners).ok()?;
    let statuses = listeners["listener_statuses"].as_array()?;
    let address = |status: &Value| {
        let name = status["name"].as_str()?.to_owned();
        let port = status["local_address"]["socket_address"]["port_value"].as_u64()?;
        Some((name, SocketAddr::from(([127, 0, 0, 1], u16::try_from(port).ok()?))))
    };
    Some((admin, statuses.iter().filter_map(address).collect()))
}
