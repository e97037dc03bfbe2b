//! Teams.

mod keys;

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::{entries, is_known, items, limits, names, resources, CredentialHandles, Names};
use crate::catalog::{Catalog, Model};
use crate::config::named::Named;
use crate::config::raw::{
    Attributes as RawAttributes, Configuration, Key, Limit as RawLimit, Team as RawTeam,
};
use crate::config::read::List;
use crate::config::reader::Text;
use crate::config::report::{unknown, At, Report};
use crate::credential::{CredentialSet, CredentialSets};
use crate::limit::{Holder, Limit};
use crate::pattern::Pattern;
use crate::team::{AccessList, Aliases, Attributes, Team, VirtualKeys};

/// The teams by name.
type Teams = BTreeMap<Rc<str>, Rc<Team>>;

/// Takes the keys of all teams out of a configuration, in the order of the teams. There may be very many: so what was written of
/// them is gone as soon as it is compiled.
pub fn take_keys<'a>(raw: &mut Configuration<'a>) -> Vec<Option<List<Key<'a>>>> {
    raw.teams.as_mut().map_or(Vec::new(), |teams| teams.map(&mut |team| team.keys.take()))
}

/// Compiles the teams, whose keys were taken out.
pub fn compile(
    raw: &Configuration,
    written_keys: Vec<Option<List<Key>>>,
    names: &Names<'_>,
    catalog: &Catalog,
    handles: &CredentialHandles<'_>,
    environment: &dyn Fn(&str) -> Option<String>,
    report: &mut Report,
) -> (Teams, VirtualKeys) {
    let root = At::Root;
    let list = root.key("teams");
    let mut teams = Teams::new();
    let mut keys = VirtualKeys::with_capacity(written_keys.iter().flatten().map(List::len).sum());
    for ((name, team), written_keys) in entries(&raw.teams).zip(written_keys) {
        let at = list.key(name);
        names::check(name, "a team's id", at, report);
        let builder = Builder { raw, names, catalog, handles, team, at };
        let compiled = Rc::new(builder.team(name, report));
        builder.keys(written_keys, &compiled, environment, &mut keys, report);
        teams.insert(Rc::clone(&compiled.name), compiled);
    }
    (teams, keys)
}

struct Builder<'a> {
    raw: &'a Configuration<'a>,
    names: &'a Names<'a>,
    catalog: &'a Catalog,
    handles: &'a CredentialHandles<'a>,
    team: &'a RawTeam<'a>,
    at: At<'a>,
}

