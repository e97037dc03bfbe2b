//! The header fields by which a client learns when it may try again.

use std::borrow::Cow;

use time::OffsetDateTime;

use super::Reject;
use crate::endpoint::Dialect;
use crate::limit::{Overrun, Unit};

/// The longest wait, in seconds, that OpenAI's and Anthropic's SDKs believe in (`_calculate_retry_timeout`). Where it is longer
/// they would try again after some time of their own, to no end.
const LONGEST_BELIEVED: u64 = 60;

/// Adds the fields of a request that went over a limit: the figures of this limit and of no other.
///
/// OpenAI's are `x-ratelimit-*` (platform.openai.com/docs/guides/rate-limits, "Rate limits in headers"), Anthropic's are
/// `anthropic-ratelimit-*` (platform.claude.com/docs/en/api/rate-limits, "Response headers").
pub fn add_headers(
    reject: &Reject,
    dialect: Dialect,
    headers: &mut Vec<(&'static str, Cow<'static, str>)>,
) {
    let Reject::LimitReached(overrun) = reject else {
        headers.push(("retry-after", "1".into()));
        return;
    };
    let Overrun { quota, wait, .. } = **overrun;
    headers.push(("retry-after", wait.to_string().into()));
    if wait > LONGEST_BELIEVED {
        headers.push(("x-should-retry", "false".into()));
    }
    let [limit, remaining, reset] = match (dialect, quota.unit) {
        // Google's and Amazon's APIs have no such fields.
        (_, Unit::Dollars) | (Dialect::Google | Dialect::Amazon, _) => return,
        (Dialect::OpenAi, Unit::Requests) => [
            "x-ratelimit-limit-requests",
            "x-ratelimit-remaining-requests",
            "x-ratelimit-reset-requests",
        ],
        (Dialect::OpenAi, Unit::Tokens) => {
            ["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"]
        }
        (Dialect::Anthropic, Unit::Requests) => [
            "anthropic-ratelimit-requests-limit",
            "anthropic-ratelimit-requests-remaining",
            "anthropic-ratelimit-requests-reset",
        ],
        (Dialect::Anthropic, Unit::Tokens) => [
            "anthropic-ratelimit-tokens-limit",
            "anthropic-ratelimit-tokens-remaining",
            "anthropic-ratelimit-tokens-reset",
        ],
    };
    let resets = match dialect {
        Dialect::Anthropic => instant(overrun),
        _ => duration(wait),
    };
    headers.push((limit, quota.amount.to_string().into()));
    headers.push((remaining, "0".into()));
    headers.push((reset, resets.into()));
}

/// A time as OpenAI writes it: `6m0s`.
fn duration(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        _ => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// The end of the window as Anthropic writes it (RFC 3339).
fn instant(overrun: &Overrun) -> String {
    let end = i64::try_from(overrun.ends_at).ok();
    let end = end.and_then(|end| OffsetDateTime::from_unix_timestamp(end).ok());
    let end = end.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let ((year, month, day), (hour, minute, second)) = (end.to_calendar_date(), end.to_hms());
    let month = u8::from(month);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}
