//! Prices of targets, and other amounts of money.

use crate::config::raw::Price as RawPrice;
use crate::config::report::{At, Report};
use crate::price::Price;

/// The most that a million tokens can cost, in dollars.
const HIGHEST: u32 = 1_000_000;

/// Compiles a target's price.
pub fn compile(raw: &Option<RawPrice>, at: At<'_>, report: &mut Report) -> Option<Price> {
    let raw = raw.as_ref()?;
    let mut millionths =
        |field: &str, dollars: Option<f64>| millionths(dollars?, HIGHEST, at.key(field), report);
    let input = millionths("input", raw.input);
    let output = millionths("output", raw.output);
    let cached = millionths("cached", raw.cached);
    let input = input?;
    Some(Price { input, output: output?, cached: cached.unwrap_or(input) })
}

/// An amount in millionths: pico-dollars for each token, where it is dollars for a million of them.
pub fn millionths(amount: f64, highest: u32, at: At<'_>, report: &mut Report) -> Option<u64> {
    const ONE: f64 = 1_000_000.0;
    /// How far a double may be from the decimal number that was written.
    const INEXACT: f64 = 0.001;
    if !(0.0..=f64::from(highest)).contains(&amount) {
        report.error(at, format_args!("expected dollars from 0 to {highest}"));
        return None;
    }
    let scaled = amount * ONE;
    let whole = scaled.round();
    if (scaled - whole).abs() > INEXACT {
        report.error(at, "expected six decimals at most");
        return None;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10^12")]
    Some(whole as u64)
}
