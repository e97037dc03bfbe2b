//! An answer that a test gives itself, piece by piece, to see when each of them arrives.

use bytes::Bytes;
use hyper::body::{Body, Frame};
use hyper::Response;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc::{unbounded_channel, UnboundedReceiver, UnboundedSender};

/// The test's end of it. The answer ends when this is dropped.
pub struct LiveAnswer(UnboundedSender<Bytes>);

/// The provider's end of it.
pub struct LiveBody(UnboundedReceiver<Bytes>);

impl LiveAnswer {
    pub fn new() -> (Self, LiveBody) {
        let (sender, receiver) = unbounded_channel();
        (Self(sender), LiveBody(receiver))
    }

    pub fn say(&self, piece: &str) {
        self.0.send(Bytes::copy_from_slice(piece.as_bytes())).expect("the provider still answers");
    }
}

impl LiveBody {
    /// A stream of events that is about to begin.
    pub fn answer(self) -> Response<Self> {
        Response::builder().header("content-type", "text/event-stream").body(self).unwrap()
    }
}

impl Body for LiveBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}
