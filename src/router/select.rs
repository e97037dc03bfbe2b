//! Which of several targets a request goes to.

use std::borrow::Cow;
use std::rc::Rc;

use super::Decision;
use crate::catalog::Target;
use crate::provider::{Grant, Provider};

/// A place where a request could go.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// The provider.
    pub provider: &'a Rc<Provider>,
    /// The model's name there.
    pub upstream_model: Cow<'a, str>,
    /// What it would be sent with; `None`: there is nothing, and it cannot go there.
    pub grant: Option<Grant>,
    priority: i64,
    cost: f64,
    weight: u32,
}

impl<'a> Candidate<'a> {
    /// A registered model's target, with `captured` in the place of its `*`.
    pub fn at(target: &'a Target, captured: &str, grant: Option<Grant>) -> Self {
        Self {
            provider: &target.provider,
            upstream_model: target.model.expand(captured),
            grant,
            priority: target.priority,
            cost: target.cost,
            weight: target.weight,
        }
    }

    /// The one place where a model that nobody registered can be.
    pub fn only(provider: &'a Rc<Provider>, model: &'a str, grant: Option<Grant>) -> Self {
        Self {
            provider,
            upstream_model: Cow::Borrowed(model),
            grant,
            priority: 0,
            cost: 0.0,
            weight: 1,
        }
    }

    fn ranks_with(&self, other: &Self) -> bool {
        self.priority == other.priority && self.cost.total_cmp(&other.cost).is_eq()
    }

    fn decide(&self) -> Option<Decision> {
        Some(Decision {
            provider: Rc::clone(self.provider),
            upstream_model: self.upstream_model.clone().into_owned(),
            grant: self.grant?,
        })
    }
}

/// The candidate with a credential that has the lowest priority, then the lowest cost; among equals one by `random`,
/// each in proportion to its weight. `None` if there is a credential for none of them.
pub fn select(candidates: &[Candidate<'_>], random: u64) -> Option<Decision> {
    let possible = || candidates.iter().filter(|candidate| candidate.grant.is_some());
    let best =
        possible().min_by(|a, b| a.priority.cmp(&b.priority).then(a.cost.total_cmp(&b.cost)))?;
    let equals = || possible().filter(|candidate| candidate.ranks_with(best));

    let total: u64 = equals().map(|candidate| u64::from(candidate.weight)).sum();
    // All weights are 0: none is preferred, and the first is as good as any.
    let mut ticket = random.checked_rem(total).unwrap_or_default();
    for candidate in equals() {
        match ticket.checked_sub(u64::from(candidate.weight)) {
            Some(rest) if total > 0 => ticket = rest,
            _ => return candidate.decide(),
        }
    }
    best.decide()
}

#[cfg(test)]
mod tests;
