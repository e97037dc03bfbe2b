//! An answer that a test gives itself, piece by piece, to see when each of them arrives.

use super::artefacts;
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming};
use hyper::{Response, Version};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc::{unbounded_channel, UnboundedReceiver, UnboundedSender};
use tokio::time::timeout;

/// How long a provider may take to learn that nobody listens any more.
const PATIENCE: Duration = Duration::from_secs(20);

/// The test's end of it. The answer ends when this is dropped.
pub struct LiveAnswer(UnboundedSender<Result<Bytes, BrokenOff>>);

/// The provider's end of it.
pub struct LiveBody {
    pieces: UnboundedReceiver<Result<Bytes, BrokenOff>>,
    /// The answer's `content-length`; without one it is a stream of events.
    length: Option<u64>,
}

/// Whether Envoy ends an answer as if it were whole where the provider broke it off, or it did itself: before 1.37, over
/// HTTP/2.
pub fn looks_whole_when_broken(answer: &Response<Incoming>) -> bool {
    artefacts::envoy_minor() < 37 && answer.version() == Version::HTTP_2
}

/// A provider that stops in the middle of its answer: over HTTP/1.1 the connection is closed, over HTTP/2 the stream is
/// reset.
#[derive(Debug, thiserror::Error)]
#[error("the provider broke off")]
pub struct BrokenOff;

impl LiveAnswer {
    /// An answer of this length, or a stream of events.
    pub fn new(length: Option<u64>) -> (Self, LiveBody) {
        let (sender, pieces) = unbounded_channel();
        (Self(sender), LiveBody { pieces, length })
    }

    pub fn say(&self, piece: &str) {
        let piece = Bytes::copy_from_slice(piece.as_bytes());
        self.0.send(Ok(piece)).expect("the provider still answers");
    }

    /// Likewise, where the provider may have stopped because nobody listens.
    pub fn try_say(&self, piece: &str) {
        let _ = self.0.send(Ok(Bytes::copy_from_slice(piece.as_bytes())));
    }

    /// Ends the answer before its end.
    pub fn break_off(self) {
        self.0.send(Err(BrokenOff)).expect("the provider still answers");
    }

    /// Waits until the provider has learned that nobody listens any more.
    pub async fn until_nobody_listens(&self) {
        timeout(PATIENCE, self.0.closed()).await.expect("the provider is told in time");
    }
}

impl LiveBody {
    /// The answer that is about to begin.
    pub fn answer(self) -> Response<Self> {
        let answer = match self.length {
            Some(length) => Response::builder()
                .header("content-type", "application/json")
                .header("content-length", length),
            None => Response::builder().header("content-type", "text/event-stream"),
        };
        answer.body(self).unwrap()
    }
}

impl Body for LiveBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        self.pieces.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
