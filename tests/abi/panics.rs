//! Where the filter could panic while a request passes: read off its code, not its source.
//!
//! From the callbacks of a stream every call is followed, those through the table to every function of that type. What
//! can be reached and calls Rust's machinery for panics must be on the list below, with the reason why it never does.
//! So a new `unwrap`, index or overflow in this project's own code does not go unnoticed, wherever it was inlined.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::calls::{CallGraph, Function};

/// What Envoy calls while requests pass.
const CALLBACKS: [&str; 11] = [
    "malloc",
    "proxy_on_context_create",
    "proxy_on_request_headers",
    "proxy_on_request_body",
    "proxy_on_request_trailers",
    "proxy_on_response_headers",
    "proxy_on_response_body",
    "proxy_on_response_trailers",
    "proxy_on_done",
    "proxy_on_log",
    "proxy_on_delete",
];

/// Whether a function is reached only because a call through the table might lead there, for the types are the same,
/// while in truth no request does: it is not followed.
fn is_not_called(name: &str) -> bool {
    // The SDK's methods that call the host stand in its tables of methods; nobody calls them.
    name.starts_with("proxy_wasm::traits::")
        // These are called for the plugin, not for streams.
        || name.contains("as proxy_wasm::traits::RootContext>::on_")
        || name.contains("router::Router::from_configuration")
        // The machinery of panics itself, and the hook that it calls.
        || name.contains("filter::logger::install")
        || name.contains("std::panicking::")
        || name.contains("std::panic::")
        || name.contains("std::alloc::rust_oom")
        || name.contains("std::sys::backtrace")
}

/// What reads configurations is called through the table, or from what the standard library puts there, and for the plugin
/// alone. Where another function of this project's calls it, it is followed.
fn reads_configurations(name: &str) -> bool {
    name.contains("envoy_llm_router::config::")
}

#[test]
fn panics_that_a_request_could_reach_are_known() {
    let graph = CallGraph::read();
    let panics = reachable_panics(&graph);
    let mut unknown = Vec::new();
    for (name, machinery) in &panics {
        match ALLOWED.iter().find(|(part, _)| name.contains(part)) {
            Some((part, why)) => println!("{name} ({part}: {why})"),
            None => unknown.push(format!("{name} -> {machinery:?}")),
        }
    }
    println!("{} functions may panic, as far as the code tells", panics.len());
    assert!(unknown.is_empty(), "{} unknown:\n{}", unknown.len(), unknown.join("\n"));
}

/// The SDK's own calls of the host panic on a status that they do not expect: none of them is used.
#[test]
fn the_sdks_host_calls_are_not_used() {
    let graph = CallGraph::read();
    for (function, name) in &graph.names {
        if name.starts_with("proxy_wasm::") || name.contains("as proxy_wasm::") {
            continue;
        }
        for callee in graph.direct_callees(*function) {
            let callee = graph.name(callee);
            // What the SDK exports may be inlined: those callbacks are the SDK's own.
            let is_sdks = name.starts_with("proxy_on_");
            assert!(
                is_sdks || !callee.starts_with("proxy_wasm::hostcalls::"),
                "{name} calls {callee}"
            );
        }
    }
    for callback in CALLBACKS {
        for callee in graph.direct_callees(graph.exports[callback]) {
            let callee = graph.name(callee);
            assert!(!callee.starts_with("proxy_wasm::hostcalls::"), "{callback} calls {callee}");
        }
    }
}

