//! Limits of teams and keys.

#[cfg(feature = "cli")]
mod warnings;

use std::rc::Rc;

use super::items;
use super::prices;
use crate::catalog::{Catalog, Destination, Model};
use crate::config::raw::Limit as RawLimit;
use crate::config::read::List;
use crate::config::reader::Text;
use crate::config::report::{At, Report};
use crate::limit::{Holder, Limit, LimitedModels, Period, Quota, Unit};
use crate::pattern::Pattern;
use crate::team::Aliases;

#[cfg(feature = "cli")]
pub use warnings::warn;

/// The most that a limit can allow, in dollars.
const HIGHEST: u32 = 1_000_000;

/// Pico-dollars in a millionth of a dollar.
const MICRODOLLAR: u64 = 1_000_000;

/// Whose limits they are, and what their models' names mean.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Whose they are.
    pub holder: Holder,
    /// Tells the holder from all others: the team's name, and of a key what its digest is known by.
    pub counter: [&'a str; 2],
    /// The team's aliases.
    pub aliases: &'a Aliases,
    /// What the models' names mean.
    pub catalog: &'a Catalog,
}

/// Reads a list of models.
type PatternReader<'a> = dyn Fn(&Option<List<Text>>, At<'_>, &mut Report) -> Vec<Pattern> + 'a;

/// Compiles a list of limits. `patterns` reads their models, as it does those of teams and keys.
pub fn compile(
    list: &Option<List<RawLimit>>,
    context: Context<'_>,
    at: At<'_>,
    patterns: &PatternReader<'_>,
    report: &mut Report,
) -> Vec<Rc<Limit>> {
    let mut limits: Vec<Rc<Limit>> = Vec::new();
    for (index, raw) in items(list) {
        let at = at.index(index);
        let quota = quota(raw, at, report);
        let written = patterns(&raw.models, at.key("models"), report);
        if raw.models.as_ref().is_some_and(List::is_empty) {
            report.error(at.key("models"), "name a model, or leave the field out: then all count");
        }
        let Some(quota) = quota else { continue };
        let models = raw.models.is_some().then(|| models(written, context));
        let counter = counter(context.counter, quota, models.as_ref());
        if limits.iter().any(|limit| limit.counter == counter) {
            report.error(at, "there is another limit of the same in this list");
        }
        limits.push(Rc::new(Limit { quota, holder: context.holder, models, counter }));
    }
    limits
}

fn quota(raw: &RawLimit, at: At<'_>, report: &mut Report) -> Option<Quota> {
    let (unit, amount) = match (raw.requests, raw.tokens, raw.usd) {
        (Some(requests), None, None) => (Unit::Requests, u64::try_from(requests).ok()),
        (None, Some(tokens), None) => (Unit::Tokens, u64::try_from(tokens).ok()),
        (None, None, Some(dollars)) => {
            let micro = prices::millionths(dollars, HIGHEST, at.key("usd"), report)?;
            (Unit::Dollars, micro.checked_mul(MICRODOLLAR))
        }
        _ => {
            report.error(at, "give exactly one of `requests`, `tokens` and `usd`");
            return None;
        }
    };
    let amount = amount.filter(|amount| *amount > 0);
    if amount.is_none() {
        report.error(at.key(unit.as_str()), "expected a number above 0");
    }
    let per = raw.per.as_deref()?;
    let period = Period::ALL.into_iter().find(|period| period.as_str() == per);
    if period.is_none() {
        report.error(at.key("per"), "expected `minute`, `hour` or `day`");
    }
    Some(Quota { unit, amount: amount?, period: period? })
}

/// Everything by which these models can be reached.
fn models(written: Vec<Pattern>, context: Context<'_>) -> LimitedModels {
    let Context { aliases, catalog, .. } = context;
    let mut models = LimitedModels { written, meant: Vec::new(), targets: Vec::new() };
    for alias in aliases.keys().chain(catalog.aliases.keys()) {
        let Some(found) = catalog.resolve(aliases, alias) else { continue };
        if !models.name_one_of(&[alias]) {
            continue;
        }
        // A pattern's name is not added: the limit is about the alias, not about all that the pattern matches.
        for name in [found.names().meant, found.names().registered] {
            let pattern = Pattern::parse(name).ok().filter(|pattern| !pattern.is_wildcard());
            models.meant.extend(pattern);
        }
        if let Destination::Unregistered { provider, model, .. } = found.destination {
            models.targets.extend(Pattern::parse(model).ok().map(|model| (provider.id, model)));
        }
    }
    let mut add_targets = |model: &Model| {
        if models.name_one_of(&[&model.name]) {
            for target in &model.targets {
                models.targets.push((target.provider.id, target.model.clone()));
            }
        }
    };
    catalog.models.values().for_each(|model| add_targets(model));
    catalog.patterns.iter().for_each(|(_, model)| add_targets(model));
    models
}

/// Names have no control characters, so no two limits have one counter.
fn counter([team, key]: [&str; 2], quota: Quota, models: Option<&LimitedModels>) -> Box<str> {
    let mut counter =
        [team, "\0", key, "\0", quota.unit.as_str(), "\0", quota.period.as_str()].concat();
    for pattern in models.iter().flat_map(|models| &models.written) {
        counter.push('\0');
        counter.push_str(&pattern.expand("*"));
    }
    counter.into_boxed_str()
}
