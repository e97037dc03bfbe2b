//! The variables of the environment that a configuration names with `env`.

use std::collections::BTreeMap;

use crate::yaml::{Entry, Mark, Yaml};

/// A variable, and where it is named.
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Where it is named.
    pub mark: Mark,
}

/// The names of all variables, in the order of the paths that name them.
pub fn names(tree: &Yaml) -> impl Iterator<Item = String> {
    by_path(tree).into_values().map(|variable| variable.name)
}

/// Every `env` of the configuration, by its path.
pub fn by_path(tree: &Yaml) -> BTreeMap<String, Variable> {
    let mut found = BTreeMap::new();
    let mut add = |path: String, holder: &Yaml| {
        let Some(entry) = holder.entry("env") else { return };
        let Some(name) = entry.value.text() else { return };
        found.insert(format!("{path}.env"), Variable { name: name.to_owned(), mark: entry.mark });
    };
    for credential in entries(tree, "credentials") {
        add(format!("credentials.{}", credential.key), &credential.value);
    }
    for team in entries(tree, "teams") {
        let keys = team.value.get("keys");
        for (index, key) in keys.into_iter().flat_map(Yaml::items).enumerate() {
            add(format!("teams.{}.keys[{index}]", team.key), key);
        }
    }
    found
}

fn entries<'a>(tree: &'a Yaml, name: &str) -> &'a [Entry] {
    tree.get(name).map(Yaml::entries).unwrap_or_default()
}
