//! What a large configuration costs: CPU time and memory of an Envoy with it beyond those of an Envoy with a small one, and
//! how long a worker answers nobody when it changes. All of it also with a filter that only takes the configuration over
//! and forgets it: less cannot be.
//!
//! `make bench-configuring` builds what is needed and runs this.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod cores;
mod discovered;
#[path = "../load/mod.rs"]
mod load;
mod process;
mod spread;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use discovered::Discovered;
use spread::{Spread, Verdict};

/// How many teams, keys of each, and models there are.
const LARGE: [usize; 3] = [2_000, 10, 500];
const SMALL: [usize; 3] = [1, 1, 1];

/// The pause between two requests of the client that sees how long nobody is answered.
const INTERVAL: Duration = Duration::from_millis(2);

/// How long after an update a worker surely has it.
const SETTLING: Duration = Duration::from_secs(1);

const MIB: f64 = 1048576.0;

/// What one round found of a filter.
struct Round {
    /// CPU time of one worker for one configuration, in ms.
    cpu: f64,
    /// Memory of an Envoy with one worker, and what a second one adds, in MiB.
    first: f64,
    further: f64,
    /// The longest time that a request took during an update, in ms.
    pause: f64,
    /// What updates add to the memory of an Envoy with one worker, in MiB.
    grown: f64,
}

fn main() -> ExitCode {
    // `cargo test --all-targets` runs benches as well, but without this.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let (rounds, updates) = match std::env::var_os("BENCH_QUICK") {
        Some(_) => (2, 2),
        None => (5, 4),
    };
    let [envoy, router, floor] = ["ENVOY", "LLM_ROUTER_WASM", "FLOOR_WASM"].map(file);
    let bytes = configuration(LARGE, 0).len();
    println!(
        "{} keys, which are hashes, of {} teams, and {} models: {:.1} MB of JSON. {rounds} rounds of {updates} updates; medians \
         (quartiles), beyond an Envoy with one of each.\n",
        LARGE[0] * LARGE[1],
        LARGE[0],
        LARGE[2],
        bytes as f64 / 1e6
    );
    let [mut of_floor, mut of_router] = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        eprintln!("round {}", round + 1);
        of_floor.push(measure(&envoy, &floor, updates, &|extent, number| {
            ["hold\n", &configuration(extent, number)].concat()
        }));
        of_router.push(measure(&envoy, &router, updates, &configuration));
    }
    println!("| | llm_router | wasm that forgets it |\n|---|--:|--:|");
    type Figure = fn(&Round) -> f64;
    let figures: [(&str, &str, Option<f64>, Figure); 5] = [
        ("CPU time of a worker", "ms", Some(90.0), |round| round.cpu),
        ("memory, first worker", "MiB", Some(30.0), |round| round.first),
        ("memory, each further worker", "MiB", Some(12.0), |round| round.further),
        ("longest pause of an update", "ms", Some(100.0), |round| round.pause),
        ("memory that updates add", "MiB", None, |round| round.grown),
    ];
    let spread = |rounds: &[Round], figure: Figure| Spread::of(rounds.iter().map(figure));
    let print = |found: Spread| format!("{:.1} ({:.1}–{:.1})", found.median, found.low, found.high);
    for (name, unit, _, figure) in &figures {
        let [ours, theirs] = [&of_router, &of_floor].map(|rounds| print(spread(rounds, *figure)));
        println!("| {name}, {unit} | {ours} | {theirs} |");
    }
    println!();
    let mut has_failed = false;
    for (name, unit, bound, figure) in figures {
        let Some(bound) = bound else { continue };
        let found = spread(&of_router, figure);
        let verdict = Verdict::of(found, bound);
        has_failed |= verdict == Verdict::Fail;
        println!("{}: {name}: at most {bound} {unit}, found {}", verdict.name(), print(found));
    }
    match has_failed {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

/// One round with a filter. `configuration` gives one of an extent, a different one for every number.
fn measure(
    envoy: &std::path::Path,
    wasm: &std::path::Path,
    updates: usize,
    configuration: &dyn Fn([usize; 3], usize) -> String,
) -> Round {
    let start =
        |extent, workers| Discovered::start(envoy, wasm, &configuration(extent, 0), workers);
    let small = [1, 2].map(|workers| costs(&start(SMALL, workers)));
    let two = costs(&start(LARGE, 2));
    let mut large = start(LARGE, 1);
    let one = costs(&large);
    let beyond =
        |large: Costs, small: Costs, figure: fn(Costs) -> f64| figure(large) - figure(small);
    let (of_one, of_two) =
        (|figure| beyond(one, small[0], figure), |figure| beyond(two, small[1], figure));
    let mut pause = Duration::ZERO;
    for number in 1..=updates {
        let address = large.address().unwrap();
        let configuration = configuration(LARGE, number);
        let longest = longest_pause(address, || {
            large.update(&configuration);
            // The main thread is done then, but not the worker, which also drops what it had.
            std::thread::sleep(SETTLING);
        });
        pause = pause.max(longest);
    }
    Round {
        cpu: (of_one(|costs| costs.workers) + of_two(|costs| costs.workers)) / 3.0,
        first: of_one(|costs| costs.memory),
        further: of_two(|costs| costs.memory) - of_one(|costs| costs.memory),
        pause: millis(pause),
        grown: costs(&large).memory - one.memory,
    }
}

/// What an Envoy has cost by now, in ms and MiB.
#[derive(Clone, Copy)]
struct Costs {
    workers: f64,
    memory: f64,
}

fn costs(envoy: &Discovered) -> Costs {
    Costs { workers: millis(envoy.workers_cpu_time()), memory: envoy.resident() as f64 / MIB }
}

/// The longest time that a cheap request took while `work` was done.
fn longest_pause(address: SocketAddr, work: impl FnOnce()) -> Duration {
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut connection = TcpStream::connect(address).unwrap();
            connection.set_nodelay(true).unwrap();
            let mut longest = Duration::ZERO;
            while !is_done.load(Ordering::Relaxed) {
                let sent = Instant::now();
                ask(&mut connection);
                longest = longest.max(sent.elapsed());
                std::thread::sleep(INTERVAL);
            }
            longest
        });
        work();
        is_done.store(true, Ordering::Relaxed);
        asking.join().unwrap()
    })
}

/// Sends a request without a key, and reads the answer to its end.
fn ask(connection: &mut TcpStream) {
    connection.write_all(b"GET /v1/models HTTP/1.1\r\nhost: envoy\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let len = connection.read(&mut piece).unwrap();
        assert_ne!(len, 0, "the connection is closed");
        answer.extend_from_slice(&piece[..len]);
        let text = String::from_utf8_lossy(&answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            return;
        }
    }
}

/// A configuration of so many teams, keys of each and models, with a model by which its number is known.
fn configuration([teams, keys, models]: [usize; 3], number: usize) -> String {
    let mut configuration = load::configuration(teams, keys, models, 0);
    for (team, keys) in configuration["teams"].as_object_mut().unwrap() {
        for (number, key) in keys["keys"].as_array_mut().unwrap().iter_mut().enumerate() {
            key["id"] = json!(format!("key-{number}-of-{team}"));
        }
    }
    configuration["models"][format!("generation-{number}")] = json!({});
    configuration.to_string()
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn file(variable: &str) -> PathBuf {
    let path = PathBuf::from(std::env::var_os(variable).unwrap_or_default());
    assert!(path.is_file(), "{variable} names no file; `make bench-configuring` sets it");
    path
}
