//! What `import` makes of other gateways' configurations, each as Envoy's whole configuration: Envoy and the filter accept it.

use crate::command::run;
use crate::harness::{artefacts, process};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use tempfile::TempDir;

/// What is needed here of a case of `tests/cli/import/cases`.
#[derive(Deserialize)]
struct Case {
    gateway: String,
    environment: Option<BTreeMap<String, String>>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    config: String,
    teams: Option<String>,
    #[serde(default)]
    endpoints: Vec<String>,
    fails: Option<String>,
}

impl Case {
    /// The configuration that it becomes.
    fn import(&self, directory: &Path) -> String {
        let write = |name: &str, text: &str| {
            let path = directory.join(name);
            fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        for (name, text) in &self.files {
            write(name, text);
        }
        let mut arguments = vec!["import".to_owned(), self.gateway.clone()];
        arguments.push(write("config.yaml", &self.config));
        if let Some(teams) = &self.teams {
            arguments.extend(["--teams".to_owned(), write("teams.json", teams)]);
        }
        if let Some(environment) = &self.environment {
            let line = |(name, value): (&String, &String)| format!("{name}='{value}'\n");
            let lines: String = environment.iter().map(line).collect();
            arguments.extend(["--env-file".to_owned(), write("environment", &lines)]);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run(&arguments, "").0
    }

    /// What Envoy has against it, if anything.
    fn refused(&self) -> Option<String> {
        let directory = TempDir::new().unwrap();
        let configuration = self.import(directory.path());
        let wasm = artefacts::wasm();
        let mut arguments = vec!["envoy", "-", "--wasm", wasm.to_str().unwrap()];
        self.endpoints.iter().for_each(|it| arguments.extend(["--endpoint", it]));
        let bootstrap = run(&arguments, &configuration).0;
        let file = directory.path().join("envoy.yaml");
        fs::write(&file, &bootstrap).unwrap();
        process::validate(&file, &variables(&bootstrap)).err()
    }
}

/// The environment variables that the filter reads.
fn variables(bootstrap: &str) -> Vec<String> {
    let bootstrap: Value = serde_saphyr::from_str(bootstrap).unwrap();
    let filters =
        "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters";
    let filters = bootstrap.pointer(filters).and_then(Value::as_array).unwrap();
    let named = "/typed_config/config/vm_config/environment_variables/host_env_keys";
    let variables = filters.iter().find_map(|filter| filter.pointer(named));
    variables.map_or_else(Vec::new, |names| serde_json::from_value(names.clone()).unwrap())
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/import/cases");
    let within = |path: &Path| {
        let entries = fs::read_dir(path).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
    };
    within(&folder).iter().flat_map(|gateway| within(gateway)).collect()
}

#[test]
fn envoy_accepts_what_every_configuration_of_another_gateway_becomes() {
    let cases = cases();
    let check = |paths: &[PathBuf]| {
        let mut accepted = 0;
        let mut refused = Vec::new();
        for path in paths {
            let text = fs::read_to_string(path).unwrap();
            let case: Case = serde_saphyr::from_str(&text).unwrap();
            if case.fails.is_some() {
                continue;
            }
            match case.refused() {
                Some(log) => refused.push(format!("{}: {log}", path.display())),
                None => accepted += 1,
            }
        }
        (accepted, refused)
    };
    let (first, second) = cases.split_at(cases.len() / 2);
    let ((some, mut refused), (others, more)) = thread::scope(|scope| {
        let second = scope.spawn(|| check(second));
        (check(first), second.join().unwrap())
    });
    refused.extend(more);
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert!(some + others >= 60, "{}", some + others);
}
