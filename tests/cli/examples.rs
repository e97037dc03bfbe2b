//! Every plugin configuration that the project ships: in its pages and in the examples under `envoy/`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::command::file;

/// The configurations, each with the name of its file.
pub fn configurations() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for path in files(&file("envoy")).into_iter().chain([file("README.md")]) {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let name = path.strip_prefix(file("")).unwrap().display().to_string();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("yaml" | "yml" | "json") => {
                let documents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
                documents.iter().for_each(|document| collect(document, &name, &mut found));
            }
            Some("md") => {
                for block in text.split("\n```yaml\n").skip(1) {
                    let block = block.split("\n```").next().unwrap();
                    let document: Value = serde_saphyr::from_str(block).unwrap();
                    collect(&document, &name, &mut found);
                }
            }
            _ => {}
        }
    }
    found
}

/// What has providers that have clusters is a configuration, wherever it stands.
fn collect(value: &Value, name: &str, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) => {
            let providers = members.get("providers").and_then(Value::as_object);
            if providers.is_some_and(|all| all.values().any(|one| one.get("cluster").is_some())) {
                found.push((name.to_owned(), value.clone()));
                return;
            }
            members.values().for_each(|member| collect(member, name, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, name, found)),
        // An object of Kubernetes may hold it as text.
        Value::String(text) if text.trim_start().starts_with('{') => {
            if let Ok(inner) = serde_json::from_str(text) {
                collect(&inner, name, found);
            }
        }
        _ => {}
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
