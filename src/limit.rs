//! Limits of teams and keys: how much of what may be used, in which time, of which models.
//!
//! Time is cut into windows of a minute, an hour or a day that begin where those of the clock begin, in UTC. So all
//! workers, and all Envoys whose clocks agree, are in the same window without a word between them.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::id::ProviderId;
use crate::pattern::Pattern;

/// One limit.
#[derive(Debug)]
pub struct Limit {
    /// How much may be used.
    pub quota: Quota,
    /// Whose it is.
    pub holder: Holder,
    /// The models that it is about; `None`: it is about every request.
    pub models: Option<LimitedModels>,
    /// Tells its count from all others of this configuration. It has no secret in it, and not the amount: when that is
    /// changed, what was used stays used.
    pub counter: Box<str>,
}

/// How much of what in which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// What is counted.
    pub unit: Unit,
    /// How many of them.
    pub amount: u64,
    /// The length of a window.
    pub period: Period,
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Requests.
    Requests,
    /// Tokens of prompts and completions.
    Tokens,
    /// Money, in pico-dollars as [`Cost`](crate::price::Cost) has it.
    Dollars,
}

/// How long a window is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day, from midnight to midnight UTC.
    Day,
}

/// Whose a limit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// A team's: all its callers share it.
    Team,
    /// A virtual key's.
    Key,
}

/// The models that a limit is about.
#[derive(Debug)]
pub struct LimitedModels {
    /// As they are written, in order, none twice.
    pub written: Vec<Pattern>,
    /// What the aliases stand for that are among them: a model is limited whichever of its names is used.
    pub meant: Vec<Pattern>,
    /// Where those of them that are registered are served. So the limit holds as well for a request that reaches them by
    /// `provider/model` or through a pattern.
    pub targets: Vec<(ProviderId, Pattern)>,
}

/// A limit that a request would have gone over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overrun {
    /// What may be used.
    pub quota: Quota,
    /// Whose limit it is.
    pub holder: Holder,
    /// Whether it is about some models only.
    pub is_of_models: bool,
    /// How many seconds the window still lasts; one at least.
    pub wait: u64,
    /// When it ends, in seconds since 1970.
    pub ends_at: u64,
}

impl Limit {
    /// What is told of a request that would have gone over it at `now`.
    #[must_use]
    pub fn overrun(&self, now: SystemTime) -> Overrun {
        let now = since_1970(now);
        let length = self.quota.period.seconds();
        let wait = length.saturating_sub(now.checked_rem(length).unwrap_or_default());
        Overrun {
            quota: self.quota,
            holder: self.holder,
            is_of_models: self.models.is_some(),
            wait,
            ends_at: now.saturating_add(wait),
        }
    }
}

impl Period {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// As it is written in a configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// How long it is.
    #[must_use]
    pub fn seconds(self) -> u64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 60 * 60,
            Self::Day => 24 * 60 * 60,
        }
    }

    /// The number of the window that `time` is in, counted from 1970.
    #[must_use]
    pub fn window(self, time: SystemTime) -> u64 {
        since_1970(time).checked_div(self.seconds()).unwrap_or_default()
    }
}

impl Unit {
    /// As it is written in a configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::Dollars => "usd",
        }
    }
}

impl LimitedModels {
    /// Whether one of the names that a request goes by is among them.
    #[must_use]
    pub fn name_one_of(&self, names: &[&str]) -> bool {
        let mut patterns = self.written.iter().chain(&self.meant);
        patterns.any(|pattern| names.iter().any(|name| pattern.matches(name)))
    }

    /// Whether one of them is served as `model` of `provider`.
    #[must_use]
    pub fn are_served_as(&self, provider: ProviderId, model: &str) -> bool {
        self.targets.iter().any(|(at, target)| *at == provider && target.matches(model))
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { unit, amount, period } = self;
        match unit {
            Unit::Requests | Unit::Tokens => write!(f, "{amount} {}", unit.as_str())?,
            Unit::Dollars => {
                const DOLLAR: u64 = 1_000_000_000_000;
                const MICRO: u64 = 1_000_000;
                let micro = amount.checked_rem(DOLLAR).unwrap_or_default() / MICRO;
                write!(f, "{}", amount / DOLLAR)?;
                if micro > 0 {
                    let digits = format!("{micro:06}");
                    write!(f, ".{}", digits.trim_end_matches('0'))?;
                }
                f.write_str(" US dollars")?;
            }
        }
        write!(f, " per {}", period.as_str())
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.quota.fmt(f)?;
        let written = self.models.iter().flat_map(|models| &models.written);
        for (index, pattern) in written.enumerate() {
            write!(f, "{}{pattern}", if index == 0 { " for " } else { ", " })?;
        }
        Ok(())
    }
}

impl fmt::Display for Overrun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let holder = match self.holder {
            Holder::Team => "your team",
            Holder::Key => "this API key",
        };
        let models = if self.is_of_models { " for this model" } else { "" };
        write!(
            f,
            "The limit of {holder}{models} is reached: {}. Please try again in {} seconds.",
            self.quota, self.wait
        )
    }
}

fn since_1970(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests;
