//! What a model's name means to each team: which deployments serve it, with which shares, and what it falls back to.

use super::callers::Caller;
use super::credentials::Own;
use super::deployments::Deployment;
use super::lists::within;
use super::weights::shares;
use super::Settings;
use crate::import::plan::Target;
use crate::yaml::{Entry, Yaml};

/// Everything that names are looked up in.
pub struct World<'w, 'y> {
    /// All deployments.
    pub deployments: &'w [Deployment<'y>],
    /// The names of models, in their order.
    pub names: Vec<&'w str>,
    /// The names of models none of whose deployments could be carried over.
    pub dead: Vec<&'w str>,
    /// Other names of models, of all teams. They win over models of the same name.
    pub aliases: Vec<(String, String)>,
    /// Further names that lead to nothing that could be carried over.
    pub lost_aliases: Vec<String>,
    /// Those of the aliases that do not fall back to what the model does that they stand for.
    pub apart: Vec<Alias<'w>>,
    /// What models fall back to.
    pub fallbacks: Vec<(String, Vec<String>)>,
    /// Names that fall back to something, and are served by a pattern, which then falls back to nothing.
    pub of_patterns: Vec<String>,
    /// What every other model falls back to.
    pub default_fallbacks: Vec<String>,
    /// Whether the deployments that a team may use are chosen by tags.
    filters_by_tag: bool,
    /// Whether one tag in common is enough.
    matches_any: bool,
}

/// Another name of a model.
#[derive(Clone, Copy)]
pub struct Alias<'s> {
    /// Where it stands.
    pub line: usize,
    /// The name.
    pub alias: &'s str,
    /// The model that it leads to.
    pub meant: &'s str,
    /// The name by which LiteLLM looks for what it falls back to.
    pub asked: &'s str,
}

/// Fallbacks rank behind all of a model's own deployments.
const BEHIND: i64 = 100;

