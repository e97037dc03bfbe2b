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

/// The names of the variables at the paths that are `wanted`, in the paths' order.
pub fn names(tree: &Yaml, wanted: fn(&str) -> bool) -> impl Iterator<Item = String> {
    let variables = by_path(tree).into_iter().filter(move |(path, _)| wanted(path));
    variables.map(|(_, variable)| variable.name)
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

/// The variable that the secret at this path refers to as other programs do, where `env` should name it.
pub fn named_as_a_value<'a>(tree: &'a Yaml, path: &str) -> Option<&'a str> {
    let credential = path.strip_prefix("credentials.")?.strip_suffix(".value")?;
    let entry = entries(tree, "credentials").iter().find(|entry| entry.key == credential)?;
    bare_name(entry.value.text_of("value")?)
}

/// The name in `$NAME`, `${NAME}` and `os.environ/NAME`; `None` for any other text, which may be a secret.
pub fn bare_name(text: &str) -> Option<&str> {
    let name = match (text.strip_prefix("os.environ/"), text.strip_prefix('$')) {
        (Some(name), _) => name,
        (None, Some(rest)) => {
            rest.strip_prefix('{').and_then(|inside| inside.strip_suffix('}')).unwrap_or(rest)
        }
        (None, None) => return None,
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(is_name)).then_some(name)
}

fn entries<'a>(tree: &'a Yaml, name: &str) -> &'a [Entry] {
    tree.get(name).map(Yaml::entries).unwrap_or_default()
}
