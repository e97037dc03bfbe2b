//! The answer to a request that was sent on.

use std::mem;
use std::time::SystemTime;

use super::{Exchange, Stage};
use crate::header::Headers;
use crate::host::Host;
use crate::provider::Grant;
use crate::reject::{Reject, Reply};
use crate::router::{line, Decision, Router};
use crate::team::Caller;
use crate::usage;

/// What is remembered of a request while its answer is awaited. The credential is not among it.
pub(super) struct Sent {
    /// Under what name all workers remember how this credential fares; `None` if nothing is.
    line: Option<String>,
    /// Whether the credential was one that this filter, or Envoy in its place, has put in.
    with_our_credential: bool,
    /// When it was sent.
    at: SystemTime,
    /// Counts the tokens of the answer as it passes.
    usage: Option<usage::Reader>,
}

impl Sent {
    pub fn new(
        router: &Router,
        caller: &Caller,
        decision: &Decision,
        in_pool: bool,
        at: SystemTime,
    ) -> Self {
        let provider = &decision.provider;
        // Where there is never another choice nobody would read it.
        // In a pool each attempt is noted where it is made.
        let matters = !in_pool && router.catalog.alternatives.contains(&provider.id);
        Self {
            line: matters.then(|| line(caller, provider, &decision.grant)).flatten(),
            with_our_credential: !matches!(decision.grant, Grant::Callers { .. }),
            at,
            usage: None,
        }
    }
}

/// What is to be done with an answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Pass it on, untouched.
    Pass,
    /// Give this answer instead.
    Replace(Reply),
}

impl Exchange {
    /// Whether the request was sent on, so that answers come from a provider.
    #[must_use]
    pub fn is_sent(&self) -> bool {
        matches!(self.stage, Stage::Sent(_))
    }

    /// Takes the headers of the answer. `connection_failed` tells, if it is asked, whether Envoy made the answer up because
    /// it could not reach the provider.
    pub fn respond(
        &mut self,
        headers: &Headers,
        connection_failed: &dyn Fn() -> bool,
        host: &dyn Host,
    ) -> Verdict {
        let Stage::Sent(sent) = &mut self.stage else {
            return Verdict::Pass;
        };
        let now = host.now();
        let status = headers.first(":status").and_then(status).unwrap_or_default();
        self.record.first_byte_after = now.duration_since(sent.at).ok();
        if let Some(line) = &sent.line {
            let cooldown = &self.router.settings.cooldown;
            let failed = cooldown.is_failure(status) || (status >= 500 && connection_failed());
            let asked_for = headers.first("retry-after");
            self.record.rests = cooldown.note(line, failed, asked_for, now, host);
        }
        if sent.with_our_credential && matches!(status, 401 | 403) {
            self.record.complete_after = self.record.first_byte_after;
            return Verdict::Replace(self.reject(&Reject::UpstreamAuthenticationFailed));
        }
        if (200..300).contains(&status) {
            let format = headers.first("content-type").and_then(usage::Format::of_content_type);
            let is_encoded = headers.first("content-encoding").is_some_and(usage::is_encoded);
            self.record.usage_encoded = format.is_some() && is_encoded;
            sent.usage = format.filter(|_| !is_encoded).map(usage::Reader::new);
        }
        Verdict::Pass
    }

    /// Whether the answer's body should be shown to [`observe`](Self::observe).
    #[must_use]
    pub fn observes_answer(&self) -> bool {
        matches!(&self.stage, Stage::Sent(sent) if sent.usage.is_some())
    }

    /// Looks at a piece of the answer's body as it passes.
    pub fn observe(&mut self, piece: &[u8]) {
        if let Stage::Sent(sent) = &mut self.stage {
            if let Some(usage) = &mut sent.usage {
                usage.feed(piece);
            }
        }
    }

    /// Ends the exchange: what it came to is on record then.
    pub fn conclude(&mut self, host: &dyn Host) {
        if let Stage::Sent(sent) = mem::replace(&mut self.stage, Stage::Idle) {
            self.record.complete_after = host.now().duration_since(sent.at).ok();
            if let Some(reader) = sent.usage {
                self.record.usage = reader.usage();
                self.record.usage_errors = reader.errors();
            }
        }
    }
}

fn status(value: &[u8]) -> Option<u16> {
    std::str::from_utf8(value).ok()?.parse().ok()
}
