//! What became of a request, in the words of an operator.

use std::rc::Rc;
use std::time::Duration;

use crate::price::Cost;
use crate::reject::Quoted;
use crate::team::Caller;
use crate::usage::Usage;

/// The filter state that tells how a request ended.
#[cfg_attr(not(target_os = "wasi"), allow(dead_code, reason = "the filter sets it"))]
pub const CODE: &str = "llm_router.code";

/// What access logs and metrics are told of a request. Nothing in it is secret, and what the client chose is quoted. It is
/// filled as the request goes on and read by logs and metrics alone: no decision rests on it.
#[derive(Debug, Default)]
pub struct Record {
    /// The caller's team.
    pub team: Option<Rc<str>>,
    /// The caller's key, by its id.
    pub key_id: Option<Rc<str>>,
    /// The model, as it was asked for.
    pub model: Option<Quoted>,
    /// The provider that it was sent to.
    pub provider: Option<Rc<str>>,
    /// The model's name there.
    pub upstream_model: Option<Quoted>,
    /// The registered model or pattern that was called; `None` for one that nobody registered.
    pub registered: Option<Rc<str>>,
    /// Whether the answer started a cooldown.
    pub cooldown_started: bool,
    /// How long the first byte of the answer took.
    pub first_byte_after: Option<Duration>,
    /// How long all of it took.
    pub complete_after: Option<Duration>,
    /// The tokens that the answer tells.
    pub usage: Option<Usage>,
    /// What they cost, where the target has a price.
    pub cost: Option<Cost>,
    /// How many of the answer's counts could not be true and were dropped.
    pub usage_errors: u32,
    /// Whether tokens are not counted where there may be some: the answer is compressed, though nobody asked for that, or
    /// it is a WebSocket.
    pub usage_uncounted: bool,
    /// How many counts of limits were lost, because other workers were faster every time.
    pub limit_errors: u32,
    /// How it ended: `ok`, an error's code, or that of the provider; empty while the request is under way.
    pub code: &'static str,
}

impl Record {
    /// What is known, by the names that access logs use: those of the filter state without `llm_router.`.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let code = Some(self.code).filter(|code| !code.is_empty());
        (self.states().chain([(CODE, code)]))
            .filter_map(|(name, value)| Some((name.strip_prefix("llm_router.")?, value?)))
    }

    /// The values of filter state, `None` where they are not known. `CODE`, which is known last, is not among them.
    pub fn states(&self) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        [
            ("llm_router.team", self.team.as_deref()),
            ("llm_router.key_id", self.key_id.as_deref()),
            ("llm_router.model", self.model.as_ref().map(Quoted::as_str)),
            ("llm_router.provider", self.provider.as_deref()),
            ("llm_router.upstream_model", self.upstream_model.as_ref().map(Quoted::as_str)),
        ]
        .into_iter()
    }

    /// The counts of filter state, once they are known: the answer's tokens, as far as it tells any, and their cost.
    #[cfg_attr(not(target_os = "wasi"), allow(dead_code, reason = "the filter sets them"))]
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let usage = self.usage.as_ref();
        let total = |usage: &Usage| usage.prompt.saturating_add(usage.completion);
        [
            ("llm_router.prompt_tokens", usage.map(|usage| usage.prompt)),
            ("llm_router.completion_tokens", usage.map(|usage| usage.completion)),
            (
                "llm_router.cached_tokens",
                usage.map(|usage| usage.cached).filter(|cached| *cached > 0),
            ),
            ("llm_router.total_tokens", usage.map(total)),
            ("llm_router.cost_microusd", self.cost.map(Cost::microdollars)),
        ]
        .into_iter()
        .filter_map(|(name, count)| Some((name, count?)))
    }

    /// Notes who calls.
    pub(crate) fn caller(&mut self, caller: &Caller) {
        self.team = Some(Rc::clone(&caller.team().name));
        self.key_id = caller.key_id().map(Rc::clone);
    }
}
