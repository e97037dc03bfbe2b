//! Callbacks in every order: those that the ABI allows, and those that it does not.

use std::env;

use crate::attempt;
use crate::catalogue::{self, KEY};
use crate::host::{Callback, Passage, Request, Stream, Vm};
use crate::role::Role;
use crate::scenario::Scenario;
use crate::verdict;

/// What happens to a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// Its headers; whether nothing follows.
    Headers(bool),
    /// Nothing, a part, or all that is left of its body; whether nothing follows.
    Body(Amount, bool),
    /// Its trailers.
    Trailers,
    /// The headers of an answer, of the provider's or of Envoy's own; whether nothing follows.
    AnswerHeaders(bool),
    /// A piece of the answer; whether nothing follows.
    AnswerBody(bool),
    /// The answer's trailers.
    AnswerTrailers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Amount {
    Nothing,
    Half,
    Rest,
}

use Amount::{Half, Nothing, Rest};
use Event::{AnswerBody, AnswerHeaders, AnswerTrailers, Body, Headers, Trailers};

const EVENTS: [Event; 14] = [
    Headers(false),
    Headers(true),
    Body(Nothing, false),
    Body(Half, false),
    Body(Rest, false),
    Body(Nothing, true),
    Body(Half, true),
    Body(Rest, true),
    Trailers,
    AnswerHeaders(false),
    AnswerHeaders(true),
    AnswerBody(false),
    AnswerBody(true),
    AnswerTrailers,
];

/// Whether the ABI allows `event` after `past`: a request begins with its headers and ends once, so does an answer, and
/// an answer may come whenever the request has begun.
fn is_allowed(past: &[Event], event: Event) -> bool {
    let request_ended =
        past.iter().any(|event| matches!(event, Headers(true) | Body(_, true) | Trailers));
    let answer_ended = past
        .iter()
        .any(|event| matches!(event, AnswerHeaders(true) | AnswerBody(true) | AnswerTrailers));
    let begun = matches!(past.first(), Some(Headers(_)));
    let answered = past.iter().any(|event| matches!(event, AnswerHeaders(_)));
    match event {
        Headers(_) => past.is_empty(),
        Body(..) | Trailers => begun && !request_ended,
        AnswerHeaders(_) => begun && !answered,
        AnswerBody(_) | AnswerTrailers => answered && !answer_ended,
    }
}

/// Every order that the ABI allows, of at most `length` events; each beginning of one is one too, so every stream is
/// also aborted everywhere.
fn allowed(length: usize) -> Vec<Vec<Event>> {
    let mut orders = vec![Vec::new()];
    let mut at = 0;
    while at < orders.len() {
        for event in EVENTS {
            let past = &orders[at];
            if past.len() < length && is_allowed(past, event) {
                orders.push([past, &[event][..]].concat());
            }
        }
        at += 1;
    }
    orders
}

