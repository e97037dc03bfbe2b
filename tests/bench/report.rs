//! The findings as text and as data.

use std::fmt::Write;
use std::fs;

use serde_json::{json, Value};

use crate::artefacts::Artefacts;
use crate::claims::{Claim, Rows};
use crate::client::CONNECTIONS;
use crate::gateway::{Gateway, PEERS};
use crate::measure::{Effort, Findings, Footprint, Row, Sample};
use crate::spread::{Spread, Verdict};

/// What is printed where the rounds do not agree on a difference.
const INDISTINCT: &str = "~";

/// The whole report in Markdown.
pub fn markdown(
    findings: &Findings,
    claims: &[Claim],
    artefacts: &Artefacts,
    effort: &Effort,
    pinned: bool,
) -> String {
    let mut text = format!(
        "{} rounds of {} ms each, {CONNECTIONS} requests under way, Envoy with one worker{}. Medians; (quartiles). \
         `{INDISTINCT}`: not distinguishable.\n\n{}\n",
        effort.rounds,
        effort.lasting.as_millis(),
        if pinned { " on a processor of its own" } else { ", and nobody on a processor of its own" },
        costs(findings),
    );
    write!(
        text,
        "{}\n\n{}{}",
        footprints(&findings.footprints, artefacts),
        peers(findings),
        verdicts(claims)
    )
    .unwrap();
    text
}

/// The same, and every round, as data.
pub fn json(findings: &Findings, claims: &[Claim]) -> Value {
    let rows = findings.rows.iter().map(|row| {
        let samples = row.samples.iter().map(|sample| {
            json!({
                "cpu_us": sample.cpu,
                "requests_per_second": sample.requests_per_second,
                "p50_ms": sample.p50,
                "p99_ms": sample.p99,
            })
        });
        json!({
            "body": row.workload.to_string(),
            "gateway": row.variant.name,
            "rounds": samples.collect::<Vec<_>>(),
        })
    });
    let footprints = findings.footprints.iter().map(|footprint| {
        json!({
            "gateway": footprint.gateway.name(),
            "start_up_ms": quartiles(footprint.start_up),
            "resident_at_start": footprint.at_start,
            "resident_at_end": footprint.at_end,
            "guest_memory": footprint.guests,
        })
    });
    let claims = claims.iter().map(|claim| {
        json!({
            "body": claim.workload.to_string(),
            "ratio": claim.ratio,
            "at_most": claim.bound,
            "found": quartiles(claim.found),
            "verdict": claim.verdict.name(),
        })
    });
    json!({
        "rows": rows.collect::<Vec<_>>(),
        "footprints": footprints.collect::<Vec<_>>(),
        "claims": claims.collect::<Vec<_>>(),
    })
}

/// The middle of one figure over all rounds.
pub fn median(row: &Row, figure: impl Fn(&Sample) -> f64) -> f64 {
    Spread::of(row.samples.iter().map(figure)).median
}

fn costs(findings: &Findings) -> String {
    let mut text = String::from(
        "| body | gateway | CPU µs/request | beyond no filter | × no filter | requests/s | p50 ms | p99 ms |\n\
         |---|---|--:|--:|--:|--:|--:|--:|\n",
    );
    let mut workload = None;
    for row in &findings.rows {
        let is_new = workload.replace(row.workload) != Some(row.workload);
        let body = if is_new { row.workload.to_string() } else { String::new() };
        let cpu = Spread::of(row.samples.iter().map(|sample| sample.cpu));
        let rows = Rows { findings, workload: row.workload };
        let (beyond, times) = match row.variant.gateway {
            Gateway::NoFilter => (String::new(), String::new()),
            _ => (
                distinct(rows.overhead(row.variant), 0.0, micros),
                distinct(rows.cpu(row.variant, Gateway::NoFilter), 1.0, |times| {
                    format!("{times:.2}")
                }),
            ),
        };
        writeln!(
            text,
            "| {body} | {} | {} ({}–{}) | {beyond} | {times} | {:.0} | {:.2} | {:.2} |",
            row.variant.name,
            micros(cpu.median),
            micros(cpu.low),
            micros(cpu.high),
            median(row, |sample| sample.requests_per_second),
            median(row, |sample| sample.p50),
            median(row, |sample| sample.p99),
        )
        .unwrap();
    }
    text
}

/// How many times the router's CPU time other programs take, where they were measured.
fn peers(findings: &Findings) -> String {
    let peers = findings.rows.iter().filter(|row| PEERS.contains(&row.variant.gateway));
    let mut text = String::new();
    for row in peers {
        let rows = Rows { findings, workload: row.workload };
        let times = rows.cpu(row.variant, Gateway::Router);
        let found = distinct(times, 1.0, |median| {
            format!("{median:.1} ({:.1}–{:.1})", times.low, times.high)
        });
        writeln!(text, "{}, CPU time, {} : llm_router: {found}", row.workload, row.variant.name)
            .unwrap();
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn footprints(footprints: &[Footprint], artefacts: &Artefacts) -> String {
    const MB: f64 = 1048576.0;
    let mut text = String::from(
        "| gateway | of the router's job | start to first answer, ms | MB at start | MB after 8 MB bodies | of these, VMs | wasm KB |\n\
         |---|---|--:|--:|--:|--:|--:|\n",
    );
    for footprint in footprints {
        let file = match footprint.gateway {
            Gateway::Router
            | Gateway::Small
            | Gateway::Large
            | Gateway::Limited
            | Gateway::Pool => Some(&artefacts.router),
            Gateway::Hold | Gateway::Read | Gateway::Copy | Gateway::Calls | Gateway::PoolCalls => {
                Some(&artefacts.floor)
            }
            _ => None,
        };
        let size = file.map(|file| (fs::metadata(file).unwrap().len() / 1024).to_string());
        let vms = file.map(|_| format!("{:.1}", footprint.guests as f64 / MB));
        writeln!(
            text,
            "| {} | {} | {:.0} | {:.0} | {:.0} | {} | {} |",
            footprint.gateway.name(),
            footprint.gateway.job(),
            footprint.start_up.median,
            footprint.at_start as f64 / MB,
            footprint.at_end as f64 / MB,
            vms.unwrap_or_default(),
            size.unwrap_or_default(),
        )
        .unwrap();
    }
    text
}

fn verdicts(claims: &[Claim]) -> String {
    let mut text = String::new();
    for claim in claims {
        let Spread { low, median, high } = claim.found;
        let found = match claim.verdict {
            Verdict::Undecided => format!("{low:.2} to {high:.2}"),
            Verdict::Pass | Verdict::Fail => format!("{median:.2} ({low:.2}–{high:.2})"),
        };
        writeln!(
            text,
            "{}: {}, {}: at most {}, found {found}",
            claim.verdict.name(),
            claim.workload,
            claim.ratio,
            claim.bound,
        )
        .unwrap();
    }
    text
}

fn distinct(found: Spread, from: f64, print: impl Fn(f64) -> String) -> String {
    match found.is_distinct_from(from) {
        true => print(found.median),
        false => INDISTINCT.to_owned(),
    }
}

/// Short figures with a decimal, long ones without.
pub fn micros(value: f64) -> String {
    match value.abs() < 100.0 {
        true => format!("{value:.1}"),
        false => format!("{value:.0}"),
    }
}

fn quartiles(spread: Spread) -> Value {
    json!([spread.low, spread.median, spread.high])
}
