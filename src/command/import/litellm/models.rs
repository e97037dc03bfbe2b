//! From what names mean to each team to the models of the configuration.
//!
//! A name that means the same to all who may call it is a model of that name. Where it means something else to one team than
//! to another, each meaning is a model of its own that only its teams may use, and the name is an alias of each team's.

use super::callers::Caller;
use super::credentials::{self, Own};
use super::meanings::World;
use super::Settings;
use crate::import::plan::{free, Model, Plan, Target, Team};

/// Reads the names that all teams have for models.
pub fn aliases(settings: &Settings<'_>, world: &mut World<'_, '_>, plan: &mut Plan) {
    for (line, alias, meant) in World::read_aliases(settings) {
        let is_plain = !meant.contains('*') && !alias.contains('*');
        let is_known = is_plain && world.names.contains(&meant);
        let is_taken =
            world.names.contains(&alias) || world.aliases.iter().any(|(known, _)| known == alias);
        if is_known && !is_taken {
            world.aliases.push((alias.to_owned(), meant.to_owned()));
            continue;
        }
        let why = match is_taken {
            true => "there is a model of that name",
            false => "that is no model of its own",
        };
        plan.remarks.lost(format_args!(
            "line {line}: alias {alias:?} of {meant:?}: not carried over: {why}"
        ));
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
        builder.model(name, &mut teams, plan);
    }
    builder.names(&mut teams, plan);
    for ((caller, own), making) in callers.iter().zip(&all_own).zip(teams) {
        let team = builder.team(caller, own, making, plan);
        plan.teams.push((caller.name.clone(), team));
    }
}

/// What is known of a team so far: its aliases, and which model each name is.
#[derive(Default)]
struct Making {
    aliases: Vec<(String, String)>,
    models: Vec<(String, String)>,
}

