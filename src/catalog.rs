//! What can be asked for: registered models, their aliases, patterns, and the providers behind them.

mod guard;
mod model;
mod resolve;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::id::ProviderId;
use crate::pattern::Pattern;
use crate::provider::Provider;
use crate::team::Aliases;

pub use guard::Guards;
pub use model::{Model, Pool, Target};
#[cfg(feature = "cli")]
pub use resolve::Rule;
pub use resolve::{Destination, Resolution};

/// Everything that a model string is resolved against.
#[derive(Debug)]
pub struct Catalog {
    /// The providers by name.
    pub providers: BTreeMap<Rc<str>, Rc<Provider>>,
    /// The registered models by name, patterns not among them.
    pub models: HashMap<Rc<str>, Rc<Model>>,
    /// Names for registered models that all teams share.
    pub aliases: Aliases,
    /// The registered patterns, the most specific first.
    pub patterns: Vec<(Pattern, Rc<Model>)>,
    /// The restrictions that hold for a provider's model whatever name leads to it.
    pub guards: Guards,
    /// The providers that are one of several for some model.
    pub alternatives: BTreeSet<ProviderId>,
}

impl Catalog {
    /// The model or pattern that is registered as `name`.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&Model> {
        let of_pattern =
            || self.patterns.iter().map(|(_, model)| model).find(|model| *model.name == *name);
        self.models.get(name).or_else(of_pattern).map(|model| &**model)
    }
}
