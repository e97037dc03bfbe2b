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
use crate::exchange::{End, Exchange, Rewrite, Step, Verdict, MAX_HELD};
use crate::failover::state::CONTEXT;
use crate::header::{HeaderEdit, Name};
use crate::record::CODE;
use crate::reject::{Reject, Reply};
use crate::router::Router;

/// An HTTP context. `exchange` is `None` where the plugin has no configuration, and then nothing goes through.
pub struct Stream {
    exchange: Option<Exchange>,
    progress: RequestProgress,
    /// How much of the body has come, in bytes.
    received: usize,
    response: ResponseProgress,
    /// Which fields of the record stand in filter state, a bit for each.
    recorded: u8,
    metrics: Rc<Metrics>,
}

/// How many bytes of memory must be left to go on with a request, beside what its body takes: for its header fields,
/// which Envoy limits, the copies that are made of them, and what is told of it. As nobody goes on with less, there is
/// enough left to refuse those that come then.
pub(super) const ROOM: usize = 1 << 20;

/// The bit of [`Stream::recorded`] for [`CODE`].
const CODE_BIT: u8 = 0x80;

/// How far the response has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ResponseProgress {
    /// It is awaited, or passes.
    Passing,
    /// It is held until its body tells whether the provider refuses the credential. So many bytes of it are there.
    Held(usize),
    /// It has come to its end.
    Complete,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum RequestProgress {
    /// The filter has let the request go on, or has nothing to do with it.
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
        Self {
            exchange: router.map(Exchange::new),
            progress: RequestProgress::Open,
            received: 0,
            response: ResponseProgress::Passing,
            recorded: 0,
            metrics,
        }
    }

    fn begin(&mut self, end_of_stream: bool) -> Result<Action, Refused> {
        host::reserve(ROOM)?;
        let Some(exchange) = &mut self.exchange else {
            return Ok(self.answer(&Reply::rejected(&Reject::Internal, Default::default(), None)));
        };
        match exchange.begin(host::request_headers()?, end_of_stream, &Envoy::default()) {
            Step::Hold => {
                self.progress = RequestProgress::Held;
                self.record();
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
        self.record();
        self.progress = RequestProgress::Open;
        Ok(Action::Continue)
    }

    fn answer(&mut self, reply: &Reply) -> Action {
        self.progress = RequestProgress::Answered;
        self.record();
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
            None => Reply::rejected(&Reject::Internal, Default::default(), None),
        };
        self.answer(&reply)
    }

    /// Leaves as filter state what is known of the request and does not stand there yet. How it ended is known last: see
    /// `on_log`.
    fn record(&mut self) {
        let Some(exchange) = &self.exchange else { return };
        for (index, (name, value)) in exchange.record().states().enumerate() {
            let bit =
                1_u8.checked_shl(u32::try_from(index).unwrap_or(u32::MAX)).unwrap_or_default();
            if let Some(value) = value.filter(|_| self.recorded & bit == 0) {
                self.recorded |= bit;
                set_state(name, value);
            }
        }
        let code = exchange.record().code;
        if !code.is_empty() && self.recorded & CODE_BIT == 0 {
            self.recorded |= CODE_BIT;
            set_state(CODE, code);
        }
    }

    /// Goes on with a response that was held, or gives another in its place.
    fn judge(&mut self, size: usize) -> Action {
        self.response = ResponseProgress::Passing;
        let Some(exchange) = &mut self.exchange else { return Action::Continue };
        let body = host::reserve(MAX_HELD.saturating_add(ROOM))
            .and_then(|()| host::response_body(size.min(MAX_HELD)));
        match body {
            Ok(body) => match exchange.judge(&body, &Envoy::default()) {
                Some(reply) => self.answer(&reply),
                None => Action::Continue,
            },
            Err(refused) => self.fail(refused),
        }
    }

    /// Takes the headers of a response to a request that was sent on.
    fn respond(&mut self, end_of_stream: bool) -> Result<Action, Refused> {
        let Some(exchange) = &mut self.exchange else { return Ok(Action::Continue) };
        let details = host::property_at(host::CODE_DETAILS)?.unwrap_or_default();
        if let Some(reply) = pool::end(exchange, &details) {
            return Ok(self.answer(&reply));
        }
        let headers = host::response_headers()?;
        match exchange.respond(&headers, &details, &Envoy::default()) {
            Verdict::Pass(removed) => {
                pass(exchange, &removed)?;
                Ok(Action::Continue)
            }
            Verdict::Hold(removed) => {
                pass(exchange, &removed)?;
                if end_of_stream {
                    return Ok(self.judge(0));
                }
                self.response = ResponseProgress::Held(0);
                Ok(Action::Pause)
            }
            Verdict::Replace(reply) => Ok(self.answer(&reply)),
        }
    }

    /// Ends the exchange, and leaves for access logs what became of it. Where the response came to its end this is known
    /// then; Envoy writes its access log of a request over HTTP/3 from what it knew before `on_log`.
    fn conclude(&mut self) {
        let response = self.response;
        let Some(exchange) = &mut self.exchange else { return };
        pool::catch_up(exchange);
        let was_sent = exchange.is_sent();
        exchange.conclude(&|| Self::end(response), &Envoy::default());
        if was_sent {
            for (name, count) in exchange.record().counts() {
                set_state(name, itoa::Buffer::new().format(count));
            }
        }
        self.record();
    }

    /// The response has come to its end.
    fn complete(&mut self) {
        self.response = ResponseProgress::Complete;
        if self.exchange.as_ref().is_some_and(Exchange::is_sent) {
            self.conclude();
        }
    }

    /// How the stream ended.
    fn end(response: ResponseProgress) -> End {
        match response {
            ResponseProgress::Complete => End::Complete,
            _ if host::client_left() => End::ClientLeft,
            _ => End::BrokenOff,
        }
    }
}

