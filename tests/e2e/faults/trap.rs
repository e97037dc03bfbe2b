//! A virtual machine that traps: what becomes of everybody else's requests.

use super::Held;
use crate::harness::artefacts::workers;
use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::catalogue::{self, CLUSTERS, RED};
use crate::harness::client::Frames;
use crate::harness::gateway::Live;
use crate::harness::live::looks_whole_when_broken;
use crate::harness::sabotage;
use crate::harness::{Call, Gateway};
use http_body_util::BodyExt;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Of each kind so many that both workers have some.
const AT_ONCE: usize = 16;

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_trap_ends_what_its_worker_was_doing_and_the_next_requests_are_served_again() {
    let directory = TempDir::new().unwrap();
    let wasm = sabotage::trapping_in("proxy_on_request_trailers", directory.path());
    let listeners = vec![Listener::new("main", &super::configuration()).wasm(wasm)];
    let gateway = Gateway::own(&CLUSTERS, Bootstrap { listeners, ..catalogue::bootstrap() });
    let mut held = Vec::new();
    for _ in 0..AT_ONCE {
        held.push(Held::begin(&gateway).await);
    }
    let mut streams = Vec::new();
    for _ in 0..AT_ONCE {
        let live = gateway.send_live(Call::chat("gpt-4o").key(RED)).await;
        live.provider.say("data: 1\n\n");
        streams.push(live);
    }
    assert!(gateway.envoy().traps().is_empty());
    let body = Frames::pieces(br#"{"model":"gpt-4o"}"#, 100).trailer("x-checksum", "abc");
    let call = Call::post("/v1/chat/completions", "").body(body).key(RED).http2();
    let trapping = gateway.send(call).await;
    assert_eq!((trapping.status, trapping.upstream.len()), (503, 0), "{}", trapping.text());
    assert_eq!(gateway.excuse_traps().len(), 1, "the worker that got it, and no other");
    let (failed, after) = until_served_again(&gateway).await;
    let (mut answered, mut whole) = (0, 0);
    for one in held {
        answered += usize::from(one.end(&gateway).await);
    }
    for stream in streams {
        whole += usize::from(end_stream(stream).await);
    }
    println!(
        "trap: {answered} of {AT_ONCE} held requests answered, the others 503; {whole} of {AT_ONCE} streams whole, the \
         others cut; {failed} new requests failed, for {} ms",
        after.as_millis()
    );
    // The other worker noticed nothing.
    let other_worker = workers() > 1;
    assert_eq!((answered > 0, whole > 0), (other_worker, other_worker));
    assert!(answered < AT_ONCE && whole < AT_ONCE, "a worker's requests survive its machine");
}

/// Whether a stream goes on to its end. One that does not never looks as though it had.
async fn end_stream(stream: Live) -> bool {
    let Live { provider, answer, .. } = stream;
    provider.try_say("data: 2\n\n");
    drop(provider);
    let looks_whole = looks_whole_when_broken(&answer);
    let heard = tokio::time::timeout(PATIENCE, answer.collect()).await.expect("an end in time");
    let Ok(heard) = heard else { return false };
    let is_whole = heard.to_bytes() == "data: 1\n\ndata: 2\n\n";
    assert!(is_whole || looks_whole, "it ended early");
    is_whole
}

/// Asks on new connections until both workers serve: how many failed meanwhile, and for how long.
async fn until_served_again(gateway: &Gateway) -> (usize, Duration) {
    let started = Instant::now();
    let (mut failed, mut in_a_row, mut recovered) = (0, 0, started);
    while in_a_row < AT_ONCE {
        let status = gateway.send(Call::chat("gpt-4o").key(RED)).await.status;
        if status == 200 {
            in_a_row += 1;
        } else {
            assert!(started.elapsed() < PATIENCE, "still {status}");
            (failed, in_a_row) = (failed + 1, 0);
            tokio::time::sleep(Duration::from_millis(20)).await;
            recovered = Instant::now();
        }
    }
    (failed, recovered.duration_since(started))
}
