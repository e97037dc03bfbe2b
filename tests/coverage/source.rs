//! What the code offers, read from its own text: these lists are nobody's business but the code's, and are not public.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Every field of the plugin configuration by its path, `providers.*.auth.prefix` say.
pub fn configuration_fields() -> BTreeSet<String> {
    described_fields().into_iter().map(|(path, _)| path).collect()
}

/// Every field of the plugin configuration by its path, with what it is and what is said of it, in the order of the
/// source.
pub fn described_fields() -> Vec<(String, Described)> {
    // All of it borrows from one text: that is no news to those who write configurations.
    let source = read("src/config/raw.rs").replace("<'a>", "").replace("'a, ", "");
    let records = records(&source);
    let mut fields = Vec::new();
    collect("Configuration", "", &records, &source, &mut fields);
    fields
}

/// A field as a reader is told of it.
pub struct Described {
    /// What may stand there: `list of texts, required` say.
    pub kind: String,
    /// The field's comment.
    pub about: String,
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
    let rows = between(&source, "\noperations! {", "\n}");
    let operations = rows.split('"').skip(1).step_by(2).map(|path| match path {
        "realtime" => format!("GET {path}"),
        _ => format!("POST {path}"),
    });
    let lists =
        ["GET models", "GET models/{id}", "POST /openai/deployments/{model}/…", "POST /v2/rerank"];
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

/// The fields of each record.
type Records<'a> = BTreeMap<&'a str, Vec<Field<'a>>>;

/// A field as it is declared.
struct Field<'a> {
    /// As it is written in a configuration.
    name: &'a str,
    kind: &'a str,
    is_required: bool,
    about: String,
}

/// The records that `record!` declares.
fn records(source: &str) -> Records<'_> {
    let block = between(source, "\nrecord! {'a:\n", "\n}\n");
    let mut records = Records::new();
    let mut open = None;
    let mut comment = Vec::new();
    for line in block.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            comment.push(text);
            continue;
        }
        let about = std::mem::take(&mut comment).join(" ");
        if let Some(name) = line.strip_suffix(" {") {
            open = Some(name);
        } else if let Some((name, kind)) = line.strip_suffix(',').and_then(|l| l.split_once(": ")) {
            // `name`, `name (required)`, or `name = "as it is written"`.
            let written = name.split('"').nth(1).or_else(|| name.split(' ').next()).unwrap();
            let is_required = name.ends_with("(required)");
            let kind = kind.strip_prefix("Box<").map_or(kind, |boxed| &boxed[..boxed.len() - 1]);
            let field = Field { name: written, kind, is_required, about };
            records.entry(open.expect("a record")).or_default().push(field);
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
    into: &mut Vec<(String, Described)>,
) {
    for Field { name, kind, is_required, about } in &records[record] {
        let path = format!("{front}{name}");
        let required = if *is_required { ", required" } else { "" };
        let described = format!("{}{required}", in_words(kind));
        into.push((path.clone(), Described { kind: described, about: about.clone() }));
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

/// What a type is called before those who write configurations.
fn in_words(kind: &str) -> String {
    match kind.split_once('<').map(|(outer, inner)| (outer, inner.strip_suffix('>').unwrap())) {
        Some(("Named", inner)) => format!("map of {}", several(inner)),
        Some(("List", inner)) => format!("list of {}", several(inner)),
        Some(("Zeroizing", inner)) => in_words(inner),
        _ => match kind {
            "Text" | "String" => "text",
            "bool" => "boolean",
            "u32" | "i64" => "whole number",
            "f64" => "number",
            "Auth" => "`none` or object",
            _ => "object",
        }
        .to_owned(),
    }
}

fn several(kind: &str) -> String {
    match (kind, in_words(kind)) {
        ("Value", _) => "anything".to_owned(),
        (_, list) if list.starts_with("list ") => list.replacen("list", "lists", 1),
        (_, one) => format!("{one}s"),
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn between<'a>(text: &'a str, front: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(front).unwrap_or_else(|| panic!("no {front:?}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no {end:?} behind {front:?}")).0
}
