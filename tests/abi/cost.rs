//! What a request costs, in numbers that do not depend on the machine: host calls, instructions, memory.

use std::collections::BTreeMap;

use serde_json::json;

use crate::attempt;
use crate::catalogue;
use crate::host::{Outcome, Request, Vm};
use crate::load::{self, configuration, key, PATH};
use crate::scenario::Scenario;

/// The most instructions that a chat of 1 KB may cost, its answer included.
const COMMON: u64 = 100_400;

/// That request of a team's; its answer tells the tokens.
fn chat(team: usize, model: &str) -> Request {
    let request = Request::post(PATH, &key(team), load::chat(model).as_bytes());
    load::SDK.into_iter().fold(request, |request, (name, value)| request.with(name, value))
}

/// What such a request comes to when it is not the first of its kind.
fn usual(vm: &mut Vm, request: &Request) -> Outcome {
    let _first = vm.exchange(request).unwrap();
    let outcome = vm.exchange(request).unwrap();
    assert!(outcome.sent.is_some(), "{:?}", outcome.reply);
    outcome
}

fn counts(outcome: &Outcome) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for call in &outcome.calls {
        *counts.entry(call.name).or_default() += 1;
    }
    counts
}

#[test]
fn the_common_request_makes_no_host_call_too_many() {
    let mut vm = Vm::configured(&configuration(1, 1, 1, 0), &[]).unwrap();
    let outcome = usual(&mut vm, &chat(0, "model-0"));
    let expected = [
        // The time when it was sent, of the first byte and of the last.
        ("proxy_get_current_time_nanoseconds", 3),
        ("proxy_get_property", 1), // whose answer it is
        ("proxy_get_header_map_pairs", 2),
        // The request's body and the answer's.
        ("proxy_get_buffer_bytes", 2),
        ("proxy_set_buffer_bytes", 1),
        ("proxy_remove_header_map_value", 1),  // accept-encoding
        ("proxy_replace_header_map_value", 4), // content-length, host, authorization, the cluster
        // Four before the request is sent, its code, and three counts of tokens once they are known.
        ("proxy_set_property", 9),
        ("proxy_increment_metric", 3), // requests, prompt and completion tokens
        ("proxy_record_metric", 2),
    ];
    assert_eq!(counts(&outcome), BTreeMap::from(expected));
    println!("the common request: {} instructions", outcome.fuel);
    assert!(outcome.fuel <= COMMON, "{} instructions", outcome.fuel);

    let outcome = usual(&mut vm, &chat(0, "p/model"));
    let kept = chat(0, "p/model").body.concat().len() - "p/".len();
    assert_eq!(outcome.sent.unwrap().body.len(), kept);
}