impl Builder<'_> {
    fn team(&self, name: &str, report: &mut Report) -> Team {
        let aliases = self.aliases(report);
        let limits =
            self.limits(&self.team.limits, Holder::Team, [name, ""], &aliases, self.at, report);
        Team {
            name: name.into(),
            access: self.access(&self.team.models, self.at.key("models"), report),
            aliases,
            credentials: self.credential_sets(
                &self.team.credentials,
                self.team.model_credentials.as_deref(),
                self.at,
                report,
            ),
            attributes: attributes(&self.team.attributes),
            resources: self.team.resources.as_ref().map(|written| {
                let providers = &self.catalog.providers;
                resources::compile(written, self.raw, providers, self.at.key("resources"), report)
            }),
            limits,
        }
    }

    fn access(&self, list: &Option<List<Text>>, at: At<'_>, report: &mut Report) -> AccessList {
        let mut access = AccessList::default();
        for pattern in self.patterns(list, at, report) {
            access.push(pattern);
        }
        access
    }

    /// A list of models, in order, none twice.
    fn patterns(&self, list: &Option<List<Text>>, at: At<'_>, report: &mut Report) -> Vec<Pattern> {
        let mut patterns: Vec<Pattern> = Vec::new();
        for (index, text) in items(list) {
            let at = at.index(index);
            names::check(text, "a model's name", at, report);
            match Pattern::parse(text) {
                Ok(pattern) => {
                    self.check_listed(text, &pattern, at, report);
                    if let Err(place) = patterns.binary_search(&pattern) {
                        patterns.insert(place, pattern);
                    }
                }
                Err(error) => report.error(at, error),
            }
        }
        patterns
    }

    fn limits(
        &self,
        list: &Option<List<RawLimit>>,
        holder: Holder,
        counter: [&str; 2],
        aliases: &Aliases,
        at: At<'_>,
        report: &mut Report,
    ) -> Vec<Rc<Limit>> {
        let context = limits::Context { holder, counter, aliases, catalog: self.catalog };
        let patterns = |list: &Option<List<Text>>, at: At<'_>, report: &mut Report| {
            self.patterns(list, at, report)
        };
        limits::compile(list, context, at.key("limits"), &patterns, report)
    }

    /// A plain name must be known; one with `/` or `:` may be one that nobody registered.
    fn check_listed(&self, text: &str, pattern: &Pattern, at: At<'_>, report: &mut Report) {
        let own_alias = self.team.aliases.as_ref().is_some_and(|aliases| aliases.contains(text));
        let known = pattern.is_wildcard()
            || text.contains(['/', ':'])
            || own_alias
            || self.names.is_model(text)
            || self.names.aliases.contains_key(text)
            || self.catalog.patterns.iter().any(|(pattern, _)| pattern.matches(text));
        if !known {
            report.error(at, unknown("model", text, self.names.known()));
        }
    }

    fn aliases(&self, report: &mut Report) -> Aliases {
        let list = self.at.key("aliases");
        let mut aliases = Aliases::new();
        for (alias, meant) in entries(&self.team.aliases) {
            let at = list.key(alias);
            names::check(alias, "an alias", at, report);
            names::warn_of_colon(alias, self.raw, at, report);
            if alias.contains('*') {
                report.error(at, "an alias is a plain name, without `*`");
            } else if self.names.is_model(alias) {
                report.error(at, format_args!("{alias:?} is the name of a registered model"));
            } else if self.leads_to_alias(meant) {
                report.error(
                    at,
                    format_args!("{meant:?} is itself an alias; name the model that it stands for"),
                );
            } else if !self.leads_somewhere(meant) {
                report.error(at, unknown("model", meant, self.names.known()));
            } else {
                aliases.insert(alias.into(), meant.as_str().into());
            }
        }
        aliases
    }

    fn leads_to_alias(&self, meant: &str) -> bool {
        let own =
            |name: &str| self.team.aliases.as_ref().is_some_and(|aliases| aliases.contains(name));
        let is_alias = |name: &str| own(name) || self.names.aliases.contains_key(name);
        is_alias(meant)
            || (!self.names.is_model(meant)
                && self.catalog.split_pin(meant).is_some_and(|(unpinned, _)| is_alias(unpinned)))
    }

    /// Models that were left out for an error of their own count as well.
    fn leads_somewhere(&self, meant: &str) -> bool {
        self.names.is_model(meant) || self.catalog.resolve(&Aliases::new(), meant).is_some()
    }

    fn credential_sets(
        &self,
        common: &Option<List<Text>>,
        of_models: Option<&Named<List<Text>>>,
        at: At<'_>,
        report: &mut Report,
    ) -> CredentialSets {
        let mut sets = CredentialSets {
            for_all_models: self.credential_set(
                common.as_ref(),
                None,
                at.key("credentials"),
                report,
            ),
            for_models: HashMap::new(),
        };
        let list = at.key("model_credentials");
        for (name, credentials) in of_models.into_iter().flat_map(Named::iter) {
            let at = list.key(name);
            if !self.names.is_model(name) {
                report.error(at, unknown("model", name, self.names.of_models()));
            }
            let model = self.catalog.model(name);
            let set = self.credential_set(Some(credentials), model, at, report);
            if let Some(model) = model {
                sets.for_models.insert(model.id, set);
            }
        }
        sets
    }

    /// The listed credentials; `model` is the one that they are for, if they are for one.
    fn credential_set(
        &self,
        credentials: Option<&List<Text>>,
        model: Option<&Model>,
        at: At<'_>,
        report: &mut Report,
    ) -> CredentialSet {
        let mut set = CredentialSet::default();
        for (index, name) in credentials.into_iter().flat_map(List::iter) {
            let at = at.index(index);
            if !is_known(name, &self.raw.credentials, "credential", at, report) {
                continue;
            }
            // One that is wrong itself was reported where it stands.
            let Some(handle) = self.handles.get(name.as_str()).copied() else { continue };
            let is_of = |target: &crate::catalog::Target| target.provider.id == handle.provider();
            if let Some(model) = model.filter(|model| !model.targets.iter().any(is_of)) {
                let model = &model.name;
                report.error(
                    at,
                    format_args!(
                        "credential {name:?} is for a provider that does not serve {model:?}"
                    ),
                );
            } else if set.insert(handle).is_err() {
                report.error(
                    at,
                    format_args!("{name:?} is the second credential for its provider in this list"),
                );
            }
        }
        set
    }
}

fn attributes(raw: &Option<Box<RawAttributes>>) -> Attributes {
    let mut attributes = Attributes::default();
    if let Some(raw) = raw {
        for (list, set) in [
            (&raw.roles, &mut attributes.roles),
            (&raw.projects, &mut attributes.projects),
            (&raw.namespaces, &mut attributes.namespaces),
        ] {
            set.extend(items(list).map(|(_, name)| Box::from(name.as_str())));
        }
    }
    attributes
}
