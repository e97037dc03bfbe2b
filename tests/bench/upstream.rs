//! The provider: it reads every request to its end and gives the same short answer.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Mutex;

use bytes::Bytes;
use http_body_util::{BodyExt, Collected, Full};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// A request that has this header is answered with its own body, …
pub const ECHO: &str = "x-bench-echo";
/// … and with the credential that it came with in this one.
pub const ECHOED_CREDENTIAL: &str = "x-bench-authorization";

/// A request below this path is remembered: for gateways that would take an echo for a broken answer.
pub const OBSERVED: &str = "/observed";

/// A chat completion as a provider gives it: the router counts its tokens.
const COMPLETION: &str = r#"{"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion","created":1741569952,"model":"claude-sonnet-4-6","choices":[{"index":0,"message":{"role":"assistant","content":"Hello! How can I assist you today?","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0}},"service_tier":"default"}"#;

/// What the upstream received.
pub struct Echo {
    pub body: Bytes,
    pub credential: String,
}

/// The last request below [`OBSERVED`].
static LAST: Mutex<Option<Echo>> = Mutex::new(None);

/// The last request that was remembered, once.
pub fn last_observed() -> Option<Echo> {
    LAST.lock().unwrap().take()
}

/// Serves on a free port for as long as the runtime runs.
pub async fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            connection.set_nodelay(true).unwrap();
            let server = hyper::server::conn::http1::Builder::new();
            let serving = server.serve_connection(TokioIo::new(connection), service_fn(answer));
            tokio::spawn(serving);
        }
    });
    address
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let credential = request.headers().get(AUTHORIZATION).cloned();
    let echoes = request.headers().contains_key(ECHO);
    // A gateway may also look on its own what models there are.
    let is_observed =
        request.method() == Method::POST && request.uri().path().starts_with(OBSERVED);
    let mut body = request.into_body();
    if echoes {
        let body = body.collect().await.unwrap().to_bytes();
        let mut response = Response::builder().header(CONTENT_TYPE, "text/plain");
        if let Some(credential) = credential {
            response = response.header(ECHOED_CREDENTIAL, credential);
        }
        return Ok(response.body(Full::new(body)).unwrap());
    }
    if is_observed {
        let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
        let credential =
            credential.map_or(String::new(), |value| value.to_str().unwrap().to_owned());
        *LAST.lock().unwrap() = Some(Echo { credential, body });
        return Ok(completion());
    }
    while let Some(frame) = body.frame().await {
        if frame.is_err() {
            break;
        }
    }
    Ok(completion())
}

fn completion() -> Response<Full<Bytes>> {
    let response = Response::builder().header(CONTENT_TYPE, "application/json");
    response.body(Full::new(Bytes::from_static(COMPLETION.as_bytes()))).unwrap()
}
