//! Answers, whose tokens are counted while they pass.

use envoy_llm_router::{End, Exchange, Headers, Verdict};

use super::pieces;
use super::world::{self, Still};

/// What is counted does not depend on how the answer is cut, and an answer that is no JSON counts nothing.
pub fn holds(data: &[u8]) {
    let (seed, answer) = pieces::split(data);
    for format in ["application/json", "text/event-stream"] {
        let whole = read(format, &[answer]);
        assert_eq!(read(format, &pieces::cut(seed, answer)), whole, "{format} in pieces");
        assert_eq!(read(format, &answer.chunks(1).collect::<Vec<_>>()), whole, "{format} by bytes");
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(answer).is_ok();
        if format == "application/json" && !is_json && answer.len() < 128 {
            assert_eq!(whole, "None", "counted what is no JSON");
        }
    }
}

/// The usage, as it is printed.
fn read(format: &str, pieces: &[&[u8]]) -> String {
    let mut exchange = sent();
    let headers: Headers = [(":status", "200"), ("content-type", format)].into_iter().collect();
    let verdict = exchange.respond(&headers, b"via_upstream", &Still::default());
    assert_eq!(verdict, Verdict::Pass(vec![]));
    assert!(exchange.observes_answer());
    pieces.iter().for_each(|piece| exchange.observe(piece));
    exchange.conclude(&|| End::Complete, &Still::default());
    format!("{:?}", exchange.record().usage)
}

fn sent() -> Exchange {
    let mut exchange = world::held(world::call("/v1/chat/completions", &[]));
    exchange.feed(br#"{"model":"m"}"#).expect("a body");
    exchange.finish(&Still::default()).expect("a model");
    exchange
}
