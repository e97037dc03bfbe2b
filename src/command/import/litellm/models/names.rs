//! Other names of models: those of all teams, and those of single ones.

use super::{has_alias, Builder, Making};
use crate::import::litellm::callers::Caller;
use crate::import::litellm::credentials::Own;
use crate::import::plan::{free, Model, Plan};

impl Builder<'_, '_> {
    /// Adds the aliases of all teams, and those of single ones.
    pub(super) fn names(&self, teams: &mut [Making], plan: &mut Plan) {
        let is_apart = |alias: &str| self.world.apart.iter().any(|apart| apart.alias == alias);
        for (alias, meant) in self.world.aliases.iter().filter(|(alias, _)| !is_apart(alias)) {
            let is_redirected = self.callers.iter().any(|caller| has_alias(caller, alias));
            match plan.model_named(meant).filter(|_| !is_redirected) {
                Some(model) => model.aliases.push(alias.clone()),
                None => {
                    for (caller, making) in self.callers.iter().zip(teams.iter_mut()) {
                        let has_own = has_alias(caller, alias);
                        let model = making.model(meant).filter(|_| !has_own);
                        if let Some(model) = model.map(str::to_owned) {
                            making.aliases.push((alias.clone(), model));
                        }
                    }
                }
            }
        }
        for ((caller, own), making) in self.callers.iter().zip(self.own).zip(teams) {
            // One that stands for itself changes nothing.
            for (alias, meant) in caller.aliases.iter().filter(|(alias, meant)| alias != meant) {
                self.own_alias(caller, own, making, alias, meant, plan);
            }
        }
    }

    fn own_alias(
        &self,
        caller: &Caller<'_>,
        own: &Own,
        making: &mut Making,
        alias: &str,
        meant: &str,
        plan: &mut Plan,
    ) {
        // An alias that is apart is a model of its own.
        let is_apart = self.world.apart.iter().any(|apart| apart.alias == meant);
        let meant = if is_apart { meant } else { self.world.model(meant) };
        let model = match making.model(meant) {
            Some(model) => Some(model.to_owned()),
            None if is_apart => None,
            None if self.world.names.contains(&meant) => {
                let is_registered = plan.models.iter().any(|(known, _)| known == meant);
                is_registered.then(|| meant.to_owned())
            }
            None if !self.is_by_pattern(meant, plan) => None,
            None if has_alias(caller, meant) || self.world.model(meant) != meant => {
                self.behind_alias(caller, own, meant, plan)
            }
            None => Some(meant.to_owned()),
        };
        if model.is_none() {
            making.unresolved.push(alias.to_owned());
        }
        match model {
            Some(model) if !alias.contains('*') => making.aliases.push((alias.to_owned(), model)),
            _ if meant.is_empty() => plan.remarks.lost(format_args!(
                "team {:?}: alias {alias:?}: not carried over: what it stands for may not be called",
                caller.name
            )),
            _ => plan.remarks.lost(format_args!(
                "team {:?}: alias {alias:?} of {meant:?}: not carried over: that is no model here",
                caller.name
            )),
        }
    }

    /// Whether a pattern of the configuration takes a name.
    fn is_by_pattern(&self, name: &str, plan: &Plan) -> bool {
        let pattern = self.world.pattern_of(name).map(|(pattern, _)| pattern);
        pattern.is_some_and(|pattern| plan.models.iter().any(|(known, _)| known == pattern))
    }

    /// What a pattern serves under a name that is something else to the team: a model of its own.
    fn behind_alias(
        &self,
        caller: &Caller<'_>,
        own: &Own,
        meant: &str,
        plan: &mut Plan,
    ) -> Option<String> {
        let targets = self.world.at(caller, own, meant);
        let is_taken = |name: &str| plan.models.iter().any(|(known, _)| known == name);
        let name = free(&format!("{meant}@{}", caller.name), is_taken);
        let teams = Some(vec![caller.name.clone()]);
        let model = Model { targets, teams, ..Model::default() };
        (!model.targets.is_empty()).then(|| {
            plan.models.push((name.clone(), model));
            name
        })
    }
}
