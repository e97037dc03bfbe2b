//! A running gateway, of which nothing is looked at but what it costs.

use std::fs;
use std::net::SocketAddr;
use std::ops::Range;
use std::process::Child;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::artefacts::Artefacts;
use crate::gateway::Gateway;
use crate::process::{cpu_time, request, resident, PATIENCE};
use crate::{envoy, litellm};

/// The file that a gateway's own messages go to.
pub const LOG: &str = "gateway.log";

pub struct Server {
    /// The gateway, and what it needs beside itself.
    processes: Vec<Child>,
    address: SocketAddr,
    /// From its start to its first answer.
    pub start_up: Duration,
    /// All that it reads and writes; gone when this is dropped.
    _directory: TempDir,
}

/// Processes that were started, and how the first, the gateway, tells where it listens.
pub struct Launched {
    pub processes: Vec<Child>,
    pub address: Box<dyn Fn() -> Option<SocketAddr>>,
    /// A path that it answers by itself, once it can.
    pub ready: &'static str,
}

impl Server {
    /// Starts it with one worker, and waits until it answers.
    pub fn start(gateway: Gateway, artefacts: &Artefacts, upstream: SocketAddr) -> Self {
        let directory = TempDir::with_prefix("envoy-llm-router-bench-").unwrap();
        let started = Instant::now();
        let Launched { mut processes, address, ready } = match gateway {
            Gateway::LiteLlm => litellm::launch(artefacts, upstream, directory.path()),
            _ => envoy::launch(gateway, artefacts, upstream, directory.path()),
        };
        let address = loop {
            if let Some(address) = address() {
                if request(address, ready).is_ok() {
                    break address;
                }
            }
            let has_ended = processes.iter_mut().any(|one| one.try_wait().unwrap().is_some());
            if has_ended || started.elapsed() > PATIENCE {
                end(&mut processes);
                let log = fs::read_to_string(directory.path().join(LOG)).unwrap_or_default();
                panic!("{} does not answer:\n{log}", gateway.name());
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        Self { processes, address, start_up: started.elapsed(), _directory: directory }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The time that its threads have spent on a processor so far, for itself and in the kernel.
    pub fn cpu_time(&self) -> Duration {
        self.processes.iter().map(cpu_time).sum()
    }

    /// The memory that it has in use, in bytes.
    pub fn resident(&self) -> u64 {
        self.processes.iter().map(resident).sum()
    }

    /// The memory that its WebAssembly machines have, in bytes. V8 reserves the gigabytes that a machine could address,
    /// and opens as much of the front as the machine has asked for: so it is what lies before such a reserve.
    pub fn guest_memory(&self) -> u64 {
        const RESERVE: u64 = 2 << 30;
        let maps = fs::read_to_string(format!("/proc/{}/maps", self.processes[0].id())).unwrap();
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

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.processes);
    }
}

fn end(processes: &mut [Child]) {
    for process in processes {
        let _ = process.kill();
        let _ = process.wait();
    }
}

/// A line of `/proc/<pid>/maps`: addresses and permissions.
fn mapping(line: &str) -> Option<(Range<u64>, &str)> {
    let mut words = line.split_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let address = |digits| u64::from_str_radix(digits, 16).ok();
    Some((address(start)?..address(end)?, words.next()?))
}
