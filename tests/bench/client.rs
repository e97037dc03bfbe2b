//! The client: a few connections, each of which sends its next request when the last is answered.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::join_all;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::configuration::VIRTUAL_KEY;
use crate::upstream::{Echo, ECHO, ECHOED_CREDENTIAL};

/// How many requests are under way at once.
pub const CONNECTIONS: usize = 4;

pub struct Client {
    connections: Vec<SendRequest<Full<Bytes>>>,
}

/// What came of a while of requests.
pub struct Load {
    pub lasted: Duration,
    /// How long each request took, the shortest first.
    pub latencies: Vec<Duration>,
}

impl Client {
    pub async fn connect(gateway: SocketAddr) -> Self {
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS {
            let stream = TcpStream::connect(gateway).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            connections.push(sender);
        }
        Self { connections }
    }

    /// Sends requests with this body for a while; when it returns, none is under way.
    pub async fn send(&mut self, body: &Bytes, lasting: Duration) -> Load {
        let started = Instant::now();
        let end = started + lasting;
        let each = self.connections.iter_mut().map(|connection| one_by_one(connection, body, end));
        let mut latencies = join_all(each).await.concat();
        let lasted = started.elapsed();
        latencies.sort_unstable();
        Load { lasted, latencies }
    }

    /// Sends one request.
    pub async fn ask(&mut self, body: &Bytes) {
        call(&mut self.connections[0], request(body)).await.into_body().collect().await.unwrap();
    }

    /// Sends one request, for what the upstream receives of it.
    pub async fn echo(&mut self, body: &Bytes) -> Echo {
        let mut request = request(body);
        request.headers_mut().insert(ECHO, "yes".parse().unwrap());
        let response = call(&mut self.connections[0], request).await;
        let credential = response.headers().get(ECHOED_CREDENTIAL);
        let credential = credential.map_or("", |value| value.to_str().unwrap()).to_owned();
        Echo { credential, body: response.into_body().collect().await.unwrap().to_bytes() }
    }
}

async fn one_by_one(
    connection: &mut SendRequest<Full<Bytes>>,
    body: &Bytes,
    end: Instant,
) -> Vec<Duration> {
    let mut latencies = Vec::new();
    loop {
        let sent = Instant::now();
        let mut answer = call(connection, request(body)).await.into_body();
        while let Some(frame) = answer.frame().await {
            frame.unwrap();
        }
        let answered = Instant::now();
        latencies.push(answered - sent);
        if answered >= end {
            return latencies;
        }
    }
}

async fn call(
    connection: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Response<Incoming> {
    connection.ready().await.unwrap();
    let response = connection.send_request(request).await.unwrap();
    if response.status() != StatusCode::OK {
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        panic!("a request was answered with {status}: {}", String::from_utf8_lossy(&body));
    }
    response
}

/// With the headers of OpenAI's Python SDK.
fn request(body: &Bytes) -> Request<Full<Bytes>> {
    Request::post("/v1/chat/completions")
        .header(HOST, "127.0.0.1")
        .header("accept-encoding", "gzip, deflate, br, zstd")
        .header("accept", "application/json")
        .header(CONTENT_TYPE, "application/json")
        .header("user-agent", "OpenAI/Python 3.54.0")
        .header("x-stainless-lang", "python")
        .header("x-stainless-package-version", "3.54.0")
        .header("x-stainless-os", "Linux")
        .header("x-stainless-arch", "x64")
        .header("x-stainless-runtime", "CPython")
        .header("x-stainless-runtime-version", "3.11.15")
        .header("x-stainless-async", "false")
        .header("x-stainless-retry-count", "0")
        .header("x-stainless-read-timeout", "600")
        .header(AUTHORIZATION, format!("Bearer {VIRTUAL_KEY}"))
        .body(Full::new(body.clone()))
        .unwrap()
}