/// Takes the fields out of a response that its client is not to see, and tells it which providers were tried.
fn pass(exchange: &Exchange, removed: &[Name]) -> Result<(), Refused> {
    removed.iter().try_for_each(|name| host::remove_response_header(name))?;
    pool::tell_client(exchange)
}

/// Leaves one thing for access logs. That it cannot be left is no reason to refuse a request.
fn set_state(name: &str, value: &str) {
    if let Err(refused) = host::set_filter_state(name, value) {
        log::warn!("filter state {name} is not set: {refused}");
    }
}

impl Context for Stream {
    fn on_done(&mut self) -> bool {
        if self.progress == RequestProgress::Held {
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
            RequestProgress::Open => return Action::Continue,
            RequestProgress::Answered => return Action::Pause,
            RequestProgress::Held | RequestProgress::Reading => {
                self.progress = RequestProgress::Reading
            }
        }
        self.received = size;
        match self.body(end_of_stream) {
            Ok(action) => action,
            Err(refused) => self.fail(refused),
        }
    }

    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        // A body that trailers follow has no last frame: they are its end. They are not sent on: some servers take them for
        // header fields, credentials among them.
        match self.progress {
            RequestProgress::Open if !self.exchange.as_ref().is_some_and(Exchange::is_sent) => {
                return Action::Continue;
            }
            RequestProgress::Answered => return Action::Pause,
            // A body that passes as it comes.
            RequestProgress::Open => {
                return match host::remove_request_trailers() {
                    Ok(_) => Action::Continue,
                    Err(refused) => self.fail(refused),
                };
            }
            RequestProgress::Held | RequestProgress::Reading => {}
        }
        let ended = host::remove_request_trailers().and_then(|trailers| {
            if let Some(exchange) = &mut self.exchange {
                exchange.note_trailers(&trailers);
            }
            self.body(true)
        });
        match ended {
            Ok(action) => action,
            Err(refused) => self.fail(refused),
        }
    }

    fn on_http_response_headers(&mut self, _count: usize, end_of_stream: bool) -> Action {
        // The filter's own answers come by here as well.
        if !self.exchange.as_ref().is_some_and(Exchange::is_sent) {
            return Action::Continue;
        }
        let action = match self.respond(end_of_stream) {
            Ok(action) => action,
            Err(refused) => self.fail(refused),
        };
        if end_of_stream {
            self.complete();
        }
        action
    }

    fn on_http_response_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        if let ResponseProgress::Held(_) = self.response {
            if !end_of_stream && size < MAX_HELD {
                self.response = ResponseProgress::Held(size);
                return Action::Pause;
            }
            let action = self.judge(size);
            if end_of_stream {
                self.complete();
            }
            return action;
        }
        // A stream's last frame may hold nothing.
        let observed =
            self.exchange.as_mut().filter(|exchange| size > 0 && exchange.observes_answer());
        if let Some(exchange) = observed {
            match host::response_body(size) {
                Ok(piece) => exchange.observe(&piece),
                Err(refused) => log::warn!("tokens of an answer are not counted: {refused}"),
            }
        }
        if end_of_stream {
            self.complete();
        }
        Action::Continue
    }

    fn on_http_response_trailers(&mut self, _count: usize) -> Action {
        let action = match self.response {
            ResponseProgress::Held(size) => self.judge(size),
            ResponseProgress::Passing | ResponseProgress::Complete => Action::Continue,
        };
        self.complete();
        action
    }

    /// The last that is heard of a request, whichever way it ended, and before access logs are written.
    fn on_log(&mut self) {
        self.conclude();
        let Some(exchange) = &self.exchange else { return };
        if !exchange.record().code.is_empty() {
            self.metrics.count(exchange.record());
        }
    }
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
