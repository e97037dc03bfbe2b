//! How long a provider asks to be left alone.

use std::time::{Duration, SystemTime};

use crate::header::Headers;

/// The longest of all that an answer asks for. Providers send whole seconds, fractions of them, dates, and milliseconds in
/// a field of their own (`retry-after-ms`: Azure OpenAI; the OpenAI and Anthropic SDKs read it before `retry-after`).
pub fn longest_wait(headers: &Headers, now: SystemTime) -> Option<Duration> {
    let seconds = headers.all("retry-after").filter_map(|value| wait(value, now));
    let millis = headers.all("retry-after-ms").filter_map(|value| number(value, 1000));
    seconds.chain(millis).max()
}

/// What one `retry-after` asks for (RFC 9110, section 10.2.3): seconds, also with a fraction, or a date.
fn wait(value: &[u8], now: SystemTime) -> Option<Duration> {
    number(value, 1).or_else(|| {
        let text = std::str::from_utf8(value).ok()?.trim();
        httpdate::parse_http_date(text).ok()?.duration_since(now).ok()
    })
}

/// A decimal number of which `units` are a second. What is beyond all reason is as long as can be.
fn number(value: &[u8], units: u32) -> Option<Duration> {
    let text = std::str::from_utf8(value).ok()?.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    // Thousandths are enough.
    let thousandths: u64 = fraction.bytes().chain([b'0'; 3]).take(3).fold(0, |sum, digit| {
        sum.saturating_mul(10).saturating_add(u64::from(digit.saturating_sub(b'0')))
    });
    let whole: u64 = whole.parse().unwrap_or(u64::MAX);
    let millis = whole.saturating_mul(1000).saturating_add(thousandths);
    Duration::from_millis(millis).checked_div(units)
}