impl<'w, 'y> World<'w, 'y> {
    /// The names of these deployments.
    pub fn new(deployments: &'w [Deployment<'y>], settings: &Settings<'_>) -> Self {
        let mut names: Vec<&str> = Vec::new();
        let mut dead: Vec<&str> = Vec::new();
        for deployment in deployments {
            let is_served =
                deployments.iter().any(|it| it.name == deployment.name && it.served.is_some());
            let list = if is_served { &mut names } else { &mut dead };
            if !list.contains(&deployment.name.as_str()) {
                list.push(&deployment.name);
            }
        }
        let says_no = settings.router.is_some_and(|router| {
            router.get("tag_filtering_match_any").is_some()
                && !router.is_true("tag_filtering_match_any")
        });
        Self {
            deployments,
            names,
            dead,
            aliases: Vec::new(),
            lost_aliases: Vec::new(),
            apart: Vec::new(),
            fallbacks: Vec::new(),
            of_patterns: Vec::new(),
            default_fallbacks: Vec::new(),
            filters_by_tag: settings.router_is("enable_tag_filtering"),
            matches_any: !says_no,
        }
    }

    /// The targets that serve a model to a team, with what it falls back to.
    /// It is asked for as `asked`.
    pub fn targets_of(
        &self,
        caller: &Caller<'_>,
        own: &Own,
        name: &str,
        asked: &str,
    ) -> Vec<Target> {
        let mut targets = self.targets(caller, own, name);
        if targets.is_empty() {
            return targets;
        }
        let last = targets.iter().map(|target| target.priority).max().unwrap_or_default();
        let mut behind = last.checked_div(BEHIND).unwrap_or_default();
        for other in self.fallbacks_of(asked) {
            behind = behind.saturating_add(1);
            if self.model(other) == name || !caller.may_call_with(asked, other) {
                continue;
            }
            let more = self.served(caller, own, other).into_iter().map(|mut target| {
                target.priority = target.priority.saturating_add(behind.saturating_mul(BEHIND));
                target
            });
            targets.extend(more);
        }
        targets
    }

    /// What a model falls back to.
    pub fn fallbacks_of(&self, name: &str) -> &[String] {
        if self.of_patterns.iter().any(|other| within(name, other).is_some()) {
            return &[];
        }
        // LiteLLM looks for the name that was asked for, which is never a pattern's.
        let of = |model: &str| {
            let is_pattern = model.contains('*') && model != "*";
            self.fallbacks.iter().find(|(known, _)| known == model && !is_pattern)
        };
        match of(name).or_else(|| of("*")) {
            Some((_, others)) => others,
            None => &self.default_fallbacks,
        }
    }

    /// The model that a name stands for.
    pub fn model<'n>(&'n self, name: &'n str) -> &'n str {
        let alias = self.aliases.iter().find(|(alias, _)| alias == name);
        alias.map_or(name, |(_, meant)| meant)
    }

    /// The deployments of a name, which may be another name of a model.
    fn served(&self, caller: &Caller<'_>, own: &Own, name: &str) -> Vec<Target> {
        self.at(caller, own, self.model(name))
    }

    /// The deployments of a model, or of the pattern that matches it.
    pub fn at(&self, caller: &Caller<'_>, own: &Own, name: &str) -> Vec<Target> {
        if self.names.contains(&name) {
            return self.targets(caller, own, name);
        }
        let Some((pattern, inner)) = self.pattern_of(name) else { return Vec::new() };
        let mut targets = self.targets(caller, own, pattern);
        for target in &mut targets {
            target.model = target.model.replace('*', inner);
        }
        targets
    }

    /// The pattern that takes a name, and what its `*` is; `None` also if that is one that could not be carried over.
    pub fn pattern_of<'n>(&self, name: &'n str) -> Option<(&'w str, &'n str)> {
        let all = self.names.iter().chain(&self.dead);
        // LiteLLM's `*` stands for nothing as well, which cannot be here.
        let matching = all.filter_map(|pattern| Some((*pattern, within(pattern, name)?)));
        let found = matching.max_by_key(|(pattern, _)| pattern.len());
        let found = found.filter(|(_, inner)| !inner.is_empty());
        let is_lost =
            self.dead.contains(&name) || self.lost_aliases.iter().any(|alias| alias == name);
        found.filter(|(pattern, _)| self.names.contains(pattern) && !is_lost)
    }

    fn targets(&self, caller: &Caller<'_>, own: &Own, name: &str) -> Vec<Target> {
        let chosen = self.chosen(caller, name);
        let last = chosen.iter().filter_map(|(_, it)| it.order).max();
        // Where some have a rank, those that have none come after them.
        let rank = |deployment: &Deployment<'_>| match last {
            Some(last) => deployment.order.unwrap_or_else(|| last.saturating_add(1)),
            None => 0,
        };
        let mut ranks: Vec<i64> = chosen.iter().map(|(_, it)| rank(it)).collect();
        ranks.sort_unstable();
        ranks.dedup();
        let mut weights: Vec<(usize, Option<u32>)> = Vec::new();
        for wanted in ranks {
            let equals: Vec<_> = chosen.iter().filter(|(_, it)| rank(it) == wanted).collect();
            let deployments: Vec<_> = equals.iter().map(|(_, it)| *it).collect();
            let shares = shares(&deployments);
            weights.extend(equals.iter().map(|(index, _)| *index).zip(shares));
        }
        let mut targets: Vec<Target> = Vec::new();
        for (index, deployment) in &chosen {
            let Some(served) = &deployment.served else { continue };
            let provider = own.provider(*index, name).unwrap_or(&served.provider);
            let weight = weights.iter().find(|(known, _)| known == index);
            let target = Target {
                provider: provider.to_owned(),
                model: served.place.model.clone(),
                priority: rank(deployment),
                cost: deployment.cost,
                weight: weight.and_then(|(_, weight)| *weight),
            };
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        targets
    }

    /// The deployments of a name that a team may use, with their places in the list.
    fn chosen(&self, caller: &Caller<'_>, name: &str) -> Vec<(usize, &'w Deployment<'y>)> {
        let named = self.deployments.iter().enumerate().filter(|(_, it)| it.name == name);
        let is_own = |it: &Deployment<'_>| it.owner.is_some() && it.owner == caller.id;
        let mut open: Vec<_> = named.filter(|(_, it)| it.owner.is_none() || is_own(it)).collect();
        if open.iter().any(|(_, it)| is_own(it) && it.is_owners_name) {
            open.retain(|(_, it)| is_own(it) && it.is_owners_name);
        }
        let by_tag = open.iter().find_map(|(_, it)| it.filters_by_tag);
        if by_tag.unwrap_or(self.filters_by_tag) {
            // A tag that any deployment of the model has is known, whosever it is.
            let mut all = self.deployments.iter().filter(|it| it.name == name);
            let is_known = all.any(|it| it.tags.iter().any(|tag| caller.tags.contains(tag)));
            self.filter_by_tag(&mut open, caller, is_known);
        }
        // Not before: one that could not be carried over keeps others away all the same.
        open.retain(|(_, it)| it.served.is_some());
        open
    }

    /// Leaves what the tags of a team's requests lead to; what clients add to them, or are recognised by, does not count.
    /// `!tag` is one that must not be there, and `&tag` one that must.
    fn filter_by_tag(
        &self,
        open: &mut Vec<(usize, &'w Deployment<'y>)>,
        caller: &Caller<'_>,
        is_known: bool,
    ) {
        let marked = |mark: char| caller.tags.iter().filter_map(move |tag| tag.strip_prefix(mark));
        let plain: Vec<&str> =
            caller.tags.iter().copied().filter(|tag| !tag.starts_with(['!', '&'])).collect();
        let has = |it: &Deployment<'_>, tag: &str| it.tags.contains(&tag);
        let is_default = |it: &Deployment<'_>| has(it, "default");
        let has_default = open.iter().any(|(_, it)| is_default(it));
        let has_filter = !plain.is_empty()
            || (open.iter().any(|(_, it)| it.has_tag_regex) && marked('&').next().is_none());
        if marked('&').next().is_none() && !has_filter && has_default {
            open.retain(|(_, it)| is_default(it));
        }
        open.retain(|(_, it)| marked('!').all(|tag| !has(it, tag)));
        open.retain(|(_, it)| marked('&').all(|tag| has(it, tag)));
        if !has_filter {
            return;
        }
        let matches = |it: &Deployment<'_>| match self.matches_any {
            true => plain.iter().any(|tag| has(it, tag)),
            false => plain.iter().all(|tag| has(it, tag)),
        };
        let is_match = !plain.is_empty() && open.iter().any(|(_, it)| matches(it));
        open.retain(|(_, it)| match is_match {
            true => matches(it),
            // A tag that some deployment of the model has does not fall back to the default ones.
            false => !is_known && is_default(it),
        });
    }

    /// The names that all teams have for models: those of LiteLLM itself, which may lead to one of the router's, and those
    /// of the router.
    pub fn read_aliases<'s>(settings: &Settings<'s>) -> Vec<Alias<'s>> {
        fn read(entry: &Entry) -> Alias<'_> {
            let meant = entry.value.text().or_else(|| entry.value.text_of("model"));
            let (line, alias) = (entry.mark.line, entry.key.as_str());
            Alias { line, alias, meant: meant.unwrap_or_default(), asked: alias }
        }
        let of_groups = settings.router.and_then(|router| router.get("model_group_alias"));
        let of_models = settings.litellm.and_then(|litellm| litellm.get("model_alias_map"));
        let of_groups: Vec<_> = of_groups.map(Yaml::entries).unwrap_or_default().iter().collect();
        let mut all: Vec<Alias<'_>> = Vec::new();
        for first in of_models.map(Yaml::entries).unwrap_or_default().iter().map(read) {
            let further = of_groups.iter().find(|entry| entry.key == first.meant);
            let meant = further.map_or(first.meant, |entry| read(entry).meant);
            all.push(Alias { meant, asked: first.meant, ..first });
        }
        for entry in of_groups {
            if all.iter().all(|known| known.alias != entry.key) {
                all.push(read(entry));
            }
        }
        all
    }
}
