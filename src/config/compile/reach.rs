//! Warnings of what nobody can ever use.

use std::collections::BTreeSet;
use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::{entries, items, Compiled, CredentialHandles};
use crate::catalog::{Destination, Model};
use crate::config::named::Named;
use crate::config::raw::{Configuration, Team as RawTeam};
use crate::config::read::List;
use crate::config::reader::Text;
use crate::config::report::{At, Report};
use crate::credential::CredentialHandle;
use crate::id::ModelId;
use crate::pattern::Pattern;
use crate::provider_data::ProviderData;
use crate::team::{Attributes, Caller, Restriction, Team};

/// Warns of models that no key reaches and of credentials that nothing names.
pub fn warn_of_what_nobody_reaches(
    raw: &Configuration,
    handles: &CredentialHandles<'_>,
    compiled: &Compiled,
    report: &mut Report,
) {
    let root = At::Root;
    let models = root.key("models");
    let callers = distinct_callers(compiled);
    let spelled_out = spelled_out(compiled, &callers);
    for (name, written) in entries(&raw.models) {
        let Some(model) = compiled.catalog.model(name) else { continue };
        let reached = spelled_out.contains(&model.id)
            || callers.iter().any(|caller| {
                can_be_sent(compiled, caller, model)
                    && (may_name(caller, name)
                        || items(&written.aliases).any(|(_, alias)| caller.may_call(&[alias])))
            });
        if !reached {
            report.warn(models.key(name), "no key can reach this model");
        }
    }

    let credentials = root.key("credentials");
    let used = credentials_in_use(raw);
    let own = compiled.keys.iter().filter_map(|key| key.own.as_ref());
    let of_keys: FxHashSet<CredentialHandle> = own.flat_map(|own| own.credentials.iter()).collect();
    let is_of_a_key = |name: &str| handles.get(name).is_some_and(|one| of_keys.contains(one));
    for (name, _) in entries(&raw.credentials) {
        if used.contains(name) || is_of_a_key(name) {
            continue;
        }
        report.warn(credentials.key(name), "nothing uses this credential");
    }
}

/// One caller for every virtual key that differs from the others of its team in more than its id, and for every team
/// that can be recognised without a key.
fn distinct_callers(compiled: &Compiled) -> Vec<Caller> {
    let mut seen: FxHashSet<*const Team> = FxHashSet::default();
    let of_keys = (compiled.keys.iter())
        .filter(|key| !key.is_plain() || seen.insert(Rc::as_ptr(&key.team)))
        .map(|key| Caller::holding(Rc::clone(key)));
    let identity = &compiled.identity;
    let set_by_a_filter = identity.team_metadata.is_some() || identity.team_header.is_some();
    let is_anonymous = |name: &str| identity.anonymous_team.as_deref() == Some(name);
    let without_key = (compiled.teams.values())
        .filter(|team| set_by_a_filter || is_anonymous(&team.name))
        .map(|team| Caller::of_team(Rc::clone(team)));
    of_keys.chain(without_key).collect()
}

/// The models that aliases of teams or names in access lists lead to.
fn spelled_out(compiled: &Compiled, callers: &[Caller]) -> BTreeSet<ModelId> {
    let mut reached = BTreeSet::new();
    for caller in callers {
        let aliases = &caller.team().aliases;
        for name in aliases.keys().map(|alias| &**alias).chain(caller.names_spelled_out()) {
            let found = compiled
                .catalog
                .resolve(aliases, name)
                .filter(|found| caller.may_call(&found.names().all()));
            if let Some(Destination::Registered { model, .. }) =
                found.map(|found| found.destination)
            {
                if can_be_sent(compiled, caller, model) {
                    reached.insert(model.id);
                }
            }
        }
    }
    reached
}

fn can_be_sent(compiled: &Compiled, caller: &Caller, model: &Model) -> bool {
    may_pass(compiled, caller, model)
        && model.targets.iter().any(|target| {
            let provider = &target.provider;
            let brings_no_key = ProviderData::default();
            provider.client_credentials
                || provider.apis().any(|api| {
                    caller.authorization(provider, api, Some(model.id), &brings_no_key).is_some()
                })
        })
}

/// Whether the model's restriction lets the caller through, given the best that an earlier filter could say of it.
fn may_pass(compiled: &Compiled, caller: &Caller, model: &Model) -> bool {
    let Restriction { roles, projects, namespaces, .. } = &*model.restriction;
    let from = &compiled.identity.attributes_metadata;
    let whatever = |wanted: &Option<BTreeSet<Box<str>>>, is_read: bool| {
        wanted.clone().filter(|_| is_read).unwrap_or_default()
    };
    let attributes = Attributes {
        roles: whatever(roles, from.roles.is_some()),
        projects: whatever(projects, from.projects.is_some()),
        namespaces: whatever(namespaces, from.namespaces.is_some()),
    };
    caller.clone().with_attributes(attributes).passes(&model.restriction)
}

/// Whether the caller's lists allow the model `name`, or for a pattern something that it stands for.
fn may_name(caller: &Caller, name: &str) -> bool {
    match Pattern::parse(name) {
        Ok(pattern) if pattern.is_wildcard() => caller.may_call_some_of(&pattern),
        _ => caller.may_call(&[name]),
    }
}

/// The credentials that providers and teams name.
fn credentials_in_use<'a>(raw: &'a Configuration<'_>) -> BTreeSet<&'a str> {
    let mut used = BTreeSet::new();
    used.extend(
        entries(&raw.providers).filter_map(|(_, provider)| provider.default_credential.as_deref()),
    );
    for (_, RawTeam { credentials, model_credentials, .. }) in entries(&raw.teams) {
        used.extend(named_in(credentials, model_credentials));
    }
    used
}

fn named_in<'a>(
    common: &'a Option<List<Text>>,
    of_models: &'a Option<Box<Named<List<Text>>>>,
) -> impl Iterator<Item = &'a str> {
    items(common)
        .chain(of_models.iter().flat_map(|named| named.iter()).flat_map(|(_, list)| list.iter()))
        .map(|(_, name)| name.as_str())
}
