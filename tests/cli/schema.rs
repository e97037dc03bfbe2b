//! The JSON Schema of the plugin configuration.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{json, Value};

use crate::command::{file, llm_router};
use crate::examples;
use crate::vectors::Vectors;

fn schema() -> Value {
    serde_json::from_str(&llm_router(&["schema"]).run().fine()).unwrap()
}

#[test]
fn the_committed_schema_is_the_one_that_is_printed() {
    let committed = fs::read_to_string(file("envoy/llm_router.schema.json")).unwrap();
    let printed = llm_router(&["schema"]).run().fine();
    assert!(committed == printed, "llm-router schema > envoy/llm_router.schema.json");
}

/// What the reader of configurations declares, by its own text.
#[test]
fn every_field_is_in_the_schema_with_its_meaning() {
    let source = fs::read_to_string(file("src/config/raw.rs")).unwrap();
    let (_, block) = source.split_once("\nrecord! {'a:\n").unwrap();
    let block = block.split("\n}\n").next().unwrap();
    let schema = schema();
    let mut record = "";
    let mut fields = 0;
    for line in block.lines().map(str::trim).filter(|line| !line.starts_with("///")) {
        if let Some(name) = line.strip_suffix(" {") {
            record = name;
        } else if let Some((name, _)) = line.split_once(": ") {
            let written = name.split('"').nth(1).or_else(|| name.split(' ').next()).unwrap();
            let field = &schema["$defs"][record]["properties"][written];
            assert!(field["description"].is_string(), "{record}.{written}: {field}");
            let required = schema["$defs"][record]["required"].as_array();
            let is_required = required.is_some_and(|all| all.contains(&written.into()));
            assert_eq!(is_required, name.ends_with("(required)"), "{record}.{written}");
            fields += 1;
        }
    }
    assert!(fields > 50, "{fields}");
}

#[test]
fn shipped_configurations_fit_and_broken_ones_do_not() {
    let vectors = Vectors::load();
    let mut instances: Vec<(String, Value, Option<bool>)> = Vec::new();
    let shipped = examples::configurations();
    assert!(shipped.len() > 2, "{}", shipped.len());
    instances.extend(shipped.into_iter().map(|(name, value)| (name, value, Some(true))));
    for (name, value) in &vectors.configurations {
        instances.push((format!("configurations.{name}"), value.clone(), Some(true)));
    }
    // What a schema cannot see, such as names that are not defined, it may let pass.
    for row in &vectors.refusals {
        if let Ok(value) = serde_json::from_slice(&row.configuration(&vectors)) {
            let fits = row.errors.is_empty().then_some(true);
            instances.push((format!("refusals.{}", row.name), value, fits));
        }
    }
    for (name, patch) in [
        ("an unknown field", json!({"cluster_headers": "x"})),
        ("a number for a name", json!({"cluster_header": 1})),
        ("an unknown kind", json!({"providers": {"p": {"cluster": "c", "kind": "opnai"}}})),
        ("no cluster", json!({"providers": {"p": {}}})),
        ("no provider", json!({"providers": {}})),
        ("a provider in capitals", json!({"providers": {"P": {"cluster": "c"}}})),
        ("an auth in words", json!({"providers": {"p": {"cluster": "c", "auth": "bearer"}}})),
        (
            "two paths",
            json!({"providers": {"p": {"cluster": "c", "path": {"template": "/", "strip": "/v1"}}}}),
        ),
        ("two secrets", json!({"credentials": {"c": {"provider": "p", "value": "a", "env": "B"}}})),
        ("no secret", json!({"credentials": {"c": {"provider": "p"}}})),
        ("half a hash", json!({"teams": {"t": {"models": [], "keys": [{"sha256": "00"}]}}})),
        ("a team without models", json!({"teams": {"t": {}}})),
        ("an unknown type", json!({"models": {"m": {"type": "chatt"}}})),
        ("half a priority", json!({"models": {"m": {"targets": [{"priority": 0.5}]}}})),
        ("a status that is none", json!({"cooldown": {"statuses": [200]}})),
    ] {
        let mut configuration = vectors.configurations["smallest"].clone();
        configuration.as_object_mut().unwrap().extend(patch.as_object().unwrap().clone());
        instances.push((name.to_owned(), configuration, Some(false)));
    }
    let names: Vec<_> = instances.iter().map(|(name, ..)| name.clone()).collect();
    let values: Vec<_> = instances.iter().map(|(_, value, _)| value.clone()).collect();
    let complaints = complaints(&schema(), &values);
    let mut seen = 0;
    for ((name, complaint), (_, _, fits)) in names.iter().zip(&complaints).zip(&instances) {
        if let Some(fits) = fits {
            assert_eq!(complaint.is_none(), *fits, "{name}: {complaint:?}");
        } else if complaint.is_some() {
            seen += 1;
        }
    }
    assert!(seen > 40, "the schema sees {seen} of the mistakes alone");
}

/// What Python's `jsonschema` says of each instance; `None`: it fits.
fn complaints(schema: &Value, instances: &[Value]) -> Vec<Option<String>> {
    let python = std::env::var_os("JSONSCHEMA_PYTHON")
        .expect("JSONSCHEMA_PYTHON is not set: it names a Python with jsonschema; `make test-cli` provides it");
    let script = "\
import json, sys
from jsonschema import Draft202012Validator
given = json.load(sys.stdin)
Draft202012Validator.check_schema(given['schema'])
validator = Draft202012Validator(given['schema'])
errors = [next(validator.iter_errors(one), None) for one in given['instances']]
json.dump([error and f'{error.json_path}: {error.validator}' for error in errors], sys.stdout)
";
    let mut child = Command::new(python)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let given = json!({"schema": schema, "instances": instances});
    child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}