fn requests() -> Vec<Scenario> {
    let chat = |key: &str, model: &str| {
        let body = format!(r#"{{"messages": [], "model": "{model}"}}"#);
        Request::post("/v1/chat/completions", key, body.as_bytes())
    };
    vec![
        Scenario::new("a call", chat(KEY, "big")),
        Scenario::new("a call that goes to a pool", chat(KEY, "pair")),
        Scenario::new("a call of an unknown model", chat(KEY, "small")),
        Scenario::new("an unknown key", chat("vk-nobody", "big")),
        Scenario::new("a list of models", Request::new("GET", "/v1/models", KEY)),
        Scenario::new(
            "a WebSocket",
            Request::new("GET", "/v1/realtime?model=big", KEY).with("upgrade", "websocket"),
        ),
    ]
}

#[test]
fn every_allowed_order_of_callbacks_is_survived() {
    survive(Role::Listener, requests());
}

#[test]
fn every_allowed_order_of_an_attempts_callbacks_is_survived() {
    survive(Role::Pool, attempt::ordered());
}

fn survive(role: Role, scenarios: Vec<Scenario>) {
    let orders = allowed(if full() { 6 } else { 4 });
    let mut vm = role.vm().unwrap();
    let mut streams = 0;
    for scenario in scenarios {
        let (name, request) = (scenario.name, &scenario.request);
        for order in &orders {
            for logged_first in [order.len() % 2 == 0] {
                let what = || format!("{name}: {order:?}, logged first: {logged_first}");
                let context =
                    vm.open(scenario.stream()).unwrap_or_else(|trap| panic!("{}: {trap}", what()));
                let mut body = request.body.concat();
                for event in order {
                    happen(&mut vm, context, *event, &mut body)
                        .unwrap_or_else(|trap| panic!("{}: {trap}", what()));
                }
                let ends = if logged_first {
                    ["proxy_on_log", "proxy_on_done"]
                } else {
                    ["proxy_on_done", "proxy_on_log"]
                };
                for end in [ends[0], ends[1], "proxy_on_delete"] {
                    vm.call(end, context, &[]).unwrap_or_else(|trap| panic!("{}: {trap}", what()));
                }
                role.check(&vm, vm.stream(context))
                    .unwrap_or_else(|wrong| panic!("{}: {wrong}", what()));
                let complete = order
                    .iter()
                    .any(|event| matches!(event, Headers(true) | Body(_, true) | Trailers));
                let stream = vm.stream(context);
                let sent = stream.sent.as_ref();
                if !complete && role == Role::Pool {
                    let passed = sent.map_or(0, |sent| sent.body.len());
                    assert_eq!(passed, 0, "{}", what());
                }
                if !complete && name.starts_with("a call") {
                    assert_ne!(stream.passage, Passage::Sent, "{}", what());
                }
                if matches!(name, "a call" | "a call that goes to a pool")
                    && complete
                    && body.is_empty()
                    && !order.iter().any(|event| matches!(event, AnswerHeaders(_)))
                {
                    assert_eq!(stream.passage, Passage::Sent, "{}", what());
                }
                vm.host_mut().streams.clear();
                vm.host_mut().log.clear();
                vm.host_mut().shared.clear();
                streams += 1;
            }
        }
    }
    println!("{role:?}: {} orders of callbacks, {streams} streams", orders.len());
    assert_usual(role, &mut vm);
}

/// As Envoy would do it: after an answer of the filter's the request is over.
fn happen(
    vm: &mut Vm,
    context: u32,
    event: Event,
    body: &mut Vec<u8>,
) -> Result<(), crate::host::Trap> {
    match event {
        Headers(end) => vm.request_headers(context, end),
        Body(amount, end) => {
            let len = match amount {
                Nothing => 0,
                Half => body.len() / 2,
                Rest => body.len(),
            };
            let frame: Vec<u8> = body.drain(..len).collect();
            vm.request_body(context, &frame, end)
        }
        Trailers => vm.request_trailers(context),
        AnswerHeaders(end) => {
            let stream = vm.stream_mut(context);
            if stream.passage == Passage::Answered {
                return Ok(());
            }
            stream.response_headers = vec![
                (b":status".to_vec(), b"200".to_vec()),
                (b"content-type".to_vec(), b"application/json".to_vec()),
            ];
            vm.response_headers(context, end)
        }
        AnswerBody(end) => vm.response_body(context, br#"{"usage": {"prompt_tokens": 1}}"#, end),
        AnswerTrailers => vm.callback(context, Callback::ResponseTrailers).map(drop),
    }
}

#[test]
fn no_order_of_callbacks_at_all_traps_or_tells() {
    let body = br#"{"messages": [], "model": "big"}"#;
    try_any_order(&Scenario::new("a call", Request::post("/v1/chat/completions", KEY, body)));
    attempt::ordered().iter().for_each(try_any_order);
}

fn try_any_order(scenario: &Scenario) {
    const CALLBACKS: [Callback; 9] = [
        Callback::RequestHeaders(false),
        Callback::RequestHeaders(true),
        Callback::RequestBody(32, false),
        Callback::RequestBody(32, true),
        Callback::RequestTrailers,
        Callback::ResponseHeaders(false),
        Callback::ResponseBody(7, false),
        Callback::ResponseBody(0, true),
        Callback::ResponseTrailers,
    ];
    let Scenario { name, role, request, .. } = scenario;
    let mut vm = role.vm().unwrap();
    let mut orders = vec![Vec::new()];
    let mut at = 0;
    while at < orders.len() {
        let order: Vec<Callback> = orders[at].clone();
        at += 1;
        let mut stream = scenario.stream();
        stream.request_body = request.body.concat();
        stream.response_headers = request.answer_headers.clone();
        stream.response_body = b"{\"a\":1}".to_vec();
        let context = vm.open(stream).unwrap();
        for callback in &order {
            vm.callback(context, *callback)
                .unwrap_or_else(|trap| panic!("{name}, {order:?}: {trap}"));
        }
        vm.close(context).unwrap_or_else(|trap| panic!("{name}, {order:?}: {trap}"));
        verdict::check_told(&vm).unwrap_or_else(|wrong| panic!("{name}, {order:?}: {wrong}"));
        vm.host_mut().streams.clear();
        vm.host_mut().log.clear();
        vm.host_mut().shared.clear();
        if order.len() < if full() { 4 } else { 3 } {
            orders.extend(CALLBACKS.iter().map(|callback| [&order[..], &[*callback]].concat()));
        }
    }
    println!("{role:?}: {} orders of callbacks", orders.len());
    assert_usual(*role, &mut vm);
}

/// Streams run beside one another, and none of them knows of the others.
#[test]
fn interleaved_streams_do_not_disturb_each_other() {
    let mut vm = catalogue::vm().unwrap();
    let call = |model: &str, key: &str| {
        let body = format!(r#"{{"model": "{model}", "x": "{key}"}}"#);
        Request::post("/v1/embeddings", KEY, body.as_bytes()).in_frames(body.len().div_ceil(3))
    };
    let requests = [call("one/x", "first"), call("big", "second"), call("nothing", "third")];
    let expected = requests.each_ref().map(|request| vm.exchange(request).unwrap());
    // Each stream has four events: its headers and three frames.
    let mut merged = 0;
    for turns in merges([4, 4, 4]) {
        let contexts = requests
            .each_ref()
            .map(|request| vm.open(Stream::new(request.headers.clone())).unwrap());
        let mut done = [0; 3];
        for turn in &turns {
            let (context, request) = (contexts[*turn], &requests[*turn]);
            match done[*turn] {
                0 => vm.request_headers(context, false).unwrap(),
                frame => vm.request_body(context, &request.body[frame - 1], frame == 3).unwrap(),
            }
            done[*turn] += 1;
        }
        for (context, expected) in contexts.into_iter().zip(&expected) {
            vm.close(context).unwrap();
            let stream = vm.host_mut().streams.remove(&context).unwrap();
            assert_eq!(
                (&stream.sent, stream.replies.first()),
                (&expected.sent, expected.reply.as_ref()),
                "{turns:?}"
            );
        }
        merged += 1;
    }
    println!("{merged} ways in which three streams interleave");
}

/// The orders in which so many turns can be taken; of the many that there are, a few.
fn merges(turns: [usize; 3]) -> impl Iterator<Item = Vec<usize>> {
    let mut all = vec![(Vec::new(), turns)];
    let mut whole = Vec::new();
    while let Some((taken, left)) = all.pop() {
        if left == [0; 3] {
            whole.push(taken);
            continue;
        }
        for turn in (0..3).filter(|turn| left[*turn] > 0) {
            let mut left = left;
            left[turn] -= 1;
            all.push(([&taken[..], &[turn]].concat(), left));
        }
    }
    whole.into_iter().step_by(if full() { 7 } else { 139 })
}

/// Whether there is time for more orders: then `ABI_FULL` is in the environment.
fn full() -> bool {
    env::var_os("ABI_FULL").is_some()
}

fn assert_usual(role: Role, vm: &mut Vm) {
    let fresh = role.usual(&mut role.vm().unwrap()).unwrap();
    assert!(fresh.0.is_some(), "{fresh:?}");
    assert_eq!(role.usual(vm).unwrap(), fresh);
}
