//! A client that writes its own bytes, for requests that no library would make.

use super::client::{Answer, AUTHORITY};
use bytes::{Bytes, BytesMut};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, StatusCode};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an answer that must come may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A request's head as it stands on the wire: names, values and their order as given, and a host.
pub fn head(request_line: &str, fields: &[(&str, &[u8])]) -> Vec<u8> {
    let host = ("Host", AUTHORITY.as_bytes());
    let mut head = format!("{request_line} HTTP/1.1\r\n").into_bytes();
    let names_host = fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("host"));
    for (name, value) in (!names_host).then_some(&host).into_iter().chain(fields) {
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// A body as chunks of the size given, up to the last chunk and before any trailers.
pub fn chunked(body: &[u8], size: usize) -> Vec<u8> {
    let chunk =
        |piece: &[u8]| [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
    body.chunks(size).flat_map(chunk).chain(*b"0\r\n").collect()
}

/// One HTTP/1.1 connection.
pub struct Wire {
    stream: TcpStream,
    unread: BytesMut,
}

impl Wire {
    pub async fn connect(to: SocketAddr) -> Self {
        let stream = TcpStream::connect(to).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, unread: BytesMut::new() }
    }

    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Likewise, where the connection may be closed.
    pub async fn try_write(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref()).await;
    }

    /// Reads the next answer of the connection; an interim one (1xx) is an answer too.
    pub async fn answer(&mut self) -> Answer {
        timeout(PATIENCE, self.read_answer()).await.expect("an answer in time")
    }

    /// Whether nothing at all comes back for as long as given.
    pub async fn stays_silent(&mut self, for_: Duration) -> bool {
        self.unread.is_empty() && timeout(for_, self.fill()).await.is_err()
    }

    async fn read_answer(&mut self) -> Answer {
        let status_line = self.line().await;
        let status: StatusCode = status_line.split(' ').nth(1).unwrap().parse().unwrap();
        let headers = self.fields().await;
        let body = match headers.get("content-length") {
            Some(length) => self.take(length.to_str().unwrap().parse().unwrap()).await,
            None if headers.contains_key("transfer-encoding") => self.chunks().await,
            None => Bytes::new(),
        };
        Answer { status, headers, body }
    }

    async fn fields(&mut self) -> HeaderMap {
        let mut fields = HeaderMap::new();
        loop {
            let line = self.line().await;
            let Some((name, value)) = line.split_once(':') else { return fields };
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            fields.append(name, HeaderValue::from_str(value.trim()).unwrap());
        }
    }

    async fn chunks(&mut self) -> Bytes {
        let mut body = BytesMut::new();
        loop {
            let size = usize::from_str_radix(&self.line().await, 16).unwrap();
            if size == 0 {
                self.fields().await;
                return body.freeze();
            }
            body.extend_from_slice(&self.take(size).await);
            self.line().await;
        }
    }

    async fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.unread.split_to(end + 2);
                return String::from_utf8_lossy(&line[..end]).into_owned();
            }
            self.fill().await;
        }
    }

    async fn take(&mut self, size: usize) -> Bytes {
        while self.unread.len() < size {
            self.fill().await;
        }
        self.unread.split_to(size).freeze()
    }

    async fn fill(&mut self) {
        let read = self.stream.read_buf(&mut self.unread).await.unwrap();
        assert!(read > 0, "the connection ended in the middle of an answer");
    }
}
