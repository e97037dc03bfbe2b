//! A configuration row.

use serde::Deserialize;
use serde_json::Value;

use super::Vectors;

/// A configuration, and everything that must be said of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// What the row shows; unique.
    pub name: String,
    /// Changes to the configuration `smallest`, as a JSON merge patch (RFC 7396): null removes.
    patch: Option<Value>,
    /// The whole configuration as text, where syntax or a repeated key matters.
    text: Option<String>,
    /// Exactly these errors, in any order, at these paths; none: the configuration is accepted.
    pub errors: Vec<Expected>,
    /// Exactly these warnings, in any order. Omitted: any.
    pub warnings: Option<Vec<Expected>>,
}

/// An error or a warning that must be there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Its path.
    path: String,
    /// Text in its message.
    contains: String,
}

/// An error or a warning that was there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Its path.
    pub path: String,
    /// Its message.
    pub message: String,
}

impl Refusal {
    /// The bytes of the plugin configuration.
    pub fn configuration(&self, vectors: &Vectors) -> Vec<u8> {
        match (&self.patch, &self.text) {
            (Some(patch), None) => {
                let mut configuration =
                    vectors.configurations.get("smallest").cloned().unwrap_or_default();
                merge(&mut configuration, patch);
                configuration.to_string().into_bytes()
            }
            (None, Some(text)) => text.clone().into_bytes(),
            _ => panic!("{}: either `patch` or `text`", self.name),
        }
    }

    /// What is wrong with what was said.
    pub fn compare(&self, errors: &[Finding], warnings: &[Finding]) -> Vec<String> {
        let mut found = compare("error", &self.errors, errors);
        if let Some(expected) = &self.warnings {
            found.extend(compare("warning", expected, warnings));
        }
        found
    }
}

/// Every expected finding is there, and none besides.
fn compare(what: &str, expected: &[Expected], findings: &[Finding]) -> Vec<String> {
    let mut unexpected: Vec<_> = findings.iter().collect();
    let mut found = Vec::new();
    for one in expected {
        let here = |finding: &&Finding| {
            finding.path == one.path && finding.message.contains(&*one.contains)
        };
        match unexpected.iter().position(here) {
            Some(index) => drop(unexpected.remove(index)),
            None => {
                found.push(format!("no {what} at {:?} that contains {:?}", one.path, one.contains))
            }
        }
    }
    found.extend(unexpected.iter().map(|one| format!("{what} at {:?}: {}", one.path, one.message)));
    found
}

/// Applies a JSON merge patch (RFC 7396, section 2).
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    if let Value::Object(members) = target {
        for (name, change) in changes {
            match change {
                Value::Null => drop(members.remove(name)),
                change => merge(members.entry(name.clone()).or_insert(Value::Null), change),
            }
        }
    }
}
