//! Where in a file the other gateway's configuration stands.

mod merge;
mod recognise;

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::Failure;
use crate::input::{self, STDIN};
use crate::outcome::Trouble;
use crate::yaml::{self, Block, Mark, Repeated, Value, Yaml};

use merge::plain;
use recognise::{gateway, Gateway};

pub use recognise::Wanted;

/// A configuration, and what is to be said of how it was found.
#[derive(Debug)]
pub struct Found {
    /// The configuration: merge keys are resolved, and what is null is not there.
    pub root: Rc<Yaml>,
    /// What was found on the way.
    pub notes: Vec<String>,
}

/// The configuration of the wanted gateway in a file: alone, in a ConfigMap, or among the values of a Helm chart.
pub fn read(file: &str, wanted: Wanted) -> Result<Found, Failure> {
    let mut notes = Vec::new();
    let mut roots = Vec::new();
    let mut others = Vec::new();
    for root in documents(&input::text(file)?, file, None, &mut notes)? {
        gather(&root, wanted, &mut roots, &mut others, &mut notes, file)?;
    }
    let mut roots = roots.into_iter();
    match (roots.next(), roots.next()) {
        (Some(root), None) => Ok(Found { root, notes }),
        (Some(_), Some(_)) => Err(Failure::Refused(format!(
            "{file}: it holds more than one configuration of {}; import one at a time",
            wanted.name()
        ))),
        (None, _) => Err(Failure::Refused(match others.first() {
            Some(other) => format!("{file}: {}", other.advice(wanted)),
            None => format!("{file}: there is no configuration of {} in this file", wanted.name()),
        })),
    }
}

/// The list of LiteLLM's teams, which is JSON or YAML.
pub fn teams(file: &str) -> Result<Found, Failure> {
    let mut notes = Vec::new();
    let first = documents(&input::text(file)?, file, None, &mut notes)?.into_iter().next();
    let root = first.ok_or_else(|| Failure::Refused(format!("{file}: the file is empty")))?;
    let lists = [root.get("teams"), root.get("data"), Some(&*root)];
    let is_list = |yaml: &&Yaml| matches!(&yaml.value, Value::List(_));
    let list = lists.into_iter().flatten().find(is_list);
    match list {
        Some(list) => Ok(Found { root: Rc::new(list.clone()), notes }),
        None => Err(Failure::Refused(format!(
            "{file}: there is no list of teams in this file: it is what the proxy answers to GET /team/list"
        ))),
    }
}

/// What the files that a LiteLLM proxy's configuration includes add to it: their lists are appended, everything else of
/// theirs replaces its own.
pub fn with_includes(found: Found, file: &str) -> Result<Found, Failure> {
    let Found { root, mut notes } = found;
    let top = if file == STDIN { PathBuf::from(".") } else { folder(Path::new(file)) };
    let mut seen: Vec<PathBuf> = vec![PathBuf::from(file)];
    let mut pending: Vec<(String, PathBuf)> = includes(&root, &top, file)?;
    let mut merged = root;
    while !pending.is_empty() {
        let (name, beside) = pending.remove(0);
        let own = beside.join(&name);
        let path = if own.exists() || !top.join(&name).exists() { own } else { top.join(&name) };
        if seen.contains(&path) {
            continue;
        }
        let shown = path.display().to_string();
        let text = input::text(&shown).map_err(|_| {
            Failure::Refused(format!("{file}: the file {name:?} that it includes cannot be read"))
        })?;
        let first = documents(&text, &shown, None, &mut notes)?.into_iter().next();
        let included = first
            .filter(|root| matches!(root.value, Value::Map(_)))
            .ok_or_else(|| Failure::Refused(format!("{shown}: it is included, and empty")))?;
        notes.push(format!("{name} is included: the lines of what it holds are its own"));
        pending.extend(includes(&included, &folder(&path), &shown)?);
        merged = merge::included(&merged, &included);
        seen.push(path);
    }
    Ok(Found { root: merged, notes })
}

fn includes(root: &Yaml, beside: &Path, file: &str) -> Result<Vec<(String, PathBuf)>, Failure> {
    let Some(list) = root.get("include") else { return Ok(Vec::new()) };
    let names: Vec<_> = list.items().map(Yaml::text).collect();
    if !matches!(list.value, Value::List(_)) || names.contains(&None) {
        return Err(Failure::Refused(format!(
            "{file}:{}: `include` is a list of files",
            list.mark.line
        )));
    }
    let names = names.into_iter().flatten();
    Ok(names.map(|name| (name.to_owned(), beside.to_owned())).collect())
}

fn folder(file: &Path) -> PathBuf {
    file.parent().map(Path::to_owned).unwrap_or_default()
}

/// The documents of a text that are not empty. `block` is where it stands, if it is part of another file.
fn documents(
    text: &str,
    file: &str,
    block: Option<Block>,
    notes: &mut Vec<String>,
) -> Result<Vec<Rc<Yaml>>, Failure> {
    let place = |mark: Mark| block.map_or(mark, |block| block.place(mark));
    let found = yaml::read_with(text, Repeated::Last).map_err(|error| {
        let mark = place(error.mark);
        Trouble::Usage(format!("{file}:{}:{}: {}", mark.line, mark.column, error.message))
    })?;
    let mut roots = Vec::new();
    for document in found {
        for (mark, path) in &document.repeated {
            let line = place(*mark).line;
            notes.push(format!("line {line}: {path} is there twice: the last one counts"));
        }
        if !document.root.is_null() {
            let root = plain(&document.root, &place).map_err(|ambiguous| {
                Failure::Refused(format!(
                    "{file}:{}: {:?} is merged (<<) from two places with different values, and readers of YAML disagree \
                     which of them counts: write it out",
                    ambiguous.mark.line, ambiguous.key
                ))
            })?;
            roots.push(root);
        }
    }
    Ok(roots)
}

/// Adds what of a document is the wanted gateway's to `roots`, and what is something else to `others`.
fn gather(
    document: &Rc<Yaml>,
    wanted: Wanted,
    roots: &mut Vec<Rc<Yaml>>,
    others: &mut Vec<Gateway>,
    notes: &mut Vec<String>,
    file: &str,
) -> Result<(), Failure> {
    if document.text_of("kind") == Some("List") {
        if let Some(Value::List(items)) = document.get("items").map(|items| &items.value) {
            for item in items {
                gather(item, wanted, roots, others, notes, file)?;
            }
        }
    }
    if document.text_of("kind") == Some("ConfigMap") {
        for entry in document.get("data").map(Yaml::entries).unwrap_or_default() {
            let Some(scalar) = entry.value.scalar() else { continue };
            // Among the data there may be anything, also what is no YAML.
            let inner = match documents(&scalar.text, file, scalar.block, notes) {
                Ok(inner) => inner,
                Err(Failure::Trouble(_)) => continue,
                Err(refused) => return Err(refused),
            };
            for root in inner.iter().filter(|root| matches!(root.value, Value::Map(_))) {
                gather(root, wanted, roots, others, notes, file)?;
            }
        }
        return Ok(());
    }
    // The chart's own values, or those of a chart that it is part of.
    let nested = document.entries().iter().map(|entry| &*entry.value);
    let values = std::iter::once(&**document).chain(nested);
    if let Some(config) = values.filter_map(|values| values.entry("proxy_config")).next() {
        return gather(&config.value, wanted, roots, others, notes, file);
    }
    match gateway(document) {
        Some(found) if found.is(wanted) => roots.push(Rc::clone(document)),
        Some(other) => others.push(other),
        None => {}
    }
    Ok(())
}
