//! Uploads that come so slowly that ten thousand of them are open at once.

use super::{gateway, Bystanders};
use crate::harness::catalogue::{credential, RED};
use crate::harness::client::unique_test_id;
use crate::harness::gateway::Watched;
use crate::harness::provider::TEST_ID;
use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use hyper::client::conn::http2;
use hyper::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How many there are, unless `SLOW_UPLOADS` says otherwise.
const UPLOADS: usize = 500;

/// How many share a connection.
const ON_EACH: usize = 100;

/// Each comes in so many pieces, for so long in all; the last takes twice as long as the first, since not all are to
/// end at once.
const PIECES: u32 = 10;
const SECONDS: f64 = 1.5;

/// What the filter may take of its machines' memory for one of them, in bytes, and for what goes on beside.
const SHARE_OF_GUESTS: u64 = 32 << 10;
const SLACK_OF_GUESTS: u64 = 8 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_uploads_are_all_served_and_hold_up_nobody_else() {
    let given = std::env::var("SLOW_UPLOADS").map(|number| number.parse().unwrap());
    let uploads: usize = given.unwrap_or(UPLOADS);
    // More of them take longer to begin: the last begins before the first ends.
    let share = uploads as f64 / UPLOADS as f64;
    let lasting = Duration::from_secs_f64(SECONDS * if share > 1.0 { 2.0 * share } else { 1.0 });
    let gateway = gateway();
    let before = gateway.envoy().memory();
    let started = Instant::now();
    let mut requests = JoinSet::new();
    let (all_open, may_end) = watch::channel(false);
    for first in (0..uploads).step_by(ON_EACH) {
        let connection = connect(gateway.listener("main")).await;
        for number in first..(first + ON_EACH).min(uploads) {
            let lasting = lasting.mul_f64(1.0 + number as f64 / uploads as f64);
            let body = trickle(body(number), lasting, may_end.clone());
            requests.spawn(upload(gateway.clone(), connection.clone(), number, body));
        }
    }
    let bystanders = Bystanders::of(&gateway);
    gateway.until_active(uploads, Duration::from_secs(60) + 2 * lasting).await;
    let open = gateway.active().await;
    let during = gateway.envoy().memory();
    all_open.send(true).unwrap();
    let mut served = 0;
    while let Some(request) = requests.join_next().await {
        request.unwrap();
        served += 1;
    }
    let others = bystanders.all_well().await;
    assert_eq!(served, uploads);
    println!(
        "slow uploads: {served} served in {:.1} s, {open} requests open at once; {others} other requests meanwhile, \
         none wrong; Envoy's memory {before} before, {during} during, {} after",
        started.elapsed().as_secs_f64(),
        gateway.envoy().memory(),
    );
    let most = before.guests + SHARE_OF_GUESTS * uploads as u64 + SLACK_OF_GUESTS;
    assert!(during.guests < most, "the virtual machines grow to {during}");
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

async fn connect(to: SocketAddr) -> http2::SendRequest<Body> {
    let io = TokioIo::new(TcpStream::connect(to).await.unwrap());
    let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn model(number: usize) -> String {
    format!("m-{number}")
}

fn body(number: usize) -> Vec<u8> {
    let model = format!("groq/{}", model(number));
    json!({"messages": ["x".repeat(1_000)], "model": model}).to_string().into_bytes()
}

/// One upload, and what became of it.
async fn upload(
    gateway: Arc<Watched>,
    mut connection: http2::SendRequest<Body>,
    number: usize,
    body: Body,
) {
    let model = model(number);
    let test_id = unique_test_id();
    let request = Request::post("http://gateway.example/v1/chat/completions")
        .header("authorization", format!("Bearer {RED}"))
        .header("content-type", "application/json")
        .header(TEST_ID, &test_id)
        .body(body)
        .unwrap();
    connection.ready().await.unwrap();
    let answer = connection.send_request(request).await.unwrap();
    assert_eq!(answer.status(), 200, "{number}");
    let body = answer.collect().await.unwrap().to_bytes();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["model"], model);
    let [received] = &gateway.received(&test_id)[..] else { panic!("{number} was not sent once") };
    assert_eq!(received.model(), model);
    let bearer = format!("Bearer {}", credential("groq", "red"));
    assert_eq!(received.header("authorization"), Some(&*bearer));
}

/// A body in pieces, evenly over some time; the last comes once it may.
fn trickle(body: Vec<u8>, lasting: Duration, may_end: watch::Receiver<bool>) -> Body {
    let size = body.len().div_ceil(PIECES as usize);
    let pieces: Vec<_> = body.chunks(size).map(Bytes::copy_from_slice).collect();
    let pause = lasting / PIECES;
    let state = (pieces.into_iter(), may_end);
    let stream = futures_util::stream::unfold(state, move |(mut pieces, mut may_end)| async move {
        let piece = pieces.next()?;
        tokio::time::sleep(pause).await;
        if pieces.len() == 0 {
            may_end.wait_for(|all_open| *all_open).await.unwrap();
        }
        Some((Ok(Frame::data(piece)), (pieces, may_end)))
    });
    BodyExt::boxed_unsync(StreamBody::new(stream))
}
