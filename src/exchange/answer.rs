//! The response to a request that was sent on: whose it is, what it tells of the provider, and how it ends.

mod origin;

use std::mem;
use std::time::SystemTime;

use super::sending::{Sent, SentTo};
use super::{Exchange, Stage};
use crate::cooldown::Signal;
use crate::header::{Headers, Name};
use crate::host::Host;
use crate::provider::Provider;
use crate::reject::{Reject, Reply};
use crate::usage;

use origin::Origin;

/// What is to be done with a response.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Pass it on without these header fields.
    Pass(Vec<Name>),
    /// Hold it without these header fields until its body is there, or `MAX_HELD` bytes of it: then
    /// [`Exchange::judge`] it.
    Hold(Vec<Name>),
    /// Give this answer instead.
    Replace(Reply),
}

/// How much of a response is held, in bytes, to tell whether it refuses the gateway's credential.
#[cfg_attr(not(target_os = "wasi"), allow(dead_code, reason = "the filter holds responses"))]
pub const MAX_HELD: usize = 16 * 1024;

/// What has come back of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Response {
    /// Nothing yet.
    Awaited,
    /// The provider's own, with this status.
    Provider(u16),
    /// One that Envoy or another filter made.
    Local(Origin),
}

/// How a stream ended, as far as the host knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The response came to its end.
    Complete,
    /// The client left before.
    ClientLeft,
    /// It was broken off.
    BrokenOff,
}

impl Exchange {
    /// Whether the request was sent on, so that responses come from a provider.
    #[must_use]
    pub fn is_sent(&self) -> bool {
        matches!(self.stage, Stage::Sent(_))
    }

    /// Takes the headers of the response. `details` are Envoy's, which tell who made it: `response.code_details`.
    pub fn respond(&mut self, headers: &Headers, details: &[u8], host: &dyn Host) -> Verdict {
        let Stage::Sent(sent) = &mut self.stage else {
            return Verdict::Pass(Vec::new());
        };
        let now = host.now();
        self.record.first_byte_after = now.duration_since(sent.at).ok();
        let status = headers.first(":status").and_then(status).unwrap_or_default();
        let origin = Origin::of(details);
        let settings = &self.router.settings;
        let signal = match origin {
            Origin::Provider => settings.cooldown.signal(status, headers, now),
            Origin::Unreachable | Origin::TimedOut => Some(UNREACHABLE),
            Origin::Local => None,
        };
        // In a pool each attempt was noted where it was made.
        if let Some(signal) = signal.filter(|_| !sent.is_in_pool()) {
            self.record.cooldown_started = self.note(signal, now, host);
        }
        let may_refuse_credential =
            matches!(status, 400 | 403) && self.may_refuse_credential(status, headers);
        let Stage::Sent(sent) = &mut self.stage else {
            return Verdict::Pass(Vec::new());
        };
        if origin != Origin::Provider {
            sent.response = Response::Local(origin);
            return Verdict::Pass(Vec::new());
        }
        sent.response = Response::Provider(status);
        let tried_header = self.router.settings.tried_header.as_deref();
        let removed = removed(headers, tried_header);
        let reject = match status {
            401 if !sent.with_callers_key() => Reject::UpstreamAuthenticationFailed,
            402 if !sent.with_callers_key() => Reject::UpstreamQuotaExhausted,
            301 | 302 | 303 | 307 | 308 if sent.has_body => Reject::UpstreamRedirected,
            407 => Reject::UpstreamRefused,
            101 if !sent.is_upgrade => Reject::UpstreamRefused,
            101 => {
                self.record.usage_uncounted = true;
                return Verdict::Pass(removed);
            }
            _ if may_refuse_credential => return Verdict::Hold(removed),
            200..=299 if sent.uses_tokens => {
                let format = headers.first("content-type").and_then(usage::Format::of_content_type);
                let is_encoded = headers.first("content-encoding").is_some_and(usage::is_encoded);
                self.record.usage_uncounted = format.is_some() && is_encoded;
                sent.usage = format.filter(|_| !is_encoded).map(usage::Reader::new);
                return Verdict::Pass(removed);
            }
            _ => return Verdict::Pass(removed),
        };
        self.record.complete_after = self.record.first_byte_after;
        Verdict::Replace(self.reject(&reject))
    }

    /// Judges a response that was held, by its body or the beginning of it: the answer to give instead, if the provider
    /// refuses the gateway's credential.
    #[must_use]
    pub fn judge(&mut self, body: &[u8], host: &dyn Host) -> Option<Reply> {
        let texts = self.provider()?.invalid_key_texts;
        if !refuses_credential(body, texts) {
            return None;
        }
        // Where the configuration counts the status itself, that is done.
        let statuses = &self.router.settings.cooldown.statuses;
        if matches!(&self.stage, Stage::Sent(sent) if !sent.is_counted_by(statuses)) {
            let refused = Signal::Failure { is_of_model: false, wait: None };
            self.record.cooldown_started = self.note(refused, host.now(), host);
        }
        self.record.complete_after = self.record.first_byte_after;
        Some(self.reject(&Reject::UpstreamAuthenticationFailed))
    }

    /// Whether the response's body should be shown to [`observe`](Self::observe).
    #[must_use]
    pub fn observes_answer(&self) -> bool {
        matches!(&self.stage, Stage::Sent(sent) if sent.usage.is_some())
    }

    /// Looks at a piece of the response's body as it passes.
    pub fn observe(&mut self, piece: &[u8]) {
        if let Stage::Sent(sent) = &mut self.stage {
            if let Some(usage) = &mut sent.usage {
                usage.feed(piece);
            }
        }
    }

