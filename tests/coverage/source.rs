//! What the code offers, read from its own text: these lists are nobody's business but the code's, and are not public.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Every field of the plugin configuration by its path, `providers.*.auth.prefix` say.
pub fn configuration_fields() -> BTreeSet<String> {
    let source = read("src/config/raw.rs");
    let records = records(&source);
    let mut paths = BTreeSet::new();
    collect("Configuration", "", &records, &source, &mut paths);
    paths
}

/// Every error's status and code, `400 invalid_json` say.
pub fn error_codes() -> BTreeSet<String> {
    let source = read("src/reject.rs");
    let class = between(&source, "pub fn class(", "fn param(");
    let triples = class.split('(').filter(|text| text.starts_with(|c: char| c.is_ascii_digit()));
    triples
        .map(|triple| {
            let inside = triple.split(')').next().unwrap();
            let mut items = inside.split(',').map(str::trim);
            let (status, code) = (items.next().unwrap(), items.nth(1).unwrap());
            format!("{status} {}", code.trim_matches('"'))
        })
        .collect()
}

/// Every endpoint by its method and path, `POST embeddings` say.
pub fn endpoints() -> BTreeSet<String> {
    let source = read("src/endpoint.rs");
    let paths = between(&source, "pub fn path(", "pub fn carrier(");
    let operations = paths.split('"').skip(1).step_by(2).map(|path| match path {
        "realtime" => format!("GET {path}"),
        _ => format!("POST {path}"),
    });
    let lists = ["GET models", "GET models/{id}", "POST /openai/deployments/{model}/…"];
    operations.chain(lists.map(str::to_owned)).collect()
}

/// The names of all tests below a folder, a name for each test that has it.
pub fn tests_in(folder: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                names.extend(tests(&fs::read_to_string(path).unwrap()));
            }
        }
    }
    names
}

/// The functions with a test attribute.
fn tests(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        if line.starts_with("#[") {
            let attributes = ["#[test]", "#[tokio::test", "test)]"];
            is_test |= attributes.iter().any(|attribute| line.contains(attribute));
        } else {
            let function = line.trim_start_matches("async ").strip_prefix("fn ");
            let name = function.and_then(|rest| rest.split('(').next());
            names.extend(name.filter(|_| is_test).map(str::to_owned));
            is_test = false;
        }
    }
    names
}

/// The fields of each record, as name and type.
type Records<'a> = BTreeMap<&'a str, Vec<(&'a str, &'a str)>>;

/// The records that `record!` declares.
fn records(source: &str) -> Records<'_> {
    let block = between(source, "\nrecord! {\n", "\n}\n");
    let mut records = Records::new();
    let mut open = None;
    for line in block.lines().map(str::trim).filter(|line| !line.starts_with("///")) {
        if let Some(name) = line.strip_suffix(" {") {
            open = Some(name);
        } else if let Some((name, kind)) = line.strip_suffix(',').and_then(|l| l.split_once(": ")) {
            // `name`, `name (required)`, or `name = "as it is written"`.
            let written = name.split('"').nth(1).or_else(|| name.split(' ').next()).unwrap();
            records.entry(open.expect("a record")).or_default().push((written, kind));
        }
    }
    records
}

/// Adds the paths of a record's fields, and of what they hold.
fn collect(
    record: &str,
    front: &str,
    records: &Records<'_>,
    source: &str,
    into: &mut BTreeSet<String>,
) {
    for (name, kind) in &records[record] {
        let path = format!("{front}{name}");
        into.insert(path.clone());
        let (inner, step) = match kind.split_once('<') {
            Some(("Named", inner)) => (inner, ".*"),
            Some(("List", inner)) => (inner, "[]"),
            _ => (*kind, ""),
        };
        let inner = inner.trim_end_matches('>');
        // A choice is a record where one of its forms holds one.
        let choice = source.split_once(&format!("pub enum {inner} {{"));
        let held = choice
            .map(|(_, forms)| forms.split('}').next().unwrap())
            .and_then(|forms| records.keys().find(|name| forms.contains(&format!("({name})"))));
        let inner = held.copied().unwrap_or(inner);
        if records.contains_key(inner) {
            collect(inner, &format!("{path}{step}."), records, source, into);
        }
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn between<'a>(text: &'a str, front: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(front).unwrap_or_else(|| panic!("no {front:?}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no {end:?} behind {front:?}")).0
}
