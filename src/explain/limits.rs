//! Which limits a request meets, and which there are.

use std::rc::Rc;

use super::explanation::ExplainedLimit;
use super::overview::OverviewLimit;
use crate::limit::{Holder, Limit};
use crate::router::{Decision, Router};
use crate::team::{Caller, Team};

impl Router {
    /// The limits that a request meets, in the order in which it does.
    pub(super) fn explain_limits(
        &self,
        caller: &Caller,
        asked: &str,
        decision: Option<&Decision>,
    ) -> Vec<ExplainedLimit> {
        let all = caller.limits().into_iter().flatten();
        let of_all_models = all.filter(|limit| limit.models.is_none()).cloned();
        let of_this_one = decision.map(|decision| self.limits_of_model(caller, asked, decision));
        of_all_models
            .chain(of_this_one.into_iter().flatten())
            .map(|limit| explained(&limit))
            .collect()
    }

    /// The limits of a team and of its keys; `only` is the key that is asked about.
    pub(super) fn overview_limits(
        &self,
        team: &Rc<Team>,
        only: Option<&str>,
    ) -> Vec<OverviewLimit> {
        let told = |key: Option<&str>, limit: &Rc<Limit>| OverviewLimit {
            team: team.name.to_string(),
            key: key.map(str::to_owned),
            limit: limit.to_string(),
        };
        let mut keys: Vec<_> = (self.keys.iter())
            .filter(|key| Rc::ptr_eq(&key.team, team) && only.is_none_or(|only| *key.id == *only))
            .collect();
        keys.sort_by(|a, b| a.id.cmp(&b.id));
        let of_keys = keys
            .into_iter()
            .flat_map(|key| key.limits().iter().map(move |limit| told(Some(&key.id), limit)));
        team.limits.iter().map(|limit| told(None, limit)).chain(of_keys).collect()
    }
}

fn explained(limit: &Limit) -> ExplainedLimit {
    ExplainedLimit { is_of_key: limit.holder == Holder::Key, limit: limit.to_string() }
}