    /// Ends the exchange: what it came to is on record then. `end` tells, if it is asked, how the stream ended.
    pub fn conclude(&mut self, end: &dyn Fn() -> End, host: &dyn Host) {
        match mem::replace(&mut self.stage, Stage::Idle) {
            Stage::Idle => {}
            Stage::Held(_) => self.record.code = "incomplete",
            Stage::Sent(sent) => {
                self.record.code = code(sent.response, end);
                if self.record.code == "ok" {
                    self.record.complete_after = host.now().duration_since(sent.at).ok();
                } else {
                    self.record.first_byte_after = None;
                    self.record.complete_after = None;
                }
                if let Some(reader) = sent.usage {
                    self.record.usage = reader.usage();
                    self.record.cost =
                        self.record.usage.and_then(|usage| Some(sent.to.price()?.cost(usage)));
                    self.record.usage_errors = reader.errors();
                }
                if !self.limits.is_empty() {
                    self.charge_limits(host);
                }
            }
        }
    }

    /// Notes for all workers what a response told.
    fn note(&self, signal: Signal, now: SystemTime, host: &dyn Host) -> bool {
        let Stage::Sent(sent) = &self.stage else { return false };
        let cooldown = &self.router.settings.cooldown;
        sent.to.cooldown_keys().is_some_and(|keys| cooldown.note(&keys, signal, now, host))
    }

    /// Whether the body of this response has to be read to tell whether the provider refuses the gateway's credential.
    fn may_refuse_credential(&self, status: u16, headers: &Headers) -> bool {
        let Stage::Sent(sent) = &self.stage else { return false };
        let is_plain = headers.first("content-encoding").is_none();
        let tells = |provider: &Provider| status == 403 || !provider.invalid_key_texts.is_empty();
        is_plain && !sent.with_callers_key() && self.provider().is_some_and(tells)
    }

    /// The provider whose response this is.
    fn provider(&self) -> Option<&Provider> {
        let Stage::Sent(sent) = &self.stage else { return None };
        match &sent.to {
            SentTo::Provider(to) => Some(&to.provider),
            SentTo::Pool { tried, .. } => {
                self.router.catalog.providers.get(tried.last()?).map(|provider| &**provider)
            }
        }
    }
}

/// What it tells of a provider that it could not be reached, or said nothing in time.
const UNREACHABLE: Signal = Signal::Failure { is_of_model: false, wait: None };

impl Sent {
    fn is_in_pool(&self) -> bool {
        matches!(self.to, SentTo::Pool { .. })
    }

    /// Whether the provider's status is one of these.
    fn is_counted_by(&self, statuses: &[u16]) -> bool {
        matches!(self.response, Response::Provider(status) if statuses.contains(&status))
    }

    fn with_callers_key(&self) -> bool {
        match &self.to {
            SentTo::Provider(to) => to.with_callers_key,
            SentTo::Pool { .. } => false,
        }
    }
}

/// How a request ended, in one word for metrics and logs.
fn code(response: Response, end: &dyn Fn() -> End) -> &'static str {
    let by_status = |status: u16| match status {
        429 => "upstream_rate_limited",
        400..=499 => "upstream_client_error",
        100..=399 => "ok",
        _ => "upstream_error",
    };
    match response {
        Response::Local(origin) => origin.code(),
        // A connection that was upgraded ends whenever one of its sides wants to.
        Response::Provider(101) => "ok",
        Response::Provider(status) => match end() {
            End::Complete => by_status(status),
            End::ClientLeft => "client_left",
            End::BrokenOff => "upstream_incomplete",
        },
        Response::Awaited => match end() {
            End::ClientLeft => "client_left",
            End::Complete | End::BrokenOff => "upstream_incomplete",
        },
    }
}

/// The fields of a provider's response that would steer Envoy or clients.
fn removed(headers: &Headers, tried_header: Option<&str>) -> Vec<Name> {
    let mut removed: Vec<Name> = Vec::new();
    for (name, _) in headers.iter() {
        let Ok(name) = std::str::from_utf8(name) else { continue };
        if (steers(name) || tried_header == Some(name))
            && !removed.iter().any(|done| **done == *name)
        {
            removed.push(Name::Shared(name.into()));
        }
    }
    removed
}

fn steers(name: &str) -> bool {
    match name.as_bytes().first() {
        Some(b'a') => name == "alt-svc",
        Some(b'p') => name.starts_with("proxy-"),
        Some(b's') => name == "set-cookie" || name == "strict-transport-security",
        Some(b'x') => name.starts_with("x-envoy-") || name.starts_with("x-llm-"),
        _ => false,
    }
}

/// Texts by which providers say that a credential was refused, beside those that only a kind uses. OpenAI's and its
/// likes' error code; AWS's exceptions (Bedrock, "Common errors"); Google's reason (google.rpc.ErrorInfo).
const REFUSALS: [&str; 8] = [
    "invalid_api_key",
    "API_KEY_INVALID",
    "Incorrect API key",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "ExpiredTokenException",
    "security token included in the request is invalid",
    "authentication_error",
];

fn refuses_credential(body: &[u8], texts: &[&str]) -> bool {
    let mut all = REFUSALS.iter().chain(texts);
    all.any(|text| memchr::memmem::find(body, text.as_bytes()).is_some())
}

fn status(value: &[u8]) -> Option<u16> {
    std::str::from_utf8(value).ok()?.parse().ok()
}
