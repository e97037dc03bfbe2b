//! What a configuration leaves in memory when it is gone: none of its secrets, and of virtual keys nothing at any time.
//!
//! An allocator looks through every block of memory that is given back.
#![cfg(not(target_family = "wasm"))]
#![allow(unsafe_code, reason = "an allocator is a set of unsafe functions")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a failing test panics")]

mod world;

use envoy_llm_router::{Elsewhere, Headers, Router};
use serde_json::json;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use world::{to_pairs, Nowhere};

const SECRET: &[u8] = b"sk-written-in-the-configuration-Jw5";
const FROM_ENVIRONMENT: &[u8] = b"sk-taken-from-the-environment-Pz8";
const KEY: &[u8] = b"vk-taken-from-the-environment-Rt2";
const NEEDLES: [&[u8]; 3] = [SECRET, FROM_ENVIRONMENT, KEY];

/// How many blocks were given back with each of the needles in them.
static FOUND: [AtomicUsize; 3] = [const { AtomicUsize::new(0) }; 3];

/// What is counted is the whole process: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

struct Watching;

#[global_allocator]
static ALLOCATOR: Watching = Watching;

// SAFETY: all of it is the system's allocator; a block is only read, by its owner, before it is given back.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that what is read of a block was written to it or is zero.
        System.alloc_zeroed(layout)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let bytes = std::slice::from_raw_parts(block, layout.size());
        for (needle, found) in NEEDLES.iter().zip(&FOUND) {
            if bytes.windows(needle.len()).any(|window| window == *needle) {
                found.fetch_add(1, Ordering::Relaxed);
            }
        }
        System.dealloc(block, layout);
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A configuration as it comes from Envoy, in a buffer that is wiped as the filter wipes its own.
fn configuration() -> Vec<u8> {
    let mut text = json!({
        "providers": {"a": {"cluster": "a", "authority": "a.example"}, "b": {"cluster": "b", "authority": "b.example", "auth": {"header": "x-key"}}},
        "credentials": {
            "written": {"provider": "a", "value": "#"},
            "taken": {"provider": "b", "env": "SECRET"},
        },
        "teams": {"t": {
            "keys": [{"env": "KEY"}], "models": ["*"], "credentials": ["written", "taken"],
        }},
    })
    .to_string()
    .into_bytes();
    let place = text.iter().position(|byte| *byte == b'#').unwrap();
    text.reserve_exact(SECRET.len());
    text.splice(place..=place, SECRET.iter().copied());
    text
}

/// How many blocks with each needle are given back meanwhile.
fn given_back(work: impl FnOnce()) -> [usize; 3] {
    FOUND.iter().for_each(|found| found.store(0, Ordering::Relaxed));
    work();
    FOUND.each_ref().map(|found| found.load(Ordering::Relaxed))
}

fn environment(name: &str) -> Option<String> {
    match name {
        "SECRET" => Some(text(FROM_ENVIRONMENT)),
        "KEY" => Some(text(KEY)),
        _ => None,
    }
}

fn router() -> Router {
    let mut configuration = configuration();
    let loaded = Router::from_configuration(&configuration, &environment).expect("a router");
    configuration.fill(0);
    loaded.router
}

#[test]
fn a_configuration_that_is_gone_has_left_no_secret_in_memory() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(given_back(|| drop(router())), [0, 0, 0]);
}

#[test]
fn keys_are_kept_and_found_as_digests_alone() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let router = router();
    for (key, known) in [(KEY, true), (KEY, true), (SECRET, false), (KEY, true)] {
        let caller = router.identify(&headers(key), Elsewhere::Nowhere, &Nowhere::default());
        assert_eq!(caller.is_ok(), known);
    }
    // What the router still had of the key it would give back now.
    assert_eq!(given_back(|| drop(router)), [0, 0, 0]);
}

#[test]
fn what_is_given_back_unwiped_would_be_noticed() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(given_back(|| drop(text(KEY))), [0, 0, 1]);
}

/// A request that shows the key, in the form in which Envoy passes header fields.
fn headers(key: &[u8]) -> Headers {
    Headers::from_pairs(to_pairs(&[("x-api-key", key)])).expect("header fields")
}
