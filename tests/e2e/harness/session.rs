//! A connection that a client keeps.

use super::client::{Answer, Call, Frames};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::Response;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::error::Error;
use std::net::SocketAddr;
use tokio::net::TcpStream;

type Failure = Box<dyn Error + Send + Sync>;

/// One connection, HTTP/1.1 or HTTP/2.
pub enum Session {
    Http1(http1::SendRequest<Frames>),
    Http2(http2::SendRequest<Frames>),
}

impl Session {
    pub async fn connect(to: SocketAddr, http2: bool) -> Result<Self, Failure> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        let io = TokioIo::new(stream);
        if http2 {
            let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await?;
            tokio::spawn(connection);
            Ok(Self::Http2(sender))
        } else {
            let (sender, connection) = http1::handshake(io).await?;
            tokio::spawn(connection);
            Ok(Self::Http1(sender))
        }
    }

    /// Another user of the same connection, where there can be one.
    pub fn share(&self) -> Option<Self> {
        match self {
            Self::Http1(_) => None,
            Self::Http2(sender) => Some(Self::Http2(sender.clone())),
        }
    }

    /// Whether a request can be sent: otherwise Envoy has closed the connection.
    pub async fn is_open(&mut self) -> bool {
        match self {
            Self::Http1(sender) => sender.ready().await.is_ok(),
            Self::Http2(sender) => sender.ready().await.is_ok(),
        }
    }

    /// Sends a call, and waits for the head of the answer: its body comes as it comes.
    pub async fn open(&mut self, call: &Call) -> Result<Response<Incoming>, Failure> {
        match self {
            Self::Http1(sender) => Ok(sender.send_request(call.over_http1()?).await?),
            Self::Http2(sender) => Ok(sender.send_request(call.over_http2()?).await?),
        }
    }

    /// Sends a call, and waits for the whole answer.
    pub async fn send(&mut self, call: &Call) -> Result<Answer, Failure> {
        let (head, body) = self.open(call).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Answer { status: head.status, headers: head.headers, body })
    }
}
