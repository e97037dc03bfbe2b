//! Who may call what: every caller that the configuration tells apart, and every name that it knows.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::SystemTime;

use super::explanation::Access;
use super::new_host::NewHost;
use super::question::{GivenAttributes, UnknownName};
use super::resources::OverviewResources;
use crate::catalog::{Destination, Resolution};
use crate::pattern::Pattern;
use crate::provider_data::ProviderData;
use crate::reject::Reject;
use crate::router::Router;
use crate::team::{Caller, Team};

/// Who may call what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The callers, by team and key.
    pub callers: Vec<OverviewCaller>,
    /// The names, those of registered models and patterns first in their order, then the providers' own.
    pub models: Vec<OverviewModel>,
    /// What the teams and their keys may use.
    pub limits: Vec<OverviewLimit>,
}

/// A limit of a team or of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverviewLimit {
    /// The team.
    pub team: String,
    /// The id of the key; `None`: it is the team's.
    pub key: Option<String>,
    /// How much of what in which time, of which models.
    pub limit: String,
}

/// A team, or one of its keys that may do more or less than the team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverviewCaller {
    /// The team.
    pub team: String,
    /// The id of the key; `None`: the team's keys that are like it, and callers who need none.
    pub key: Option<String>,
    /// What it reaches of what is stored at providers.
    pub resources: Vec<OverviewResources>,
}

/// A name that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverviewModel {
    /// The name: of a model, an alias, a pattern, or `provider/*`.
    pub name: String,
    /// Whether the name, or what an alias stands for, is registered.
    pub is_registered: bool,
    /// What each of the callers gets, in their order.
    pub reach: Vec<Reach>,
}

/// What a caller gets who asks for a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// The model, from the first of these providers that can serve it; after them those that take a key of the caller's
    /// own.
    Served {
        /// The providers for which there is a credential.
        providers: Vec<String>,
        /// The providers to which the caller has to bring a key.
        with_own_key: Vec<String>,
    },
    /// It may call some of the names that the pattern stands for.
    InPart,
    /// It may have the model, but there is no credential for any of its providers.
    NoCredential,
    /// It may not have it.
    Denied(Access),
    /// Its key has expired or is disabled.
    InvalidKey,
}

/// Callers by their names, those with a key that is no longer valid among them.
type Callers = Vec<(OverviewCaller, Result<Caller, Reject>)>;

impl Router {
    /// Who may call what: all callers, or those of one team, or one key of it.
    ///
    /// # Errors
    ///
    /// [`UnknownName`] for a team or key that does not exist.
    pub fn overview(
        &self,
        team: Option<&str>,
        key: Option<&str>,
        attributes: &GivenAttributes,
        now: SystemTime,
    ) -> Result<Overview, UnknownName> {
        let teams: Vec<&Rc<Team>> = match team {
            Some(name) => vec![self.known_team(name)?],
            None => self.teams.values().collect(),
        };
        let host = NewHost { now };
        let mut callers = Callers::new();
        let mut limits = Vec::new();
        for team in teams {
            limits.extend(self.overview_limits(team, key));
            callers.extend(self.callers_of(team, key, &host)?);
        }
        for (_, caller) in &mut callers {
            let given = attributes.attributes();
            *caller = caller.clone().map(|caller| caller.with_attributes(given));
        }
        for (named, caller) in &mut callers {
            named.resources = caller.as_ref().map(OverviewResources::of).unwrap_or_default();
        }
        let models = self.names(&callers);
        let models = models.into_iter().map(|(name, is_registered)| OverviewModel {
            reach: callers.iter().map(|(_, caller)| self.reach(caller, &name)).collect(),
            name,
            is_registered,
        });
        let models = models.collect();
        let callers = callers.into_iter().map(|(caller, _)| caller).collect();
        Ok(Overview { callers, models, limits })
    }

