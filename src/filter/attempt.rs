//! One attempt at one provider: a stream of the filter chain of a pool.

use std::mem;
use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

use super::body;
use super::host::{self, Refused};
use super::metrics::Metrics;
use super::stream::{edit_headers, ROOM};
use super::world::Envoy;
use crate::failover::state::{tried_with, AttemptState, ATTEMPT, ATTEMPTS, CONTEXT, TRIED};
use crate::failover::{Attempt, AttemptError, AttemptInput, PoolRouter};
use crate::header::Headers;
use crate::reject::{Reject, Reply};

/// An HTTP context.
pub struct AttemptStream {
    router: Rc<PoolRouter>,
    progress: AttemptProgress,
    /// What the next attempt must know, while this one is running.
    state: Option<AttemptState>,
    /// How much of the body is there, in bytes.
    buffered: usize,
    metrics: Rc<Metrics>,
}

enum AttemptProgress {
    /// The headers have not come.
    Idle,
    /// The headers are the provider's; the body is still the client's.
    Begun(Box<Attempt>),
    /// The whole request is the provider's; its answer is coming.
    Sent(Box<Attempt>),
    /// The answer has come, or there will be none.
    Over,
}

impl AttemptStream {
    /// A stream that is about to begin.
    pub fn new(router: Rc<PoolRouter>, metrics: Rc<Metrics>) -> Self {
        Self { router, progress: AttemptProgress::Idle, state: None, buffered: 0, metrics }
    }

    fn begin(&mut self, end_of_stream: bool) -> Result<Action, Refused> {
        host::reserve(ROOM)?;
        let headers = host::request_headers()?;
        let router = Rc::clone(&self.router);
        let input = AttemptInput {
            context: host::filter_state(CONTEXT)?,
            provider: host::property(PROVIDER)?,
            previous: host::filter_state(ATTEMPT)?,
        };
        let attempt = match router.attempt(&input, &headers) {
            // Without a body there is nothing that could name the provider's model.
            Ok(_) if end_of_stream => {
                return Ok(self.refuse(&router, &headers, &AttemptError::OtherBody))
            }
            Ok(attempt) => attempt,
            // Before 1.40 Envoy begins an attempt also where its circuit breaker has refused a connection. Such an attempt
            // has no endpoint, and the client gets Envoy's own answer.
            Err(AttemptError::NoProvider) if host::overflowed() => {
                self.progress = AttemptProgress::Over;
                return Ok(Action::Pause);
            }
            Err(error) => return Ok(self.refuse(&router, &headers, &error)),
        };
        // First of all, so that whatever is written can be taken back.
        host::set_filter_state(ATTEMPT, &attempt.state.encode())?;
        self.state = Some(attempt.state.clone());
        self.record(&attempt)?;
        edit_headers(&attempt.headers)?;
        self.progress = AttemptProgress::Begun(Box::new(attempt));
        Ok(Action::Continue)
    }

    /// Leaves for access logs, and for the listener's filter, which provider is tried.
    fn record(&self, attempt: &Attempt) -> Result<(), Refused> {
        let provider = attempt.record.provider.as_deref().unwrap_or_default();
        let before = host::filter_state(TRIED)?.unwrap_or_default();
        let before = String::from_utf8_lossy(&before);
        let last = before.rsplit(',').next().filter(|last| !last.is_empty());
        let tried = tried_with(&before, provider);
        let attempts = tried.split(',').count().to_string();
        for (name, value) in [(TRIED, &*tried), (ATTEMPTS, &*attempts)] {
            host::set_filter_state(name, value)?;
        }
        for (name, value) in attempt.record.states() {
            if let Some(value) = value {
                host::set_filter_state(name, value)?;
            }
        }
        let providers = &self.router.router().catalog.providers;
        let after = last.filter(|last| *last != provider).and_then(|last| providers.get(last));
        self.metrics.attempt(&attempt.record, after.map(|provider| &provider.name));
        Ok(())
    }

    /// Makes the body the provider's, when all of it is there.
    fn finish(&mut self) -> Result<Action, Refused> {
        let AttemptProgress::Begun(mut attempt) =
            mem::replace(&mut self.progress, AttemptProgress::Over)
        else {
            return Ok(Action::Continue);
        };
        if self.buffered != attempt.length {
            log::error!("failover: {}", AttemptError::OtherBody);
            return Ok(self.answer(&Reply::rejected(&Reject::Internal, Default::default(), None)));
        }
        body::apply(&mem::take(&mut attempt.body), self.buffered, Vec::new())?;
        self.progress = AttemptProgress::Sent(attempt);
        Ok(Action::Continue)
    }

