//! Rest for credentials that a provider keeps refusing to serve.
//!
//! What is remembered of a (team, provider, credential) is a few bytes that all of Envoy's workers share: one team's
//! exhausted quota takes the provider from no other team.

use std::cell::Cell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::host::Host;

/// When a credential rests, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cooldown {
    /// After how many failures in a row; 0: never.
    pub failures: u32,
    /// For how long, unless the answer's `retry-after` asks for longer; more than [`LONGEST_COOLDOWN`] is not granted.
    pub rest: Duration,
    /// The statuses that are failures.
    pub statuses: Vec<u16>,
}

/// The longest rest that an answer can ask for: a day, for there are quotas of a day. A provider that asks for more is
/// mistaken, and nothing but a restart of Envoy would end it.
pub const LONGEST_COOLDOWN: Duration = Duration::from_secs(24 * 60 * 60);

impl Default for Cooldown {
    fn default() -> Self {
        Self { failures: 3, rest: Duration::from_secs(30), statuses: vec![429, 500, 502, 503, 504] }
    }
}

impl Cooldown {
    /// Whether an answer with this status is a failure.
    #[must_use]
    pub fn is_failure(&self, status: u16) -> bool {
        self.statuses.contains(&status)
    }

    /// What is remembered after an answer; `None` where that is what was remembered before.
    #[must_use]
    pub fn after(
        &self,
        before: CooldownState,
        failed: bool,
        retry_after: Option<Duration>,
        now: SystemTime,
    ) -> Option<CooldownState> {
        let after = if failed {
            let failures = before.failures.saturating_add(1);
            let rests = self.failures > 0 && failures >= self.failures;
            let rest = retry_after.unwrap_or_default().min(LONGEST_COOLDOWN).max(self.rest);
            let until = if rests { now.checked_add(rest).unwrap_or(now) } else { before.until };
            CooldownState { failures, until }
        } else {
            CooldownState { failures: 0, ..before }
        };
        (after != before).then_some(after)
    }

    /// Notes for all workers, under the name `line`, how an answer was; `retry_after` is the field of that name. Whether
    /// it put the credential to rest.
    pub fn note(
        &self,
        line: &str,
        failed: bool,
        retry_after: Option<&[u8]>,
        now: SystemTime,
        host: &dyn Host,
    ) -> bool {
        let asked_for = retry_after.and_then(|value| self::retry_after(value, now));
        let rests = Cell::new(false);
        host.update_shared(line, &|before| {
            let after = self.after(CooldownState::decode(before), failed, asked_for, now)?;
            rests.set(after.cooling_until(now).is_some());
            Some(after.encode().to_vec())
        });
        failed && rests.get()
    }
}

/// What is remembered of one credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CooldownState {
    /// How many requests failed in a row.
    failures: u32,
    /// Until when it rests.
    until: SystemTime,
}

impl Default for CooldownState {
    fn default() -> Self {
        Self { failures: 0, until: UNIX_EPOCH }
    }
}

impl CooldownState {
    /// Reads what was remembered; what cannot be read is forgotten.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Self {
        let read = || {
            let (failures, until) = bytes.split_first_chunk::<4>()?;
            let until = u64::from_le_bytes(until.try_into().ok()?);
            let until = UNIX_EPOCH.checked_add(Duration::from_millis(until))?;
            Some(Self { failures: u32::from_le_bytes(*failures), until })
        };
        read().unwrap_or_default()
    }

    /// What to remember: the failures, then the end of the rest in milliseconds since 1970, little-endian.
    #[must_use]
    pub fn encode(self) -> [u8; 12] {
        let until = self.until.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let mut bytes = [0; 12];
        let (failures, millis) = bytes.split_at_mut(4);
        failures.copy_from_slice(&self.failures.to_le_bytes());
        millis.copy_from_slice(&u64::try_from(until).unwrap_or(u64::MAX).to_le_bytes());
        bytes
    }

    /// When its rest ends, if it rests.
    #[must_use]
    pub fn cooling_until(self, now: SystemTime) -> Option<SystemTime> {
        (self.until > now).then_some(self.until)
    }
}

/// What a `retry-after` field asks for (RFC 9110, section 10.2.3): seconds, or a date.
#[must_use]
pub fn retry_after(value: &[u8], now: SystemTime) -> Option<Duration> {
    let text = std::str::from_utf8(value).ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    httpdate::parse_http_date(text).ok()?.duration_since(now).ok()
}

#[cfg(test)]
mod tests;
