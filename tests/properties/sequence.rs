//! Calls of an exchange in any order.

use envoy_llm_router::{End, Exchange, Headers, Step, Verdict};

use super::pieces;
use super::world::{self, Still};

/// Whatever is called when, a request is sent on at most once, never after it was answered, and never with a body that
/// was not complete.
pub fn holds(data: &[u8]) {
    let (seed, rest) = pieces::split(data);
    // The client may name a model like a key; then it is told so again.
    let text = String::from_utf8_lossy(rest);
    if text.contains(world::KEY) || text.contains(world::CREDENTIAL) {
        return;
    }
    let mut host = Still { now: u64::from(seed) << 24, ..Still::default() };
    let mut exchange = Exchange::new(world::router());
    let (mut body, mut forwarded, mut held) = (Vec::new(), 0, false);
    let mut calls = rest;
    while let Some((call, argument)) = calls.split_first() {
        // A call's argument: as many bytes as its high bits say.
        let (argument, behind) = argument.split_at(usize::from(call >> 3).min(argument.len()));
        calls = behind;
        match call & 7 {
            0 | 1 => {
                let headers =
                    if call & 1 == 0 { call_headers(argument) } else { answer_headers(argument) };
                match exchange.begin(headers, call & 0x20 != 0, &host) {
                    Step::Hold => (body, held) = (Vec::new(), true),
                    Step::Forward(_) => (forwarded, held) = (forwarded + 1, false),
                    Step::Reply(reply) => {
                        assert!(reply.status == 200 || reply.code != "ok");
                        held = false;
                    }
                }
            }
            2 => {
                body.extend_from_slice(argument);
                held &= exchange.feed(argument).is_ok();
            }
            3 => {
                let finished = exchange.finish(&host);
                if let Ok(rewrite) = &finished {
                    assert!(held, "sent on, but nothing was held");
                    world::check_sent(rewrite, sent_with(rewrite), None);
                    let sent = world::edited(&body, &rewrite.body);
                    serde_json::from_slice::<serde::de::IgnoredAny>(&sent).expect("JSON is sent");
                    forwarded += 1;
                }
                held = false;
            }
            4 => {
                let sent = exchange.is_sent();
                let details: &[u8] =
                    if call & 0x20 != 0 { b"no_healthy_upstream" } else { b"via_upstream" };
                match exchange.respond(&answer_headers(argument), details, &host) {
                    Verdict::Pass(_) => {}
                    Verdict::Hold(_) => drop(exchange.judge(argument, &host)),
                    Verdict::Replace(reply) => assert!(sent && reply.status == 502),
                }
            }
            5 => exchange.observe(argument),
            6 => {
                exchange.conclude(&|| End::BrokenOff, &host);
                held = false;
            }
            _ if call & 8 == 0 => {
                assert_eq!(exchange.fail().status, 500);
                held = false;
            }
            _ => host.property = Some(argument.to_vec()),
        }
        assert_eq!(exchange.is_held(), held);
        for (_, value) in exchange.record().fields() {
            assert!(!value.contains(world::KEY) && !value.contains(world::CREDENTIAL), "{value}");
        }
    }
    assert!(forwarded <= rest.len());
}

fn sent_with(rewrite: &envoy_llm_router::Rewrite) -> &str {
    let value = world::set(rewrite, "authorization").first().copied().unwrap_or_default();
    std::str::from_utf8(value).ok().and_then(|value| value.strip_prefix("Bearer ")).unwrap_or("")
}

fn call_headers(further: &[u8]) -> Headers {
    world::call("/v1/chat/completions", &[("x-further", further)])
}

/// An answer's headers, of which the bytes say most.
fn answer_headers(bytes: &[u8]) -> Headers {
    let mut parts = bytes.splitn(3, |byte| *byte == b' ');
    let mut next = || parts.next().unwrap_or_default();
    let fields = [
        (":status", if bytes.is_empty() { b"200" } else { next() }),
        ("content-type", if bytes.len() < 8 { b"application/json" } else { next() }),
        ("retry-after", next()),
    ];
    fields.into_iter().collect()
}
