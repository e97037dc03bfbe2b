//! Clients: one call, one connection, HTTP/1.1 or HTTP/2, the body in any frames.

use super::answers::{Scripted, ANSWER};
use super::artefacts;
use super::provider::Received;
use super::session::Session;
use super::transcript;
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::ext::Protocol;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use serde_json::{json, Value};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

/// A request that a test is about to make.
#[derive(Clone)]
pub struct Call {
    method: String,
    authority: String,
    path: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Frames,
    http2: bool,
}

impl Call {
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            authority: AUTHORITY.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Frames::default(),
            http2: artefacts::clients_speak_http2(),
        }
    }

    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub fn post(path: &str, body: impl Into<Bytes>) -> Self {
        Self::new("POST", path).body(Frames::whole(body.into()))
    }

    /// A chat completion of the model.
    pub fn chat(model: &str) -> Self {
        let messages = json!([{"role": "user", "content": "Good morning"}]);
        let body = json!({"messages": messages, "model": model});
        Self::post("/v1/chat/completions", body.to_string())
            .header("content-type", "application/json")
    }

    /// Brings a virtual key, the way OpenAI's clients do.
    pub fn key(self, key: &str) -> Self {
        self.header("authorization", format!("Bearer {key}"))
    }

    /// Adds a header; one that is there stays.
    pub fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        let value = value.into();
        transcript::keep_shown(name, &value);
        self.headers.push((name.to_owned(), value));
        self
    }

    pub fn body(self, body: Frames) -> Self {
        Self { body, ..self }
    }

    /// The same call at another path.
    pub fn at(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    /// The same call to another host.
    pub fn authority(self, authority: &str) -> Self {
        Self { authority: authority.to_owned(), ..self }
    }

    pub fn http1(self) -> Self {
        Self { http2: false, ..self }
    }

    pub fn http2(self) -> Self {
        Self { http2: true, ..self }
    }

    /// Has the provider give this answer.
    pub fn answered(self, answer: &Scripted) -> Self {
        self.header(ANSWER, answer.written())
    }

    /// Sends it on a connection of its own, and waits for the whole answer.
    pub async fn send(self, to: SocketAddr) -> Result<Answer, Failure> {
        Session::connect(to, self.http2).await?.send(&self).await
    }

    /// Sends it on a connection of its own, and waits for the head of the answer: its body comes as it comes.
    pub async fn open(self, to: SocketAddr) -> Result<Response<Incoming>, Failure> {
        Session::connect(to, self.http2).await?.open(&self).await
    }

    pub fn over_http1(&self) -> Result<Request<Frames>, Failure> {
        let mut request = self.request(self.path.clone())?;
        request.headers_mut().insert("host", self.authority.parse()?);
        Ok(request)
    }

    pub fn over_http2(&self) -> Result<Request<Frames>, Failure> {
        let mut request = self.request(format!("http://{}{}", self.authority, self.path))?;
        connect_instead_of_upgrade(&mut request);
        Ok(request)
    }

    /// The header fields and pieces of the body as they go over HTTP/3.
    pub fn over_http3(&self) -> (Vec<(String, Vec<u8>)>, Vec<Bytes>) {
        // There is an extended CONNECT as well (RFC 9220).
        let lower = self.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone()));
        let (upgrade, rest): (Vec<_>, Vec<_>) = lower.partition(|(name, _)| name == "upgrade");
        let connects = upgrade.iter().any(|(_, value)| value.eq_ignore_ascii_case(b"websocket"));
        let method = if connects { "CONNECT" } else { &self.method };
        let pseudo = [
            (":method", method),
            (":scheme", "https"),
            (":authority", &self.authority),
            (":path", &self.path),
        ];
        let mut fields: Vec<_> = pseudo.map(|(name, value)| (name.to_owned(), value.into())).into();
        if connects {
            fields.push((":protocol".to_owned(), b"websocket".into()));
        }
        // RFC 9114, section 4.2: no fields of the connection.
        fields.extend(rest.into_iter().filter(|(name, _)| name != "connection"));
        let given = fields.iter().any(|(name, _)| name == "content-length");
        if let Some(length) = self.body.length.filter(|length| *length > 0 && !given) {
            fields.push(("content-length".to_owned(), length.to_string().into()));
        }
        (fields, self.body.frames.clone().into())
    }

    fn request(&self, uri: String) -> Result<Request<Frames>, Failure> {
        let mut request = Request::new(self.body.clone());
        *request.method_mut() = self.method.parse()?;
        *request.uri_mut() = uri.parse::<Uri>()?;
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes())?;
            request.headers_mut().append(name, HeaderValue::from_bytes(value)?);
        }
        Ok(request)
    }
}

