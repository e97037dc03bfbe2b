//! No memory is left: the host gives the VM so many pages and no more.

use crate::catalogue::{self, KEY};
use crate::host::{Passage, Request, Stream, Vm};
use crate::verdict;

const PAGE: usize = 1 << 16;
const CHAT: &str = "/v1/chat/completions";

/// A request whose whole body has to be read again and written anew, for the model is its end.
fn large(size: usize) -> Request {
    let body = [br#"{"input": ""#.as_slice(), &vec![b'a'; size], br#"", "model": "big"}"#].concat();
    Request::post(CHAT, KEY, &body)
}

fn small() -> Request {
    Request::post(CHAT, KEY, br#"{"model": "big"}"#)
}

/// However little there is, a request is sent on whole or refused, and when there is memory again all is well.
#[test]
fn without_memory_a_request_is_refused_and_the_filter_lives() {
    let (mut refused, mut sent) = (0, 0);
    let turned = large(600_000).in_frames(290_000);
    for request in [large(60_000), large(60_000).in_frames(7_000), turned] {
        for pages in (0..48).step_by(3) {
            let mut vm = catalogue::vm().unwrap();
            let usual = vm.exchange(&small()).unwrap();
            let room = vm.memory() + pages * PAGE;
            vm.host_mut().limit_memory(room);
            // Several at once: the memory of one is not free before it ends.
            let contexts: Vec<u32> = (0..12)
                .map(|_| {
                    let context = vm.open(Stream::new(request.headers.clone())).unwrap();
                    vm.request_headers(context, false)
                        .unwrap_or_else(|trap| panic!("{pages} pages: {trap}"));
                    context
                })
                .collect();
            for context in &contexts {
                for (number, frame) in (1..).zip(&request.body) {
                    vm.request_body(*context, frame, number == request.body.len())
                        .unwrap_or_else(|trap| panic!("{pages} pages: {trap}"));
                }
            }
            for context in contexts {
                vm.close(context).unwrap_or_else(|trap| panic!("{pages} pages: {trap}"));
                let stream = vm.stream(context);
                verdict::check(&vm, stream)
                    .unwrap_or_else(|wrong| panic!("{pages} pages: {wrong}"));
                match &stream.replies[..] {
                    [] => assert_eq!(stream.passage, Passage::Sent),
                    [reply] => assert_eq!(reply.status, 500, "{pages} pages"),
                    replies => panic!("{pages} pages: {replies:?}"),
                }
                match stream.passage {
                    Passage::Sent => sent += 1,
                    _ => refused += 1,
                }
            }
            vm.host_mut().limit_memory(usize::MAX);
            let after = vm.exchange(&small()).unwrap();
            assert_eq!((after.sent, after.reply), (usual.sent, usual.reply));
        }
    }
    println!("{refused} requests refused, {sent} sent on");
    assert!(refused > 0 && sent > 0);
}

/// Of many clients that send slowly and never end, each takes some memory; new ones are refused before none is left.
#[test]
fn clients_that_never_end_take_no_more_memory_than_there_is() {
    let mut vm = catalogue::vm().unwrap();
    vm.exchange(&small()).unwrap();
    let room = vm.memory() + 64 * PAGE;
    vm.host_mut().limit_memory(room);
    let request = large(60_000).in_frames(30_000);
    let mut held = Vec::new();
    // Of bodies that are this small nothing is read before they are complete: it is their headers that take memory.
    for _ in 0..10_000 {
        let context = vm.open(Stream::new(request.headers.clone())).unwrap();
        vm.request_headers(context, false).unwrap();
        vm.request_body(context, &request.body[0], false).unwrap();
        held.push(context);
        if vm.stream(context).passage != Passage::Held {
            break;
        }
    }
    let waiting =
        held.iter().filter(|context| vm.stream(**context).passage == Passage::Held).count();
    assert!(waiting > 400 && waiting < held.len(), "{waiting} are held");
    for context in held {
        vm.close(context).unwrap();
    }
    assert!(vm.exchange(&large(60_000)).unwrap().sent.is_some(), "what they took is free again");
}

/// Nothing is kept of bodies whose model comes last: when they are complete they are read once more, piece by piece.
#[test]
fn many_large_bodies_at_once_take_no_more_memory_than_a_few() {
    const AT_ONCE: usize = 32;
    const SIZE: usize = 3 << 20;
    const FRAME: usize = 300_000;
    let mut configuration = catalogue::configuration();
    configuration["max_body_bytes"] = serde_json::json!(2 * SIZE);
    let mut vm = Vm::configured(&configuration, &catalogue::ENVIRONMENT).unwrap();
    vm.exchange(&small()).unwrap();
    let before = vm.memory();
    let request = large(SIZE).in_frames(FRAME);
    let contexts: Vec<u32> = (0..AT_ONCE)
        .map(|_| {
            let context = vm.open(Stream::new(request.headers.clone())).unwrap();
            vm.request_headers(context, false).unwrap();
            context
        })
        .collect();
    for (number, frame) in (1..).zip(&request.body) {
        for context in &contexts {
            vm.request_body(*context, frame, number == request.body.len()).unwrap();
        }
    }
    let grown = vm.memory() - before;
    println!("{AT_ONCE} bodies of {SIZE} bytes at once: {grown} bytes more");
    let mut again = 0;
    for context in &contexts {
        vm.close(*context).unwrap();
        verdict::check(&vm, vm.stream(*context)).unwrap();
        assert_eq!(vm.stream(*context).passage, Passage::Sent);
        again += usize::from(vm.stream(*context).sent == vm.stream(contexts[0]).sent);
    }
    assert_eq!(again, AT_ONCE, "all are sent on alike");
    assert!(grown < SIZE, "{grown} bytes");
}

/// However much of a body comes at once, no more than a piece of it is in memory, and behind the model nothing is kept.
#[test]
fn a_body_that_comes_all_at_once_takes_no_more_memory_than_a_piece_of_it() {
    const AT_ONCE: usize = 32;
    const SIZE: usize = 4 << 20;
    let mut configuration = catalogue::configuration();
    configuration["max_body_bytes"] = serde_json::json!(2 * SIZE);
    let mut vm = Vm::configured(&configuration, &catalogue::ENVIRONMENT).unwrap();
    vm.exchange(&small()).unwrap();
    let before = vm.memory();
    let body = [br#"{"model": "big", "input": ""#.as_slice(), &vec![b'a'; SIZE], b"\"}"].concat();
    let request = Request::post(CHAT, KEY, &body).in_frames(body.len() - 1);
    let contexts: Vec<u32> = (0..AT_ONCE)
        .map(|_| {
            let context = vm.open(Stream::new(request.headers.clone())).unwrap();
            vm.request_headers(context, false).unwrap();
            vm.request_body(context, &request.body[0], false).unwrap();
            context
        })
        .collect();
    for context in contexts {
        vm.request_body(context, &request.body[1], true).unwrap();
        vm.close(context).unwrap();
        verdict::check(&vm, vm.stream(context)).unwrap();
        assert_eq!(vm.stream(context).passage, Passage::Sent);
    }
    let grown = vm.memory() - before;
    // The room that is asked for before a piece is read, and a piece.
    assert!(grown < 3 << 20, "{grown} bytes");
}

/// What one request can take is bounded by `max_body_bytes`, not by what Envoy hands over.
#[test]
fn a_body_that_is_too_large_is_not_read() {
    let mut vm = catalogue::vm().unwrap();
    vm.exchange(&large(60_000)).unwrap();
    let before = vm.memory();
    let mut request = large(4_000_000);
    request.headers.retain(|(name, _)| name != b"content-length");
    for request in [request.clone(), request.in_frames(1_500_000)] {
        let outcome = vm.exchange(&request).unwrap();
        assert_eq!(outcome.reply.expect("it is refused").status, 413);
        assert!(!outcome.calls.iter().any(|call| call.name == "proxy_get_buffer_bytes"));
    }
    assert_eq!(vm.memory(), before);
}

/// A model or a caller's key may be as long as the body may be; only so much of it is kept.
#[test]
fn values_that_are_too_long_are_refused() {
    let mut vm = catalogue::vm().unwrap();
    for (member, code) in [("model", "invalid_model"), ("provider_data", "invalid_provider_data")] {
        let body =
            [b"{\"", member.as_bytes(), br#"": ""#, &[b'a'; 40_000], br#"", "x": 1}"#].concat();
        let outcome = vm.exchange(&Request::post(CHAT, KEY, &body)).unwrap();
        let reply = outcome.reply.expect("it is refused");
        assert!(String::from_utf8_lossy(&reply.body).contains(code), "{member}: {reply:?}");
    }
}

/// As deep as the parser of callers' keys lets them be, the stack is deep enough.
#[test]
fn nesting_does_not_exhaust_the_stack() {
    let mut vm = catalogue::vm().unwrap();
    for depth in [1, 100, 126, 127, 128, 10_000] {
        let data = format!(r#"{{"one": {{"k": {}1{}}}}}"#, "[".repeat(depth), "]".repeat(depth));
        let body = format!(r#"{{"model": "one/x", "provider_data": {data}}}"#);
        vm.exchange(&Request::post(CHAT, KEY, body.as_bytes())).unwrap();
        vm.exchange(&small().with("x-llm-provider-data", &data)).unwrap();
    }
}

/// Streams come and go: guest memory stays where it is.
#[test]
fn memory_stays_on_a_plateau() {
    let mut vm: Vm = catalogue::vm().unwrap();
    let requests = [
        small(),
        large(50_000),
        large(50_000).in_frames(4_096),
        Request::post(CHAT, "vk-nobody", b"{}"),
    ];
    let round =
        |vm: &mut Vm| requests.iter().for_each(|request| drop(vm.exchange(request).unwrap()));
    (0..5).for_each(|_| round(&mut vm));
    let before = vm.memory();
    (0..200).for_each(|_| round(&mut vm));
    assert_eq!(vm.memory(), before);
}
