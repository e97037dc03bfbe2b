//! The host is no worse than Envoy: a request passes it as it passes Envoy.

use crate::attempt;
use crate::catalogue::{self, KEY, ONE};
use crate::host::{Call, Passage, Request};

#[test]
fn a_request_is_rewritten_and_its_answer_counted() {
    let mut vm = catalogue::vm().unwrap();
    let body = br#"{"messages": [], "model": "big"}"#;
    let outcome = vm.exchange(&Request::post("/v1/chat/completions", KEY, body)).unwrap();
    let sent = outcome.sent.expect("it is sent on");
    assert_eq!(sent.body, br#"{"messages": [], "model": "big-upstream"}"#);
    let values = |name| sent.all(name).map(String::from_utf8_lossy).collect::<Vec<_>>();
    assert_eq!(values("authorization"), [format!("Bearer {ONE}")]);
    assert_eq!(values("x-llm-cluster"), ["one"]);
    assert_eq!(values(":authority"), ["api.openai.com"]);
    assert_eq!(values("content-length"), [sent.body.len().to_string()]);
    let counted = |name: &str| {
        let (_, _, values) =
            vm.host().metrics.iter().find(|(_, full, _)| full.starts_with(name)).expect(name);
        values.clone()
    };
    assert_eq!(counted("llm_router.requests"), [1]);
    assert_eq!(counted("llm_router.completion_tokens"), [5]);
}

#[test]
fn a_request_is_answered_and_nothing_is_sent() {
    let mut vm = catalogue::vm().unwrap();
    let request = Request::post("/v1/chat/completions", "vk-nobody", br#"{"model": "big"}"#);
    let outcome = vm.exchange(&request).unwrap();
    assert_eq!(outcome.sent, None);
    assert_eq!(outcome.reply.expect("it is answered").status, 401);
}

/// Envoy has answered the client: a second answer would take the place of its own.
#[test]
fn an_attempt_that_a_full_circuit_breaker_refused_is_neither_sent_nor_answered() {
    for (scenario, replies) in
        [(attempt::refused_by_breaker(), 0), (attempt::without_endpoint(), 1)]
    {
        let mut vm = catalogue::vm_of_pool().unwrap();
        let context = scenario.play(&mut vm).unwrap();
        let stream = &vm.host().streams[&context];
        assert!(stream.sent.is_none(), "{}", scenario.name);
        assert_eq!(stream.replies.len(), replies, "{}", scenario.name);
    }
}

#[test]
fn frames_and_trailers_make_no_difference() {
    let body = br#"{"messages": [{"content": "hello"}], "model": "big", "provider_data": {}}"#;
    let whole = Request::post("/v1/chat/completions", KEY, body);
    let mut vm = catalogue::vm().unwrap();
    let expected = vm.exchange(&whole).unwrap().sent.expect("it is sent on");
    for size in 1..body.len() {
        let mut request = whole.clone().in_frames(size);
        assert_eq!(vm.exchange(&request).unwrap().sent.as_ref(), Some(&expected), "by {size}");
        request.body.push(Vec::new());
        assert_eq!(
            vm.exchange(&request).unwrap().sent.as_ref(),
            Some(&expected),
            "by {size}, then none"
        );
        request.trailers = true;
        assert_eq!(
            vm.exchange(&request).unwrap().sent.as_ref(),
            Some(&expected),
            "by {size}, trailers"
        );
    }
}

/// The yardstick is worth something only if it gives the same every time, and more for more.
#[test]
fn costs_are_counted_the_same_every_time() {
    let mut vm = catalogue::vm().unwrap();
    let small = Request::post("/v1/chat/completions", KEY, br#"{"model": "big"}"#);
    let large = [br#"{"model": "big", "input": ""#.as_slice(), &[b'a'; 30_000], b"\"}"].concat();
    let large = Request::post("/v1/chat/completions", KEY, &large);
    // What a request finds in the heap is what the one before has left there.
    for request in [&small, &large, &small, &large, &small] {
        vm.exchange(request).unwrap(); // Metrics are defined, tables grown.
    }
    let [first, second, more] =
        [&small, &small, &large].map(|request| vm.exchange(request).unwrap());
    assert_eq!(first.calls, second.calls);
    // The allocator may find a block at once, or a step later.
    assert!(first.fuel.abs_diff(second.fuel) < 100, "{} and {}", first.fuel, second.fuel);
    assert!(more.fuel > first.fuel, "{} and {}", more.fuel, first.fuel);
    let reads = |calls: &[Call]| {
        calls.iter().filter(|call| call.name == "proxy_get_header_map_pairs").count()
    };
    assert_eq!(reads(&first.calls), 2, "the request's fields and the answer's, each once");
    let before = vm.memory();
    for _ in 0..50 {
        vm.exchange(&large).unwrap();
    }
    assert_eq!(vm.memory(), before, "memory is on a plateau");
}

#[test]
fn what_was_held_is_sent_when_its_body_is_complete() {
    let mut vm = catalogue::vm().unwrap();
    let request = Request::post("/v1/chat/completions", KEY, br#"{"model": "big"}"#);
    let context = vm.open(crate::host::Stream::new(request.headers.clone())).unwrap();
    vm.request_headers(context, false).unwrap();
    assert_eq!(vm.stream(context).passage, Passage::Held);
    vm.request_body(context, br#"{"model": "#, false).unwrap();
    assert_eq!(vm.stream(context).passage, Passage::Held);
    vm.request_body(context, br#""big"}"#, true).unwrap();
    assert_eq!(vm.stream(context).passage, Passage::Sent);
}
