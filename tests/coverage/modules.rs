//! The modules of the library and which of them uses which, read from the source.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The top modules of the library, each with those that its code names. The command is a crate of its own; a module's
/// tests, and what documentation links to, bind nobody.
pub fn uses() -> BTreeMap<String, BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in fs::read_dir(&root).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if module != "lib" && module != "command" {
            let named = uses.entry(module.clone()).or_default();
            add(&path, named);
            named.remove(&module);
        }
    }
    uses
}

/// A way from a module back to itself; `None` where there is none.
pub fn circle(uses: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<&str>> {
    let mut done = BTreeSet::new();
    uses.keys().find_map(|module| walk(module, uses, &mut Vec::new(), &mut done))
}

fn walk<'a>(
    module: &'a str,
    uses: &'a BTreeMap<String, BTreeSet<String>>,
    way: &mut Vec<&'a str>,
    done: &mut BTreeSet<&'a str>,
) -> Option<Vec<&'a str>> {
    if let Some(start) = way.iter().position(|passed| *passed == module) {
        return Some([&way[start..], &[module]].concat());
    }
    if done.contains(module) {
        return None;
    }
    way.push(module);
    let found = uses.get(module)?.iter().find_map(|used| walk(used, uses, way, done));
    way.pop();
    done.insert(module);
    found
}

fn add(path: &Path, named: &mut BTreeSet<String>) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| add(&entry.unwrap().path(), named));
    } else if path.file_stem().is_some_and(|stem| stem != "tests")
        && !path.parent().is_some_and(|folder| folder.ends_with("tests"))
    {
        let source = fs::read_to_string(path).unwrap();
        let code = source.lines().map(str::trim).filter(|line| !line.starts_with("//"));
        for line in code {
            for rest in line.split("crate::").skip(1) {
                let name = rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap();
                // What begins with a capital letter is re-exported by the library's root.
                if name.starts_with(|c: char| c.is_ascii_lowercase()) {
                    named.insert(name.to_owned());
                }
            }
        }
    }
}