    fn end_body(&mut self) -> Action {
        match self.finish() {
            Ok(action) => action,
            Err(refused) => self.fail(refused),
        }
    }

    fn refuse(&mut self, router: &PoolRouter, headers: &Headers, error: &AttemptError) -> Action {
        log::error!("failover: {error}");
        self.answer(&router.refusal(headers))
    }

    /// Answers in the provider's place. Envoy tries no further then.
    fn answer(&mut self, reply: &Reply) -> Action {
        self.progress = AttemptProgress::Over;
        if let Err(refused) = host::send_reply(reply, REFUSED) {
            log::error!("a request could not be answered: {refused}");
            if let Err(refused) = host::reset_request() {
                log::error!("nor reset, it hangs: {refused}");
            }
        }
        Action::Pause
    }

    fn fail(&mut self, refused: Refused) -> Action {
        log::error!("an attempt failed: {refused}");
        self.answer(&Reply::rejected(&Reject::Internal, Default::default(), None))
    }

    /// The attempt, if it is running; once.
    fn take(&mut self) -> Option<Box<Attempt>> {
        match mem::replace(&mut self.progress, AttemptProgress::Over) {
            AttemptProgress::Begun(attempt) | AttemptProgress::Sent(attempt) => Some(attempt),
            AttemptProgress::Idle | AttemptProgress::Over => None,
        }
    }

    /// Takes the provider's answer.
    fn respond(&mut self) -> Result<(), Refused> {
        let headers = host::response_headers()?;
        // Envoy's router would act on them: no provider steers it.
        for (name, _) in headers.iter() {
            let name = std::str::from_utf8(name).unwrap_or_default();
            if name.starts_with(ENVOY_FIELDS) {
                host::remove_response_header(name)?;
            }
        }
        let status = headers.first(":status").and_then(|status| std::str::from_utf8(status).ok());
        let status = status.and_then(|status| status.parse().ok()).unwrap_or_default();
        if let Some(attempt) = self.take() {
            if attempt.note_answer(self.router.router(), status, &headers, &Envoy::default()) {
                self.metrics.cooldown(&attempt.record);
            }
        }
        Ok(())
    }
}

/// Fields that Envoy's router takes for its own begin with this.
const ENVOY_FIELDS: &str = "x-envoy-";

/// The provider of the endpoint that Envoy has chosen.
const PROVIDER: [&str; 5] =
    ["xds", "upstream_host_metadata", "filter_metadata", "llm_router", "provider"];

/// What access logs show of an attempt that was not made.
pub const REFUSED: &str = "llm_router_attempt_refused";

impl Context for AttemptStream {
    fn on_done(&mut self) -> bool {
        if let Some(state) = self.state.take() {
            let over = AttemptState { is_over: true, ..state };
            if let Err(refused) = host::set_filter_state(ATTEMPT, &over.encode()) {
                log::error!("the end of an attempt cannot be told: {refused}");
            }
        }
        let Some(attempt) = self.take() else { return true };
        // Without an answer the provider failed, unless the client left or Envoy itself had no room for the request.
        if !host::client_left()
            && !host::overflowed()
            && attempt.note_no_answer(self.router.router(), &Envoy::default())
        {
            self.metrics.cooldown(&attempt.record);
        }
        true
    }
}

impl HttpContext for AttemptStream {
    fn on_http_request_headers(&mut self, _count: usize, end_of_stream: bool) -> Action {
        match self.begin(end_of_stream) {
            Ok(action) => action,
            Err(refused) => self.fail(refused),
        }
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        self.buffered = size;
        match &self.progress {
            AttemptProgress::Begun(_) if end_of_stream => self.end_body(),
            AttemptProgress::Sent(_) => Action::Continue,
            AttemptProgress::Idle | AttemptProgress::Begun(_) | AttemptProgress::Over => {
                Action::Pause
            }
        }
    }

    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        match &self.progress {
            AttemptProgress::Begun(_) => self.end_body(),
            AttemptProgress::Sent(_) => Action::Continue,
            AttemptProgress::Idle | AttemptProgress::Over => Action::Pause,
        }
    }

    fn on_http_response_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        if let Err(refused) = self.respond() {
            log::warn!("the answer to an attempt is not counted: {refused}");
        }
        Action::Continue
    }
}
