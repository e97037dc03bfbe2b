//! Names that mean something in the original and nothing here: no pattern may take them for its own.

use super::{has_alias, Builder, Making};
use crate::import::litellm::lists::{is_match, overlap};
use crate::import::plan::{free, Model, Plan, Target};

/// The model that nobody may use, whose other names these are.
const NOBODY: &str = "not-imported";

impl Builder<'_, '_> {
    /// Keeps patterns from names that were not carried over, of all and of single teams.
    pub(super) fn keep_from_patterns(&self, teams: &mut [Making], plan: &mut Plan) {
        let patterns: Vec<String> = plan
            .models
            .iter()
            .map(|(name, _)| name)
            .filter(|it| it.contains('*'))
            .cloned()
            .collect();
        let is_taken = |name: &str| patterns.iter().any(|pattern| is_match(pattern, name));
        let is_there = |name: &str, plan: &Plan| {
            plan.models.iter().any(|(known, model)| {
                known == name || model.aliases.iter().any(|alias| alias == name)
            })
        };
        let nobody = free(NOBODY, |name| is_there(name, plan));
        let mut aliases: Vec<String> = Vec::new();
        let mut is_needed = false;
        for name in self.unserved(teams, plan) {
            if name.contains('*') {
                self.close(&name, &patterns, &nobody, plan);
            } else if is_taken(&name) && !aliases.contains(&name) {
                aliases.push(name);
            }
        }
        let aliased = self.world.aliases.iter().map(|(alias, _)| alias.as_str());
        let names = self.world.names.iter().copied().chain(aliased);
        for name in names.filter(|name| !is_there(name, plan) && is_taken(name)) {
            for (caller, making) in self.callers.iter().zip(teams.iter_mut()) {
                let has_one = making.aliases.iter().any(|(alias, _)| alias == name);
                if !has_one && !has_alias(caller, name) && !aliases.iter().any(|it| it == name) {
                    making.aliases.push((name.to_owned(), nobody.clone()));
                    is_needed = true;
                }
            }
        }
        for making in teams.iter_mut() {
            for alias in std::mem::take(&mut making.unresolved) {
                if is_taken(&alias) && !making.aliases.iter().any(|(known, _)| *known == alias) {
                    making.aliases.push((alias, nobody.clone()));
                    is_needed = true;
                }
            }
        }
        for name in &aliases {
            let patterns = self.world.names.iter().filter(|it| it.replace('*', "") == *name);
            for pattern in patterns.filter(|pattern| pattern.contains('*')) {
                plan.remarks.lost(format_args!(
                    "model {pattern:?}: {name:?} is not served: a `*` stands for something here"
                ));
            }
        }
        if is_needed || !aliases.is_empty() {
            plan.remarks.note(format_args!(
                "the model {nobody:?} is for nobody: it keeps names that were not carried over from being taken by a pattern"
            ));
            let model = Model { aliases, ..self.of_nobody(&nobody, plan) };
            plan.models.push((nobody, model));
        }
    }

    /// The names of all teams that are nothing here.
    fn unserved(&self, teams: &[Making], plan: &Plan) -> Vec<String> {
        let is_made = |name: &str| {
            plan.models.iter().any(|(known, _)| known == name)
                || teams.iter().any(|making| making.model(name).is_some())
        };
        let is_hidden = |name: &str| self.world.model(name) != name;
        let without = self.world.names.iter().filter(|name| !is_made(name) && !is_hidden(name));
        let dead = self.world.dead.iter().filter(|name| !is_hidden(name));
        let apart = self.world.apart.iter().map(|apart| apart.alias);
        let apart = apart.filter(|alias| !is_made(alias)).map(str::to_owned);
        // What a pattern matches with nothing in the place of its `*`.
        let all = self.world.names.iter().chain(&self.world.dead);
        let empty = all.filter(|name| name.contains('*'));
        let empty = empty.map(|name| name.replace('*', "")).filter(|name| !name.is_empty());
        let is_known = |name: &String| self.world.names.contains(&name.as_str());
        let empty = empty.filter(|name| !is_known(name) && !is_made(name) && !is_hidden(name));
        let names = without.chain(dead).map(|name| (*name).to_owned());
        names.chain(apart).chain(empty).chain(self.world.lost_aliases.iter().cloned()).collect()
    }

    /// Closes a pattern that was not carried over to broader ones.
    fn close(&self, pattern: &str, patterns: &[String], nobody: &str, plan: &mut Plan) {
        let (front, _) = pattern.split_once('*').unwrap_or((pattern, ""));
        let (_, back) = pattern.rsplit_once('*').unwrap_or(("", pattern));
        // One with several `*` is closed with everything that begins, or ends, like it.
        let closed = match (pattern.matches('*').count(), front.is_empty()) {
            (1, _) => pattern.to_owned(),
            (_, false) => format!("{front}*"),
            (_, true) => format!("*{back}"),
        };
        let is_broader = |other: &&String| {
            other.len() <= closed.len() && **other != closed && overlap(other, &closed)
        };
        let mut broader = patterns.iter().filter(is_broader);
        let is_there = plan.models.iter().any(|(known, _)| *known == closed);
        match broader.next() {
            Some(_) if !is_there => {
                plan.remarks.note(format_args!(
                    "the pattern {closed:?} is for nobody: {pattern:?} was not carried over, and a broader one must not take \
                     its names"
                ));
                let model = self.of_nobody(nobody, plan);
                plan.models.push((closed, model));
            }
            Some(other) => plan.remarks.security(format_args!(
                "the pattern {pattern:?} was not carried over: {other:?} takes its names"
            )),
            None => {}
        }
    }

    fn of_nobody(&self, nobody: &str, plan: &Plan) -> Model {
        let provider = plan.providers.first().map(|(name, _)| name.clone()).unwrap_or_default();
        let (priority, cost, weight) = (0, None, None);
        let target = Target { provider, model: nobody.to_owned(), priority, cost, weight };
        Model { teams: Some(Vec::new()), targets: vec![target], ..Model::default() }
    }
}
