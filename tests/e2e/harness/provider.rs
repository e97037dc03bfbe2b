//! Providers that answer like the real ones and record what they were sent, byte for byte.

use super::answers::{self, FAIL_WITH, HANG_UP, SAY_NOTHING};
use super::bootstrap::UNREACHABLE;
use super::fault::Fault;
use super::live::{LiveAnswer, LiveBody};
use super::{transcript, websocket};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// The header by which a provider tells one test's requests from another's.
pub const TEST_ID: &str = "x-test-id";

/// One request as a provider saw it.
#[derive(Clone, Debug)]
pub struct Received {
    /// The cluster whose endpoint it reached.
    pub cluster: String,
    pub method: String,
    /// Path and query.
    pub path: String,
    pub authority: String,
    /// Names are in lower case, values as sent; repeated headers are repeated.
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Bytes,
    pub trailers: Vec<(String, Vec<u8>)>,
    /// Whether the body arrived to its end.
    pub complete: bool,
}

impl Received {
    /// Every value of a header.
    pub fn all(&self, name: &str) -> Vec<&[u8]> {
        self.headers.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_slice()).collect()
    }

    /// The only value of a header, or none. Fails where it is repeated or not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let values = self.all(name);
        assert!(values.len() <= 1, "{name} arrived {} times", values.len());
        values.first().map(|value| std::str::from_utf8(value).unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body upstream")
    }

    pub fn model(&self) -> String {
        self.json()["model"].as_str().expect("a model upstream").to_owned()
    }

    /// The body is framed by its own length, or by chunks, and never by both.
    pub fn assert_framed_exactly(&self) {
        assert!(self.complete, "the body broke off");
        match self.header("content-length") {
            Some(length) => assert_eq!(length, self.body.len().to_string(), "content-length"),
            None => assert!(self.header("transfer-encoding").is_none_or(|te| te == "chunked")),
        }
    }
}

/// One listening endpoint for each cluster, and one record for all of them.
pub struct Providers {
    addresses: BTreeMap<String, SocketAddr>,
    record: Arc<Record>,
    /// Keeps the address at which nobody listens from everybody else.
    _unreachable: TcpSocket,
}

#[derive(Default)]
struct Record {
    received: Mutex<HashMap<String, Vec<Received>>>,
    /// The answers that tests give themselves.
    live: Mutex<HashMap<String, LiveBody>>,
}

type Answer = Response<Either<Full<Bytes>, LiveBody>>;

impl Providers {
    /// Listens for each of the clusters; must be called inside a runtime, which serves them.
    pub async fn listen(clusters: impl IntoIterator<Item = &str>) -> Self {
        let record = Arc::<Record>::default();
        let mut addresses = BTreeMap::new();
        for cluster in clusters {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            addresses.insert(cluster.to_owned(), listener.local_addr().unwrap());
            tokio::spawn(serve(cluster.into(), listener, record.clone()));
        }
        let unreachable = TcpSocket::new_v4().unwrap();
        unreachable.bind(([127, 0, 0, 1], 0).into()).unwrap();
        addresses.insert(UNREACHABLE.to_owned(), unreachable.local_addr().unwrap());
        Self { addresses, record, _unreachable: unreachable }
    }

    pub fn addresses(&self) -> &BTreeMap<String, SocketAddr> {
        &self.addresses
    }

    /// What the providers were sent under this test id so far.
    pub fn received(&self, test_id: &str) -> Vec<Received> {
        self.record.received.lock().unwrap().get(test_id).cloned().unwrap_or_default()
    }

    /// Likewise, and forgets it.
    pub fn take_received(&self, test_id: &str) -> Vec<Received> {
        self.record.received.lock().unwrap().remove(test_id).unwrap_or_default()
    }

    /// Answers the next request under this test id as the caller says it: by a stream of events, or by JSON of this length.
    pub fn answer_live(&self, test_id: &str, length: Option<u64>) -> LiveAnswer {
        let (answer, body) = LiveAnswer::new(length);
        self.record.live.lock().unwrap().insert(test_id.to_owned(), body);
        answer
    }
}

async fn serve(cluster: Arc<str>, listener: TcpListener, record: Arc<Record>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve_connection(cluster.clone(), stream, record.clone()));
    }
}

async fn serve_connection(cluster: Arc<str>, stream: TcpStream, record: Arc<Record>) {
    let service = service_fn(move |request| {
        let (cluster, record) = (cluster.clone(), record.clone());
        async move { receive(&cluster, request, &record).await }
    });
    // Envoy closes its connections as it likes; what a test needs is in the record.
    let _ = auto::Builder::new(TokioExecutor::new())
        .serve_connection_with_upgrades(TokioIo::new(stream), service)
        .await;
}

async fn receive(
    cluster: &str,
    mut request: Request<Incoming>,
    record: &Record,
) -> Result<Answer, HungUp> {
    let upgraded = websocket::is_asked_for(&request).then(|| websocket::accept(&mut request));
    let received = read(cluster, request).await;
    let test_id = received.header(TEST_ID).unwrap_or_default().to_owned();
    let fault = Fault::of(&received);
    let failure = received.header(FAIL_WITH).map(str::to_owned);
    let (hangs_up, says_nothing) = (
        failure.as_deref() == Some(HANG_UP) || fault == Some(Fault::HangUp),
        failure.as_deref() == Some(SAY_NOTHING) || fault == Some(Fault::Hang),
    );
    // An answer that a test gives itself is for the provider that does answer.
    let live = fault.is_none().then(|| record.live.lock().unwrap().remove(&test_id)).flatten();
    let answer = match (upgraded, live) {
        _ if hangs_up => Err(HungUp),
        (Some(accepted), _) => Ok(accepted.map(Either::Left)),
        (None, Some(live)) => Ok(live.answer().map(Either::Right)),
        // Of an answer that is never given there is nothing to make up.
        (None, None) if says_nothing => Err(HungUp),
        (None, None) => Ok(answers::answer(&received).map(Either::Left)),
    };
    transcript::keep_received(&received);
    record.received.lock().unwrap().entry(test_id).or_default().push(received);
    if says_nothing {
        return std::future::pending().await;
    }
    answer
}

/// A provider that closes the connection instead of giving an answer.
#[derive(Debug, thiserror::Error)]
#[error("hung up")]
struct HungUp;

async fn read(cluster: &str, request: Request<Incoming>) -> Received {
    let (head, mut incoming) = request.into_parts();
    let mut body = BytesMut::new();
    let mut trailers = Vec::new();
    let mut complete = true;
    while let Some(frame) = incoming.frame().await {
        let Ok(frame) = frame else {
            complete = false;
            break;
        };
        match frame.into_data() {
            Ok(data) => body.extend_from_slice(&data),
            Err(frame) => {
                trailers = frame.into_trailers().map(|map| pairs(&map)).unwrap_or_default()
            }
        }
    }
    let host = head.headers.get("host").and_then(|host| host.to_str().ok());
    Received {
        cluster: cluster.to_owned(),
        method: head.method.to_string(),
        path: head.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        authority: head.uri.authority().map_or(host.unwrap_or_default(), |a| a.as_str()).to_owned(),
        headers: pairs(&head.headers),
        body: body.freeze(),
        trailers,
        complete,
    }
}

fn pairs(map: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    map.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
}
