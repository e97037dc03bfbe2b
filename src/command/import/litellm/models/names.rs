//! Other names of models: those of all teams, and those of single ones.

use super::{has_alias, Builder, Making};
use crate::import::litellm::callers::Caller;
use crate::import::plan::Plan;

impl Builder<'_, '_> {
    /// Adds the aliases of all teams, and those of single ones.
    pub(super) fn names(&self, teams: &mut [Making], plan: &mut Plan) {
        for (alias, meant) in &self.world.aliases {
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
        for (caller, making) in self.callers.iter().zip(teams) {
            for (alias, meant) in &caller.aliases {
                self.own_alias(caller, making, alias, meant, plan);
            }
        }
    }

    fn own_alias(
        &self,
        caller: &Caller<'_>,
        making: &mut Making,
        alias: &str,
        meant: &str,
        plan: &mut Plan,
    ) {
        let global = self.world.aliases.iter().find(|(known, _)| known == meant);
        let meant = global.map_or(meant, |(_, model)| model);
        let model = match making.model(meant) {
            Some(model) => Some(model.to_owned()),
            None if self.world.names.contains(&meant) => {
                let is_registered = plan.models.iter().any(|(known, _)| known == meant);
                is_registered.then(|| meant.to_owned())
            }
            None => self.world.pattern_of(meant).map(|_| meant.to_owned()),
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
}
