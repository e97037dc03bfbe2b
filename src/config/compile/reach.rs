//! Warnings of what nobody can ever use.

use std::collections::BTreeSet;

use super::{entries, items};
use crate::catalog::{Destination, Model, ModelId};
use crate::config::named::Named;
use crate::config::raw::{Configuration, Key, Team};
use crate::config::read::List;
use crate::config::report::{At, Report};
use crate::pattern::Pattern;
use crate::provider_data::ProviderData;
use crate::router::Router;
use crate::team::{Attributes, Caller, Restriction};

/// Warns of models that no key reaches and of credentials that nothing names.
pub fn warn_of_what_nobody_reaches(raw: &Configuration, router: &Router, report: &mut Report) {
    let root = At::Root;
    let models = root.key("models");
    let callers = router.distinct_callers();
    let spelled_out = spelled_out(router, &callers);
    for (name, written) in entries(&raw.models) {
        let Some(model) = router.catalog.model(name) else { continue };
        let reached = spelled_out.contains(&model.id)
            || callers.iter().any(|caller| {
                can_be_sent(router, caller, model)
                    && (may_name(caller, name)
                        || items(&written.aliases).any(|(_, alias)| caller.may_call(&[alias])))
            });
        if !reached {
            report.warn(models.key(name), "no key can reach this model");
        }
    }

    let credentials = root.key("credentials");
    let used = credentials_in_use(raw);
    for (name, _) in entries(&raw.credentials).filter(|(name, _)| !used.contains(name)) {
        report.warn(credentials.key(name), "nothing uses this credential");
    }
}

/// The models that aliases of teams or names in access lists lead to.
fn spelled_out(router: &Router, callers: &[Caller]) -> BTreeSet<ModelId> {
    let mut reached = BTreeSet::new();
    for caller in callers {
        let aliases = &caller.team().aliases;
        for name in aliases.keys().map(|alias| &**alias).chain(caller.names_spelled_out()) {
            let found = router
                .catalog
                .resolve(aliases, name)
                .filter(|found| caller.may_call(found.names()));
            if let Some(Destination::Registered { model, .. }) =
                found.map(|found| found.destination)
            {
                if can_be_sent(router, caller, model) {
                    reached.insert(model.id);
                }
            }
        }
    }
    reached
}

fn can_be_sent(router: &Router, caller: &Caller, model: &Model) -> bool {
    may_pass(router, caller, model)
        && model.targets.iter().any(|target| {
            let provider = &target.provider;
            provider.client_credentials
                || caller.grant(provider, Some(model), &ProviderData::default()).is_some()
        })
}

/// Whether the model's restriction lets the caller through, given the best that an earlier filter could say of it.
fn may_pass(router: &Router, caller: &Caller, model: &Model) -> bool {
    let Restriction { roles, projects, namespaces, .. } = &*model.restriction;
    let from = &router.identity.attributes_metadata;
    let whatever = |wanted: &Option<BTreeSet<Box<str>>>, is_read: bool| {
        wanted.clone().filter(|_| is_read).unwrap_or_default()
    };
    let attributes = Attributes {
        roles: whatever(roles, from.roles.is_some()),
        projects: whatever(projects, from.projects.is_some()),
        namespaces: whatever(namespaces, from.namespaces.is_some()),
    };
    caller.clone().who_is(attributes).passes(&model.restriction)
}

/// Whether the caller's lists allow the model `name`, or for a pattern something that it stands for.
fn may_name(caller: &Caller, name: &str) -> bool {
    match Pattern::parse(name) {
        Ok(pattern) if pattern.is_wildcard() => caller.may_call_some_of(&pattern),
        _ => caller.may_call(&[name]),
    }
}

fn credentials_in_use(raw: &Configuration) -> BTreeSet<&str> {
    let mut used = BTreeSet::new();
    used.extend(
        entries(&raw.providers).filter_map(|(_, provider)| provider.default_credential.as_deref()),
    );
    for (_, Team { keys, credentials, model_credentials, .. }) in entries(&raw.teams) {
        used.extend(named_in(credentials, model_credentials));
        for (_, Key { credentials, model_credentials, .. }) in items(keys) {
            used.extend(named_in(credentials, model_credentials));
        }
    }
    used
}

fn named_in<'a>(
    common: &'a Option<List<String>>,
    of_models: &'a Option<Named<List<String>>>,
) -> impl Iterator<Item = &'a str> {
    items(common)
        .chain(entries(of_models).flat_map(|(_, list)| list.iter()))
        .map(|(_, name)| name.as_str())
}
