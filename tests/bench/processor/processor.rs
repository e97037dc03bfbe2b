//! An external processor (Envoy's `ext_proc`) that does the least of the router's job: of a request that Envoy has buffered
//! it changes the model by a splice and sets the credential.
//!
//! `processor SOCKET ASKED SENT AUTHORIZATION` listens on a Unix socket and takes `"model":"ASKED"` for the model, wherever it stands
//! first; nothing is parsed, and there are no keys.

use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use envoy_types::pb::envoy::config::core::v3::{HeaderValue, HeaderValueOption};
use envoy_types::pb::envoy::service::ext_proc::v3::body_mutation::Mutation;
use envoy_types::pb::envoy::service::ext_proc::v3::external_processor_server::{
    ExternalProcessor, ExternalProcessorServer,
};
use envoy_types::pb::envoy::service::ext_proc::v3::{
    processing_request, processing_response, BodyMutation, BodyResponse, CommonResponse,
    HeaderMutation, HeadersResponse, ProcessingRequest, ProcessingResponse,
};
use futures_core::Stream;
use memchr::memmem::Finder;
use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

/// The longest message: a body of 8 MB, and what is around it.
const LARGEST_MESSAGE: usize = 16 << 20;

/// HTTP/2's windows: the default would cut a large body into rounds of 64 KB.
const WINDOW: u32 = 16 << 20;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [socket, asked, sent, authorization] = &words[..] else {
        panic!("processor SOCKET ASKED SENT AUTHORIZATION")
    };
    let work = Work {
        before: Finder::new(&format!("\"model\":\"{asked}\"")).into_owned(),
        after: format!("\"model\":\"{sent}\""),
        authorization: authorization.clone(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(serve(Path::new(socket), work));
}

async fn serve(socket: &Path, work: Work) {
    let listener = UnixListener::bind(socket).unwrap();
    let service = ExternalProcessorServer::new(Processor { work: work.into() })
        .max_decoding_message_size(LARGEST_MESSAGE)
        .max_encoding_message_size(LARGEST_MESSAGE);
    Server::builder()
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .add_service(service)
        .serve_with_incoming(UnixListenerStream::new(listener))
        .await
        .unwrap();
}

/// What becomes of each request.
struct Work {
    before: Finder<'static>,
    after: String,
    authorization: String,
}

impl Work {
    fn answer(&self, request: processing_request::Request) -> processing_response::Response {
        match request {
            processing_request::Request::RequestBody(body) => {
                let response = Some(self.changes(&body.body));
                processing_response::Response::RequestBody(BodyResponse { response })
            }
            _ => processing_response::Response::RequestHeaders(HeadersResponse { response: None }),
        }
    }

    fn changes(&self, body: &[u8]) -> CommonResponse {
        let mut headers = vec![set("authorization", self.authorization.clone())];
        let spliced = self.before.find(body).map(|at| {
            let rest = &body[at + self.before.needle().len()..];
            [&body[..at], self.after.as_bytes(), rest].concat()
        });
        let body_mutation = spliced.map(|body| {
            // Envoy refuses another length than this says.
            headers.push(set("content-length", body.len().to_string()));
            BodyMutation { mutation: Some(Mutation::Body(body)) }
        });
        let header_mutation = Some(HeaderMutation { set_headers: headers, ..Default::default() });
        CommonResponse { header_mutation, body_mutation, ..Default::default() }
    }
}

fn set(name: &str, value: String) -> HeaderValueOption {
    let header =
        HeaderValue { key: name.to_owned(), raw_value: value.into_bytes(), ..Default::default() };
    HeaderValueOption { header: Some(header), ..Default::default() }
}

struct Processor {
    work: std::sync::Arc<Work>,
}

#[tonic::async_trait]
impl ExternalProcessor for Processor {
    type ProcessStream = Answers;

    async fn process(
        &self,
        request: Request<Streaming<ProcessingRequest>>,
    ) -> Result<Response<Answers>, Status> {
        Ok(Response::new(Answers { requests: request.into_inner(), work: self.work.clone() }))
    }
}

/// An answer to each message of a stream.
struct Answers {
    requests: Streaming<ProcessingRequest>,
    work: std::sync::Arc<Work>,
}

impl Stream for Answers {
    type Item = Result<ProcessingResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.requests).poll_next(context);
        polled.map(|next| {
            let response = next?.map(|message| ProcessingResponse {
                response: message.request.map(|request| self.work.answer(request)),
                ..Default::default()
            });
            Some(response)
        })
    }
}
