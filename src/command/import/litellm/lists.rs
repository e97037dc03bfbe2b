//! Which models a team or a key may call.

use std::collections::BTreeMap;

use super::deployments::Deployment;
use crate::import::plan::Plan;
use crate::yaml::Yaml;

/// Names of models by the access groups that they are in, each with the team that alone may use the deployment.
pub type Groups = BTreeMap<String, Vec<(String, Option<String>)>>;

/// The access groups of all deployments.
pub fn groups(deployments: &[Deployment<'_>], plan: &mut Plan) -> Groups {
    let mut groups = Groups::new();
    for Deployment { name, owner, groups: own, .. } in deployments {
        // A group is what a pattern serves, and a list of patterns would be what other models are called as well.
        let is_clear = |other: &Deployment<'_>| other.name == *name || !overlap(&other.name, name);
        let is_alone = !name.contains('*') || deployments.iter().all(is_clear);
        for group in own {
            let models = groups.entry((*group).to_owned()).or_default();
            if !is_alone {
                plan.remarks.lost(format_args!(
                    "access group {group:?}: model {name:?}: not carried over: other models have names that it matches"
                ));
            } else {
                models.push((name.clone(), owner.map(str::to_owned)));
            }
        }
    }
    groups
}

/// What may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Every model.
    All,
    /// These names, and what these patterns match.
    Names(Vec<String>),
}

/// What LiteLLM writes for every model.
const EVERYTHING: [&str; 2] = ["all-proxy-models", "*"];
/// What it writes for all models of the team.
const OF_THE_TEAM: &str = "all-team-models";
/// What it writes for none.
const NOTHING: &str = "no-default-models";

impl Access {
    /// What a list of a team, or of one of its keys, allows. None, or an empty one, is everything.
    pub fn of(list: Option<&Yaml>, team: &str, groups: &Groups) -> Self {
        let listed: Vec<_> =
            list.into_iter().flat_map(Yaml::items).filter_map(Yaml::text).collect();
        let is_all = listed.iter().any(|name| EVERYTHING.contains(name) || *name == OF_THE_TEAM);
        if is_all || list.is_none_or(|list| list.items().next().is_none()) {
            return Self::All;
        }
        let mut names: Vec<String> = Vec::new();
        for name in listed.into_iter().filter(|name| *name != NOTHING) {
            let own = [(name.to_owned(), None)];
            for (name, owner) in groups.get(name).map_or(own.as_slice(), Vec::as_slice) {
                // What is another team's is in no group of this one's.
                let is_open = owner.as_ref().is_none_or(|owner| owner == team);
                if is_open && !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
        Self::Names(names)
    }

    /// Whether a name may be called. A pattern may if all that it matches may.
    pub fn allows(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Names(names) => {
                names.iter().any(|listed| listed == name || is_match(listed, name))
            }
        }
    }

    /// Whether something may be called of what a name stands for, if that is a pattern.
    pub fn allows_some(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Names(names) => names.iter().any(|listed| overlap(listed, name)),
        }
    }

    /// Adds a name.
    pub fn add(&mut self, name: &str) {
        if let Self::Names(names) = self {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }

    /// The names as they are written, without those that nothing here is called by.
    pub fn written(
        self,
        subject: &str,
        is_known: impl Fn(&str) -> bool,
        plan: &mut Plan,
    ) -> Option<Vec<String>> {
        let Self::Names(mut names) = self else { return None };
        names.retain(|name| {
            let stars = name.matches('*').count();
            let is_written = match stars {
                0 => name.contains(['/', ':']) || is_known(name),
                stars => stars == 1,
            };
            if !is_written {
                let why = if stars > 1 { "a pattern has one `*` here" } else { "it is not known" };
                plan.remarks
                    .lost(format_args!("{subject}: model {name:?}: not carried over: {why}"));
            }
            is_written
        });
        Some(names)
    }
}

/// Whether a pattern with one `*` matches a name; `*` stands for one character or more.
pub fn is_match(pattern: &str, name: &str) -> bool {
    within(pattern, name).is_some_and(|inner| !inner.is_empty())
}

/// Whether some name is matched by both of two names or patterns.
pub fn overlap(one: &str, other: &str) -> bool {
    let (Some((front, back)), Some((front_2, back_2))) =
        (one.split_once('*'), other.split_once('*'))
    else {
        return one == other || is_match(one, other) || is_match(other, one);
    };
    (front.starts_with(front_2) || front_2.starts_with(front))
        && (back.ends_with(back_2) || back_2.ends_with(back))
}

/// What the `*` of a pattern stands for in a name, which may be nothing.
pub fn within<'n>(pattern: &str, name: &'n str) -> Option<&'n str> {
    let (front, back) = pattern.split_once('*')?;
    if back.contains('*') {
        return None;
    }
    name.strip_prefix(front)?.strip_suffix(back)
}
