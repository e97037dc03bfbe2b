//! WebSockets at both ends: a provider that says back what it hears, and a client.

use super::client::{unique_test_id, AUTHORITY};
use super::provider::{Received, TEST_ID};
use super::{Call, Gateway};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::upgrade::on;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{client_async, WebSocketStream};

/// How long a message that must come may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The sub-protocol that the provider speaks.
pub const REALTIME: &str = "realtime";

/// The example's of RFC 6455, section 1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

const OFFERS: &str = "sec-websocket-protocol";

/// A client's end of an open WebSocket, and the request that opened it.
pub struct WebSocket {
    stream: WebSocketStream<Box<dyn Connection>>,
    /// The request as the provider saw it.
    pub opened_by: Received,
    /// What the handshake was answered with.
    pub answer: HeaderMap,
    pub test_id: String,
}

/// What a WebSocket goes over.
trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// A handshake that was answered otherwise.
#[derive(Debug)]
pub struct Refused {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
    /// Whether any provider was asked.
    pub went_upstream: bool,
}

impl WebSocket {
    /// Opens one at a path, with these fields beside the handshake's own.
    pub async fn open(
        gateway: &Gateway,
        listener: &str,
        path: &str,
        fields: &[(&'static str, &str)],
    ) -> Result<Self, Refused> {
        let test_id = unique_test_id();
        let request = handshake(path, fields, &test_id);
        let stream = TcpStream::connect(gateway.listener(listener)).await.unwrap();
        let stream: Box<dyn Connection> = Box::new(stream);
        match timeout(PATIENCE, client_async(request, stream)).await.expect("an answer in time") {
            Ok((stream, answer)) => {
                let opened_by = gateway.received(&test_id).pop().expect("a provider was asked");
                let answer = answer.headers().clone();
                Ok(Self { stream, opened_by, answer, test_id })
            }
            Err(Error::Http(answer)) => {
                let (head, body) = answer.into_parts();
                let body = String::from_utf8(body.unwrap_or_default()).unwrap();
                let went_upstream = !gateway.received(&test_id).is_empty();
                Err(Refused {
                    status: head.status.as_u16(),
                    headers: head.headers,
                    body,
                    went_upstream,
                })
            }
            Err(error) => panic!("no answer to the handshake: {error}"),
        }
    }

    /// Opens one over HTTP/2: by an extended CONNECT (RFC 8441).
    pub async fn open_over_http2(gateway: &Gateway, path: &str, key: &str) -> Self {
        let test_id = unique_test_id();
        let call = Call::get(path).key(key).header("upgrade", "websocket");
        // Envoy turns it into an upgrade for the provider, but makes up no key for that.
        let call = call.header("sec-websocket-version", "13").header("sec-websocket-key", KEY);
        let call = call.header(TEST_ID, test_id.as_str());
        let answer = call.http2().open(gateway.listener("main")).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let headers = answer.headers().clone();
        let stream: Box<dyn Connection> = Box::new(TokioIo::new(on(answer).await.unwrap()));
        let stream = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
        let opened_by = gateway.received(&test_id).pop().expect("a provider was asked");
        Self { stream, opened_by, answer: headers, test_id }
    }

    /// Says something, and hears what comes back.
    pub async fn say(&mut self, message: impl Into<Message>) -> Message {
        self.stream.send(message.into()).await.unwrap();
        let heard = timeout(PATIENCE, self.stream.next()).await.expect("a message in time");
        heard.expect("the socket is open").unwrap()
    }

    pub async fn close(mut self) {
        self.stream.close(None).await.unwrap();
        // The other end agrees, and there is no need to see Envoy close the connection as well.
        let heard = timeout(PATIENCE, self.stream.next()).await.expect("an end in time");
        assert!(matches!(heard, Some(Ok(Message::Close(_)))), "{heard:?}");
    }
}

fn handshake(path: &str, fields: &[(&'static str, &str)], test_id: &str) -> Request<()> {
    let own = [
        ("host", AUTHORITY),
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", KEY),
        (TEST_ID, test_id),
    ];
    let mut request = Request::builder().uri(format!("ws://{AUTHORITY}{path}"));
    for (name, value) in own.iter().chain(fields) {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

/// Whether a request asks to become a WebSocket.
pub fn is_asked_for(request: &Request<Incoming>) -> bool {
    let upgrade = request.headers().get("upgrade");
    upgrade.is_some_and(|upgrade| upgrade.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// The provider's side of the handshake; from then on it says back whatever it hears.
pub fn accept(request: &mut Request<Incoming>) -> Response<Full<Bytes>> {
    let upgraded = on(&mut *request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgraded.await else { return };
        let stream = TokioIo::new(upgraded);
        let mut stream = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
        while let Some(Ok(message)) = stream.next().await {
            if (message.is_text() || message.is_binary()) && stream.send(message).await.is_err() {
                return;
            }
        }
    });
    let key = request.headers().get("sec-websocket-key").expect("a handshake's key");
    let accepted = derive_accept_key(key.as_bytes());
    let mut answer = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-accept", accepted);
    if offers_realtime(request.headers()) {
        answer = answer.header(OFFERS, HeaderValue::from_static(REALTIME));
    }
    answer.body(Full::default()).unwrap()
}

fn offers_realtime(headers: &HeaderMap) -> bool {
    let offers = headers.get_all(OFFERS).iter().filter_map(|value| value.to_str().ok());
    offers.flat_map(|value| value.split(',')).any(|offer| offer.trim() == REALTIME)
}
