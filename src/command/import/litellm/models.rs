//! From what names mean to each team to the models of the configuration.
//!
//! A name that means the same to all who may call it is a model of that name. Where it means something else to one team than
//! to another, each meaning is a model of its own that only its teams may use, and the name is an alias of each team's.

mod losses;
mod names;
mod nobody;
mod team;

use super::callers::Caller;
use super::credentials::{self, Own};
use super::deployments::Deployment;
use super::lists::is_match;
use super::meanings::{Alias, World};
use super::Settings;
use crate::import::plan::{free, Model, Plan, Target};

/// Reads the names that all teams have for models.
pub fn aliases(settings: &Settings<'_>, world: &mut World<'_, '_>, plan: &mut Plan) {
    for Alias { line, alias, meant, .. } in World::read_aliases(settings) {
        if alias.contains('*') || !world.names.contains(&meant) || meant.contains('*') {
            plan.remarks.lost(format_args!(
                "line {line}: alias {alias:?} of {meant:?}: not carried over: that is no model of its own"
            ));
            world.lost_aliases.push(alias.to_owned());
            if !world.names.contains(&alias) {
                continue;
            }
        } else if world.names.contains(&alias) && alias != meant {
            plan.remarks.note(format_args!(
                "line {line}: the model {alias:?} is hidden by the alias of the same name for {meant:?}"
            ));
        }
        if alias != meant {
            world.aliases.push((alias.to_owned(), meant.to_owned()));
        }
    }
}

/// Adds all models and all teams.
pub fn import(
    world: &World<'_, '_>,
    callers: &[Caller<'_>],
    settings: &Settings<'_>,
    plan: &mut Plan,
) {
    let all_own: Vec<Own> = callers
        .iter()
        .map(|caller| credentials::of(caller, world.deployments, settings, plan))
        .collect();
    let mut teams: Vec<Making> = callers.iter().map(|_| Making::default()).collect();
    let builder = Builder { world, callers, own: &all_own };
    for name in &world.names {
        builder.model(Name::of(name), &mut teams, plan);
        builder.fallbacks(name, plan);
    }
    for Alias { alias, meant, asked, .. } in &world.apart {
        builder.model(Name { name: alias, model: meant, asked }, &mut teams, plan);
    }
    builder.names(&mut teams, plan);
    builder.keep_from_patterns(&mut teams, plan);
    for ((caller, own), making) in callers.iter().zip(&all_own).zip(teams) {
        let team = builder.team(caller, own, making, plan);
        plan.teams.push((caller.name.clone(), team));
    }
    plan.prune();
    losses::hidden(plan);
}

/// Whether a caller has a meaning of its own for a name.
fn has_alias(caller: &Caller<'_>, name: &str) -> bool {
    caller.aliases.iter().any(|(alias, meant)| alias == name && alias != meant)
}

/// What is known of a team so far: its aliases, and which model each name is.
#[derive(Default)]
struct Making {
    aliases: Vec<(String, String)>,
    models: Vec<(String, String)>,
    /// Its aliases that lead nowhere.
    unresolved: Vec<String>,
}

impl Making {
    /// The model that a name is to this team.
    fn model(&self, name: &str) -> Option<&str> {
        self.models.iter().find(|(known, _)| known == name).map(|(_, model)| model.as_str())
    }
}

/// A name that is registered.
#[derive(Clone, Copy)]
struct Name<'n> {
    /// The name.
    name: &'n str,
    /// The model of LiteLLM's.
    model: &'n str,
    /// The name by which LiteLLM looks for what it falls back to.
    asked: &'n str,
}

impl<'n> Name<'n> {
    /// The name of a model.
    fn of(model: &'n str) -> Self {
        Self { name: model, model, asked: model }
    }

    /// Whether it is another name than the model's own.
    fn is_alias(self) -> bool {
        self.name != self.model
    }
}

struct Builder<'b, 'y> {
    world: &'b World<'b, 'y>,
    callers: &'b [Caller<'y>],
    own: &'b [Own],
}

/// One meaning of a name, and the callers that it is for, by their places.
struct Meaning {
    targets: Vec<Target>,
    callers: Vec<usize>,
}

impl Builder<'_, '_> {
    fn model(&self, name: Name<'_>, teams: &mut [Making], plan: &mut Plan) {
        let mut meanings = self.meanings(name).into_iter();
        // One that redirects the name cannot have a model of that name beside it.
        let redirects =
            |caller: &Caller<'_>| caller.aliases.iter().any(|(alias, _)| alias == name.name);
        let is_redirected = self.callers.iter().any(redirects)
            || (!name.is_alias() && self.world.model(name.name) != name.name);
        let (first, second) = (meanings.next(), meanings.next());
        let (Some(first), None, false) = (&first, &second, is_redirected) else {
            let all = first.into_iter().chain(second).chain(meanings);
            return self.variants(name, all.collect(), teams, plan);
        };
        // Where nobody may call it, it is for those who would be served it: a list may be widened later.
        let mut callers = 0..self.callers.len();
        let is_anybodys = callers.clone().any(|place| self.may_call(place, name));
        let is_everybodys = callers.all(|place| {
            first.callers.contains(&place) || (is_anybodys && !self.may_call(place, name))
        });
        let of_model = |it: &&Deployment<'_>| it.name == name.model;
        let is_owned = self.world.deployments.iter().filter(of_model).any(|it| it.owner.is_some());
        let limit = !is_everybodys || is_owned;
        self.add(name.name, name, first, limit, teams, plan);
    }

