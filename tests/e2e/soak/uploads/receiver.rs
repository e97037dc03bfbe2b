//! The provider of large uploads: it compares them as they come, and keeps none.

use super::{body, model, Order};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};

/// The header that tells an upload's number.
pub const UPLOAD: &str = "x-upload";

pub struct Receiver {
    address: SocketAddr,
    expected: Arc<Expected>,
}

/// How the bodies have to look, and how many did.
struct Expected {
    order: Order,
    middle: Arc<[u8]>,
    received: AtomicUsize,
}

impl Receiver {
    pub async fn listen(order: Order, middle: Arc<[u8]>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let expected = Arc::new(Expected { order, middle, received: AtomicUsize::new(0) });
        tokio::spawn(serve(listener, expected.clone()));
        Self { address, expected }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many uploads came since this was last asked, each exactly as it had to be.
    pub fn take_received(&self) -> usize {
        self.expected.received.swap(0, Ordering::Relaxed)
    }
}

async fn serve(listener: TcpListener, expected: Arc<Expected>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve_connection(stream, expected.clone()));
    }
}

async fn serve_connection(stream: TcpStream, expected: Arc<Expected>) {
    let service = service_fn(move |request| {
        let expected = expected.clone();
        async move { Ok::<_, Infallible>(receive(request, &expected).await) }
    });
    // Envoy closes its connections as it likes.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn receive(request: Request<Incoming>, expected: &Expected) -> Response<Full<Bytes>> {
    let number = request.headers().get(UPLOAD).and_then(|number| number.to_str().ok());
    let number: usize = number.and_then(|number| number.parse().ok()).unwrap_or_default();
    let pieces = body(expected.order, &model(number), &expected.middle);
    if is_exactly(&pieces, request.into_body()).await {
        expected.received.fetch_add(1, Ordering::Relaxed);
    }
    let answer = r#"{"usage":{"prompt_tokens":3,"completion_tokens":5}}"#;
    Response::builder().header("content-type", "application/json").body(answer.into()).unwrap()
}

async fn is_exactly(pieces: &[Arc<[u8]>], mut body: Incoming) -> bool {
    let mut pieces = pieces.iter().map(|piece| &**piece);
    let mut left: &[u8] = &[];
    while let Some(frame) = body.frame().await {
        let Ok(Ok(data)) = frame.map(|frame| frame.into_data()) else { return false };
        let mut data = &*data;
        while !data.is_empty() {
            if left.is_empty() {
                left = pieces.next().unwrap_or_default();
            }
            let both = left.len().min(data.len());
            if both == 0 || left[..both] != data[..both] {
                return false;
            }
            (left, data) = (&left[both..], &data[both..]);
        }
    }
    left.is_empty() && pieces.next().is_none()
}