#[test]
fn prose_is_passed_over_in_blocks() {
    let mut vm = Vm::configured(&configuration(1, 1, 1, 0), &[]).unwrap();
    let mut of = |repeats: usize| {
        let prose = "The reviewer wrote: \"Please shorten this section\" and went on.\n";
        let messages = json!([{"role": "user", "content": prose.repeat(repeats)}]);
        let body = format!(r#"{{"messages":{messages},"model":"model-0"}}"#);
        (usual(&mut vm, &Request::post(PATH, &key(0), body.as_bytes())).fuel, body.len())
    };
    let ((few, short), (many, long)) = (of(16), of(256));
    let per_byte = (many - few) as f64 / (long - short) as f64;
    println!("prose: {per_byte:.2} instructions a byte");
    assert!(per_byte <= 3.3, "{per_byte}");
}

#[test]
fn a_body_in_many_frames_is_read_in_few_pieces() {
    let mut vm = Vm::configured(&configuration(1, 1, 1, 0), &[]).unwrap();
    let body = json!({"messages": "x".repeat(1 << 20), "model": "model-0"}).to_string();
    let request = Request::post(PATH, &key(0), body.as_bytes()).in_frames(16 * 1024);
    let outcome = usual(&mut vm, &request);
    let sent = body.replace("model-0", "upstream-0");
    assert_eq!(outcome.sent.as_ref().unwrap().body, sent.as_bytes());
    // Four of 256 KiB and the rest of it; up to the model once more, for the edit, and behind it; and the answer's body.
    assert_eq!(counts(&outcome)["proxy_get_buffer_bytes"], 5 + 5 + 1 + 1);
    // Each of those goes from the front to the end, and so does the model.
    assert_eq!(counts(&outcome)["proxy_set_buffer_bytes"], 2 * (5 + 1 + 1));
    // The instructions for a byte of a long string.
    let per_byte = outcome.fuel as f64 / body.len() as f64;
    assert!(per_byte < 0.9, "{per_byte}");
}

#[test]
fn a_large_configuration_makes_no_request_dearer() {
    let few = configuration(1, 1, 1, 1);
    let many = configuration(1_000, 5, 10_000, 200);
    let mut small = Vm::configured(&few, &[]).unwrap();
    let expected = usual(&mut small, &chat(0, "model-0")).fuel;

    let mut large = Vm::new(&[]).unwrap();
    large.take_fuel();
    assert!(large.plugin(many.to_string().as_bytes()).unwrap());
    let configured = large.take_fuel();
    let memory = large.memory();
    println!("a request {expected}, configuring {configured}, {memory} bytes");
    // V8 carries out about a thousand million of them in a second.
    assert!(configured <= 437_000_000, "{configured} instructions");
    assert!(memory < 16 << 20, "{memory} bytes");
    for (team, model) in
        [(0, "model-0"), (999, "model-9999"), (500, "alias-77"), (1, "family-199-x")]
    {
        let fuel = usual(&mut large, &chat(team, model)).fuel;
        println!("{model}: {fuel}");
        assert!(fuel as f64 <= expected as f64 * 1.2, "{model}: {fuel}, not {expected}");
    }
}

/// The configuration of one model, whose target has these parameters, beside another without any.
fn with_parameters(parameters: &serde_json::Value) -> serde_json::Value {
    let mut configuration = configuration(1, 1, 2, 0);
    configuration["models"]["model-1"]["targets"][0]["parameters"] = parameters.clone();
    configuration
}

#[test]
fn three_edits_cost_next_to_nothing_and_none_costs_nothing() {
    let three = json!({
        "default": {"max_tokens": 4096}, "set": {"service_tier": "flex"}, "remove": ["prompt_cache_key"],
    });
    let mut without = Vm::configured(&with_parameters(&json!({})), &[]).unwrap();
    let mut with = Vm::configured(&with_parameters(&three), &[]).unwrap();
    let body =
        load::chat("model-1").replacen('{', r#"{"prompt_cache_key":"s","service_tier":"auto","#, 1);
    let request = |body: &str| {
        let request = Request::post(PATH, &key(0), body.as_bytes());
        load::SDK.into_iter().fold(request, |request, (name, value)| request.with(name, value))
    };
    let none = usual(&mut without, &request(&body));
    let edited = usual(&mut with, &request(&body));
    let sent = edited.sent.as_ref().unwrap().body.clone();
    let expected = body
        .replacen(
            r#""prompt_cache_key":"s","service_tier":"auto""#,
            r#""max_tokens":4096,"service_tier":"flex""#,
            1,
        )
        .replacen("model-1", "upstream-1", 1);
    assert_eq!(String::from_utf8(sent).unwrap(), expected);
    // The same calls: what is edited stands in the piece in which the model stands anyway.
    assert_eq!(counts(&edited), counts(&none));
    // A request to the target without parameters, beside the other and where there is no other.
    let beside = usual(&mut with, &chat(0, "model-0"));
    let alone = usual(&mut without, &chat(0, "model-0"));
    println!(
        "three edits {}, none {}; beside a target with three {}, without one {}",
        edited.fuel, none.fuel, beside.fuel, alone.fuel
    );
    assert_eq!(counts(&beside), counts(&alone));
    assert!(edited.fuel as f64 <= none.fuel as f64 * 1.15, "{} and {}", edited.fuel, none.fuel);
    assert!(beside.fuel as f64 <= alone.fuel as f64 * 1.02, "{} and {}", beside.fuel, alone.fuel);
}

/// One team with these limits.
fn limited(limits: &serde_json::Value) -> Vm {
    let mut configuration = configuration(1, 1, 1, 0);
    configuration["teams"]["team-0"]["limits"] = limits.clone();
    Vm::configured(&configuration, &[]).unwrap()
}

#[test]
fn limits_cost_a_few_calls_and_none_costs_none() {
    let limits = json!([
        {"requests": 1_000_000, "per": "minute"},
        {"tokens": 1_000_000_000, "per": "minute"},
    ]);
    let none = usual(&mut limited(&json!([])), &chat(0, "model-0"));
    let both = usual(&mut limited(&limits), &chat(0, "model-0"));
    let mut expected = counts(&none);
    assert!(!expected.contains_key("proxy_get_shared_data"));
    // The time when the request came.
    *expected.entry("proxy_get_current_time_nanoseconds").or_default() += 1;
    // The tokens used so far; the request is counted; the answer's tokens are.
    expected.extend([("proxy_get_shared_data", 3), ("proxy_set_shared_data", 2)]);
    assert_eq!(counts(&both), expected);
    println!("with limits {} instructions, without {}", both.fuel, none.fuel);
    assert!(both.fuel <= none.fuel + 13_000, "{} and {}", both.fuel, none.fuel);
}

/// Envoy compiles all of it before it serves.
#[test]
fn the_file_does_not_grow() {
    let file = std::env::var("LLM_ROUTER_WASM").unwrap();
    let bytes = std::fs::metadata(file).unwrap().len();
    assert!(bytes <= 880_000, "{bytes} bytes");
}

#[test]
fn memory_comes_to_rest() {
    let mut vm = Vm::configured(&configuration(1, 1, 1, 0), &[]).unwrap();
    let request = chat(0, "model-0");
    for _ in 0..100 {
        vm.exchange(&request).unwrap();
    }
    let after = vm.memory();
    for _ in 0..1_000 {
        vm.exchange(&request).unwrap();
    }
    assert_eq!(vm.memory(), after);
}

/// What a scenario comes to when it is not the first of its kind.
fn played(vm: &mut Vm, scenario: &Scenario) -> (BTreeMap<&'static str, usize>, u64) {
    scenario.play(vm).unwrap();
    vm.take_calls();
    vm.take_fuel();
    scenario.play(vm).unwrap();
    let mut counts = BTreeMap::new();
    for call in vm.take_calls() {
        *counts.entry(call.name).or_default() += 1;
    }
    (counts, vm.take_fuel())
}

/// `tests/bench/floor.rs` makes as many.
#[test]
fn a_pooled_request_makes_no_host_call_too_many() {
    let (counts, fuel) = played(&mut catalogue::vm().unwrap(), &attempt::at_listener());
    println!("a pooled request at the listener: {fuel} instructions");
    let expected = [
        ("proxy_get_current_time_nanoseconds", 4),
        // Whose answer it is, and how the attempts went.
        ("proxy_get_property", 5),
        ("proxy_get_header_map_pairs", 2),
        ("proxy_get_buffer_bytes", 2),
        ("proxy_get_shared_data", 8), // which targets are cooling down, and that one is not
        ("proxy_remove_header_map_value", 1),
        ("proxy_replace_header_map_value", 3),
        ("proxy_set_property", 9),
        ("proxy_increment_metric", 3),
        ("proxy_record_metric", 2),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
    assert!(fuel <= 167_000, "{fuel} instructions");

    let (counts, fuel) = played(&mut catalogue::vm_of_pool().unwrap(), &attempt::usual());
    println!("a pooled request in the pool: {fuel} instructions");
    let expected = [
        ("proxy_get_current_time_nanoseconds", 1),
        // The failover context, the attempt before, the provider, and who was tried.
        ("proxy_get_property", 4),
        ("proxy_get_header_map_pairs", 2),
        ("proxy_get_buffer_bytes", 1),
        ("proxy_set_buffer_bytes", 1),
        ("proxy_get_shared_data", 2), // the credential is available
        ("proxy_remove_header_map_value", 2),
        ("proxy_replace_header_map_value", 3),
        ("proxy_set_property", 7),
        ("proxy_increment_metric", 1),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
    assert!(fuel <= 165_300, "{fuel} instructions");
}