    /// What a name means to those who may call it. Where nobody may, it is what it means to whoever could.
    fn meanings(&self, name: Name<'_>) -> Vec<Meaning> {
        let places = 0..self.callers.len();
        let mut may: Vec<usize> =
            places.clone().filter(|place| self.may_call(*place, name)).collect();
        if may.is_empty() {
            may = places.collect();
        }
        let mut meanings: Vec<Meaning> = Vec::new();
        for place in may {
            let (Some(caller), Some(own)) = (self.callers.get(place), self.own.get(place)) else {
                continue;
            };
            // By that name it is another model to them; they may have another name for it.
            if self.is_renamed(caller, name) && !self.has_other_name(caller, name) {
                continue;
            }
            let targets = self.world.targets_of(caller, own, name.model, name.asked);
            if targets.is_empty() {
                continue;
            }
            match meanings.iter_mut().find(|known| known.targets == targets) {
                Some(known) => known.callers.push(place),
                None => meanings.push(Meaning { targets, callers: vec![place] }),
            }
        }
        meanings
    }

    /// Whether a caller may call a model by its name, or by one that stands for it.
    fn may_call(&self, place: usize, name: Name<'_>) -> bool {
        self.callers.get(place).is_some_and(|caller| {
            let may =
                caller.may_call(name.name) || (name.is_alias() && caller.may_call(name.model));
            (may && !self.is_renamed(caller, name)) || self.has_other_name(caller, name)
        })
    }

    /// Whether a name leads a caller to another model than the one that is called so.
    fn is_renamed(&self, caller: &Caller<'_>, name: Name<'_>) -> bool {
        let is_hidden = !name.is_alias() && self.world.model(name.name) != name.name;
        has_alias(caller, name.name) || is_hidden
    }

    /// Whether a caller has another name for a model.
    fn has_other_name(&self, caller: &Caller<'_>, name: Name<'_>) -> bool {
        let stands_for = |meant: &str| {
            if name.is_alias() {
                return meant == name.name;
            }
            let model = self.world.model(meant);
            model == name.name || is_match(name.name, model)
        };
        let leads = |(_, model): &&(String, String)| !name.is_alias() && model == name.name;
        let mut global = self.world.aliases.iter().filter(leads);
        caller.aliases.iter().any(|(alias, meant)| alias != name.name && stands_for(meant))
            || global.any(|(alias, _)| {
                let may = caller.may_call(name.name) || caller.may_call(alias);
                !has_alias(caller, alias) && may
            })
    }

    fn variants(
        &self,
        asked: Name<'_>,
        mut meanings: Vec<Meaning>,
        teams: &mut [Making],
        plan: &mut Plan,
    ) {
        let name = asked.name;
        if meanings.is_empty() && !asked.is_alias() && self.world.model(name) != name {
            return;
        }
        if meanings.is_empty() {
            plan.remarks.lost(format_args!("model {name:?}: no team here can be served it"));
            return;
        }
        meanings.sort_by_key(|meaning| std::cmp::Reverse(meaning.callers.len()));
        if name.contains('*') {
            if meanings.len() > 1 {
                plan.remarks.lost(format_args!(
                    "model {name:?}: a pattern means the same to all teams here: it is carried over for {}",
                    self.teams_of(meanings.first()).join(", ")
                ));
            }
            if let Some(first) = meanings.first() {
                self.add(name, asked, first, true, teams, plan);
            }
            return;
        }
        for meaning in &meanings {
            let of = self.teams_of(Some(meaning));
            let label = match of.as_slice() {
                [only] => only.clone(),
                _ => "shared".to_owned(),
            };
            let is_taken = |model: &str| {
                self.world.names.contains(&model)
                    || plan.models.iter().any(|(known, _)| known == model)
            };
            let model = free(&format!("{name}@{label}"), is_taken);
            self.add(&model, asked, meaning, true, teams, plan);
        }
        plan.remarks.note(format_args!(
            "model {name:?}: it is not the same for all teams: each has it under a name of its own, and {name:?} as an alias"
        ));
    }

    fn teams_of(&self, meaning: Option<&Meaning>) -> Vec<String> {
        let places = meaning.into_iter().flat_map(|meaning| &meaning.callers);
        places.filter_map(|place| Some(self.callers.get(*place)?.name.clone())).collect()
    }

    /// Adds the model `registered`, which is what `asked` means to some.
    fn add(
        &self,
        registered: &str,
        asked: Name<'_>,
        meaning: &Meaning,
        is_limited: bool,
        teams: &mut [Making],
        plan: &mut Plan,
    ) {
        let mut model = Model { targets: meaning.targets.clone(), ..Model::default() };
        for deployment in self.world.deployments.iter().filter(|it| it.name == asked.model) {
            model.purpose = model.purpose.or(deployment.purpose);
            for (key, value) in &deployment.metadata {
                if !model.metadata.iter().any(|(known, _)| known == key) {
                    model.metadata.push((key.clone(), value.clone()));
                }
            }
        }
        model.teams = is_limited.then(|| self.teams_of(Some(meaning)));
        plan.models.push((registered.to_owned(), model));
        let name = asked.name;
        for place in &meaning.callers {
            if let Some(making) = teams.get_mut(*place) {
                making.models.push((name.to_owned(), registered.to_owned()));
                let has_alias =
                    self.callers.get(*place).is_some_and(|it| self.is_renamed(it, asked));
                if registered != name && !has_alias {
                    making.aliases.push((name.to_owned(), registered.to_owned()));
                }
            }
        }
    }
}
