//! Models, their targets, aliases and patterns.

mod served;

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::pools::{self, Pools};
use super::providers::listed;
use super::{affinity, entries, is_known, items, names, parameters, prices, Names, Providers};
use crate::catalog::{Catalog, Guards, Model, Target};
use crate::config::named::Named;
use crate::config::raw::{Configuration, Model as RawModel, Target as RawTarget};
use crate::config::read::List;
use crate::config::reader::Text;
use crate::config::report::{unknown, At, Report};
use crate::id::ModelId;
use crate::model_type::Type;
use crate::pattern::Pattern;
use crate::provider::Provider;
use crate::team::Restriction;

/// Compiles the models into the catalog.
pub fn compile(
    raw: &Configuration,
    names: &Names<'_>,
    providers: &Providers,
    report: &mut Report,
) -> Catalog {
    let mut catalog = Catalog {
        providers: providers.clone(),
        models: HashMap::new(),
        aliases: HashMap::new(),
        patterns: Vec::new(),
        guards: Guards::default(),
        alternatives: BTreeSet::new(),
    };
    let root = At::Root;
    let list = root.key("models");
    let pools = pools::compile(raw, providers, report);
    for (index, (name, model)) in entries(&raw.models).enumerate() {
        let at = list.key(name);
        names::check(name, "a model's name", at, report);
        names::warn_of_colon(name, raw, at, report);
        let pattern = match Pattern::parse(name) {
            Ok(pattern) => pattern,
            Err(error) => {
                report.error(at, error);
                continue;
            }
        };
        let builder = Builder { raw, providers, pools: &pools, name, pattern: &pattern, model, at };
        let compiled = Rc::new(builder.build(ModelId::new(index), report));
        builder.warn_if_it_hides_a_providers_model(&compiled, report);
        builder.warn_if_its_restriction_can_be_evaded(&compiled, report);
        builder.warn_of_unserved(&compiled, report);
        affinity::warn_if_it_decides_nothing(&compiled, at.key("affinity"), report);
        if compiled.targets.len() > 1 {
            catalog.alternatives.extend(compiled.targets.iter().map(|target| target.provider.id));
        }
        for target in &compiled.targets {
            catalog.guards.add(target.provider.id, &target.model, &compiled.restriction);
        }
        builder.aliases(names, &mut catalog, report);
        if pattern.is_wildcard() {
            catalog.patterns.push((pattern, compiled));
        } else {
            catalog.models.insert(Rc::clone(&compiled.name), compiled);
        }
    }
    // The sort is stable and the entries come sorted by name, so patterns of equal length stay in that order.
    catalog.patterns.sort_by_key(|(pattern, _)| Reverse(pattern.literal_len()));
    catalog
}

struct Builder<'a> {
    raw: &'a Configuration<'a>,
    providers: &'a Providers,
    pools: &'a Pools<'a>,
    name: &'a str,
    pattern: &'a Pattern,
    model: &'a RawModel<'a>,
    at: At<'a>,
}

