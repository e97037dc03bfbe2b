//! Answers, whose tokens are counted while they pass.

use envoy_llm_router::{End, Exchange, Headers, Verdict};

use super::pieces;
use super::world::{self, Still};

/// Content types of texts, whose bytes decide what they are.
const TEXTS: [&str; 3] = ["application/json", "text/event-stream", "text/plain"];
const OTHERS: [&str; 2] = ["application/x-ndjson", "application/vnd.amazon.eventstream"];

/// An event with a usage of zeros.
const ZEROS: &[u8] = b"\n\ndata: {\"usage\":{\"prompt_tokens\":0,\"input_tokens\":0,\"output_tokens\":0,\"total_tokens\":0}}\n\n";

/// What is counted does not depend on how the answer is cut, nor for a text on how it is labelled. A document that is
/// no JSON counts nothing, and what comes later in a stream takes nothing away.
pub fn holds(data: &[u8]) {
    let (seed, answer) = pieces::split(data);
    let [text, ..] = TEXTS.map(|format| counted(format, seed, answer));
    for format in TEXTS {
        assert_eq!(counted(format, seed, answer), text, "{format}");
    }
    for format in OTHERS {
        counted(format, seed, answer);
    }
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    match answer.iter().find(|byte| !blank(byte)) {
        Some(b'{') => {
            let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(answer).is_ok();
            if !is_json && answer.len() < 128 {
                assert_eq!(text.tokens, None, "counted what is no JSON");
            }
        }
        Some(b'[') | None => {}
        Some(_) => {
            let longer = [answer, ZEROS].concat();
            let expected = Counted { tokens: text.tokens.or(Some([0; 3])), ..text };
            assert_eq!(read("text/event-stream", &[&longer]), expected, "zeros at the end");
        }
    }
}

/// What is counted of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counted {
    /// Of the prompt, of the completion, and cached.
    tokens: Option<[u64; 3]>,
    errors: u32,
}

/// What is counted of an answer, however it is cut.
fn counted(format: &str, seed: u8, answer: &[u8]) -> Counted {
    let whole = read(format, &[answer]);
    assert_eq!(read(format, &pieces::cut(seed, answer)), whole, "{format} in pieces");
    assert_eq!(read(format, &answer.chunks(1).collect::<Vec<_>>()), whole, "{format} by bytes");
    if let Some([prompt, _, cached]) = whole.tokens {
        assert!(cached <= prompt, "{cached} of {prompt} are cached");
    }
    whole
}

fn read(format: &str, pieces: &[&[u8]]) -> Counted {
    let mut exchange = sent();
    let headers: Headers = [(":status", "200"), ("content-type", format)].into_iter().collect();
    let verdict = exchange.respond(&headers, b"via_upstream", &Still::default());
    assert_eq!(verdict, Verdict::Pass(vec![]));
    assert!(exchange.observes_answer());
    pieces.iter().for_each(|piece| exchange.observe(piece));
    exchange.conclude(&|| End::Complete, &Still::default());
    let record = exchange.record();
    let tokens = record.usage.map(|usage| [usage.prompt, usage.completion, usage.cached]);
    Counted { tokens, errors: record.usage_errors }
}

fn sent() -> Exchange {
    let mut exchange = world::held(world::call("/v1/chat/completions", &[]));
    exchange.feed(br#"{"model":"m"}"#).expect("a body");
    exchange.finish(&Still::default()).expect("a model");
    exchange
}
