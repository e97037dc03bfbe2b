//! How long a provider asks to be left alone.

use std::time::{Duration, SystemTime};

use crate::header::Headers;

/// The longest of all that an answer asks for. Providers send whole seconds, fractions of them, dates, and milliseconds in
/// a field of their own (`retry-after-ms`: Azure OpenAI; the OpenAI and Anthropic SDKs read it before `retry-after`).
pub fn longest_wait(headers: &Headers, now: SystemTime) -> Option<Duration> {
    let seconds = headers.all("retry-after").filter_map(|value| wait(value, now));
    let millis = headers.all("retry-after-ms").filter_map(|value| number(value, 1000.0));
    seconds.chain(millis).max()
}

/// What one `retry-after` asks for (RFC 9110, section 10.2.3): seconds, also with a fraction, or a date.
fn wait(value: &[u8], now: SystemTime) -> Option<Duration> {
    number(value, 1.0).or_else(|| {
        let text = std::str::from_utf8(value).ok()?.trim();
        httpdate::parse_http_date(text).ok()?.duration_since(now).ok()
    })
}

/// A number of which `units` are a second. What is beyond all reason is as long as can be.
fn number(value: &[u8], units: f64) -> Option<Duration> {
    let text = std::str::from_utf8(value).ok()?.trim();
    let is_number =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = text.parse().ok().filter(|_| is_number)?;
    Some(Duration::try_from_secs_f64(number / units).unwrap_or(Duration::MAX))
}
