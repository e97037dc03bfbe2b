//! What teams may do with what is stored at providers.

use std::rc::Rc;

use super::{is_known, items, Compiled};
use crate::config::raw::{Configuration, Resources as RawResources};
use crate::config::report::{unknown, At, Report};
use crate::credential::Authorization;
use crate::endpoint::Resource;
use crate::provider::{Api, Provider};
use crate::provider_data::ProviderData;
use crate::team::{Caller, Resources, Team};

/// Compiles a team's `resources`.
#[inline(never)]
pub fn compile(
    written: &RawResources,
    raw: &Configuration,
    providers: &super::Providers,
    at: At<'_>,
    report: &mut Report,
) -> Resources {
    let families = families(written, at.key("endpoints"), report);
    let own_providers = (raw, providers, &*families);
    Resources {
        providers: compile_providers(written, own_providers, at.key("providers"), report),
        families,
        shared_credential: written.shared_credential.unwrap_or_default(),
    }
}

fn compile_providers(
    written: &RawResources,
    (raw, providers, families): (&Configuration, &super::Providers, &[Resource]),
    at: At<'_>,
    report: &mut Report,
) -> Vec<Rc<Provider>> {
    let needs_model = |provider: &Provider| {
        let mut apis = families.iter().map(|family| Api::of_resource(*family));
        apis.any(|api| provider.place(api).path(None).needs_model())
    };
    if written.providers.as_ref().is_some_and(|list| list.is_empty()) {
        report.error(at, "name the provider that holds the team's resources");
    }
    let mut found: Vec<Rc<Provider>> = Vec::new();
    for (index, name) in items(&written.providers) {
        let at = at.index(index);
        is_known(name, &raw.providers, "provider", at, report);
        let Some(provider) = providers.get(name.as_str()) else { continue };
        if found.iter().any(|known| known.id == provider.id) {
            report.error(at, "this is repeated");
        } else if needs_model(provider) {
            report.error(at, "its path has the model in it, and a resource has none");
        } else {
            found.push(Rc::clone(provider));
        }
    }
    found
}

fn families(written: &RawResources, at: At<'_>, report: &mut Report) -> Vec<Resource> {
    let Some(_) = &written.endpoints else {
        return Resource::ALL.into_iter().filter(|family| family.is_default()).collect();
    };
    let mut families = Vec::new();
    for (index, name) in items(&written.endpoints) {
        match Resource::named(name) {
            Some(family) => families.push(family),
            None => report.error(
                at.index(index),
                unknown("family of resources", name, Resource::ALL.map(Resource::path)),
            ),
        }
    }
    families
}

/// Warns of teams whose requests are refused, that see each other's resources, and that can get around their list of models.
#[inline(never)]
pub fn warn(raw: &Configuration, compiled: &Compiled, report: &mut Report) {
    let root = At::Root;
    let list = root.key("teams");
    let mut accounts: Vec<Account<'_>> = Vec::new();
    for team in compiled.teams.values() {
        let Some(resources) = &team.resources else { continue };
        let team_at = list.key(&team.name);
        let at = team_at.key("resources");
        for provider in &resources.providers {
            match account(resources, team, provider) {
                Some(secret) => accounts.push(Account { team, provider, secret }),
                None if !may_have_own(compiled, team, provider) => report.warn(
                    at,
                    format_args!(
                        "nobody in the team has a credential of its own for provider {:?}: such requests are refused",
                        provider.name
                    ),
                ),
                None => {}
            }
        }
        let written = raw.teams.as_ref().and_then(|teams| teams.get(&team.name));
        if !written.is_some_and(|team| items(&team.models).any(|(_, name)| &**name == "*")) {
            for family in resources.families.iter().filter(|family| family.names_models()) {
                report.warn(
                    at.key("endpoints"),
                    format_args!(
                        "what is sent to {:?} can name models, which are not checked against the team's `models`",
                        family.path()
                    ),
                );
            }
        }
    }
    for one in &accounts {
        let is_the_same = |other: &&Account<'_>| {
            other.provider.id == one.provider.id
                && other.secret == one.secret
                && other.team.name != one.team.name
        };
        if let Some(other) = accounts.iter().find(is_the_same) {
            report.warn(
                list.key(&one.team.name).key("resources"),
                format_args!(
                    "team {:?} has the same account at provider {:?}: each can read, change and delete what the other stores there",
                    other.team.name, one.provider.name
                ),
            );
        }
    }
}

/// What tells one account of a team's at a provider from another.
struct Account<'a> {
    team: &'a Team,
    provider: &'a Provider,
    secret: &'a str,
}

/// What tells the account with which the team's requests go to a provider; `None`: they do not.
fn account<'a>(resources: &Resources, team: &Rc<Team>, provider: &'a Provider) -> Option<&'a str> {
    let caller = Caller::of_team(Rc::clone(team));
    match resources.authorization(
        &caller,
        provider,
        resources.usual_api(),
        &ProviderData::default(),
    )? {
        Authorization::Credential(handle) => Some(&provider.credentials.get(handle)?.fingerprint),
        Authorization::NotNeeded(_) | Authorization::CallersKey { .. } => Some(""),
    }
}

/// Whether some caller of the team has a credential that is its own.
fn may_have_own(compiled: &Compiled, team: &Rc<Team>, provider: &Provider) -> bool {
    provider.client_credentials
        || compiled
            .keys
            .iter()
            .any(|key| Rc::ptr_eq(&key.team, team) && key.credential(provider.id, None).is_some())
}
