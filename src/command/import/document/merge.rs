//! Trees made simpler, as Python's YAML reader hands them on.

use std::rc::Rc;

use crate::yaml::{Dialect, Entry, Mark, Value, Yaml, MERGE};

/// What Python's readers disagree about: a key that two merged objects have with different values, of which one counts
/// or the other (PyYAML 6.0.4 takes the last, earlier versions the first).
#[derive(Debug)]
pub struct Ambiguous {
    /// Where the object stands.
    pub mark: Mark,
    /// The key.
    pub key: String,
}

/// The same tree without merge keys and without what is null: an object's own entries win over merged ones. `place` says
/// where its places are in the file.
///
/// # Errors
///
/// [`Ambiguous`].
pub fn plain(yaml: &Rc<Yaml>, place: &dyn Fn(Mark) -> Mark) -> Result<Rc<Yaml>, Ambiguous> {
    let value = match &yaml.value {
        Value::Scalar(_) => yaml.value.clone(),
        Value::List(items) => {
            let items = items.iter().filter(|item| !item.is_null());
            Value::List(items.map(|item| plain(item, place)).collect::<Result<_, _>>()?)
        }
        Value::Map(entries) => {
            let mut own: Vec<Entry> = Vec::new();
            for entry in entries.iter().filter(|entry| entry.key != MERGE) {
                let value = plain(&entry.value, place)?;
                own.push(Entry { mark: place(entry.mark), key: entry.key.clone(), value });
            }
            let mut merged: Vec<Entry> = Vec::new();
            for entry in entries.iter().filter(|entry| entry.key == MERGE) {
                let value = plain(&entry.value, place)?;
                let parts = value.entries().iter().chain(value.items().flat_map(Yaml::entries));
                for part in parts.filter(|part| own.iter().all(|it| it.key != part.key)) {
                    match merged.iter().find(|known| known.key == part.key) {
                        None => merged.push(part.clone()),
                        Some(known) if is_same(&known.value, &part.value) => {}
                        Some(_) => {
                            let key = part.key.clone();
                            return Err(Ambiguous { mark: place(entry.mark), key });
                        }
                    }
                }
            }
            own.extend(merged);
            // Not before: an entry that is null keeps a merged one away.
            own.retain(|entry| !entry.value.is_null());
            Value::Map(own)
        }
    };
    Ok(Rc::new(Yaml { mark: place(yaml.mark), value }))
}

fn is_same(one: &Yaml, other: &Yaml) -> bool {
    one.node(Dialect::Envoy) == other.node(Dialect::Envoy)
}

/// `base` with what an included file holds: lists are appended, everything else is replaced.
pub fn included(base: &Rc<Yaml>, file: &Rc<Yaml>) -> Rc<Yaml> {
    let mut entries = base.entries().to_vec();
    for entry in file.entries().iter().filter(|entry| entry.key != "include") {
        match entries.iter_mut().find(|known| known.key == entry.key) {
            Some(known) => known.value = joined(&known.value, &entry.value),
            None => entries.push(entry.clone()),
        }
    }
    Rc::new(Yaml { mark: base.mark, value: Value::Map(entries) })
}

fn joined(base: &Rc<Yaml>, file: &Rc<Yaml>) -> Rc<Yaml> {
    match (&base.value, &file.value) {
        (Value::List(own), Value::List(more)) => {
            let items = own.iter().chain(more).map(Rc::clone).collect();
            Rc::new(Yaml { mark: base.mark, value: Value::List(items) })
        }
        _ => Rc::clone(file),
    }
}