fn reachable_panics(graph: &CallGraph) -> BTreeMap<String, BTreeSet<String>> {
    let roots: Vec<Function> = CALLBACKS.iter().map(|name| graph.exports[*name]).collect();
    let mut seen: BTreeSet<Function> = roots.iter().copied().collect();
    let mut queue: VecDeque<Function> = roots.into();
    let mut panics: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    while let Some(function) = queue.pop_front() {
        let is_ours = graph.name(function).contains("envoy_llm_router::");
        let by_name: BTreeSet<Function> = match is_ours {
            true => graph.direct_callees(function).collect(),
            false => BTreeSet::new(),
        };
        for callee in graph.callees(function) {
            let name = graph.name(callee);
            if reads_configurations(name) && !by_name.contains(&callee) {
                continue;
            }
            if is_machinery(name) {
                let of = panics.entry(graph.name(function).to_owned()).or_default();
                of.insert(name.to_owned());
            } else if !is_not_called(name) && seen.insert(callee) {
                queue.push_back(callee);
            }
        }
    }
    panics
}

/// Whether this is one of the functions that end in a panic. Those for want of memory are none here: what a client can
/// ask for is asked of the allocator before (see `memory`).
fn is_machinery(name: &str) -> bool {
    const ENDS: [&str; 7] = [
        "unwrap_failed",
        "expect_failed",
        "slice_error_fail",
        "slice_index_fail",
        "len_mismatch_fail",
        "panic_access_error",
        "assert_failed",
    ];
    name.starts_with("core::panicking::")
        || name.starts_with("core::cell::panic_")
        || name.starts_with("core::slice::sort::shared::smallsort::panic_")
        || ENDS.iter().any(|end| name.ends_with(end))
}

/// What may panic by its code, by a part of its name, and why it does not.
const ALLOWED: &[(&str, &str)] = &[
    (
        "proxy_on_",
        "a context is known until it is deleted, and the host does not call back during a call",
    ),
    ("proxy_wasm::dispatcher::", "likewise"),
    ("alloc::collections::btree", "bounds that a B-tree keeps by itself"),
    ("collections::btree", "likewise"),
    ("hashbrown::", "a table of more than 4 GiB"),
    ("core::num::", "digits of numbers: bounds that the algorithms keep"),
    ("core::fmt", "writing into memory does not fail"),
    ("alloc::fmt::format", "likewise"),
    ("alloc::vec::Vec<u8> as std::io::Write", "likewise"),
    ("core::slice::sort", "the orders that things are sorted by are total"),
    ("core::str::pattern::", "bounds that the search keeps"),
    ("core::str::iter::SplitInternal", "likewise"),
    ("core::unicode::printable", "tables of the library's own"),
    ("memchr::", "bounds that the search keeps"),
    ("strsim::", "rows that are as long as the text"),
    ("core::time::", "a duration is never printed"),
    ("std::", "standard output is not written to, and the clock is the host's"),
    ("httpdate::", "a date within its range"),
    ("percent_encoding::", "bounds that decoding keeps"),
    ("serde_json::", "bounds that the parser keeps"),
    ("itoa", "bounds that the digits keep"),
    ("sha2::", "blocks of a fixed length"),
    ("to_vec_in::ConvertVec", "a B-tree's bounds, and memory"),
    ("core::iter::adapters::", "a B-tree's bounds, in a closure"),
    ("core::slice::iter::Iter<T> as", "a B-tree's bounds, in a closure"),
    ("core::ops::function::FnOnce::call_once", "the first use of what a thread has but once"),
    ("drop_in_place<envoy_llm_router::", "a B-tree's bounds, while it is freed"),
    // This project's own, with what was inlined into them.
    (
        "exchange::Exchange::begin",
        "the digest of a key, by blocks of a fixed length; printing into memory",
    ),
    (
        "exchange::Exchange>::call",
        "printing into memory; turning a list by no more than its length",
    ),
    ("router::route::<impl", "a B-tree's bounds"),
    ("provider_data::ProviderData::insert", "a B-tree's bounds"),
    ("reject::reply::Reply::rejected", "printing into memory"),
    ("router::models::<impl", "a B-tree's bounds; printing into memory"),
    ("alloc::rc::", "a value larger than memory"),
    ("alloc::sync::", "likewise"),
    ("alloc::raw_vec::", "likewise"),
    ("alloc::str::", "likewise"),
];
