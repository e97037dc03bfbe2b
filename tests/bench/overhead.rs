//! What the router costs: CPU time of an Envoy with it, beside Envoys with less, with Envoy's own filters, and, where
//! `make bench-peers` says so, beside another program for the same job.
//!
//! `make bench` builds what is needed and runs this. Every gateway is a process of its own with one worker; this
//! process is client and upstream, on another processor. All variants take turns in every round, so what disturbs the
//! machine disturbs them alike; a figure is the median over the rounds, and a comparison that the rounds do not agree on
//! is printed as `~`.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod artefacts;
mod chart;
mod claims;
mod client;
mod configuration;
mod cores;
mod envoy;
mod gateway;
mod litellm;
mod measure;
mod process;
mod processor;
mod report;
mod server;
mod spread;
mod upstream;
mod workload;

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use artefacts::Artefacts;
use measure::Effort;
use spread::Verdict;

/// Set to anything, it makes a short run: enough to see that all works, and the large differences.
const QUICK: &str = "BENCH_QUICK";

fn main() -> ExitCode {
    // `cargo test --all-targets` runs benches as well, but without this.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let effort = match std::env::var_os(QUICK) {
        Some(_) => Effort { rounds: 3, lasting: Duration::from_millis(150) },
        None => Effort { rounds: 9, lasting: Duration::from_millis(500) },
    };
    let started = Instant::now();
    let artefacts = Artefacts::from_environment();
    let pinned = cores::pin_self();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let findings = runtime.block_on(measure::all(&artefacts, &effort));

    let claims = claims::judge(&findings);
    println!("{}", report::markdown(&findings, &claims, &artefacts, &effort, pinned));
    let target = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/target"));
    for (name, contents) in [
        ("bench.json", report::json(&findings, &claims).to_string()),
        ("bench.svg", chart::svg(&findings)),
    ] {
        fs::write(target.join(name), contents).unwrap();
    }
    println!(
        "\nIn {} s; also in target/bench.json and target/bench.svg.",
        started.elapsed().as_secs()
    );
    match claims.iter().any(|claim| claim.verdict == Verdict::Fail) {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}
