//! Warnings of limits that can never act, or that miss what they are meant to count.
//!
//! Only the command has them: they cost a look at every model for every limit.

use std::rc::Rc;

use crate::catalog::{Catalog, Model};
use crate::config::compile::Compiled;
use crate::config::report::{At, Report};
use crate::endpoint::Operation;
use crate::limit::{Limit, Unit};
use crate::pattern::Pattern;
use crate::provider::Provider;
use crate::team::Caller;

/// Warns of the limits of all teams and keys.
pub fn warn(compiled: &Compiled, report: &mut Report) {
    let root = At::Root;
    let teams = root.key("teams");
    for (name, team) in &compiled.teams {
        let at = teams.key(name);
        warn_of(&team.limits, &Caller::of_team(Rc::clone(team)), at, compiled, report);
        let list = at.key("keys");
        for key in compiled.keys.iter().filter(|key| Rc::ptr_eq(&key.team, team)) {
            let Some(own) = &key.own else { continue };
            let caller = Caller::holding(Rc::clone(key));
            warn_of(&own.limits, &caller, list.index(own.place), compiled, report);
        }
    }
}

fn warn_of(
    limits: &[Rc<Limit>],
    caller: &Caller,
    at: At<'_>,
    compiled: &Compiled,
    report: &mut Report,
) {
    let list = at.key("limits");
    let catalog = &compiled.catalog;
    for (index, limit) in limits.iter().enumerate() {
        let at = list.index(index);
        for pattern in limit.models.iter().flat_map(|models| &models.written) {
            if !may_call_some(catalog, caller, pattern) {
                let text = pattern.to_string();
                report.warn(
                    at.key("models"),
                    format_args!("{text:?} is no model that may be called: it limits nothing"),
                );
            }
        }
        if limit.quota.unit == Unit::Requests {
            continue;
        }
        let unasked = providers(catalog, caller, limit, &|provider| {
            !provider.stream_usage && provider.endpoints.contains(Operation::ChatCompletions)
        });
        if !unasked.is_empty() {
            report.warn(
                at,
                format_args!(
                    "a stream whose client does not ask for its tokens may not be counted; `stream_usage: true` asks for \
                     them, at: {}",
                    unasked.join(", ")
                ),
            );
        }
        if limit.quota.unit == Unit::Dollars {
            let free = without_price(catalog, caller, limit);
            if !free.is_empty() {
                report.warn(
                    at,
                    format_args!(
                        "what has no `price` costs nothing of this limit: {}",
                        free.join(", ")
                    ),
                );
            }
        }
    }
}

/// Whether a name that the pattern matches is one that the caller may call.
fn may_call_some(catalog: &Catalog, caller: &Caller, pattern: &Pattern) -> bool {
    let aliases = &caller.team().aliases;
    let may_call = |name: &str| {
        let found = catalog.resolve(aliases, name);
        found.is_some_and(|found| caller.may_call(&found.names().all()))
    };
    if let Some(name) = pattern.literal() {
        return may_call(name);
    }
    let names = (catalog.models.keys().map(|name| &**name))
        .chain(catalog.aliases.keys().chain(aliases.keys()).map(|name| &**name))
        .chain(caller.names_spelled_out());
    let mut matching = names.filter(|name| pattern.matches(name));
    matching.any(may_call)
        || (catalog.patterns.iter())
            .any(|(of_model, _)| of_model.overlaps(pattern) && caller.may_call_some_of(of_model))
        || (catalog.providers.values()).filter(|provider| provider.unregistered_models).any(
            |provider| {
                let all = all_of(&provider.name);
                all.is_some_and(|all| all.overlaps(pattern) && caller.may_call_some_of(pattern))
            },
        )
}

/// The registered models that the caller may call and the limit is about.
fn limited<'a>(
    catalog: &'a Catalog,
    caller: &'a Caller,
    limit: &'a Limit,
) -> impl Iterator<Item = &'a Model> {
    let of_patterns = catalog.patterns.iter().map(|(_, model)| model);
    let is_limited = |model: &&Rc<Model>| {
        let is_about =
            limit.models.as_ref().is_none_or(|models| models.name_one_of(&[&model.name]));
        is_about
            && Pattern::parse(&model.name).is_ok_and(|name| may_call_some(catalog, caller, &name))
    };
    catalog.models.values().chain(of_patterns).filter(is_limited).map(|model| &**model)
}

/// Whether the caller may call models of a provider that nobody registered, and the limit is about some of them.
fn limits_unregistered(caller: &Caller, limit: &Limit, provider: &str) -> bool {
    let Some(all) = all_of(provider) else { return false };
    let is_about = limit
        .models
        .as_ref()
        .is_none_or(|models| models.written.iter().any(|pattern| pattern.overlaps(&all)));
    is_about && caller.may_call_some_of(&all)
}

/// The names of the providers at which something limited can be served, as far as `counts` says so, in order.
fn providers<'a>(
    catalog: &'a Catalog,
    caller: &Caller,
    limit: &Limit,
    counts: &dyn Fn(&Provider) -> bool,
) -> Vec<&'a str> {
    let of_models: Vec<_> = limited(catalog, caller, limit)
        .flat_map(|model| &model.targets)
        .map(|target| target.provider.id)
        .collect();
    let all = catalog.providers.values().filter(|provider| {
        counts(provider)
            && (of_models.contains(&provider.id)
                || (provider.unregistered_models
                    && limits_unregistered(caller, limit, &provider.name)))
    });
    all.map(|provider| &*provider.name).collect()
}

/// What is limited and has no price somewhere, in order.
fn without_price(catalog: &Catalog, caller: &Caller, limit: &Limit) -> Vec<String> {
    let mut free: Vec<String> = limited(catalog, caller, limit)
        .filter(|model| model.targets.iter().any(|target| target.price.is_none()))
        .map(|model| model.name.to_string())
        .collect();
    free.sort();
    let open = catalog.providers.values().filter(|provider| {
        provider.unregistered_models && limits_unregistered(caller, limit, &provider.name)
    });
    free.extend(open.map(|provider| format!("{}/*", provider.name)));
    free
}

fn all_of(provider: &str) -> Option<Pattern> {
    Pattern::parse(&format!("{provider}/*")).ok()
}
