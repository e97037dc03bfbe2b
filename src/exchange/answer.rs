//! The answer to a request that was sent on.

use std::mem;

use super::sending::SentTo;
use super::{Exchange, Stage};
use crate::header::Headers;
use crate::host::Host;
use crate::reject::{Reject, Reply};
use crate::usage;

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
        let mut with_callers_key = false;
        // In a pool each attempt is noted where it is made.
        if let SentTo::Provider(to) = &sent.to {
            with_callers_key = to.with_callers_key;
            if let Some(key) = &to.cooldown_key {
                let cooldown = &self.router.settings.cooldown;
                let failed = cooldown.is_failure(status) || (status >= 500 && connection_failed());
                let asked_for = headers.first("retry-after");
                self.record.cooldown_started = cooldown.note(key, failed, asked_for, now, host);
            }
        }
        if !with_callers_key && matches!(status, 401 | 403) {
            self.record.complete_after = self.record.first_byte_after;
            return Verdict::Replace(self.reject(&Reject::UpstreamAuthenticationFailed));
        }
        if (200..300).contains(&status) {
            let format = headers.first("content-type").and_then(usage::Format::of_content_type);
            let is_plain = headers.first("content-encoding").is_none();
            sent.usage = format.filter(|_| is_plain).map(usage::Reader::new);
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
            self.record.usage = sent.usage.and_then(|usage| usage.usage());
        }
    }
}

fn status(value: &[u8]) -> Option<u16> {
    std::str::from_utf8(value).ok()?.parse().ok()
}
