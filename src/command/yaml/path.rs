//! Ways through a tree.

use std::fmt;

use super::{Mark, Value, Yaml};

/// The way from a document's root to a value.
#[derive(Debug, Clone, Default)]
pub struct Path<'a>(Vec<Step<'a>>);

/// One step of a way: out of a list or an object, by an index or a key.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// What is stepped out of.
    pub from: &'a Yaml,
    /// The key, if that is an object.
    pub key: Option<&'a str>,
    /// The place in the list or among the entries.
    pub index: usize,
}

impl<'a> Path<'a> {
    /// The lists and objects on the way, the nearest first.
    pub fn ancestors(&self) -> impl Iterator<Item = &'a Yaml> + '_ {
        self.0.iter().rev().map(|step| step.from)
    }

    /// The way to the nearest object that has the entry `name`, and that object.
    pub fn nearest(&self, name: &str) -> Option<(Path<'a>, &'a Yaml)> {
        let place = self.0.iter().rposition(|step| step.from.get(name).is_some())?;
        let found = self.0.get(place)?.from;
        Some((Path(self.0.get(..place)?.to_vec()), found))
    }

    /// The same way and one step more.
    pub fn then(&self, step: Step<'a>) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The place in the list `name` of an ancestor at which this way goes on.
    pub fn index_in(&self, name: &str) -> Option<usize> {
        let is_the_list = |pair: &&[Step<'a>]| matches!(pair, [object, _] if object.key.is_some_and(|key| key == name));
        match self.0.windows(2).rev().find(is_the_list)? {
            [_, item] => Some(item.index),
            _ => None,
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step.key {
                None => write!(f, "[{}]", step.index)?,
                Some(key) if place == 0 => f.write_str(key)?,
                Some(key) => write!(f, ".{key}")?,
            }
        }
        Ok(())
    }
}

/// What a value holds, each with the step that leads to it.
fn children(yaml: &Yaml) -> Vec<(Step<'_>, &Yaml)> {
    match &yaml.value {
        Value::Scalar(_) => Vec::new(),
        Value::List(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| (Step { from: yaml, key: None, index }, &**item))
            .collect(),
        Value::Map(entries) => entries
            .iter()
            .enumerate()
            .map(|(index, entry)| {
                (Step { from: yaml, key: Some(&entry.key), index }, &*entry.value)
            })
            .collect(),
    }
}

impl Yaml {
    /// Calls `visit` for this value and for all that it holds, each with the way to it.
    pub fn visit<'a>(&'a self, visit: &mut dyn FnMut(&Path<'a>, &'a Yaml)) {
        self.visit_below(&Path::default(), visit);
    }

    fn visit_below<'a>(&'a self, path: &Path<'a>, visit: &mut dyn FnMut(&Path<'a>, &'a Yaml)) {
        visit(path, self);
        for (step, child) in children(self) {
            child.visit_below(&path.then(step), visit);
        }
    }

    /// Where the value stands that a path of the filter's reader names, `teams.team-1.credentials[1]` say; where there is
    /// none, the nearest that it would be in. Keys may themselves hold dots: of the ways that a path can be read, the one
    /// that leads furthest is taken.
    pub fn locate(&self, path: &str) -> Mark {
        self.follow(path, self.mark).1
    }

    /// How much of the path could not be followed, and where that ended.
    fn follow(&self, path: &str, here: Mark) -> (usize, Mark) {
        let mut best = (path.len(), here);
        if path.is_empty() {
            return best;
        }
        let path = path.strip_prefix('.').unwrap_or(path);
        for entry in self.entries() {
            let rest = path.strip_prefix(&*entry.key);
            let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            else {
                continue;
            };
            let found = entry.value.follow(rest, entry.mark);
            if found.0 < best.0 {
                best = found;
            }
        }
        let index = path.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        if let Some((index, rest)) = index {
            let item = index.parse().ok().and_then(|index| self.items().nth(index));
            if let Some(item) = item {
                let found = item.follow(rest, item.mark);
                if found.0 < best.0 {
                    best = found;
                }
            }
        }
        best
    }
}