type Failure = Box<dyn Error + Send + Sync>;

/// HTTP/2 has no upgrades: a WebSocket is opened by an extended CONNECT (RFC 8441, section 5).
fn connect_instead_of_upgrade(request: &mut Request<Frames>) {
    let asked_for = request.headers_mut().remove("upgrade");
    if asked_for.is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"websocket")) {
        request.headers_mut().remove("connection");
        *request.method_mut() = Method::CONNECT;
        request.extensions_mut().insert(Protocol::from_static("websocket"));
    }
}

/// The authority every client names, unless a test says otherwise.
pub const AUTHORITY: &str = "gateway.example";

/// An id that no other request of this run has.
pub fn unique_test_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("test-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// What came back to the client.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// What came back to the client, and what providers were sent for it.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub upstream: Vec<Received>,
    pub test_id: String,
}

impl Exchange {
    pub fn new(answer: Answer, upstream: Vec<Received>, test_id: String) -> Self {
        transcript::keep_answer(&answer);
        let Answer { status, headers, body } = answer;
        Self { status: status.as_u16(), headers, body, upstream, test_id }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {} {:?}", self.status, self.text()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The one request that a provider was sent; the client got its successful answer.
    pub fn upstream(&self) -> &Received {
        assert_eq!(self.status, 200, "{}", self.text());
        let [received] = self.upstream.as_slice() else {
            panic!("expected one request upstream, not {:?}", self.upstream)
        };
        assert!(received.complete, "the body broke off on its way upstream");
        received
    }

    /// The filter's own answer, in OpenAI's shape, with nothing sent upstream.
    pub fn assert_rejected(&self, status: u16, code: &str) -> String {
        assert_eq!((self.status, self.json()["error"]["code"].as_str()), (status, Some(code)));
        assert!(self.upstream.is_empty(), "sent upstream all the same: {:?}", self.upstream);
        self.json()["error"]["message"].as_str().expect("a message").to_owned()
    }
}

/// A body, frame by frame.
#[derive(Clone, Default)]
pub struct Frames {
    frames: VecDeque<Bytes>,
    trailers: Option<HeaderMap>,
    length: Option<u64>,
    withheld: bool,
    unmarked_end: bool,
}

impl Frames {
    /// One piece, its length known beforehand.
    pub fn whole(body: Bytes) -> Self {
        let length = Some(u64::try_from(body.len()).unwrap());
        let frames = if body.is_empty() { VecDeque::new() } else { VecDeque::from([body]) };
        Self { frames, length, ..Self::default() }
    }

    /// Pieces of the size given and no length: chunked in HTTP/1.1.
    pub fn pieces(body: &[u8], size: usize) -> Self {
        let frames = body.chunks(size).map(Bytes::copy_from_slice).collect();
        Self { frames, ..Self::default() }
    }

    pub fn trailer(mut self, name: &'static str, value: &'static str) -> Self {
        let trailers = self.trailers.get_or_insert_default();
        trailers.append(name, HeaderValue::from_static(value));
        self
    }

    /// A body that never comes to its end: after its frames, silence.
    pub fn withheld(self) -> Self {
        Self { withheld: true, ..self }
    }

    /// The end comes in an empty frame of its own.
    pub fn empty_last_frame(self) -> Self {
        Self { unmarked_end: true, ..self }
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(frame) = self.frames.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(frame))));
        }
        if self.withheld {
            return Poll::Pending;
        }
        Poll::Ready(self.trailers.take().map(|trailers| Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        let open = self.unmarked_end || self.withheld || self.trailers.is_some();
        self.frames.is_empty() && !open
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// A plain GET, as for the admin interface.
pub async fn get(from: SocketAddr, path: &str) -> Result<String, Failure> {
    let answer = Call::get(path).http1().send(from).await?;
    Ok(String::from_utf8_lossy(&answer.body).into_owned())
}
