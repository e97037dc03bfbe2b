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

    /// Whether all restrictions let `caller` have `model` of `provider`, those of patterns too. Whatever was not
    /// registered by its own name is asked this: what a pattern leads to, and what nobody registered.
    #[must_use]
    pub fn admit(&self, caller: &Caller, provider: ProviderId, model: &str) -> bool {
        let of_name = self.exact.get(&provider).and_then(|guarded| guarded.get(model));
        of_name.is_none_or(|restrictions| restrictions.iter().all(|one| caller.passes(one)))
            && self.wildcard.get(&provider).is_none_or(|guarded| {
                guarded.iter().all(|(pattern, restriction)| {
                    !pattern.matches(model) || caller.passes(restriction)
                })
            })
    }
}
