//! Providers that answer like the real ones and record what they were sent, byte for byte.

use super::answers;
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpStream};

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
    record: Record,
}

type Record = Arc<Mutex<HashMap<String, Vec<Received>>>>;

impl Providers {
    /// Listens for each of the clusters; must be called inside a runtime, which serves them.
    pub async fn listen(clusters: impl IntoIterator<Item = &str>) -> Self {
        let record = Record::default();
        let mut addresses = BTreeMap::new();
        for cluster in clusters {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            addresses.insert(cluster.to_owned(), listener.local_addr().unwrap());
            tokio::spawn(serve(cluster.into(), listener, record.clone()));
        }
        Self { addresses, record }
    }

    pub fn addresses(&self) -> &BTreeMap<String, SocketAddr> {
        &self.addresses
    }

    /// What the providers were sent under this test id so far.
    pub fn received(&self, test_id: &str) -> Vec<Received> {
        self.record.lock().unwrap().get(test_id).cloned().unwrap_or_default()
    }
}

async fn serve(cluster: Arc<str>, listener: TcpListener, record: Record) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve_connection(cluster.clone(), stream, record.clone()));
    }
}

async fn serve_connection(cluster: Arc<str>, stream: TcpStream, record: Record) {
    let service = service_fn(move |request| {
        let (cluster, record) = (cluster.clone(), record.clone());
        async move { Ok::<_, Infallible>(receive(&cluster, request, &record).await) }
    });
    // Envoy closes its connections as it likes; what a test needs is in the record.
    let _ = auto::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn receive(cluster: &str, request: Request<Incoming>, to: &Record) -> Response<Full<Bytes>> {
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
    let received = Received {
        cluster: cluster.to_owned(),
        method: head.method.to_string(),
        path: head.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        authority: head.uri.authority().map_or(host.unwrap_or_default(), |a| a.as_str()).to_owned(),
        headers: pairs(&head.headers),
        body: body.freeze(),
        trailers,
        complete,
    };
    let answer = answers::answer(&received);
    let test_id = received.header(TEST_ID).unwrap_or_default().to_owned();
    to.lock().unwrap().entry(test_id).or_default().push(received);
    answer
}

fn pairs(map: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    map.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
}