impl Builder<'_> {
    fn build(&self, id: ModelId, report: &mut Report) -> Model {
        let kind = self.kind(report);
        let mut metadata = serde_json::Map::new();
        for (key, value) in entries(&self.model.metadata) {
            metadata.insert(key.to_owned(), value.clone());
        }
        if kind == Some(Type::Embedding) && !metadata.contains_key("embedding_dimension") {
            report.warn(
                self.at.key("metadata"),
                "an embedding model should tell its `embedding_dimension`",
            );
        }
        Model {
            id,
            name: self.name.into(),
            kind,
            restriction: Rc::new(self.restriction(report)),
            metadata,
            targets: self.targets(report),
            affinity: affinity::compile(&self.model.affinity, self.at.key("affinity"), report),
            pool: self
                .model
                .failover_cluster
                .as_deref()
                .and_then(|name| self.pools.get(name).cloned()),
        }
    }

    fn kind(&self, report: &mut Report) -> Option<Type> {
        let name = self.model.purpose.as_deref()?;
        let kind = Type::named(name);
        if kind.is_none() {
            report.error(self.at.key("type"), unknown("type", name, Type::ALL.map(Type::as_str)));
        }
        kind
    }

    fn restriction(&self, report: &mut Report) -> Restriction {
        let set = |list: &Option<List<Text>>| -> Option<BTreeSet<Box<str>>> {
            let mut set = BTreeSet::new();
            set.extend(list.as_ref()?.iter().map(|(_, name)| Box::from(name.as_str())));
            Some(set)
        };
        for (index, team) in items(&self.model.teams) {
            is_known(team, &self.raw.teams, "team", self.at.key("teams").index(index), report);
        }
        Restriction {
            teams: set(&self.model.teams),
            roles: set(&self.model.roles),
            projects: set(&self.model.projects),
            namespaces: set(&self.model.namespaces),
        }
    }

    fn targets(&self, report: &mut Report) -> Vec<Target> {
        let at = self.at.key("targets");
        match self.model.targets.as_ref().filter(|targets| !targets.is_empty()) {
            None => self.target(&RawTarget::default(), at, report).into_iter().collect(),
            Some(targets) => targets
                .iter()
                .filter_map(|(index, target)| self.target(target, at.index(index), report))
                .collect(),
        }
    }

    fn target(&self, raw: &RawTarget, at: At<'_>, report: &mut Report) -> Option<Target> {
        let cost = raw.cost.unwrap_or(f64::INFINITY);
        if cost < 0.0 {
            report.error(at.key("cost"), "a cost is not negative");
        }
        let model = self.upstream_model(raw, at, report);
        let target = Target {
            provider: self.provider(raw, at, report)?,
            model: model?,
            priority: raw.priority.unwrap_or_default(),
            cost,
            weight: raw.weight.unwrap_or(1),
            price: prices::compile(&raw.price, at.key("price"), report),
            parameters: parameters::compile(&raw.parameters, at.key("parameters"), report),
            endpoints: raw.endpoints.as_ref().map(|list| listed(list, at.key("endpoints"), report)),
        };
        self.check_endpoints(&target, at, report);
        Some(target)
    }

    fn provider(&self, raw: &RawTarget, at: At<'_>, report: &mut Report) -> Option<Rc<Provider>> {
        let all = &self.raw.providers;
        if let Some(name) = raw.provider.as_deref() {
            is_known(name, all, "provider", at.key("provider"), report);
            return self.providers.get(name).map(Rc::clone);
        }
        let names: Vec<_> = all.iter().flat_map(Named::names).collect();
        if names.len() > 1 {
            let names = names.join(", ");
            report.error(at, format_args!("name a provider; there are several: {names}"));
            return None;
        }
        self.providers.values().next().map(Rc::clone)
    }

    fn upstream_model(&self, raw: &RawTarget, at: At<'_>, report: &mut Report) -> Option<Pattern> {
        let Some(name) = raw.model.as_deref() else {
            return Some(self.pattern.clone());
        };
        let at = at.key("model");
        names::check(name, "a model's name", at, report);
        match Pattern::parse(name) {
            Ok(model) if model.is_wildcard() && !self.pattern.is_wildcard() => {
                report.error(at, "a `*` has nothing to stand for: the model's own name has none");
                None
            }
            Ok(model) => Some(model),
            Err(error) => {
                report.error(at, error);
                None
            }
        }
    }

    /// `provider/name` is that provider's own model to everybody, until it is registered as something else.
    fn warn_if_it_hides_a_providers_model(&self, model: &Model, report: &mut Report) {
        let Some((provider, own)) = self.name.split_once('/') else { return };
        let Some(provider) = self.providers.get(provider) else { return };
        let is_the_same =
            |target: &Target| target.provider.id == provider.id && target.model.to_string() == own;
        if !model.targets.iter().all(is_the_same) {
            report.warn(
                self.at,
                format_args!(
                    "it hides the model {own:?} that provider {:?} may itself have",
                    provider.name
                ),
            );
        }
    }

    /// A restriction sticks to the name that a provider is sent. A provider may take other names for the same model.
    fn warn_if_its_restriction_can_be_evaded(&self, model: &Model, report: &mut Report) {
        if model.restriction.is_open() {
            return;
        }
        for target in model.targets.iter().filter(|target| target.provider.unregistered_models) {
            report.warn(
                self.at,
                format_args!(
                    "it is restricted, but provider {:?} serves unregistered models too: if it takes another name for the \
                     same model (a dated one, or one with a suffix), that name is not restricted; set \
                     `unregistered_models: false` there",
                    target.provider.name
                ),
            );
        }
    }

    fn aliases(&self, names: &Names<'_>, catalog: &mut Catalog, report: &mut Report) {
        let list = self.at.key("aliases");
        for (index, alias) in items(&self.model.aliases) {
            let at = list.index(index);
            names::check(alias, "an alias", at, report);
            names::warn_of_colon(alias, self.raw, at, report);
            if self.pattern.is_wildcard() {
                report.error(at, "a pattern cannot have aliases: what would its `*` stand for?");
            } else if alias.contains('*') {
                report.error(at, "an alias is a plain name, without `*`");
            } else if names.is_model(alias.as_str()) {
                report.error(at, format_args!("{alias:?} is the name of a registered model"));
            } else if catalog.aliases.contains_key(alias.as_str()) {
                let owner = names.aliases.get(alias.as_str()).copied().unwrap_or_default();
                report.error(at, format_args!("{alias:?} is already an alias of {owner:?}"));
            } else {
                catalog.aliases.insert(alias.as_str().into(), self.name.into());
            }
        }
    }
}
