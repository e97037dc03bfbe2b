//! The shares of deployments, as LiteLLM's simple shuffle has them.

use super::deployments::Deployment;

/// What decides, in this order: the first of them that any deployment has more than nothing of.
const METRICS: [&str; 3] = ["weight", "rpm", "tpm"];

/// The share of each deployment among its equals; `None`: the same as every other.
pub fn shares(equals: &[&Deployment<'_>]) -> Vec<Option<u32>> {
    let nothing = || equals.iter().map(|_| None).collect();
    if equals.len() < 2 {
        return nothing();
    }
    for metric in METRICS {
        // Where one has a share, what has none gets nothing.
        let numbers: Vec<f64> = equals
            .iter()
            .map(|deployment| deployment.params.number(metric).unwrap_or_default())
            .map(|number| if number.is_finite() { number.max(0.0) } else { 0.0 })
            .collect();
        if numbers.iter().any(|number| *number > 0.0) {
            return whole(&numbers).into_iter().map(Some).collect();
        }
    }
    nothing()
}

/// Whole numbers in the same proportions; what is more than nothing stays so.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "they are positive, and cut to what fits"
)]
fn whole(numbers: &[f64]) -> Vec<u32> {
    let largest = numbers.iter().copied().fold(0.0, f64::max);
    let scales = [1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6];
    let is_whole = |number: f64| (number - number.round()).abs() < 1e-9 * number.max(1.0);
    let fits = |scale: &f64| {
        largest * scale < 1e9 && numbers.iter().all(|number| is_whole(number * scale))
    };
    let scale = scales.into_iter().find(fits).unwrap_or(1e6 / largest);
    let scaled = |number: &f64| match *number > 0.0 {
        true => ((number * scale).round() as u32).max(1),
        false => 0,
    };
    numbers.iter().map(scaled).collect()
}
