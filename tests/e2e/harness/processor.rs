//! An external processor (Envoy's `ext_proc`) that takes a request's body in a full duplex stream and gives it back as it came, in
//! pieces of its own.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use serde_json::{json, Value};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// When the processor gives a body back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Piece by piece, as it comes.
    AtOnce,
    /// When it has all of it, as one does that chooses a server by the body.
    WhenWhole,
}

/// Where it listens, and how many bodies it has seen to their end.
pub struct Processor {
    address: SocketAddr,
    bodies: Arc<AtomicUsize>,
}

impl Processor {
    /// Serves for as long as the runtime lives.
    pub async fn listen(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let bodies = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&bodies);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, manner, Arc::clone(&seen)));
            }
        });
        Self { address, bodies }
    }

    pub fn bodies(&self) -> usize {
        self.bodies.load(Ordering::Relaxed)
    }

    /// The HTTP filter that asks it.
    pub fn filter(&self, name: &str) -> Value {
        json!({
            "name": name,
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor",
                "grpc_service": {"google_grpc": {"target_uri": self.address.to_string(), "stat_prefix": name}},
                "message_timeout": "20s",
                "processing_mode": {
                    "request_header_mode": "SEND", "request_body_mode": "FULL_DUPLEX_STREAMED",
                    "request_trailer_mode": "SEND", "response_header_mode": "SKIP",
                },
            },
        })
    }
}

async fn serve(connection: TcpStream, manner: Manner, bodies: Arc<AtomicUsize>) {
    let respond = move |request: Request<Incoming>| {
        let bodies = Arc::clone(&bodies);
        async move {
            let (tell, told) = mpsc::unbounded_channel();
            tokio::spawn(process(request.into_body(), manner, tell, bodies));
            let answer = Response::builder().header("content-type", "application/grpc");
            Ok::<_, Infallible>(answer.body(Told(told)).unwrap())
        }
    };
    let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    // An Envoy that ends hangs up.
    drop(server.serve_connection(TokioIo::new(connection), service_fn(respond)).await);
}

/// One stream: what Envoy says of a request, and what the processor answers.
async fn process(
    mut said: Incoming,
    manner: Manner,
    tell: mpsc::UnboundedSender<ProcessingResponse>,
    bodies: Arc<AtomicUsize>,
) {
    let mut buffer = BytesMut::new();
    let mut held = Vec::new();
    let say = |response| drop(tell.send(response));
    while let Some(Ok(frame)) = said.frame().await {
        buffer.extend_from_slice(&frame.into_data().unwrap_or_default());
        while let Some(message) = next_message(&mut buffer) {
            let request = ProcessingRequest::decode(message).unwrap();
            let is_held = manner == Manner::WhenWhole;
            if request.request_headers.is_some() && !is_held {
                say(ProcessingResponse::of_headers());
            }
            let ends = match &request.request_body {
                Some(body) => {
                    held.extend_from_slice(&body.body);
                    body.end_of_stream
                }
                None => request.request_trailers.is_some(),
            };
            if ends && is_held {
                say(ProcessingResponse::of_headers());
            }
            if ends || !is_held {
                let has_end = request.request_body.is_some() && ends;
                pieces(&std::mem::take(&mut held), has_end).into_iter().for_each(say);
            }
            if request.request_trailers.is_some() {
                say(ProcessingResponse::of_trailers());
            }
            if ends {
                bodies.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// A body in pieces of another size than Envoy's, the last of them marked as the end where it is.
fn pieces(body: &[u8], ends: bool) -> Vec<ProcessingResponse> {
    const PIECE: usize = 16_000;
    let mut pieces: Vec<&[u8]> = body.chunks(PIECE).collect();
    if ends && pieces.is_empty() {
        pieces.push(&[]);
    }
    let last = pieces.len().checked_sub(1);
    let mark = |(place, piece)| ProcessingResponse::of_body(piece, ends && Some(place) == last);
    pieces.into_iter().enumerate().map(mark).collect()
}

/// The next message of a gRPC stream, which has a flag and its length in front of it.
fn next_message(buffer: &mut BytesMut) -> Option<Bytes> {
    let length = u32::from_be_bytes(buffer.get(1..5)?.try_into().unwrap());
    let length = usize::try_from(length).unwrap();
    if buffer.len() < 5 + length {
        return None;
    }
    buffer.advance(5);
    Some(buffer.split_to(length).freeze())
}

/// The answers as the body of an HTTP answer, and behind them gRPC's status.
struct Told(mpsc::UnboundedReceiver<ProcessingResponse>);

impl Body for Told {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.0.is_closed() && self.0.is_empty() {
            return Poll::Ready(None);
        }
        self.0.poll_recv(context).map(|response| {
            let frame = response.map_or_else(
                || {
                    self.0.close();
                    Frame::trailers(HeaderMap::from_iter([(
                        "grpc-status".parse().unwrap(),
                        "0".parse().unwrap(),
                    )]))
                },
                |response| {
                    let mut message = BytesMut::new();
                    message.put_u8(0);
                    message.put_u32(u32::try_from(response.encoded_len()).unwrap());
                    response.encode(&mut message).unwrap();
                    Frame::data(message.freeze())
                },
            );
            Some(Ok(frame))
        })
    }
}

// Of the messages what is used here. Source: Envoy's api/envoy/service/ext_proc/v3/external_processor.proto; members of a
// `oneof` are optional fields on the wire.

#[derive(Clone, PartialEq, Message)]
struct ProcessingRequest {
    #[prost(message, optional, tag = "2")]
    request_headers: Option<Nothing>,
    #[prost(message, optional, tag = "4")]
    request_body: Option<HttpBody>,
    #[prost(message, optional, tag = "6")]
    request_trailers: Option<Nothing>,
}

/// `HttpBody`, and the same fields of `StreamedBodyResponse`.
#[derive(Clone, PartialEq, Message)]
struct HttpBody {
    #[prost(bytes = "bytes", tag = "1")]
    body: Bytes,
    #[prost(bool, tag = "2")]
    end_of_stream: bool,
}

#[derive(Clone, PartialEq, Message)]
struct ProcessingResponse {
    #[prost(message, optional, tag = "1")]
    request_headers: Option<Nothing>,
    #[prost(message, optional, tag = "3")]
    request_body: Option<BodyResponse>,
    #[prost(message, optional, tag = "5")]
    request_trailers: Option<Nothing>,
}

impl ProcessingResponse {
    fn of_headers() -> Self {
        Self { request_headers: Some(Nothing {}), ..Self::default() }
    }

    fn of_trailers() -> Self {
        Self { request_trailers: Some(Nothing {}), ..Self::default() }
    }

    fn of_body(piece: &[u8], end_of_stream: bool) -> Self {
        let piece = HttpBody { body: Bytes::copy_from_slice(piece), end_of_stream };
        let mutation = BodyMutation { streamed_response: Some(piece) };
        let response = CommonResponse { body_mutation: Some(mutation) };
        Self { request_body: Some(BodyResponse { response: Some(response) }), ..Self::default() }
    }
}

#[derive(Clone, PartialEq, Message)]
struct Nothing {}

#[derive(Clone, PartialEq, Message)]
struct BodyResponse {
    #[prost(message, optional, tag = "1")]
    response: Option<CommonResponse>,
}

#[derive(Clone, PartialEq, Message)]
struct CommonResponse {
    #[prost(message, optional, tag = "3")]
    body_mutation: Option<BodyMutation>,
}

#[derive(Clone, PartialEq, Message)]
struct BodyMutation {
    #[prost(message, optional, tag = "3")]
    streamed_response: Option<HttpBody>,
}
