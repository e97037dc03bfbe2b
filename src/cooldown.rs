//! Cooldown of credentials that a provider keeps refusing to serve.
//!
//! What is remembered of a credential of one team is a few bytes that all of Envoy's workers share: one team's exhausted
//! quota takes the provider from no other team. Two things can cool down: a credential, and one model of a credential.
//! A 429 is about the model, since providers limit each model on its own; every other failure is about the credential.
//! The name under which a credential is remembered has a fingerprint of its secret and of its provider's place in it: a
//! new secret, another account or another cluster begins anew.

mod retry_after;

use std::cell::Cell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::header::Headers;
use crate::host::Host;

use retry_after::longest_wait;

/// When a credential cools down, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cooldown {
    /// After how many failures in a row; 0: never.
    pub failures: u32,
    /// For how long, unless the answer asks for longer; more than [`LONGEST_COOLDOWN`] is not granted.
    pub duration: Duration,
    /// The statuses that are failures.
    pub statuses: Vec<u16>,
}

/// The longest cooldown that an answer can ask for: a day, for there are quotas of a day. A provider that asks for more is
/// mistaken, and nothing but a restart of Envoy would end it.
pub const LONGEST_COOLDOWN: Duration = Duration::from_secs(24 * 60 * 60);

/// The statuses that are failures where the configuration names none. 402: the credit is used up. 408: the provider gave up
/// waiting. 520 to 524: Cloudflare in front of a provider cannot reach it. 529: Anthropic is overloaded.
pub const DEFAULT_STATUSES: [u16; 14] =
    [401, 402, 408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, OVERLOADED];

/// Anthropic's status for "overloaded".
const OVERLOADED: u16 = 529;

impl Default for Cooldown {
    fn default() -> Self {
        let statuses = DEFAULT_STATUSES.to_vec();
        Self { failures: 3, duration: Duration::from_secs(30), statuses }
    }
}

/// What a response tells of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// It serves.
    Success,
    /// It fails.
    Failure {
        /// Whether the failure is one of the model that was called, and not of the credential.
        is_of_model: bool,
        /// How long the provider asks to be left alone. Such an answer is believed at once.
        wait: Option<Duration>,
    },
}

/// Under what names all workers remember how a credential fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CooldownKeys {
    /// The credential.
    pub credential: String,
    /// One model of it.
    pub model: String,
}

impl CooldownKeys {
    /// When what they name is available again, if it is cooling down.
    #[must_use]
    pub fn cooling_until(&self, now: SystemTime, host: &dyn Host) -> Option<SystemTime> {
        let read = |key: &str| CooldownState::decode(&host.shared(key)?).cooling_until(now);
        read(&self.credential).max(read(&self.model))
    }
}

impl Cooldown {
    /// What an answer of the provider's tells of it; `None` for one that is about the request itself.
    #[must_use]
    pub fn signal(&self, status: u16, headers: &Headers, now: SystemTime) -> Option<Signal> {
        if (100..400).contains(&status) {
            return Some(Signal::Success);
        }
        if !self.statuses.contains(&status) {
            return None;
        }
        let may_ask = matches!(status, 429 | 503 | OVERLOADED);
        let wait = may_ask.then(|| longest_wait(headers, now)).flatten();
        Some(Signal::Failure { is_of_model: status == 429, wait })
    }

    /// Notes for all workers what a response told. Whether it started a cooldown.
    pub fn note(
        &self,
        keys: &CooldownKeys,
        signal: Signal,
        now: SystemTime,
        host: &dyn Host,
    ) -> bool {
        match signal {
            Signal::Success => {
                for key in [&keys.credential, &keys.model] {
                    self.update(key, signal, now, host);
                }
                false
            }
            Signal::Failure { is_of_model: true, .. } => {
                self.update(&keys.model, signal, now, host)
            }
            Signal::Failure { .. } => self.update(&keys.credential, signal, now, host),
        }
    }

    fn update(&self, key: &str, signal: Signal, now: SystemTime, host: &dyn Host) -> bool {
        let started = Cell::new(false);
        host.update_shared(key, &|before| {
            let before = CooldownState::decode(before);
            let after = self.after(before, signal, now)?;
            started.set(after.until > before.until && after.cooling_until(now).is_some());
            Some(after.encode().to_vec())
        });
        started.get()
    }

    /// What is remembered after a response; `None` where that is what was remembered before.
    #[must_use]
    fn after(
        &self,
        before: CooldownState,
        signal: Signal,
        now: SystemTime,
    ) -> Option<CooldownState> {
        let after = match signal {
            Signal::Success => CooldownState { failures: 0, ..before },
            Signal::Failure { wait, .. } => {
                let failures = before.failures.saturating_add(1);
                let is_due = self.failures > 0 && (failures >= self.failures || wait.is_some());
                let duration = wait.unwrap_or_default().min(LONGEST_COOLDOWN).max(self.duration);
                let end = now.checked_add(duration).filter(|_| is_due).unwrap_or(UNIX_EPOCH);
                // The longer of two cooldowns stands; one that is beyond belief does not.
                let known = before.cooling_until(now).unwrap_or(UNIX_EPOCH);
                CooldownState { failures, until: end.max(known) }
            }
        };
        (after != before).then_some(after)
    }
}

/// What is remembered of one credential, or of one model of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CooldownState {
    /// How many requests failed in a row.
    failures: u32,
    /// Until when it cools down.
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

    /// What to remember: the failures, then the end of the cooldown in milliseconds since 1970, little-endian.
    #[must_use]
    pub fn encode(self) -> [u8; 12] {
        let until = self.until.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let mut bytes = [0; 12];
        let (failures, millis) = bytes.split_at_mut(4);
        failures.copy_from_slice(&self.failures.to_le_bytes());
        millis.copy_from_slice(&u64::try_from(until).unwrap_or(u64::MAX).to_le_bytes());
        bytes
    }

    /// When its cooldown ends, if it is cooling down. An end that no answer could have asked for is not believed: the clock
    /// was set back, or something else wrote it.
    #[must_use]
    pub fn cooling_until(self, now: SystemTime) -> Option<SystemTime> {
        let left = self.until.duration_since(now).ok()?;
        (!left.is_zero() && left <= LONGEST_COOLDOWN).then_some(self.until)
    }
}

#[cfg(test)]
mod tests;
