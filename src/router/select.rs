//! Which of several targets a request goes to.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::SystemTime;

use super::route::Decision;
use crate::affinity::Session;
use crate::catalog::{Model, Target};
use crate::credential::Authorization;
use crate::endpoint::Endpoints;
use crate::id::ProviderId;
use crate::parameters::Parameters;
use crate::provider::Provider;

/// A place where a request could go.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// The provider.
    pub provider: &'a Rc<Provider>,
    /// The model's name there.
    pub upstream_model: Cow<'a, str>,
    /// The endpoints at which it is served there.
    pub endpoints: Endpoints,
    /// With what it may be sent there; `None`: with nothing, and it cannot go there.
    pub authorization: Option<Authorization>,
    /// The registered model whose target this is.
    pub registered: Option<&'a Rc<Model>>,
    /// What the target does to members of the body.
    pub parameters: Option<&'a Rc<Parameters>>,
    /// Its rank: the lowest first.
    pub priority: i64,
    /// Among equal priorities the lowest first.
    pub cost: f64,
    /// Its share among equals.
    pub weight: u32,
}

impl<'a> Candidate<'a> {
    /// A target of a registered model, with `captured` in the place of its `*`.
    pub fn at(
        target: &'a Target,
        model: &'a Rc<Model>,
        captured: &str,
        authorization: Option<Authorization>,
    ) -> Self {
        let upstream_model = target.model.expand(captured);
        Self {
            provider: &target.provider,
            endpoints: target.endpoints(&upstream_model),
            upstream_model,
            authorization,
            registered: Some(model),
            parameters: target.parameters.as_ref(),
            priority: target.priority,
            cost: target.cost,
            weight: target.weight,
        }
    }

    /// The one place where a model that nobody registered can be.
    pub fn only(
        provider: &'a Rc<Provider>,
        model: &'a str,
        authorization: Option<Authorization>,
    ) -> Self {
        let upstream_model = Cow::Borrowed(model);
        Self {
            provider,
            endpoints: provider.endpoints_of(model),
            upstream_model,
            authorization,
            registered: None,
            parameters: None,
            priority: 0,
            cost: 0.0,
            weight: 1,
        }
    }

    /// Whether chance decides between the two.
    pub fn ranks_with(&self, other: &Self) -> bool {
        self.priority == other.priority && self.cost.total_cmp(&other.cost).is_eq()
    }

    /// How much a session prefers it among its equals.
    fn score(&self, session: &Session) -> f64 {
        session.score(&self.provider.name, &self.upstream_model, self.weight)
    }

    fn decide(&self) -> Option<Decision> {
        Some(Decision {
            provider: Rc::clone(self.provider),
            upstream_model: self.upstream_model.clone().into_owned(),
            authorization: self.authorization.clone()?,
            parameters: self.parameters.map(Rc::clone),
            registered: self.registered.map(Rc::clone),
            failover: None,
        })
    }
}

/// What decides between equal candidates, each in proportion to its weight.
#[derive(Debug, Clone, Copy)]
pub enum Tiebreak {
    /// Chance: this random number.
    Chance(u64),
    /// The session that the request belongs to.
    Session(Session),
}

/// The candidate with a credential that has the lowest priority, then the lowest cost; among equals `tiebreak` decides. One that is cooling down, which `cooling_until` knows, is passed over; where all
/// are, it is the one whose cooldown ends first. `None` if there is a credential for none of them.
pub fn select(
    candidates: &[Candidate<'_>],
    cooling_until: &dyn Fn(&Candidate<'_>) -> Option<SystemTime>,
    tiebreak: Tiebreak,
) -> Option<Decision> {
    let possible = || candidates.iter().filter(|candidate| candidate.authorization.is_some());
    let mut first_two = possible();
    if let (Some(only), None) = (first_two.next(), first_two.next()) {
        return only.decide();
    }
    let all: Vec<_> = possible().map(|candidate| (candidate, cooling_until(candidate))).collect();
    let available: Vec<_> =
        all.iter().filter(|(_, end)| end.is_none()).map(|(candidate, _)| *candidate).collect();
    if available.is_empty() {
        return all.iter().min_by_key(|(_, end)| *end)?.0.decide();
    }
    best(&available, tiebreak)?.decide()
}

/// The best candidate of each provider, of all that have a credential and are not cooling down; in the order of the providers.
pub fn select_each(
    candidates: &[Candidate<'_>],
    cooling_until: &dyn Fn(&Candidate<'_>) -> Option<SystemTime>,
    tiebreak: Tiebreak,
) -> Vec<Decision> {
    let mut of_providers: BTreeMap<ProviderId, Vec<&Candidate<'_>>> = BTreeMap::new();
    let is_available = |candidate: &&Candidate<'_>| {
        candidate.authorization.is_some() && cooling_until(candidate).is_none()
    };
    for candidate in candidates.iter().filter(is_available) {
        of_providers.entry(candidate.provider.id).or_default().push(candidate);
    }
    of_providers.values().filter_map(|own| best(own, tiebreak)?.decide()).collect()
}

/// The best of candidates that all can be taken.
fn best<'c, 'a>(candidates: &[&'c Candidate<'a>], tiebreak: Tiebreak) -> Option<&'c Candidate<'a>> {
    let rank = |a: &&Candidate<'_>, b: &&Candidate<'_>| {
        a.priority.cmp(&b.priority).then(a.cost.total_cmp(&b.cost))
    };
    let first = candidates.iter().copied().min_by(rank)?;
    let equals = candidates.iter().copied().filter(|candidate| candidate.ranks_with(first));
    let chosen = match tiebreak {
        Tiebreak::Chance(random) => drawn(equals, random),
        Tiebreak::Session(session) => {
            let score = |candidate: &&Candidate<'_>| candidate.score(&session);
            equals.max_by(|a, b| score(a).total_cmp(&score(b)))
        }
    };
    // Where all weights are 0 none is preferred, and the first is as good as any.
    chosen.filter(|chosen| chosen.weight > 0).or(Some(first))
}

/// One of the equals by chance.
fn drawn<'c, 'a: 'c>(
    equals: impl Iterator<Item = &'c Candidate<'a>> + Clone,
    random: u64,
) -> Option<&'c Candidate<'a>> {
    let total: u64 = equals.clone().map(|candidate| u64::from(candidate.weight)).sum();
    let mut ticket = random.checked_rem(total)?;
    for candidate in equals {
        match ticket.checked_sub(u64::from(candidate.weight)) {
            Some(rest) => ticket = rest,
            None => return Some(candidate),
        }
    }
    None
}

#[cfg(test)]
mod tests;
