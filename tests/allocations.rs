//! How often the core asks for memory in the common request, and for how much: an allocator counts.
//!
//! What the host hands over, header fields and pieces of bodies, is counted by nobody here: it is there before the core
//! has them. In the filter every one of these requests is a walk through an allocator of WebAssembly.
#![cfg(not(target_family = "wasm"))]
#![allow(unsafe_code, reason = "an allocator is a set of unsafe functions")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

mod load;
mod world;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::rc::Rc;

use envoy_llm_router::{edit, End, Exchange, Headers, Router, Step, Verdict, PIECE};
use serde_json::json;

use load::{chat, configuration, key, PATH};
use world::{to_pairs, Held, Nowhere};

/// How much memory was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Asked {
    times: usize,
    bytes: usize,
}

thread_local! {
    /// By this thread, since a count began.
    static ASKED: Cell<Asked> = const { Cell::new(Asked { times: 0, bytes: 0 }) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

impl Counting {
    fn count(bytes: usize) {
        let Asked { times, bytes: before } = ASKED.get();
        ASKED.set(Asked { times: times + 1, bytes: before + bytes });
    }
}

// SAFETY: all of it is the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count(layout.size());
        System.alloc(layout)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        System.dealloc(block, layout);
    }

    // A block that grows is one more, as large as it becomes.
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Self::count(size);
        System.realloc(block, layout, size)
    }
}

impl Asked {
    /// What `work` asks for, and what it comes to.
    fn by<T>(work: impl FnOnce() -> T) -> (Self, T) {
        ASKED.set(Self::default());
        let done = work();
        (ASKED.get(), done)
    }

    fn and(self, more: Self) -> Self {
        Self { times: self.times + more.times, bytes: self.bytes + more.bytes }
    }

    fn assert_at_most(self, times: usize, bytes: usize, what: &str) {
        println!("{what}: {} allocations, {} bytes", self.times, self.bytes);
        assert!(self.times <= times && self.bytes <= bytes, "{what}: {self:?}");
    }
}

/// What a request costs until it is sent, what its answer costs, and the body that is sent.
struct Cost {
    request: Asked,
    answer: Asked,
    sent: Vec<u8>,
}

/// The configuration of one team, whose provider is of this kind, if of any.
fn router(kind: Option<&str>) -> Rc<Router> {
    let mut configuration = configuration(1, 1, 1, 0);
    if let Some(kind) = kind {
        configuration["providers"]["p"]["kind"] = kind.into();
    }
    configuration["models"]["same"] = json!({"targets": [{"provider": "p"}]});
    let loaded = Router::from_configuration(configuration.to_string().as_bytes(), &|_| None);
    Rc::new(loaded.expect("a router").router)
}

/// The second request of its kind, taken through the core as the filter does it.
fn cost(kind: Option<&str>, body: &str, answer: (&str, &[&str])) -> Cost {
    let router = router(kind);
    exchange(&router, body, answer);
    exchange(&router, body, answer)
}

fn exchange(router: &Rc<Router>, body: &str, (format, answer): (&str, &[&str])) -> Cost {
    let (authorization, length) = (format!("Bearer {}", key(0)), body.len().to_string());
    let own = [
        (":method", "POST"),
        (":path", PATH),
        (":authority", "gateway.example"),
        (":scheme", "https"),
        ("authorization", &authorization),
        ("content-type", "application/json"),
        ("content-length", &length),
    ];
    let host = Nowhere::default();
    let fields = to_pairs(&[&own[..], &load::SDK].concat());
    let (mut request, mut exchange) = Asked::by(|| {
        let mut exchange = Exchange::new(Rc::clone(router));
        let step = exchange.begin(Headers::from_pairs(fields).expect("fields"), false, &host);
        assert!(matches!(step, Step::Hold), "{step:?}");
        exchange
    });
    for piece in body.as_bytes().chunks(PIECE) {
        let (feeding, ()) = Asked::by(|| exchange.feed(piece).expect("a good body"));
        request = request.and(feeding);
    }
    // The host has room for a longer name: what it does with the body is nothing of the core's.
    let mut held = Held(Vec::with_capacity(body.len() + 64));
    held.0.extend_from_slice(body.as_bytes());
    let head = body.as_bytes()[..body.len().min(PIECE)].to_vec();
    let (finishing, ()) = Asked::by(|| {
        let rewrite = exchange.finish(&host).expect("a request that is sent");
        let Ok(()) = edit(&mut held, body.len(), &rewrite.body, head);
    });
    let fields = to_pairs(&[(":status", "200"), ("content-type", format)]);
    let (answer, ()) = Asked::by(|| {
        let headers = Headers::from_pairs(fields).expect("fields");
        assert_eq!(exchange.respond(&headers, b"via_upstream", &host), Verdict::Pass(vec![]));
        answer.iter().for_each(|piece| exchange.observe(piece.as_bytes()));
        exchange.conclude(&|| End::Complete, &host);
    });
    let usage = exchange.record().usage.expect("the tokens of the answer");
    assert_eq!((usage.prompt, usage.completion), (3, 5));
    Cost { request: request.and(finishing), answer, sent: held.0 }
}

const ANSWER: (&str, &[&str]) = (
    "application/json",
    &[
        r#"{"id":"a","choices":[{"message":{"content":"Hi"}}],"usage":{"prompt_tokens":3,"completion_tokens":5}}"#,
    ],
);

const STREAM: (&str, &[&str]) = (
    "text/event-stream; charset=utf-8",
    &[
        "data: {\"choices\":[{\"delta\":{\"content\":\"H\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"i\"}}]}\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5}}\n\n",
        "data: [DONE]\n\n",
    ],
);

#[test]
fn a_chat_asks_for_little_memory() {
    let body = chat("model-0");
    let changed = cost(None, &body, ANSWER);
    assert_eq!(changed.sent, body.replace("model-0", "upstream-0").as_bytes());
    changed.request.assert_at_most(19, 4_100, "a chat of 1 KB");

    let body = chat("same");
    let kept = cost(None, &body, ANSWER);
    assert_eq!(kept.sent, body.as_bytes());
    kept.request.assert_at_most(15, 3_050, "one whose model keeps its name");

    let body = chat("model-0");
    let elsewhere = cost(Some("groq"), &body, ANSWER);
    assert_eq!(elsewhere.sent, changed.sent);
    elsewhere.request.assert_at_most(20, 4_130, "one that gets another path and host");
}

#[test]
fn a_large_body_asks_for_no_more_memory_than_a_small_one() {
    let body = |content: &str| format!(r#"{{"model":"model-0","messages":"{content}"}}"#);
    let small = cost(None, &body("x"), ANSWER).request;
    let large = body(&"x".repeat(1 << 20));
    let cost = cost(None, &large, ANSWER);
    assert!(cost.sent == large.replace("model-0", "upstream-0").as_bytes(), "another body");
    // Longer lengths have a few digits more.
    cost.request.assert_at_most(small.times + 2, small.bytes + 96, "1 MB with the model in front");
}

#[test]
fn an_answer_asks_for_next_to_no_memory() {
    cost(None, &chat("same"), ANSWER).answer.assert_at_most(2, 48, "an answer");
    cost(None, &chat("same"), STREAM).answer.assert_at_most(2, 48, "a stream");
}

#[test]
fn what_is_asked_for_is_counted() {
    let (asked, _) = Asked::by(|| {
        let mut bytes: Vec<u8> = Vec::with_capacity(10);
        bytes.reserve_exact(30);
        (bytes, vec![0_u8; 5])
    });
    assert_eq!(asked, Asked { times: 3, bytes: 45 });
}
