//! One HTTP stream.

use std::cell::Cell;
use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

use super::host::{self, Refused};
use crate::exchange::{Exchange, Rewrite, Splice, Step};
use crate::header::HeaderEdit;
use crate::reject::{Reject, Reply};
use crate::router::Router;

/// How much of a body is read at once, in bytes. What is read is not kept: the VM's memory never shrinks.
const WINDOW: usize = 64 * 1024;

/// An HTTP context. `exchange` is `None` where the plugin has no configuration, and then nothing goes through.
pub struct Stream {
    exchange: Option<Exchange>,
    progress: Progress,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// The request is none of the filter's any more.
    Open,
    /// The headers are held, and no body callback has come yet.
    Held,
    /// The headers are held, and the body is coming in.
    Reading,
    /// The filter has answered.
    Answered,
}

impl Stream {
    /// A stream that is about to begin.
    pub fn new(router: Option<Rc<Router>>) -> Self {
        Self { exchange: router.map(Exchange::new), progress: Progress::Open }
    }

    fn begin(&mut self, end_of_stream: bool) -> Result<Action, Refused> {
        let Some(exchange) = &mut self.exchange else {
            return Ok(self.answer(&Reply::rejected(&Reject::Internal, Default::default())));
        };
        match exchange.begin(host::request_headers()?, end_of_stream, host::now()?) {
            Step::Hold => {
                self.progress = Progress::Held;
                Ok(Action::Pause)
            }
            Step::Forward(rewrite) => self.forward(&rewrite),
            Step::Reply(reply) => Ok(self.answer(&reply)),
        }
    }

    /// Feeds what has come of the body since the last time, `size` bytes being buffered in all.
    fn read(&mut self, size: usize) -> Result<Option<Reply>, Refused> {
        let Some(exchange) = &mut self.exchange else { return Ok(None) };
        while exchange.is_held() && exchange.scanned() < size {
            let start = exchange.scanned();
            let piece = host::request_body(start, WINDOW.min(size.saturating_sub(start)))?;
            if piece.is_empty() {
                break;
            }
            if let Err(reply) = exchange.feed(&piece) {
                return Ok(Some(reply));
            }
        }
        Ok(None)
    }

    fn body(&mut self, size: usize, end_of_stream: bool) -> Result<Action, Refused> {
        if let Some(reply) = self.read(size)? {
            return Ok(self.answer(&reply));
        }
        if !end_of_stream {
            return Ok(Action::Pause);
        }
        self.finish()
    }

    fn finish(&mut self) -> Result<Action, Refused> {
        let Some(exchange) = &mut self.exchange else { return Ok(Action::Pause) };
        match exchange.finish(fastrand::u64(..)) {
            Ok(rewrite) => self.forward(&rewrite),
            Err(reply) => Ok(self.answer(&reply)),
        }
    }

    fn forward(&mut self, rewrite: &Rewrite) -> Result<Action, Refused> {
        if let Some(splice) = &rewrite.body {
            apply(splice)?;
        }
        for edit in &rewrite.headers {
            match edit {
                HeaderEdit::Remove(name) => host::remove_request_header(name)?,
                HeaderEdit::Set(name, value) => host::set_request_header(name, value)?,
            }
        }
        self.tell();
        self.progress = Progress::Open;
        Ok(Action::Continue)
    }

    fn answer(&mut self, reply: &Reply) -> Action {
        self.progress = Progress::Answered;
        self.tell();
        let details = ["llm_router_", reply.code].concat();
        if let Err(refused) = host::send_reply(reply, &details) {
            log::error!("a request could not be answered: {refused}");
        }
        Action::Pause
    }

    /// Answers for a host that refused a call.
    fn fail(&mut self, refused: Refused) -> Action {
        log::error!("a request failed: {refused}");
        let reply = match &mut self.exchange {
            Some(exchange) => exchange.fail(),
            None => Reply::rejected(&Reject::Internal, Default::default()),
        };
        self.answer(&reply)
    }

    /// Leaves for access logs what became of the request.
    fn tell(&self) {
        for (name, value) in self.exchange.iter().flat_map(|exchange| exchange.record().fields()) {
            let name = ["llm_router.", name].concat();
            if let Err(refused) = host::set_filter_state(&name, value) {
                log::warn!("filter state {name} is not set: {refused}");
            }
        }
    }
}

impl Context for Stream {
    fn on_done(&mut self) -> bool {
        if self.progress == Progress::Held {
            warn_if_body_was_withheld();
        }
        true
    }
}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, end_of_stream: bool) -> Action {
        match self.begin(end_of_stream) {
            Ok(action) => action,
            Err(refused) => self.fail(refused),
        }
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        match self.progress {
            Progress::Open => return Action::Continue,
            Progress::Answered => return Action::Pause,
            Progress::Held | Progress::Reading => self.progress = Progress::Reading,
        }
        match self.body(size, end_of_stream) {
            Ok(action) => action,
            Err(refused) => self.fail(refused),
        }
    }

    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        // A body that trailers follow has no last frame: they are its end.
        match self.progress {
            Progress::Open => return Action::Continue,
            Progress::Answered => return Action::Pause,
            Progress::Held | Progress::Reading => {}
        }
        match self.finish() {
            Ok(action) => action,
            Err(refused) => self.fail(refused),
        }
    }
}

/// Edits the body that the host has buffered. It can only be replaced from its front on, so what precedes the edit is
/// read and written again; what follows is never copied.
fn apply(splice: &Splice) -> Result<(), Refused> {
    let mut front = if splice.range.start == 0 {
        Vec::new()
    } else {
        host::request_body(0, splice.range.start)?
    };
    front.extend_from_slice(&splice.replacement);
    host::replace_request_body_front(splice.range.end, &front)
}

/// Envoy passes a body on only where headers may be held without it. Without that flag the request hangs, and nothing
/// but this line would tell why. A client that leaves before its body is no such case: nothing of it was received.
fn warn_if_body_was_withheld() {
    thread_local! {
        static TOLD: Cell<bool> = const { Cell::new(false) };
    }
    if body_received() > 0 && !TOLD.with(|told| told.replace(true)) {
        log::error!(
            "a request's body was received but never passed to this filter, so the request hung: set \
             `allow_on_headers_stop_iteration: true` in the plugin's configuration (Envoy 1.35 and later)"
        );
    }
}

/// How many bytes of the request's body Envoy has received. `request.size` would not tell: it is what the client's
/// `content-length` announces. `request.total_size` counts what came, header fields included.
fn body_received() -> u64 {
    let total =
        host::number_property(&["request", "total_size"]).ok().flatten().unwrap_or_default();
    let headers = host::request_headers().unwrap_or_default();
    let fields = headers.iter().map(|(name, value)| name.len().saturating_add(value.len()));
    let fields = u64::try_from(fields.fold(0, usize::saturating_add)).unwrap_or(u64::MAX);
    total.saturating_sub(fields)
}
