//! Trees made simpler, as Python's YAML reader hands them on.

use std::rc::Rc;

use crate::yaml::{Entry, Mark, Value, Yaml, MERGE};

/// The same tree without merge keys and without what is null: an object's own entries win over merged ones, and what is
/// merged first over what is merged later. `place` says where its places are in the file.
pub fn plain(yaml: &Rc<Yaml>, place: &dyn Fn(Mark) -> Mark) -> Rc<Yaml> {
    let value = match &yaml.value {
        Value::Scalar(_) => yaml.value.clone(),
        Value::List(items) => {
            let items = items.iter().filter(|item| !item.is_null());
            Value::List(items.map(|item| plain(item, place)).collect())
        }
        Value::Map(entries) => {
            let mut own: Vec<Entry> = Vec::new();
            for entry in entries.iter().filter(|entry| entry.key != MERGE) {
                let value = plain(&entry.value, place);
                own.push(Entry { mark: place(entry.mark), key: entry.key.clone(), value });
            }
            for entry in entries.iter().filter(|entry| entry.key == MERGE) {
                merge(&mut own, &plain(&entry.value, place));
            }
            // Not before: an entry that is null keeps a merged one away.
            own.retain(|entry| !entry.value.is_null());
            Value::Map(own)
        }
    };
    Rc::new(Yaml { mark: place(yaml.mark), value })
}

fn merge(own: &mut Vec<Entry>, value: &Yaml) {
    for entry in value.entries() {
        if own.iter().all(|known| known.key != entry.key) {
            own.push(entry.clone());
        }
    }
    for item in value.items() {
        merge(own, item);
    }
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
