//! Figures that come with how far they can be trusted.

#![allow(dead_code, reason = "each benchmark uses its part")]

/// The middle of several measurements, and the quartiles around it.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

impl Spread {
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_unstable_by(f64::total_cmp);
        let at = |quarter| quantile(&values, quarter);
        Self { low: at(1), median: at(2), high: at(3) }
    }

    /// Whether it differs from `value` by more than the measurements do among themselves.
    pub fn is_distinct_from(self, value: f64) -> bool {
        (self.median - value).abs() > self.high - self.low
    }
}

/// The value a number of quarters up, between the two nearest ones if need be.
fn quantile(sorted: &[f64], quarters: usize) -> f64 {
    let position = quarters * (sorted.len() - 1);
    let (below, fraction) = (sorted[position / 4], (position % 4) as f64 / 4.0);
    match sorted.get(position / 4 + 1) {
        // Beside an infinite one there is no between.
        Some(above) if fraction > 0.0 && above.is_finite() => below + (above - below) * fraction,
        _ => below,
    }
}

/// What the measurements say of a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    Fail,
    /// The bound lies among the rounds' figures, or noise has made one of them infinite.
    Undecided,
}

impl Verdict {
    pub fn of(found: Spread, bound: f64) -> Self {
        if found.high <= bound {
            Self::Pass
        } else if found.low > bound && found.high.is_finite() {
            Self::Fail
        } else {
            Self::Undecided
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Undecided => "not distinguishable",
        }
    }
}
