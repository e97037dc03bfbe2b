//! Every row of `tests/vectors.json`, through Envoy: a listener for each configuration, judged by what
//! the provider received or the client read.

use crate::harness::bootstrap::{Bootstrap, Listener, SITE};
use crate::harness::client::Frames;
use crate::harness::http3::{self, Http3};
use crate::harness::{Call, Exchange, Gateway, RawRequest, Received};
use crate::vectors::{End, Judge, Outcome, Reply, Request, Upstream, Vectors};
use hyper::header::{HeaderName, HeaderValue};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How many rows are under way at once.
const AT_ONCE: usize = 24;

#[tokio::test]
async fn every_vector_holds_in_envoy_over_http1() {
    replay_all(Listener::new, Client::RawHttp1).await;
}

#[tokio::test]
async fn every_vector_holds_in_envoy_over_http2_with_its_configuration_as_a_struct() {
    replay_all(Listener::of_struct, Client::Http2).await;
}

#[tokio::test]
async fn every_vector_holds_in_envoy_over_http3() {
    let certificate = TempDir::new().unwrap();
    http3::write_certificate(certificate.path());
    let listener = |name: &str, plugin: &Value| {
        Listener::new(name, plugin).over_http3(certificate.path().to_owned())
    };
    replay_all(listener, Client::Http3).await;
}

/// Whose requests Envoy gets.
#[derive(Clone, Copy)]
enum Client {
    /// Names, order and number of the headers are the row's.
    RawHttp1,
    Http2,
    Http3,
}

impl Client {
    /// Envoy calls WebSockets over HTTP/3 (RFC 9220) unfinished, and its HTTP/3 takes no header byte beyond ASCII: it
    /// closes the connection. Neither ever comes to the filter.
    fn can_make(self, request: &Request) -> bool {
        let upgrades = request.values("upgrade").next().is_some();
        let is_ascii = request.headers.iter().all(|(_, value)| value.is_ascii());
        !matches!(self, Self::Http3) || (is_ascii && !upgrades)
    }
}

async fn replay_all(listener: impl Fn(&str, &Value) -> Listener, client: Client) {
    let mut vectors = Vectors::load();
    for group in &mut vectors.requests {
        group.rows.retain(|case| client.can_make(&case.request()));
    }
    let gateway = Arc::new(Gateway::own(&clusters(&vectors), bootstrap(&vectors, listener)));
    let rows: Vec<_> = vectors.rows().collect();
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let http3 = matches!(client, Client::Http3).then(Http3::start).map(Arc::new);
    let mut replays = JoinSet::new();
    for (index, row) in rows.iter().enumerate() {
        let (gateway, room, http3) = (gateway.clone(), room.clone(), http3.clone());
        let (listener, request) = (row.group.configuration.clone(), row.case.request());
        replays.spawn(async move {
            let _room = room.acquire().await;
            let exchange = match client {
                Client::RawHttp1 => over_http1(&request).send(&gateway, &listener).await,
                Client::Http2 => gateway.send_to(&listener, over_http2(&request)).await,
                Client::Http3 => {
                    let (client, call) = (http3.expect("a client"), over_http2(&request));
                    gateway.send_over_http3(&client, &listener, call).await
                }
            };
            let filter_state = Some(filter_state(&gateway, &exchange.test_id).await);
            (index, Outcome { end: end(&request, exchange), filter_state })
        });
    }
    let mut judge = Judge::new(&vectors);
    let mut judged = 0;
    while let Some(replayed) = replays.join_next().await {
        // A row whose request broke off is one that the judge never saw, and says so.
        let Ok((index, outcome)) = replayed else { continue };
        judge.request(&rows[index], &rows[index].case.request(), &outcome);
        judged += 1;
    }
    judge.conclude();
    assert_eq!(judged, rows.len());
}

fn clusters(vectors: &Vectors) -> Vec<&str> {
    let named: BTreeSet<&str> = vectors
        .configurations
        .values()
        .filter_map(|plugin| plugin["providers"].as_object())
        .flat_map(|providers| providers.values())
        .filter_map(|provider| provider["cluster"].as_str())
        .collect();
    named.into_iter().chain([SITE]).collect()
}

fn bootstrap(vectors: &Vectors, listener: impl Fn(&str, &Value) -> Listener) -> Bootstrap {
    let configurations = vectors.configurations.iter();
    Bootstrap {
        listeners: configurations.map(|(name, plugin)| listener(name, plugin)).collect(),
        environment: vectors.environment.clone(),
        ..Bootstrap::default()
    }
}

/// The request as it is; a body without a length is chunked.
fn over_http1(request: &Request) -> RawRequest {
    let Request { method, path, authority, headers, body } = request;
    let fields: Vec<_> = headers
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"))
        .map(|(name, value)| (name.as_str(), value.as_slice()))
        .chain([("Host", authority.as_bytes())])
        .collect();
    let raw = RawRequest::new(&format!("{method} {path}")).fields(&fields);
    match has_length(request) {
        true => raw.body(body),
        false => raw.chunks(body, 64),
    }
}

fn over_http2(request: &Request) -> Call {
    let Request { method, path, authority, headers, body } = request;
    let body = match has_length(request) {
        true => Frames::whole(body.clone().into()),
        false => Frames::pieces(body, 64),
    };
    let call = Call::new(method, path).authority(authority).body(body).http2();
    headers.iter().fold(call, |call, (name, value)| call.header(name, value.as_slice()))
}

fn has_length(request: &Request) -> bool {
    request.body.is_empty() || request.values("content-length").next().is_some()
}

fn end(request: &Request, exchange: Exchange) -> End {
    match exchange.upstream.as_slice() {
        [] => End::Reply(Reply {
            status: exchange.status,
            headers: exchange.headers.iter().map(pair).collect(),
            body: exchange.body.to_vec(),
        }),
        [received] => End::Upstream(arrived(request, received)),
        several => panic!("sent upstream more than once: {several:?}"),
    }
}

fn arrived(request: &Request, received: &Received) -> Upstream {
    let clusters = Some(received.cluster.clone()).filter(|cluster| cluster != SITE);
    let headers = received.headers.iter().filter(|(name, _)| name != "host");
    let headers = headers.map(|(name, value)| (name.clone(), as_asked(request, name, value)));
    Upstream {
        clusters: clusters.into_iter().collect(),
        path: received.path.clone(),
        authority: received.authority.clone(),
        headers: headers.collect(),
        body: received.body.to_vec(),
        edits: None,
    }
}

/// An upgrade is asked for from hop to hop, in words of which the case does not matter: over HTTP/2
/// in none at all.
fn as_asked(request: &Request, name: &str, value: &[u8]) -> Vec<u8> {
    let asked = request.values(name).next().unwrap_or_default();
    let of_hop = matches!(name, "connection" | "upgrade");
    if of_hop && asked.eq_ignore_ascii_case(value) { asked } else { value }.to_vec()
}

async fn filter_state(gateway: &Gateway, test_id: &str) -> BTreeMap<String, String> {
    let entry = gateway.access_log(test_id).await;
    let members = entry.as_object().cloned().unwrap_or_default();
    let text = |(name, value): (String, Value)| Some((name, value.as_str()?.to_owned()));
    members.into_iter().filter_map(text).collect()
}

fn pair((name, value): (&HeaderName, &HeaderValue)) -> (String, Vec<u8>) {
    (name.to_string(), value.as_bytes().to_vec())
}
