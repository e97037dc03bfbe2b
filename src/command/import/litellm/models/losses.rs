//! What is lost of models that do not mean the same to all teams.

use super::Builder;
use crate::import::plan::{Model, Plan};

/// Says which names of patterns are refused, because what they lead to is registered for some teams alone.
pub(super) fn hidden(plan: &mut Plan) {
    let is_of_some = |model: &Model, provider: &str| {
        model.teams.is_some() && model.targets.iter().any(|target| target.provider == provider)
    };
    let mut found = Vec::new();
    for (pattern, model) in plan.models.iter().filter(|(name, _)| name.contains('*')) {
        for target in model.targets.iter().filter(|target| target.model.contains('*')) {
            let mut others = plan.models.iter().filter(|(name, _)| name != pattern);
            if others.any(|(_, other)| is_of_some(other, &target.provider)) {
                found.push(pattern.clone());
            }
        }
    }
    for pattern in found {
        plan.remarks.lost(format_args!(
            "model {pattern:?}: what is registered by a name of its own for some teams is refused by this pattern"
        ));
    }
}

impl Builder<'_, '_> {
    /// Says which fallbacks are not carried over for a team, because one of its keys may not call them.
    pub(super) fn fallbacks(&self, name: &str, plan: &mut Plan) {
        for caller in self.callers.iter().filter(|caller| caller.may_call(name)) {
            for other in self.world.fallbacks_of(name) {
                if caller.may_call(other) && !caller.may_call_with(name, other) {
                    plan.remarks.lost(format_args!(
                        "team {:?}: {name:?} does not fall back to {other:?}, which one of its keys may not call",
                        caller.name
                    ));
                }
            }
        }
    }
}