    /// The callers of a team that may do different things.
    fn callers_of(
        &self,
        team: &Rc<Team>,
        only: Option<&str>,
        host: &NewHost,
    ) -> Result<Callers, UnknownName> {
        let named = |key: Option<&str>| OverviewCaller {
            team: team.name.to_string(),
            key: key.map(str::to_owned),
            resources: Vec::new(),
        };
        let mut keys: BTreeMap<&str, Result<Caller, Reject>> = BTreeMap::new();
        let mut has_plain_keys = false;
        for key in self.keys.iter().filter(|key| Rc::ptr_eq(&key.team, team)) {
            let caller = self.holder(key, host);
            match only {
                None if key.is_plain() && caller.is_ok() => has_plain_keys = true,
                Some(only) if *key.id != *only => {}
                _ => {
                    keys.insert(&key.id, caller);
                }
            }
        }
        if let Some(only) = only.filter(|_| keys.is_empty()) {
            return Err(self.unknown_key(team, only));
        }
        let needs_no_key = self.identity.team_metadata.is_some()
            || self.identity.team_header.is_some()
            || self.identity.anonymous_team.as_deref() == Some(&*team.name);
        let mut callers = Vec::new();
        if only.is_none() && (has_plain_keys || needs_no_key || keys.is_empty()) {
            callers.push((named(None), Ok(Caller::of_team(Rc::clone(team)))));
        }
        callers.extend(keys.into_iter().map(|(id, caller)| (named(Some(id)), caller)));
        Ok(callers)
    }

    /// Every name that the configuration knows, each with whether it is registered.
    fn names(&self, callers: &[(OverviewCaller, Result<Caller, Reject>)]) -> Vec<(String, bool)> {
        let catalog = &self.catalog;
        let mut names: BTreeSet<&str> = BTreeSet::new();
        names.extend(catalog.models.keys().map(|name| &**name));
        names.extend(catalog.patterns.iter().map(|(_, model)| &*model.name));
        names.extend(catalog.aliases.keys().map(|name| &**name));
        for caller in callers.iter().filter_map(|(_, caller)| caller.as_ref().ok()) {
            names.extend(caller.team().aliases.keys().map(|name| &**name));
            names.extend(caller.names_spelled_out());
        }
        let is_registered = |name: &str| {
            let resolves = |caller: &Caller| {
                let found = catalog.resolve(&caller.team().aliases, name);
                found.is_some_and(|found| {
                    matches!(found.destination, Destination::Registered { .. })
                })
            };
            catalog.model(name).is_some()
                || callers.iter().any(|(_, caller)| caller.as_ref().is_ok_and(resolves))
        };
        let mut all: Vec<_> =
            names.iter().map(|name| ((*name).to_owned(), is_registered(name))).collect();
        let open = catalog.providers.values().filter(|provider| provider.unregistered_models);
        let open = open.map(|provider| format!("{}/*", provider.name));
        all.extend(open.filter(|name| !names.contains(name.as_str())).map(|name| (name, false)));
        all
    }

    /// What a caller gets who asks for a name. For a pattern a name is asked for that only this pattern fits: its own.
    fn reach(&self, caller: &Result<Caller, Reject>, name: &str) -> Reach {
        let Ok(caller) = caller else { return Reach::InvalidKey };
        let aliases = &caller.team().aliases;
        let found = self.catalog.resolve(aliases, name);
        match (self.access(caller, found.as_ref(), name), found) {
            (Access::Allowed, Some(found)) => self.reach_of(caller, &found),
            (denied @ (Access::NotForTeam | Access::NotForKey), _) => match Pattern::parse(name) {
                Ok(pattern) if pattern.is_wildcard() && caller.may_call_some_of(&pattern) => {
                    Reach::InPart
                }
                _ => Reach::Denied(denied),
            },
            (denied, _) => Reach::Denied(denied),
        }
    }

    fn reach_of(&self, caller: &Caller, found: &Resolution<'_>) -> Reach {
        let serving = self.serving(caller, found, &ProviderData::default());
        let mut candidates: Vec<_> = serving.into_iter().map(|(candidate, _)| candidate).collect();
        candidates.sort_by(|a, b| a.priority.cmp(&b.priority).then(a.cost.total_cmp(&b.cost)));
        let mut providers = Vec::new();
        let mut with_own_key = Vec::new();
        for candidate in &candidates {
            let name = candidate.provider.name.to_string();
            let list = match (&candidate.authorization, candidate.provider.client_credentials) {
                (Some(_), _) => &mut providers,
                (None, true) => &mut with_own_key,
                (None, false) => continue,
            };
            if !list.contains(&name) {
                list.push(name);
            }
        }
        match (candidates.is_empty(), providers.is_empty() && with_own_key.is_empty()) {
            (true, _) => Reach::Denied(Access::Restricted),
            (false, true) => Reach::NoCredential,
            (false, false) => Reach::Served { providers, with_own_key },
        }
    }
}
