//! Clients of HTTP/3, by way of a Python process that speaks it.

use super::artefacts;
use super::client::{Answer, Call};
use base64::engine::general_purpose::STANDARD as BASE64;
use base64::Engine;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, StatusCode};
use serde_json::{json, Value};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{oneshot, Mutex as AsyncMutex};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sdk/http3.py");

/// Writes the certificate of a listener, and its key.
pub fn write_certificate(directory: &Path) {
    let mut command = std::process::Command::new(artefacts::openai_python());
    let status = command.arg(SCRIPT).arg("certificate").arg(directory).status().unwrap();
    assert!(status.success(), "no certificate");
}

/// A client with one connection to each listener.
pub struct Http3 {
    requests: AsyncMutex<ChildStdin>,
    waiting: Arc<Mutex<HashMap<u64, oneshot::Sender<Option<Answer>>>>>,
    next: AtomicU64,
    _process: Child,
}

impl Http3 {
    pub fn start() -> Self {
        let mut process = Command::new(artefacts::openai_python())
            .arg(SCRIPT)
            .arg("requests")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (stdin, stdout) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let waiting = Arc::default();
        tokio::spawn(hand_out(stdout, Arc::clone(&waiting)));
        let (requests, next) = (AsyncMutex::new(stdin), AtomicU64::new(0));
        Self { requests, waiting, next, _process: process }
    }

    /// Makes a call, and waits for the whole answer.
    pub async fn send(&self, to: SocketAddr, call: &Call) -> Answer {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.waiting.lock().unwrap().insert(id, sender);
        let line = written(id, to, call).to_string() + "\n";
        self.requests.lock().await.write_all(line.as_bytes()).await.unwrap();
        let answer = answer.await.expect("the client still runs");
        answer.unwrap_or_else(|| panic!("{id}: the stream was reset: {line}"))
    }
}

fn written(id: u64, to: SocketAddr, call: &Call) -> Value {
    let (headers, pieces) = call.over_http3();
    let headers: Vec<_> =
        headers.into_iter().map(|(name, value)| (name, BASE64.encode(value))).collect();
    let pieces: Vec<_> = pieces.iter().map(|piece| BASE64.encode(piece)).collect();
    json!({"id": id, "port": to.port(), "headers": headers, "pieces": pieces})
}

/// Gives each answer to who waits for it.
async fn hand_out(
    stdout: ChildStdout,
    waiting: Arc<Mutex<HashMap<u64, oneshot::Sender<Option<Answer>>>>>,
) {
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let told: Value = serde_json::from_str(&line).unwrap();
        let sender = waiting.lock().unwrap().remove(&told["id"].as_u64().unwrap());
        // Who waited may have lost patience.
        let _ = sender.unwrap().send(read(&told));
    }
}

/// An answer; none if the stream was reset.
fn read(told: &Value) -> Option<Answer> {
    let bytes = |value: &Value| BASE64.decode(value.as_str().unwrap()).unwrap();
    let mut headers = HeaderMap::new();
    for field in told["headers"].as_array().unwrap() {
        let name = field[0].as_str().unwrap();
        if !name.starts_with(':') {
            let value = HeaderValue::from_bytes(&bytes(&field[1])).unwrap();
            headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value);
        }
    }
    let status = u16::try_from(told["status"].as_u64()?).unwrap();
    let status = StatusCode::from_u16(status).unwrap();
    Some(Answer { status, headers, body: bytes(&told["body"]).into() })
}
