//! Uploads that are never finished, by one who has a key, at the gateway as envoy/envoy.yaml makes it.

use crate::harness::client::unique_test_id;
use crate::harness::gateway::Watched;
use crate::harness::provider::TEST_ID;
use crate::harness::shipped::{self, Upstream};
use crate::harness::{Call, Gateway};
use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use hyper::client::conn::http2;
use hyper::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// How many there are at once, and how many bytes of each are sent: 810 MB in all.
const UPLOADS: usize = 90;
const LENGTH: usize = 9_000_000;
const PIECE: usize = 256 << 10;
const PAUSE: Duration = Duration::from_millis(80);

/// How long they go on: each that is ended begins anew.
const LASTING: Duration = Duration::from_secs(6);

/// What the example lets Envoy have, its virtual machines apart; and how much may arrive before it looks again.
const HEAP: u64 = 512 << 20;
const SLACK: u64 = 96 << 20;

/// Of a hundred requests of others, so many must be served.
const SERVED: usize = 80;

const CLUSTERS: [&str; 5] = ["anthropic", "bedrock", "cerebras", "groq", "openai"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unfinished_uploads_on_one_connection_do_not_grow_beyond_the_shipped_ceiling() {
    let gateway =
        Arc::new(Gateway::own(&CLUSTERS, shipped::example("envoy.yaml", Upstream::Http1)));
    let to = gateway.listener("llm");
    let connection = connect(to).await;
    attack(&gateway, "one connection", || {
        let connection = connection.clone();
        async move { unfinished_http2(connection).await }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unfinished_uploads_on_many_connections_do_not_grow_beyond_the_shipped_ceiling() {
    let gateway =
        Arc::new(Gateway::own(&CLUSTERS, shipped::example("envoy.yaml", Upstream::Http1)));
    let to = gateway.listener("llm");
    attack(&gateway, "as many connections", || async move { unfinished_http1(to).await }).await;
}

/// Uploads at once, each again and again; and what others meet meanwhile.
async fn attack<F>(gateway: &Arc<Watched>, how: &str, upload: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    assert_eq!(ask(gateway).await, 200);
    let before = gateway.envoy().memory();
    let mut most = before;
    let started = Instant::now();
    let mut uploads = JoinSet::new();
    (0..UPLOADS).for_each(|_| drop(uploads.spawn(upload())));
    let (mut ended, mut others, mut served) = (0, 0, 0);
    while started.elapsed() < LASTING {
        while uploads.try_join_next().is_some() {
            ended += 1;
            uploads.spawn(upload());
        }
        let now = gateway.envoy().memory();
        most.resident = most.resident.max(now.resident);
        most.guests = most.guests.max(now.guests);
        others += 1;
        served += usize::from(ask(gateway).await == 200);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    println!(
        "unfinished uploads, {how}: {UPLOADS} at once of {LENGTH} bytes, {ended} ended by Envoy; of {others} other requests \
         {served} served; Envoy's memory {before} before, {most} at most"
    );
    assert!(most.resident < before.resident + HEAP + SLACK, "{most}");
    assert!(ended > 0, "nobody ended any of them");
    assert!(100 * served >= SERVED * others, "others are not served");
}

/// A small request of another caller's.
async fn ask(gateway: &Gateway) -> u16 {
    let call = Call::chat("gpt-6-sol").key(&shipped::value_of("RESEARCH_VIRTUAL_KEY"));
    gateway.send_to("llm", call).await.status
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

async fn connect(to: SocketAddr) -> http2::SendRequest<Body> {
    let io = TokioIo::new(TcpStream::connect(to).await.unwrap());
    let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// Ends when Envoy ends it.
async fn unfinished_http2(mut connection: http2::SendRequest<Body>) {
    let (pieces, body) = mpsc::channel::<Bytes>(1);
    let body = futures_util::stream::unfold(body, |mut body| async move {
        let piece = body.recv().await?;
        Some((Ok(Frame::data(piece)), body))
    });
    let request = Request::post("http://gateway.example/v1/chat/completions")
        .header("authorization", format!("Bearer {}", shipped::value_of("RESEARCH_VIRTUAL_KEY")))
        .header("content-type", "application/json")
        .header(TEST_ID, unique_test_id())
        .body(BodyExt::boxed_unsync(StreamBody::new(body)))
        .unwrap();
    connection.ready().await.unwrap();
    let answer = connection.send_request(request);
    let feed = async move {
        for piece in filling() {
            if pieces.send(piece).await.is_err() {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        pieces.closed().await;
    };
    tokio::select! {
        _ = answer => {}
        () = feed => {}
    }
}

async fn unfinished_http1(to: SocketAddr) {
    let mut stream = TcpStream::connect(to).await.unwrap();
    let key = shipped::value_of("RESEARCH_VIRTUAL_KEY");
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: gateway.example\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        LENGTH + 1
    );
    let mut sent = stream.write_all(head.as_bytes()).await;
    for piece in filling() {
        if sent.is_err() {
            return;
        }
        sent = stream.write_all(&piece).await;
        tokio::time::sleep(PAUSE).await;
    }
    let mut answer = String::new();
    let _ = tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer).await;
}

fn filling() -> impl Iterator<Item = Bytes> {
    let open = Bytes::from_static(br#"{"messages":[""#);
    let piece = Bytes::from(vec![b'x'; PIECE]);
    std::iter::once(open).chain(std::iter::repeat_n(piece, LENGTH / PIECE))
}