impl Making {
    /// The model that a name is to this team.
    fn model(&self, name: &str) -> Option<&str> {
        self.models.iter().find(|(known, _)| known == name).map(|(_, model)| model.as_str())
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
    fn model(&self, name: &str, teams: &mut [Making], plan: &mut Plan) {
        let meanings = self.meanings(name);
        // One that redirects the name cannot have a model of that name beside it.
        let is_redirected =
            self.callers.iter().any(|caller| caller.aliases.iter().any(|(alias, _)| alias == name));
        let mut meanings = meanings.into_iter();
        let (first, second) = (meanings.next(), meanings.next());
        let (Some(first), None, false) = (&first, &second, is_redirected) else {
            let all = first.into_iter().chain(second).chain(meanings);
            return self.variants(name, all.collect(), teams, plan);
        };
        let is_everybodys = (0..self.callers.len())
            .all(|place| first.callers.contains(&place) || !self.may_call(place, name));
        let is_owned =
            self.world.deployments.iter().any(|it| it.name == name && it.owner.is_some());
        let limit = !is_everybodys || is_owned;
        self.add(name, name, first, limit, teams, plan);
    }

    /// What a name means to those who may call it. Where nobody may, it is what it means to whoever could.
    fn meanings(&self, name: &str) -> Vec<Meaning> {
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
            // Through an alias it is another model.
            if caller.aliases.iter().any(|(alias, _)| alias == name) {
                continue;
            }
            let targets = self.world.meaning(caller, own, name);
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
    fn may_call(&self, place: usize, name: &str) -> bool {
        let stands_for = |alias: &str| {
            let global = self.world.aliases.iter().find(|(known, _)| known == alias);
            global.map_or(alias, |(_, model)| model) == name
        };
        self.callers.get(place).is_some_and(|caller| {
            caller.may_call(name) || caller.aliases.iter().any(|(_, meant)| stands_for(meant))
        })
    }

    fn variants(
        &self,
        name: &str,
        mut meanings: Vec<Meaning>,
        teams: &mut [Making],
        plan: &mut Plan,
    ) {
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
                self.add(name, name, first, true, teams, plan);
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
            self.add(&model, name, meaning, true, teams, plan);
        }
        plan.remarks.note(format_args!(
            "model {name:?}: it is not the same for all teams: each has it under a name of its own, and {name:?} as an alias"
        ));
    }

    fn teams_of(&self, meaning: Option<&Meaning>) -> Vec<String> {
        let places = meaning.into_iter().flat_map(|meaning| &meaning.callers);
        places.filter_map(|place| Some(self.callers.get(*place)?.name.clone())).collect()
    }

    /// Adds the model `registered`, which is what `name` means to some.
    fn add(
        &self,
        registered: &str,
        name: &str,
        meaning: &Meaning,
        is_limited: bool,
        teams: &mut [Making],
        plan: &mut Plan,
    ) {
        let mut model = Model { targets: meaning.targets.clone(), ..Model::default() };
        for deployment in self.world.deployments.iter().filter(|it| it.name == name) {
            model.purpose = model.purpose.or(deployment.purpose);
            for (key, value) in &deployment.metadata {
                if !model.metadata.iter().any(|(known, _)| known == key) {
                    model.metadata.push((key.clone(), value.clone()));
                }
            }
        }
        model.teams = is_limited.then(|| self.teams_of(Some(meaning)));
        plan.models.push((registered.to_owned(), model));
        for place in &meaning.callers {
            if let Some(making) = teams.get_mut(*place) {
                making.models.push((name.to_owned(), registered.to_owned()));
                if registered != name {
                    making.aliases.push((name.to_owned(), registered.to_owned()));
                }
            }
        }
    }

    /// Adds the aliases of all teams, and those of single ones.
    fn names(&self, teams: &mut [Making], plan: &mut Plan) {
        for (alias, meant) in &self.world.aliases {
            let is_redirected = self
                .callers
                .iter()
                .any(|caller| caller.aliases.iter().any(|(own, _)| own == alias));
            match plan.model_named(meant).filter(|_| !is_redirected) {
                Some(model) => model.aliases.push(alias.clone()),
                None => {
                    for (caller, making) in self.callers.iter().zip(teams.iter_mut()) {
                        let has_own = caller.aliases.iter().any(|(own, _)| own == alias);
                        let model = making.model(meant).filter(|_| !has_own);
                        if let Some(model) = model.map(str::to_owned) {
                            making.aliases.push((alias.clone(), model));
                        }
                    }
                }
            }
        }
        for (caller, making) in self.callers.iter().zip(teams) {
            for (alias, meant) in &caller.aliases {
                self.own_alias(caller, making, alias, meant, plan);
            }
        }
    }

    fn own_alias(
        &self,
        caller: &Caller<'_>,
        making: &mut Making,
        alias: &str,
        meant: &str,
        plan: &mut Plan,
    ) {
        let global = self.world.aliases.iter().find(|(known, _)| known == meant);
        let meant = global.map_or(meant, |(_, model)| model);
        let matches = |pattern: &&str| super::lists::is_match(pattern, meant);
        let model = match making.model(meant) {
            Some(model) => Some(model.to_owned()),
            None if self.world.names.contains(&meant) => {
                let is_registered = plan.models.iter().any(|(known, _)| known == meant);
                is_registered.then(|| meant.to_owned())
            }
            None => self.world.names.iter().any(|name| matches(&name)).then(|| meant.to_owned()),
        };
        match model {
            Some(model) if !alias.contains('*') => making.aliases.push((alias.to_owned(), model)),
            _ => plan.remarks.lost(format_args!(
                "team {:?}: alias {alias:?} of {meant:?}: not carried over: that is no model here",
                caller.name
            )),
        }
    }

    fn team(&self, caller: &Caller<'_>, own: &Own, making: Making, plan: &mut Plan) -> Team {
        // Who may call what a name stands for may call it by that name.
        let also: Vec<&(String, String)> = self
            .world
            .aliases
            .iter()
            .filter(|(alias, _)| making.aliases.iter().any(|(own, _)| own == alias))
            .collect();
        let widened = |access: &super::lists::Access| {
            let mut access = access.clone();
            for (alias, meant) in &also {
                if access.allows(meant) {
                    access.add(alias);
                }
            }
            access
        };
        let names: Vec<String> = {
            let registered = plan
                .models
                .iter()
                .flat_map(|(name, model)| std::iter::once(name).chain(&model.aliases));
            let own = making.aliases.iter().map(|(alias, _)| alias);
            registered.chain(own).cloned().collect()
        };
        let patterns: Vec<String> =
            names.iter().filter(|name| name.contains('*')).cloned().collect();
        let is_known = |name: &str| {
            names.iter().any(|known| known == name)
                || patterns.iter().any(|pattern| super::lists::is_match(pattern, name))
        };
        let subject = format!("team {:?}", caller.name);
        let models = widened(&caller.access).written(&subject, is_known, plan);
        let mut keys = Vec::new();
        for key in &caller.keys {
            let subject = match &key.id {
                Some(id) => format!("{subject}: key {id:?}"),
                None => format!("{subject}: a key"),
            };
            let access = key.access.as_ref().map(widened);
            let models = access.and_then(|access| access.written(&subject, is_known, plan));
            keys.push(key.to_node(models));
        }
        let mut model_credentials = Vec::new();
        for (name, list) in &own.of_models {
            if let Some(model) = making.model(name) {
                let serving = self.serving(model, list, plan);
                if !serving.is_empty() {
                    model_credentials.push((model.to_owned(), serving));
                }
            }
        }
        Team {
            models: models.unwrap_or_else(|| vec!["*".to_owned()]),
            keys,
            aliases: making.aliases,
            credentials: own.common.clone(),
            model_credentials,
        }
    }

    /// Those of a list whose providers serve the model; others would be refused.
    fn serving(&self, model: &str, list: &[String], plan: &Plan) -> Vec<String> {
        let model = plan.models.iter().find(|(known, _)| known == model);
        let serves = |name: &&String| {
            let owner = plan.credentials.iter().find(|(known, _)| known == *name);
            owner.zip(model).is_some_and(|((_, credential), (_, model))| {
                model.targets.iter().any(|target| target.provider == credential.provider)
            })
        };
        list.iter().filter(serves).cloned().collect()
    }
}
