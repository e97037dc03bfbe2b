//! What tokens cost: a target's price, and what an answer comes to.
//!
//! All of it is whole numbers: of pico-dollars, a millionth of a micro-dollar. A price in US dollars for a million tokens
//! with six decimals is a whole number of them for each token, so nothing is rounded before a cost is told.

use crate::usage::Usage;

/// The pico-dollars of a micro-dollar.
const MICRODOLLAR: u64 = 1_000_000;

/// What a token costs at a target, in pico-dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// One of the prompt that was not read from a cache.
    pub input: u64,
    /// One of the completion.
    pub output: u64,
    /// One of the prompt that was read from a cache.
    pub cached: u64,
}

impl Price {
    /// What these tokens cost. What no `u64` holds, 18 million dollars, is the most that an answer can cost.
    #[must_use]
    pub fn cost(&self, usage: Usage) -> Cost {
        let of = |tokens: u64, price: u64| u128::from(tokens).saturating_mul(price.into());
        let fresh = usage.prompt.saturating_sub(usage.cached);
        let cost = of(fresh, self.input)
            .saturating_add(of(usage.cached, self.cached))
            .saturating_add(of(usage.completion, self.output));
        Cost(u64::try_from(cost).unwrap_or(u64::MAX))
    }
}

/// An amount of money in pico-dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost(pub u64);

impl Cost {
    /// The nearest number of micro-dollars; a half is rounded up.
    #[must_use]
    pub fn microdollars(self) -> u64 {
        self.0.saturating_add(MICRODOLLAR / 2) / MICRODOLLAR
    }

    /// The whole micro-dollars of this and of what `rest` has left of earlier ones; what is less remains there. So a
    /// counter of many small costs is as exact as one of a large cost.
    #[must_use]
    pub fn take_microdollars(self, rest: &mut Self) -> u64 {
        let all = self.0.saturating_add(rest.0);
        rest.0 = all % MICRODOLLAR;
        all / MICRODOLLAR
    }
}

#[cfg(test)]
mod tests;
