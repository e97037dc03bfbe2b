//! One request, from its headers to what is sent upstream, and its answer back.
//!
//! This is the filter without Envoy: the host's callbacks become calls, and what is to be done to the request comes
//! back as data. So the whole of it runs in tests on any machine.
//!
//! A request goes through [`Stage`]s: its headers are [admitted](admission), its body is held, the model is
//! [called](call) and the request sent [alone or to a pool](sending), and its [answer] comes back.

mod admission;
mod answer;
mod call;
mod limits;
#[cfg(feature = "cli")]
mod rehearsal;
mod resource;
mod sending;

use std::mem;
use std::ops::Range;
use std::rc::Rc;

use crate::body::{BodyReader, Splice, PIECE};
use crate::endpoint::{Dialect, RequestPath};
use crate::header::{HeaderEdit, Headers};
use crate::host::Host;
use crate::limit::Limit;
use crate::record::Record;
use crate::reject::{Reject, Reply};
use crate::router::{check_expiry, Router};

use call::Call;
use sending::Sent;

#[cfg(target_os = "wasi")]
pub use answer::MAX_HELD;
pub use answer::{End, Verdict};

/// What is to be done with a request after its headers.
#[derive(Debug)]
pub enum Step {
    /// Hold the headers, and feed the body.
    Hold,
    /// Send it on at once, so changed.
    Forward(Rewrite),
    /// Answer it.
    Reply(Reply),
}

/// The changes with which a request is sent on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// To the header fields, in this order.
    pub headers: Vec<HeaderEdit>,
    /// To the body, in the order of their places; none of them overlaps another. Empty leaves every byte where it is.
    pub body: Vec<Splice>,
    /// The failover context, if the request goes to a pool.
    pub failover_context: Option<String>,
}

/// What Envoy's decompressor calls its trailers begins with this (Envoy's documentation, "Decompressor").
const DECOMPRESSOR: &[u8] = b"x-envoy-decompressor-";

/// One request on its way through the router.
pub struct Exchange {
    router: Rc<Router>,
    stage: Stage,
    dialect: Dialect,
    /// The id by which operators find the request; kept only where errors tell it.
    request_id: Option<Box<str>>,
    record: Record,
    uses_pools: bool,
    /// Whether an earlier filter decompressed the body.
    was_compressed: bool,
    /// The limits that the request met: those of requests have counted it, the others are charged with its answer.
    limits: Vec<Rc<Limit>>,
}

/// How far a request has come.
enum Stage {
    /// The headers have not come, the request is not for the router, or it was answered.
    Idle,
    /// The body is coming.
    Held(Box<(Call, BodyReader)>),
    /// The request was sent on; its answer is coming.
    Sent(Box<Sent>),
}

impl Exchange {
    /// A request that is about to come.
    #[must_use]
    pub fn new(router: Rc<Router>) -> Self {
        Self {
            router,
            stage: Stage::Idle,
            dialect: Dialect::default(),
            request_id: None,
            record: Record::default(),
            uses_pools: true,
            was_compressed: false,
            limits: Vec::new(),
        }
    }

    /// Takes the headers: finds the endpoint, then the caller, then whether the body can be taken at all.
    /// `end_of_stream` says that there is no body.
    pub fn begin(&mut self, headers: Headers, end_of_stream: bool, host: &dyn Host) -> Step {
        match self.admit(headers, end_of_stream, host) {
            Ok(step) => step,
            Err(reject) => Step::Reply(self.reject(&reject)),
        }
    }

    /// Refuses a body that is too large when `len` bytes of it have come, before they are read.
    ///
    /// # Errors
    ///
    /// The answer to give.
    pub fn check_length(&mut self, len: usize) -> Result<(), Reply> {
        let limit = self.router.settings.max_body_bytes;
        match len > limit {
            true => Err(self.reject(&Reject::RequestTooLarge { limit })),
            false => Ok(()),
        }
    }

    /// Takes the next piece of the body.
    ///
    /// # Errors
    ///
    /// The answer to give instead of waiting for the rest: the body is too large, or cannot be read already.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), Reply> {
        let Stage::Held(held) = &self.stage else {
            return Ok(());
        };
        let len = held.1.scanned().saturating_add(piece.len());
        self.check_length(len)?;
        let Stage::Held(held) = &mut self.stage else {
            return Ok(());
        };
        let fed = held.1.feed(piece);
        fed.map_err(|reject| self.reject(&reject))
    }

    /// Takes the trailers of the request, which end its body. They tell whether an earlier filter has decompressed it:
    /// then a body that is broken may not have been sent so.
    pub fn note_trailers(&mut self, trailers: &Headers) {
        self.was_compressed = trailers.iter().any(|(name, _)| name.starts_with(DECOMPRESSOR));
    }

    /// Ends the body: the key must still be good; resolves the model, chooses target and credential.
    ///
    /// # Errors
    ///
    /// The answer to give.
    pub fn finish(&mut self, host: &dyn Host) -> Result<Rewrite, Reply> {
        let Stage::Held(held) = mem::replace(&mut self.stage, Stage::Idle) else {
            return Err(self.reject(&Reject::Internal));
        };
        let (call, body) = *held;
        check_expiry(call.caller.expires_at(), host)
            .and_then(|()| body.finish())
            .and_then(|body| self.call_by_body(call, &body, host))
            .map_err(|reject| self.reject(&reject))
    }

    /// The answer for a host that refused what it never should.
    pub fn fail(&mut self) -> Reply {
        self.reject(&Reject::Internal)
    }

    /// Whether the body is still being waited for.
    #[cfg(any(feature = "internals", test))]
    #[must_use]
    pub fn is_held(&self) -> bool {
        matches!(self.stage, Stage::Held(_))
    }

    /// The piece of the body to be fed next, now that `size` bytes of it are there; `None` if it is not time to. Every piece
    /// costs the host a call and a copy, so it is fed in pieces of some size and never more is left to do at its end; no
    /// piece is larger, so that memory does not depend on how much comes at once.
    #[must_use]
    pub fn due(&self, size: usize, end_of_stream: bool) -> Option<Range<usize>> {
        let Stage::Held(held) = &self.stage else { return None };
        let start = held.1.scanned();
        let unread = size.checked_sub(start).filter(|unread| *unread > 0)?;
        let is_due = end_of_stream || unread >= PIECE;
        is_due.then(|| start..start.saturating_add(unread.min(PIECE)))
    }

    /// What became of the request so far, for logs and metrics.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    fn answer(&mut self, body: &serde_json::Value) -> Step {
        let reply = Reply::ok(body);
        self.record.code = reply.code;
        Step::Reply(reply)
    }

    fn reject(&mut self, reject: &Reject) -> Reply {
        self.stage = Stage::Idle;
        let compressed;
        let reject = match reject {
            Reject::InvalidJson(_) | Reject::InvalidMultipart(_) if self.was_compressed => {
                compressed = Reject::BrokenCompressedBody(Box::new(reject.clone()));
                &compressed
            }
            _ => reject,
        };
        let reply = Reply::rejected(reject, self.dialect, self.request_id.as_deref());
        self.record.code = reply.code;
        reply
    }
}

/// The request's path, if it is below one of the API's base paths.
fn split<'a>(router: &'a Router, headers: &'a Headers) -> Option<RequestPath<'a>> {
    router.settings.base_paths.split(headers.first(":path")?)
}

#[cfg(test)]
mod tests;
