//! What a model's name means to each team: which deployments serve it, with which shares, and what it falls back to.

use super::callers::Caller;
use super::credentials::Own;
use super::deployments::Deployment;
use super::lists::captured;
use super::weights::shares;
use super::Settings;
use crate::import::plan::Target;
use crate::yaml::Yaml;

/// Everything that names are looked up in.
pub struct World<'w, 'y> {
    /// All deployments.
    pub deployments: &'w [Deployment<'y>],
    /// The names of models, in their order.
    pub names: Vec<&'w str>,
    /// Other names of models, of all teams.
    pub aliases: Vec<(String, String)>,
    /// What models fall back to.
    pub fallbacks: Vec<(String, Vec<String>)>,
    /// What every other model falls back to.
    pub default_fallbacks: Vec<String>,
    /// Whether the deployments that a team may use are chosen by tags.
    filters_by_tag: bool,
    /// Whether one tag in common is enough.
    matches_any: bool,
}

/// Fallbacks rank behind all of a model's own deployments.
const BEHIND: i64 = 100;

impl<'w, 'y> World<'w, 'y> {
    /// The names of these deployments.
    pub fn new(deployments: &'w [Deployment<'y>], settings: &Settings<'_>) -> Self {
        let mut names: Vec<&str> = Vec::new();
        for deployment in deployments {
            if !names.contains(&deployment.name.as_str()) {
                names.push(&deployment.name);
            }
        }
        let says_no = settings.router.is_some_and(|router| {
            router.get("tag_filtering_match_any").is_some()
                && !router.is_true("tag_filtering_match_any")
        });
        Self {
            deployments,
            names,
            aliases: Vec::new(),
            fallbacks: Vec::new(),
            default_fallbacks: Vec::new(),
            filters_by_tag: settings.router_is("enable_tag_filtering"),
            matches_any: !says_no,
        }
    }

    /// The targets that serve a model to a team, with what it falls back to.
    pub fn targets_of(&self, caller: &Caller<'_>, own: &Own, name: &str) -> Vec<Target> {
        let mut targets = self.served(caller, own, name);
        if targets.is_empty() {
            return targets;
        }
        let last = targets.iter().map(|target| target.priority).max().unwrap_or_default();
        let mut behind = last.checked_div(BEHIND).unwrap_or_default();
        for other in self.fallbacks_of(name) {
            behind = behind.saturating_add(1);
            if self.model(other) == self.model(name) || !caller.may_call_with(name, other) {
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
        let of = |model: &str| self.fallbacks.iter().find(|(known, _)| known == model);
        match of(self.model(name)).or_else(|| of("*")) {
            Some((_, others)) => others,
            None => &self.default_fallbacks,
        }
    }

    /// The model that a name stands for.
    pub fn model<'n>(&'n self, name: &'n str) -> &'n str {
        let alias = self.aliases.iter().find(|(alias, _)| alias == name);
        alias.map_or(name, |(_, meant)| meant)
    }

    /// The deployments of a name, or of the pattern that matches it.
    fn served(&self, caller: &Caller<'_>, own: &Own, name: &str) -> Vec<Target> {
        let name = self.model(name);
        if self.names.contains(&name) {
            return self.targets(caller, own, name);
        }
        let matching =
            self.names.iter().filter_map(|pattern| Some((*pattern, captured(pattern, name)?)));
        let Some((pattern, inner)) = matching.max_by_key(|(pattern, _)| pattern.len()) else {
            return Vec::new();
        };
        let mut targets = self.targets(caller, own, pattern);
        for target in &mut targets {
            target.model = target.model.replace('*', inner);
        }
        targets
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
            let provider = own.provider(*index, name).unwrap_or(&deployment.provider);
            let weight = weights.iter().find(|(known, _)| known == index);
            let target = Target {
                provider: provider.to_owned(),
                model: deployment.place.model.clone(),
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
            self.filter_by_tag(&mut open, caller);
        }
        open
    }

    /// Leaves what the tags of a team's requests lead to; what clients add to them, or are recognised by, does not count.
    fn filter_by_tag(&self, open: &mut Vec<(usize, &'w Deployment<'y>)>, caller: &Caller<'_>) {
        let has_marks = caller.tags.iter().any(|tag| tag.starts_with(['!', '&']));
        if has_marks {
            // What must be there, and what must not, is not known here.
            open.clear();
            return;
        }
        let is_default = |it: &Deployment<'_>| it.tags.contains(&"default");
        let matches = |it: &Deployment<'_>| match self.matches_any {
            true => caller.tags.iter().any(|tag| it.tags.contains(tag)),
            false => caller.tags.iter().all(|tag| it.tags.contains(tag)),
        };
        let has_filter = !caller.tags.is_empty() || open.iter().any(|(_, it)| it.has_tag_regex);
        if !caller.tags.is_empty() && open.iter().any(|(_, it)| matches(it)) {
            open.retain(|(_, it)| matches(it));
            return;
        }
        // A tag that some deployment of the model has does not fall back to the default ones.
        let is_known =
            open.iter().any(|(_, it)| caller.tags.iter().any(|tag| it.tags.contains(tag)));
        let has_default = open.iter().any(|(_, it)| is_default(it));
        if has_default && !is_known {
            open.retain(|(_, it)| is_default(it));
        } else if has_filter {
            open.clear();
        }
    }

    /// The names that an alias list of the router or of LiteLLM gives.
    pub fn read_aliases<'s>(settings: &Settings<'s>) -> Vec<(usize, &'s str, &'s str)> {
        let of_groups = settings.router.and_then(|router| router.get("model_group_alias"));
        let of_models = settings.litellm.and_then(|litellm| litellm.get("model_alias_map"));
        let entries = [of_models, of_groups].into_iter().flatten().flat_map(Yaml::entries);
        let entries = entries.map(|entry| {
            let meant = entry.value.text().or_else(|| entry.value.text_of("model"));
            (entry.mark.line, entry.key.as_str(), meant.unwrap_or_default())
        });
        entries.collect()
    }
}
