//! What became of a request, in the words of an operator.

use std::rc::Rc;
use std::time::Duration;

use crate::catalog::Pool;
use crate::reject::Quoted;
use crate::router::Decision;
use crate::team::Caller;
use crate::usage::Usage;

/// What is told of a request to access logs. Nothing in it is secret, and what the client chose is quoted.
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
    /// The pool that it was sent to, where Envoy chooses the provider.
    pub pool: Option<Rc<Pool>>,
    /// The providers that were tried in the pool, in their order.
    pub tried: Vec<Rc<str>>,
    /// The model's name there.
    pub upstream_model: Option<Quoted>,
    /// The registered model or pattern that was called; `None` for one that nobody registered.
    pub registered: Option<Rc<str>>,
    /// Whether the answer put the credential to rest.
    pub rests: bool,
    /// How long the first byte of the answer took.
    pub first_byte_after: Option<Duration>,
    /// How long all of it took.
    pub complete_after: Option<Duration>,
    /// The tokens that the answer tells.
    pub usage: Option<Usage>,
    /// How many of the answer's counts could not be true and were dropped.
    pub usage_errors: u32,
    /// Whether the answer's tokens are not counted because it is compressed, though nobody asked for that.
    pub usage_encoded: bool,
    /// `ok`, or the error's code; empty while the request is not decided.
    pub code: &'static str,
}

impl Record {
    /// The fields that are known, by the names under which logs find them.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let code = (!self.code.is_empty()).then_some(self.code);
        [
            ("team", self.team.as_deref()),
            ("key_id", self.key_id.as_deref()),
            ("model", self.model.as_ref().map(Quoted::as_str)),
            ("provider", self.provider.as_deref()),
            ("upstream_model", self.upstream_model.as_ref().map(Quoted::as_str)),
            ("code", code),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }

    /// Notes who calls.
    pub(super) fn caller(&mut self, caller: &Caller) {
        self.team = Some(Rc::clone(&caller.team().name));
        self.key_id = caller.key_id().map(Rc::clone);
    }

    /// Notes where the request is sent.
    pub(super) fn sent(&mut self, decision: Decision, pool: Option<Rc<Pool>>) {
        if pool.is_none() {
            self.provider = Some(Rc::clone(&decision.provider.name));
            self.upstream_model = Some(Quoted::owned(decision.upstream_model));
        }
        self.pool = pool;
        self.registered = decision.registered.as_ref().map(|model| Rc::clone(&model.name));
        self.code = "ok";
    }
}
