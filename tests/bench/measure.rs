//! The measurements: every variant in every round, one after the other.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::artefacts::Artefacts;
use crate::client::Client;
use crate::configuration::{renamed, CREDENTIAL, KEPT, RENAMED, VIRTUAL_KEY};
use crate::gateway::{Gateway, GATEWAYS, PEERS};
use crate::server::Server;
use crate::spread::Spread;
use crate::upstream;
use crate::workload::{Place, Workload, SIZES};

/// How long a run takes.
pub struct Effort {
    pub rounds: usize,
    /// How long each variant gets requests in each round.
    pub lasting: Duration,
}

/// A line of the report: a gateway, and what is asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    pub name: &'static str,
    pub gateway: Gateway,
    /// The model that is asked for.
    asked: &'static str,
}

pub const CHANGED: Variant =
    Variant { name: "llm_router, model changed", gateway: Gateway::Router, asked: RENAMED };
pub const UNCHANGED: Variant =
    Variant { name: "llm_router, model kept", gateway: Gateway::Router, asked: KEPT };

/// One variant with one kind of request, once for each round.
pub struct Row {
    pub workload: Workload,
    pub variant: Variant,
    pub samples: Vec<Sample>,
}

/// What one round found.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// CPU time of the whole gateway, in µs per request.
    pub cpu: f64,
    pub requests_per_second: f64,
    /// In milliseconds.
    pub p50: f64,
    pub p99: f64,
}

/// What starting a gateway took, and what it came to hold.
pub struct Footprint {
    pub gateway: Gateway,
    pub start_up: Spread,
    /// Bytes in use by the process when it had started, and after the largest bodies.
    pub at_start: u64,
    pub at_end: u64,
    /// Bytes of memory that its virtual machines have by then, all together.
    pub guests: u64,
}

pub struct Findings {
    pub rows: Vec<Row>,
    pub footprints: Vec<Footprint>,
}

/// Variants of one kind of request.
fn variants(workload: Workload, gateways: &[Gateway]) -> Vec<Variant> {
    let plain = |gateway: Gateway| Variant { name: gateway.name(), gateway, asked: RENAMED };
    let of = |&gateway: &Gateway| match gateway {
        Gateway::Router => vec![CHANGED, UNCHANGED],
        // What does not depend on the body is seen best where there is little of it.
        Gateway::Small | Gateway::Large | Gateway::Limited if workload.size > SIZES[0] => vec![],
        // Where the model stands is the same to those that read the whole body anyway.
        Gateway::NoFilter | Gateway::Hold => vec![plain(gateway)],
        _ if workload.place == Place::Last => vec![plain(gateway)],
        _ => vec![],
    };
    gateways.iter().flat_map(of).collect()
}

/// Measures everything.
pub async fn all(artefacts: &Artefacts, effort: &Effort) -> Findings {
    const STARTS: usize = 3;
    let upstream = upstream::start().await;
    let start = |gateway: Gateway| Server::start(gateway, artefacts, upstream);
    let mut gateways = GATEWAYS.to_vec();
    gateways.extend(artefacts.peers.iter().flat_map(|_| PEERS));
    let mut servers = BTreeMap::new();
    let mut footprints = Vec::new();
    for &gateway in &gateways {
        eprintln!("starting {}", gateway.name());
        let mut starts: Vec<Server> = (0..STARTS).map(|_| start(gateway)).collect();
        let start_up = Spread::of(starts.iter().map(|server| millis(server.start_up)));
        let server = starts.remove(0);
        let at_start = server.resident();
        footprints.push(Footprint { gateway, start_up, at_start, at_end: 0, guests: 0 });
        servers.insert(gateway.name(), server);
    }
    let mut rows = Vec::new();
    for workload in Workload::all() {
        eprintln!("measuring {workload}");
        rows.extend(rounds(workload, &gateways, &servers, effort).await);
    }
    for footprint in &mut footprints {
        let server = &servers[footprint.gateway.name()];
        (footprint.at_end, footprint.guests) = (server.resident(), server.guest_memory());
    }
    Findings { rows, footprints }
}

async fn rounds(
    workload: Workload,
    gateways: &[Gateway],
    servers: &BTreeMap<&str, Server>,
    effort: &Effort,
) -> Vec<Row> {
    let variants = variants(workload, gateways);
    let mut rows = Vec::new();
    for variant in variants {
        prove(workload, variant, &servers[variant.gateway.name()]).await;
        rows.push(Row { workload, variant, samples: Vec::new() });
    }
    for round in 0..effort.rounds {
        // Nobody always comes first, or always after the same one's mess.
        let first = round % rows.len();
        rows.rotate_left(first);
        for row in &mut rows {
            let server = &servers[row.variant.gateway.name()];
            row.samples.push(sample(row, server, effort.lasting).await);
        }
        rows.rotate_right(first);
    }
    rows
}

/// Makes sure that a variant does what its figures will be taken for.
async fn prove(workload: Workload, variant: Variant, server: &Server) {
    let sent = Bytes::from(workload.body(variant.asked));
    let mut client = Client::connect(server.address()).await;
    let received = match variant.gateway {
        Gateway::LiteLlm => {
            client.ask(&sent).await;
            upstream::last_observed().expect("the request has arrived")
        }
        _ => client.echo(&sent).await,
    };
    let model = match variant.asked {
        RENAMED if variant.gateway.renames() => renamed(),
        asked => asked.to_owned(),
    };
    let expected = workload.body(&model);
    let is_as_expected = match variant.gateway {
        Gateway::Transform => json(&received.body) == json(&expected),
        // It makes a request of its own, with some members more and some less.
        Gateway::LiteLlm => ["model", "messages"]
            .iter()
            .all(|name| json(&received.body)[name] == json(&expected)[name]),
        _ => received.body == expected,
    };
    assert!(is_as_expected, "{}, {workload}: another body is expected", variant.name);
    let key = if variant.gateway.authenticates() { CREDENTIAL } else { VIRTUAL_KEY };
    assert_eq!(received.credential, format!("Bearer {key}"), "{}", variant.name);
}

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).expect("a body is JSON")
}

async fn sample(row: &Row, server: &Server, lasting: Duration) -> Sample {
    let body = Bytes::from(row.workload.body(row.variant.asked));
    let mut client = Client::connect(server.address()).await;
    // Caches and connections are another's until now.
    client.send(&body, lasting / 10).await;
    let before = server.cpu_time();
    let load = client.send(&body, lasting).await;
    let cpu = server.cpu_time() - before;
    let requests = load.latencies.len();
    let percentile = |percent| millis(load.latencies[(requests - 1) * percent / 100]);
    Sample {
        cpu: cpu.as_secs_f64() * 1e6 / requests as f64,
        requests_per_second: requests as f64 / load.lasted.as_secs_f64(),
        p50: percentile(50),
        p99: percentile(99),
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
