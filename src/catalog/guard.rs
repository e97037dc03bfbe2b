//! Restrictions of registered models, found by what they protect: a provider's model.
//!
//! A model that only some teams may use is served under a name of the provider's own, which anybody could ask for
//! as `provider/name` or through a wildcard. So the restriction is kept at that name too.

use std::collections::HashMap;
use std::rc::Rc;

use crate::id::ProviderId;
use crate::pattern::Pattern;
use crate::team::{Caller, Restriction};

/// The restrictions of all registered models, by provider and upstream model.
#[derive(Debug, Default)]
pub struct Guards {
    exact: HashMap<ProviderId, HashMap<Box<str>, Vec<Rc<Restriction>>>>,
    wildcard: HashMap<ProviderId, Vec<(Pattern, Rc<Restriction>)>>,
}

impl Guards {
    /// Puts `restriction` on what `target` names at `provider`.
    pub(crate) fn add(
        &mut self,
        provider: ProviderId,
        target: &Pattern,
        restriction: &Rc<Restriction>,
    ) {
        if restriction.is_open() {
            return;
        }
        if target.is_wildcard() {
            self.wildcard
                .entry(provider)
                .or_default()
                .push((target.clone(), Rc::clone(restriction)));
        } else {
            let name = target.expand("").into_owned().into_boxed_str();
            let guarded = self.exact.entry(provider).or_default();
            guarded.entry(name).or_default().push(Rc::clone(restriction));
        }
    }

    /// Whether the restrictions of models registered by name let `caller` have `model` of `provider`. What a
    /// wildcard of the configuration leads to is asked this.
    #[must_use]
    pub fn admit_by_name(&self, caller: &Caller, provider: ProviderId, model: &str) -> bool {
        self.exact.get(&provider).and_then(|guarded| guarded.get(model)).is_none_or(
            |restrictions| restrictions.iter().all(|restriction| caller.passes(restriction)),
        )
    }

    /// Whether all restrictions do, those of patterns too. What is not registered is asked this.
    #[must_use]
    pub fn admit(&self, caller: &Caller, provider: ProviderId, model: &str) -> bool {
        self.admit_by_name(caller, provider, model)
            && self.wildcard.get(&provider).is_none_or(|guarded| {
                guarded.iter().all(|(pattern, restriction)| {
                    !pattern.matches(model) || caller.passes(restriction)
                })
            })
    }
}
