//! Which names the configuration gives, and whether they may be given.

use std::collections::BTreeMap;

use super::{entries, items};
use crate::config::named::Named;
use crate::config::raw::{Configuration, Model};
use crate::config::report::{At, Report};

/// The names of models and their aliases, before anything is compiled.
pub struct Names<'a> {
    /// The models, by registered names and patterns.
    models: &'a Option<Named<'a, Model<'a>>>,
    /// Global aliases, each with the model that was first to claim it.
    pub aliases: BTreeMap<&'a str, &'a str>,
}

impl<'a> Names<'a> {
    /// Collects the names.
    pub fn of(raw: &'a Configuration<'_>) -> Self {
        let mut aliases = BTreeMap::new();
        for (name, model) in entries(&raw.models) {
            for (_, alias) in items(&model.aliases) {
                aliases.entry(alias.as_str()).or_insert(name);
            }
        }
        Self { models: &raw.models, aliases }
    }

    /// Whether a model or a pattern is registered by this name.
    pub fn is_model(&self, name: &str) -> bool {
        self.models.as_ref().is_some_and(|models| models.contains(name))
    }

    /// The registered names and patterns.
    pub fn of_models(&self) -> impl Iterator<Item = &'a str> {
        self.models.iter().flat_map(Named::names)
    }

    /// The names that could have been meant by one that is unknown.
    pub fn known(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.of_models().chain(self.aliases.keys().copied())
    }
}

/// Refuses what cannot be a name at all.
pub fn check(name: &str, what: &str, at: At<'_>, report: &mut Report) {
    // Most names are as plain as this.
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return;
    }
    if name.trim().is_empty() {
        report.error(at, format_args!("{what} must not be empty"));
    } else if name.chars().any(char::is_control) {
        report.error(at, format_args!("{what} must not contain control characters"));
    }
}

/// Warns of a model's name or alias that looks as if it pinned a provider.
pub fn warn_of_colon(name: &str, raw: &Configuration, at: At<'_>, report: &mut Report) {
    let Some((model, provider)) = name.rsplit_once(':') else { return };
    if raw.providers.as_ref().is_some_and(|providers| providers.contains(provider)) {
        report.warn(
            at,
            format_args!(
                "the name contains `:` and ends in a provider: it wins over {model:?} pinned to provider \
                 {provider:?}, which can never be asked for"
            ),
        );
    } else {
        report.warn(
            at,
            "the name contains `:`, which also separates a model from the provider it is pinned to",
        );
    }
}
