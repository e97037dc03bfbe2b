//! The ways of an attempt through the filter in a pool, from the outside.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::catalogue::{self, KEY};
use crate::host::{Fields, Request, Vm};
use crate::role::Role;
use crate::scenario::{self, Scenario};

/// Where Envoy tells whose the endpoint is.
pub const PROVIDER: &str = "xds/upstream_host_metadata/filter_metadata/llm_router/provider";

const BODY: &[u8] = br#"{"messages": [{"role": "user", "content": "hello"}], "model": "pair"}"#;
const CONTEXT: &str = "llm_router.failover_context";
const ATTEMPT: &str = "llm_router.attempt";
/// The client has left: a bit of the response flags.
const LEFT: u64 = 0x4000;
/// A circuit breaker was full: another one.
const OVERFLOWED: u64 = 0x80;

/// A request as another filter has left it: its header fields, and what else Envoy keeps of it.
#[derive(Clone)]
struct Left {
    headers: Fields,
    filter_state: BTreeMap<String, Vec<u8>>,
}

/// One at which nothing is special.
pub fn usual() -> Scenario {
    first("a first attempt", "one")
}

/// One for which Envoy has chosen no endpoint.
pub fn without_endpoint() -> Scenario {
    of("an endpoint that names no provider", handed_over(), None)
}

/// One that a full circuit breaker has refused a connection. Envoy before 1.40 begins it all the same.
pub fn refused_by_breaker() -> Scenario {
    let mut refused = named("a full circuit breaker", without_endpoint());
    refused.properties.push(("response/flags", OVERFLOWED.to_le_bytes().to_vec()));
    refused
}

/// All of them.
pub fn all() -> Vec<Scenario> {
    let mut all = vec![
        usual(),
        framed("a body in frames", usual(), 20),
        first("the other provider", "two"),
        of("another provider after a failure", after_a_failure(), Some("two")),
        of("the same provider once more", after_a_failure(), Some("one")),
        without_endpoint(),
        refused_by_breaker(),
        of("an endpoint that names an unknown provider", handed_over(), Some("three")),
        of("an attempt while one is under way", under_way(), Some("two")),
        without(CONTEXT, first("no failover context", "one")),
        with(CONTEXT, br#"{"version": 3}"#, first("a failover context of another version", "one")),
        with(ATTEMPT, b"\xff", first("a state that is no text", "one")),
    ];

    let deep = scenario::deep("pair");
    let Left { headers, filter_state } = hand_over(deep.clone());
    all.push(Scenario {
        filter_state,
        request: Request { headers, ..deep },
        ..named("a model deep in a large body", usual())
    });

    let mut trailers = framed("trailers", usual(), 30);
    trailers.request.trailers = true;
    all.push(trailers);
    let mut empty = named("an empty last frame", usual());
    empty.request.body.push(Vec::new());
    all.push(empty);
    let mut none = named("no body", usual());
    none.request.body.clear();
    all.push(none);
    let mut longer = framed("a body that somebody has changed", usual(), 30);
    longer.request.headers.retain(|(name, _)| name != b"content-length");
    longer.request.body.push(b" ".to_vec());
    all.push(longer);

    for (name, status) in [("a provider at its limit", "429"), ("a refused credential", "401")] {
        let mut failed = named(name, usual());
        failed.request.answer_headers[0].1 = status.into();
        failed.request.answer_headers.push((b"retry-after".to_vec(), b"60".to_vec()));
        all.push(failed);
    }
    for (name, flags, frames) in [
        ("a provider that never answers", 0, 4),
        ("a client that leaves", LEFT, 4),
        ("a client that leaves in the middle", LEFT, 1),
    ] {
        let mut ended = framed(name, usual(), 20);
        ended.gone_after = Some(frames);
        ended.properties.push(("response/flags", flags.to_le_bytes().to_vec()));
        all.push(ended);
    }
    all
}

/// Those whose callbacks may come in any order.
pub fn ordered() -> Vec<Scenario> {
    vec![
        usual(),
        of("another provider after a failure", after_a_failure(), Some("two")),
        without(CONTEXT, first("no failover context", "one")),
    ]
}

fn first(name: &'static str, provider: &'static str) -> Scenario {
    of(name, handed_over(), Some(provider))
}

/// An attempt at an endpoint of this provider.
fn of(name: &'static str, left: Left, provider: Option<&'static str>) -> Scenario {
    let request = Request { headers: left.headers, ..Request::post("/", KEY, BODY) };
    let properties = provider.map(|provider| (PROVIDER, provider.into())).into_iter().collect();
    Scenario {
        role: Role::Pool,
        properties,
        filter_state: left.filter_state,
        ..Scenario::new(name, request)
    }
}

fn named(name: &'static str, scenario: Scenario) -> Scenario {
    Scenario { name, ..scenario }
}

fn framed(name: &'static str, scenario: Scenario, size: usize) -> Scenario {
    Scenario { name, request: scenario.request.in_frames(size), ..scenario }
}

fn with(state: &str, value: &[u8], mut scenario: Scenario) -> Scenario {
    scenario.filter_state.insert(state.to_owned(), value.to_vec());
    scenario
}

fn without(state: &str, mut scenario: Scenario) -> Scenario {
    scenario.filter_state.remove(state).expect(state);
    scenario
}

/// The request, as the filter in the listener hands it over.
fn handed_over() -> Left {
    static LEFT: OnceLock<Left> = OnceLock::new();
    LEFT.get_or_init(|| hand_over(Request::post("/v1/chat/completions", KEY, BODY))).clone()
}

/// Such a request and its answer at the listener, of which the pool has left who was tried.
pub fn at_listener() -> Scenario {
    let request = Request::post("/v1/chat/completions", KEY, BODY);
    let mut pooled = Scenario::new("to a pool", request);
    pooled.properties.push(("response/code_details", b"via_upstream".to_vec()));
    pooled.filter_state.insert("llm_router.providers_tried".into(), b"one".to_vec());
    pooled
}

fn hand_over(request: Request) -> Left {
    let mut vm = catalogue::vm().expect("a VM");
    let left = left_by(&mut vm, &Scenario::new("to a pool", request));
    assert!(
        left.headers.iter().any(|(name, _)| name == b"x-llm-router-pool"),
        "{:?}",
        left.headers
    );
    left
}

/// The request, as an attempt leaves it that the provider refused.
fn after_a_failure() -> Left {
    let mut failed = usual();
    failed.request.answer_headers[0].1 = b"503".to_vec();
    left_by(&mut catalogue::vm_of_pool().expect("a VM"), &failed)
}

/// The request, as it is while an attempt is under way.
fn under_way() -> Left {
    let mut vm = catalogue::vm_of_pool().expect("a VM");
    let context = vm.open(usual().stream()).expect("a stream");
    vm.request_headers(context, false).expect("its headers");
    let stream = vm.host_mut().streams.remove(&context).expect("the stream");
    Left { headers: stream.request_headers, filter_state: stream.filter_state }
}

fn left_by(vm: &mut Vm, scenario: &Scenario) -> Left {
    let context = scenario.play(vm).expect("it is played");
    let stream = vm.host_mut().streams.remove(&context).expect("the stream");
    Left { headers: stream.sent.expect("sent on").headers, filter_state: stream.filter_state }
}
