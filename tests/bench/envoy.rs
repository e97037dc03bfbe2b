//! A running Envoy, of which nothing is looked at but what it costs.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::Range;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{json, Value};
use tempfile::TempDir;

use crate::artefacts::Artefacts;
use crate::cores;
use crate::gateway::Gateway;

/// How long Envoy may take to open its listener.
const PATIENCE: Duration = Duration::from_secs(60);

/// How much of a request and of an answer Envoy may hold, in bytes.
const BUFFER_LIMIT: u64 = 16 * 1024 * 1024;

/// A path that Envoy answers by itself, unless the filter does.
const READY: &str = "/ready";

pub struct Envoy {
    process: Child,
    address: SocketAddr,
    /// From its start to its first answer.
    pub start_up: Duration,
    /// All that it reads and writes; gone when this is dropped.
    _directory: TempDir,
}

impl Envoy {
    /// Starts it with one worker, and waits until it answers.
    pub fn start(gateway: Gateway, artefacts: &Artefacts, upstream: SocketAddr) -> Self {
        let directory = TempDir::with_prefix("envoy-llm-router-bench-").unwrap();
        let [bootstrap, admin, log] =
            ["envoy.json", "admin.address", "envoy.log"].map(|name| directory.path().join(name));
        fs::write(&bootstrap, render(gateway, artefacts, upstream).to_string()).unwrap();
        let started = Instant::now();
        let mut process = Launch { artefacts, bootstrap, admin: &admin, log: &log }.spawn();
        let address = loop {
            if let Some(address) = listening_at(&admin) {
                if request(address, READY).is_ok() {
                    break address;
                }
            }
            let ended = process.try_wait().unwrap();
            if ended.is_some() || started.elapsed() > PATIENCE {
                let _ = process.kill();
                let log = fs::read_to_string(&log).unwrap_or_default();
                panic!("Envoy with {} does not answer:\n{log}", gateway.name());
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        Self { process, address, start_up: started.elapsed(), _directory: directory }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The time that its threads have spent on a processor so far, for itself and in the kernel.
    pub fn cpu_time(&self) -> Duration {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap();
        let of_task = |task: io::Result<fs::DirEntry>| -> Option<u64> {
            let schedstat = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
            schedstat.split_whitespace().next()?.parse().ok()
        };
        let nanos = tasks.filter_map(of_task).sum();
        assert_ne!(nanos, 0, "this kernel keeps no /proc/<pid>/task/<tid>/schedstat");
        Duration::from_nanos(nanos)
    }

    /// The memory that it has in use, in bytes.
    pub fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// The memory that its WebAssembly machines have, in bytes. V8 reserves the gigabytes that a machine could address,
    /// and opens as much of the front as the machine has asked for: so it is what lies before such a reserve.
    pub fn guest_memory(&self) -> u64 {
        const RESERVE: u64 = 2 << 30;
        let maps = fs::read_to_string(format!("/proc/{}/maps", self.process.id())).unwrap();
        let mappings: Vec<_> = maps.lines().filter_map(mapping).collect();
        let guests = mappings.windows(2).filter_map(|pair| match pair {
            [(open, "rw-p"), (reserve, "---p")]
                if open.end == reserve.start && reserve.end - reserve.start >= RESERVE =>
            {
                Some(open.end - open.start)
            }
            _ => None,
        });
        guests.sum()
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Launch<'a> {
    artefacts: &'a Artefacts,
    bootstrap: PathBuf,
    admin: &'a PathBuf,
    log: &'a PathBuf,
}

impl Launch<'_> {
    fn spawn(&self) -> Child {
        let mut command = cores::command(cores::ENVOY, &self.artefacts.envoy);
        command.args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]);
        command.arg("-c").arg(&self.bootstrap).arg("--admin-address-path").arg(self.admin);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(File::create(self.log).unwrap()).spawn().unwrap()
    }
}

/// Where the listener is open, once it is.
fn listening_at(admin: &PathBuf) -> Option<SocketAddr> {
    let admin = fs::read_to_string(admin).ok()?.parse().ok()?;
    let answer = request(admin, "/listeners?format=json").ok()?;
    // Chunked: the lengths stand around it.
    let listeners = answer.get(answer.find('{')?..=answer.rfind('}')?)?;
    let listeners: Value = serde_json::from_str(listeners).ok()?;
    let address = &listeners["listener_statuses"][0]["local_address"]["socket_address"];
    let port = address["port_value"].as_u64()?.try_into().ok()?;
    Some(SocketAddr::from(([127, 0, 0, 1], port)))
}

/// A line of `/proc/<pid>/maps`: addresses and permissions.
fn mapping(line: &str) -> Option<(Range<u64>, &str)> {
    let mut words = line.split_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let address = |digits| u64::from_str_radix(digits, 16).ok();
    Some((address(start)?..address(end)?, words.next()?))
}

/// The whole answer to a GET.
fn request(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    write!(connection, "GET {path} HTTP/1.1\r\nhost: envoy\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    match answer.is_empty() {
        true => Err(io::ErrorKind::UnexpectedEof.into()),
        false => Ok(answer),
    }
}

fn render(gateway: Gateway, artefacts: &Artefacts, upstream: SocketAddr) -> Value {
    let mut filters = gateway.filters(artefacts);
    filters.push(json!({
        "name": "envoy.filters.http.router",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
        },
    }));
    let ready = json!({"match": {"path": READY}, "direct_response": {"status": 204}});
    let connection_manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network\
            .http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "bench",
        "http_filters": filters,
        "route_config": {"virtual_hosts": [
            {"name": "bench", "domains": ["*"], "routes": [ready, gateway.route()]},
        ]},
    });
    json!({
        "node": {"id": "bench", "cluster": "bench"},
        "admin": {"address": loopback(0)},
        "static_resources": {
            "listeners": [{
                "name": "bench",
                "address": loopback(0),
                "per_connection_buffer_limit_bytes": BUFFER_LIMIT,
                "filter_chains": [{"filters": [{
                    "name": "envoy.filters.network.http_connection_manager",
                    "typed_config": connection_manager,
                }]}],
            }],
            "clusters": [{
                "name": "upstream",
                "type": "STATIC",
                "load_assignment": {"cluster_name": "upstream", "endpoints": [
                    {"lb_endpoints": [{"endpoint": {"address": loopback(upstream.port())}}]},
                ]},
            }],
        },
    })
}

fn loopback(port: u16) -> Value {
    json!({"socket_address": {"address": "127.0.0.1", "port_value": port}})
}
