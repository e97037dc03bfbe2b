//! An Envoy whose only filter comes from a file that it watches (ECDS).

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{json, Value};
use tempfile::TempDir;

use crate::cores;
use crate::process::{cpu_time, cpu_time_of, request, resident, PATIENCE};

/// What Envoy itself is as good as idle at.
const IDLE: Duration = Duration::from_millis(3);

pub struct Discovered {
    process: Child,
    wasm: PathBuf,
    directory: TempDir,
    updates: usize,
}

impl Discovered {
    /// Starts one with so many workers, and waits until it has nothing to do any more.
    pub fn start(envoy: &Path, wasm: &Path, configuration: &str, workers: usize) -> Self {
        let directory = TempDir::with_prefix("envoy-llm-router-bench-").unwrap();
        replace(directory.path(), wasm, configuration);
        let bootstrap = directory.path().join("envoy.json");
        fs::write(&bootstrap, bootstrap_in(directory.path()).to_string()).unwrap();
        let mut command = cores::command(cores::BOTH, envoy);
        command.args(["--concurrency", &workers.to_string(), "--disable-hot-restart"]);
        command.args(["--log-level", "warning", "-c"]).arg(&bootstrap);
        command.arg("--admin-address-path").arg(directory.path().join("admin.address"));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(File::create(directory.path().join("envoy.log")).unwrap());
        let process = command.spawn().unwrap();
        let mut started = Self { process, wasm: wasm.to_owned(), directory, updates: 0 };
        let deadline = Instant::now() + PATIENCE;
        while started.address().is_none() || started.accepted() != Some(1) {
            let has_ended = started.process.try_wait().unwrap().is_some();
            if has_ended || Instant::now() > deadline {
                let log = fs::read_to_string(started.directory.path().join("envoy.log"));
                panic!("Envoy does not take the configuration:\n{}", log.unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        started.rest();
        started
    }

    /// Waits until it has nothing to do.
    pub fn rest(&self) {
        let mut before = cpu_time(&self.process);
        loop {
            std::thread::sleep(Duration::from_millis(500));
            let now = cpu_time(&self.process);
            if now - before < IDLE {
                return;
            }
            before = now;
        }
    }

    /// Gives it another configuration, and waits until Envoy has accepted it.
    pub fn update(&mut self, configuration: &str) {
        replace(self.directory.path(), &self.wasm, configuration);
        self.updates += 1;
        let deadline = Instant::now() + PATIENCE;
        while self.accepted() != Some(self.updates + 1) {
            assert!(Instant::now() < deadline, "an update is not accepted");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Where the listener is.
    pub fn address(&self) -> Option<SocketAddr> {
        let listeners = self.admin("/listeners?format=json")?;
        let listeners = listeners.get(listeners.find('{')?..=listeners.rfind('}')?)?;
        let listeners: Value = serde_json::from_str(listeners).ok()?;
        let address = &listeners["listener_statuses"][0]["local_address"]["socket_address"];
        let port = address["port_value"].as_u64()?.try_into().ok()?;
        Some(SocketAddr::from(([127, 0, 0, 1], port)))
    }

    /// How many configurations it has accepted.
    fn accepted(&self) -> Option<usize> {
        let name = "extension_config_discovery.http_filter.discovered.update_success: ";
        let stats = self.admin("/stats?filter=update_success")?;
        stats.lines().find_map(|line| line.strip_prefix(name))?.trim().parse().ok()
    }

    fn admin(&self, path: &str) -> Option<String> {
        let address = fs::read_to_string(self.directory.path().join("admin.address")).ok()?;
        request(address.parse().ok()?, path).ok()
    }

    /// The time that its workers have spent there.
    pub fn workers_cpu_time(&self) -> Duration {
        cpu_time_of(&self.process, |thread| thread.starts_with("wrk:"))
    }

    /// The memory that it has in use, in bytes.
    pub fn resident(&self) -> u64 {
        resident(&self.process)
    }
}

impl Drop for Discovered {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Moves the filter's file into its place, so that Envoy never reads half of it.
fn replace(directory: &Path, wasm: &Path, configuration: &str) {
    let filter = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
        "config": {
            "name": "llm_router",
            "root_id": "llm_router",
            "allow_on_headers_stop_iteration": true,
            "failure_policy": "FAIL_CLOSED",
            "vm_config": {
                "vm_id": "llm_router",
                "runtime": "envoy.wasm.runtime.v8",
                "code": {"local": {"filename": wasm}},
            },
            "configuration": {
                "@type": "type.googleapis.com/google.protobuf.StringValue",
                "value": configuration,
            },
        },
    });
    let resource = json!({
        "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
        "name": "discovered",
        "typed_config": filter,
    });
    let new = directory.join("filter.new");
    fs::write(&new, json!({"resources": [resource]}).to_string()).unwrap();
    fs::rename(&new, directory.join("filter.json")).unwrap();
}

fn bootstrap_in(directory: &Path) -> Value {
    let discovered = json!({
        "name": "discovered",
        "config_discovery": {
            "config_source": {
                "resource_api_version": "V3",
                "path_config_source": {
                    "path": directory.join("filter.json"), "watched_directory": {"path": directory},
                },
            },
            "type_urls": ["type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm"],
        },
    });
    let router = json!({
        "name": "envoy.filters.http.router",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
        },
    });
    let answer = json!({"match": {"prefix": "/"}, "direct_response": {"status": 204}});
    let connection_manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network\
            .http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "bench",
        "http_filters": [discovered, router],
        "route_config": {"virtual_hosts": [
            {"name": "bench", "domains": ["*"], "routes": [answer]},
        ]},
    });
    let loopback = json!({"socket_address": {"address": "127.0.0.1", "port_value": 0}});
    json!({
        "node": {"id": "bench", "cluster": "bench"},
        "admin": {"address": loopback},
        "static_resources": {"listeners": [{
            "name": "bench",
            "address": loopback,
            "filter_chains": [{"filters": [{
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": connection_manager,
            }]}],
        }]},
    })
}
