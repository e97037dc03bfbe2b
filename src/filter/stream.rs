//! One HTTP stream.

use std::cell::Cell;
use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

use super::body;
use super::host::{self, Refused};
use super::metrics::Metrics;
use super::pool;
use super::world::Envoy;
use crate::exchange::{Exchange, Rewrite, Step, Verdict};
use crate::failover::state::CONTEXT;
use crate::header::HeaderEdit;
use crate::reject::{Reject, Reply};
use crate::router::Router;

/// An HTTP context. `exchange` is `None` where the plugin has no configuration, and then nothing goes through.
pub struct Stream {
    exchange: Option<Exchange>,
    progress: Progress,
    /// How much of the body has come, in bytes.
    received: usize,
    metrics: Rc<Metrics>,
}

/// How many bytes of memory must be left to go on with a request, beside what its body takes: for its header fields,
/// which Envoy limits, the copies that are made of them, and what is told of it. As nobody goes on with less, there is
/// enough left to refuse those that come then.
pub(super) const ROOM: usize = 1 << 20;

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
    pub fn new(router: Option<Rc<Router>>, metrics: Rc<Metrics>) -> Self {
        Self { exchange: router.map(Exchange::new), progress: Progress::Open, received: 0, metrics }
    }

    fn begin(&mut self, end_of_stream: bool) -> Result<Action, Refused> {
        host::reserve(ROOM)?;
        let Some(exchange) = &mut self.exchange else {
            return Ok(self.answer(&Reply::rejected(&Reject::Internal, Default::default())));
        };
        match exchange.begin(host::request_headers()?, end_of_stream, &Envoy::default()) {
            Step::Hold => {
                self.progress = Progress::Held;
                Ok(Action::Pause)
            }
            Step::Forward(rewrite) => self.forward(&rewrite, Vec::new()),
            Step::Reply(reply) => Ok(self.answer(&reply)),
        }
    }

    /// Feeds what has come of the body since the last time, as far as it is time to. Of a body that came at once it returns
    /// the beginning.
    fn read(&mut self, end_of_stream: bool) -> Result<Result<Vec<u8>, Reply>, Refused> {
        let size = self.received;
        let mut head = Vec::new();
        let Some(exchange) = &mut self.exchange else { return Ok(Ok(head)) };
        if let Err(reply) = exchange.check_length(size) {
            return Ok(Err(reply));
        }
        while let Some(due) = exchange.due(size, end_of_stream) {
            let piece = body::piece(due.start, due.len())?;
            if let Err(reply) = exchange.feed(&piece) {
                return Ok(Err(reply));
            }
            if due.start == 0 && end_of_stream {
                head = piece;
            }
        }
        Ok(Ok(head))
    }

    /// Goes on with the body as it now is.
    fn body(&mut self, end_of_stream: bool) -> Result<Action, Refused> {
        match self.read(end_of_stream)? {
            Err(reply) => Ok(self.answer(&reply)),
            Ok(head) if end_of_stream => self.finish(head),
            Ok(_) => Ok(Action::Pause),
        }
    }

    fn finish(&mut self, head: Vec<u8>) -> Result<Action, Refused> {
        let Some(exchange) = &mut self.exchange else { return Ok(Action::Pause) };
        match exchange.finish(&Envoy::default()) {
            Ok(rewrite) => self.forward(&rewrite, head),
            Err(reply) => Ok(self.answer(&reply)),
        }
    }

    fn forward(&mut self, rewrite: &Rewrite, head: Vec<u8>) -> Result<Action, Refused> {
        body::apply(&rewrite.body, self.received, head)?;
        if let Some(context) = &rewrite.failover_context {
            host::set_filter_state(CONTEXT, context)?;
        }
        edit_headers(&rewrite.headers)?;
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
            if let Err(refused) = host::reset_request() {
                log::error!("nor reset, it hangs: {refused}");
            }
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
        const PREFIX: &str = "llm_router.";
        let mut path = String::with_capacity(32);
        for (name, value) in self.exchange.iter().flat_map(|exchange| exchange.record().fields()) {
            path.clear();
            path.push_str(PREFIX);
            path.push_str(name);
            if let Err(refused) = host::set_filter_state(&path, value) {
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
        if let Some(exchange) = &mut self.exchange {
            pool::catch_up(exchange);
            exchange.conclude(&Envoy::default());
            if !exchange.record().code.is_empty() {
                self.metrics.count(exchange.record());
            }
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
        self.received = size;
        match self.body(end_of_stream) {
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
        match self.body(true) {
            Ok(action) => action,
            Err(refused) => self.fail(refused),
        }
    }

    fn on_http_response_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        // The filter's own answers come by here as well.
        let Some(exchange) = self.exchange.as_mut().filter(|exchange| exchange.is_sent()) else {
            return Action::Continue;
        };
        if exchange.pool().is_some() {
            if let Some(reply) = pool::end(exchange) {
                return self.answer(&reply);
            }
        }
        let headers = match host::response_headers() {
            Ok(headers) => headers,
            Err(refused) => return self.fail(refused),
        };
        match exchange.respond(&headers, &connection_failed, &Envoy::default()) {
            Verdict::Pass => match pool::tell_client(exchange) {
                Ok(()) => Action::Continue,
                Err(refused) => self.fail(refused),
            },
            Verdict::Replace(reply) => self.answer(&reply),
        }
    }

    fn on_http_response_body(&mut self, size: usize, _end_of_stream: bool) -> Action {
        // A stream's last frame may hold nothing.
        let observed =
            self.exchange.as_mut().filter(|exchange| size > 0 && exchange.observes_answer());
        if let Some(exchange) = observed {
            match host::response_body(size) {
                Ok(piece) => exchange.observe(&piece),
                Err(refused) => log::warn!("tokens of an answer are not counted: {refused}"),
            }
        }
        Action::Continue
    }
}

/// Whether Envoy made the answer up because it could not reach the provider: bits of `%RESPONSE_FLAGS%`, as
/// `response.flags` has them.
fn connection_failed() -> bool {
    const NO_HEALTHY_UPSTREAM: u64 = 0x2;
    const UPSTREAM_REMOTE_RESET: u64 = 0x10;
    const UPSTREAM_CONNECTION_FAILURE: u64 = 0x20;
    const UPSTREAM_CONNECTION_TERMINATION: u64 = 0x40;
    const FAILURES: u64 = NO_HEALTHY_UPSTREAM
        | UPSTREAM_REMOTE_RESET
        | UPSTREAM_CONNECTION_FAILURE
        | UPSTREAM_CONNECTION_TERMINATION;
    host::number_property(&["response", "flags"]).unwrap_or_default() & FAILURES != 0
}

/// Edits the request's header fields.
pub(super) fn edit_headers(edits: &[HeaderEdit]) -> Result<(), Refused> {
    edits.iter().try_for_each(|edit| match edit {
        HeaderEdit::Remove(name) => host::remove_request_header(name),
        HeaderEdit::Set(name, value) => host::set_request_header(name, value),
    })
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
    let total = host::number_property(&["request", "total_size"]).unwrap_or_default();
    let headers = host::request_headers().unwrap_or_default();
    let fields = headers.iter().map(|(name, value)| name.len().saturating_add(value.len()));
    let fields = u64::try_from(fields.fold(0, usize::saturating_add)).unwrap_or(u64::MAX);
    total.saturating_sub(fields)
}
