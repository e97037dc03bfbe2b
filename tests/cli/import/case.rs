//! A case: a file that says what is imported, and what comes of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use super::access::{Access, Caller, Request};
use super::providers;
use crate::command::{file, llm_router, Ran};

/// A case, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    #[serde(skip)]
    name: String,
    /// What it is about.
    what: String,
    /// The gateway whose configuration it is.
    gateway: String,
    /// The other gateway's environment, if it is known.
    environment: Option<BTreeMap<String, String>>,
    /// Further files beside the configuration.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// The configuration.
    config: String,
    /// LiteLLM's teams.
    teams: Option<String>,
    /// Who may call what before.
    #[serde(default)]
    before: Vec<Caller>,
    /// What of that is not, or not all, there afterwards: the caller and the model.
    #[serde(default)]
    loses: Vec<String>,
    /// Requests, and what becomes of them.
    #[serde(default)]
    requests: Vec<Request>,
    /// What it becomes.
    becomes: Option<Value>,
    /// The clusters that are reached without TLS.
    #[serde(default)]
    endpoints: Vec<String>,
    /// All remarks, each with its rank.
    #[serde(default)]
    remarks: Vec<String>,
    /// The error, if it is no configuration that can be imported.
    fails: Option<String>,
}

impl Case {
    /// The cases of a gateway.
    pub fn all(gateway: &str) -> Vec<Self> {
        let folder = file("tests/cli/import/cases").join(gateway);
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let read = |path: &PathBuf| {
            let text = fs::read_to_string(path).unwrap();
            let mut case: Self = serde_saphyr::from_str(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            case.name = path.file_stem().unwrap().to_string_lossy().into_owned();
            assert_eq!(case.gateway, gateway, "{}", case.name);
            case
        };
        paths.iter().map(read).collect()
    }

    /// Everything that is wrong.
    pub fn wrong(&self) -> Vec<String> {
        let wrong = self.compare();
        wrong
            .iter()
            .map(|it| format!("{}/{} ({}): {it}", self.gateway, self.name, self.what))
            .collect()
    }

    fn compare(&self) -> Vec<String> {
        let ran = self.import(&[]);
        if let Some(error) = &self.fails {
            let is_so = ran.status == 1 && ran.stdout.is_empty() && ran.stderr.contains(error);
            let fails = format!("status {}, {}{}", ran.status, ran.stdout, ran.stderr);
            return if is_so { Vec::new() } else { vec![fails] };
        }
        if ran.status != 0 {
            return vec![format!("status {}: {}", ran.status, ran.stderr)];
        }
        let made: Value = match serde_saphyr::from_str(&ran.stdout) {
            Ok(made) => made,
            Err(error) => return vec![format!("{error}: {}", ran.stdout)],
        };
        let mut wrong = Vec::new();
        let expected = self.becomes.clone().unwrap_or_default();
        if providers::plain(&made) != providers::plain(&expected) {
            wrong.push(format!("it becomes\n{}", ran.stdout));
        }
        wrong.extend(self.remarks(&ran.stderr));
        wrong.extend(self.strict());
        wrong.extend(self.checked(&ran.stdout));
        let access = match Access::of(&made) {
            Ok(access) => access,
            Err(refused) => {
                wrong.push(refused);
                return wrong;
            }
        };
        wrong.extend(access.compare(
            &self.before,
            &self.loses,
            &[&self.config, self.teams.as_deref().unwrap_or_default()],
        ));
        if !self.loses.is_empty() && !self.has_loss() {
            wrong.push("something is lost, and no remark says so".to_owned());
        }
        wrong.extend(self.requests.iter().filter_map(|request| access.wrong(request)));
        wrong
    }

    fn has_loss(&self) -> bool {
        self.remarks.iter().any(|remark| !remark.starts_with("note: "))
    }

    /// Runs the command on the case's files.
    fn import(&self, further: &[&str]) -> Ran {
        let folder = TempDir::new().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        for (name, text) in &self.files {
            write(name, text);
        }
        let mut arguments =
            vec!["import".to_owned(), self.gateway.clone(), write("config.yaml", &self.config)];
        if let Some(teams) = &self.teams {
            arguments.extend(["--teams".to_owned(), write("teams.json", teams)]);
        }
        if let Some(variables) = &self.environment {
            let lines: Vec<_> =
                variables.iter().map(|(name, value)| format!("{name}='{value}'\n")).collect();
            arguments.extend(["--env-file".to_owned(), write("environment", &lines.concat())]);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        llm_router(&[&arguments, further].concat()).run()
    }

    fn remarks(&self, stderr: &str) -> Vec<String> {
        const WITHOUT_TLS: &str =
            "note: clusters that are reached without TLS; say so to Envoy: llm-router envoy … ";
        let mut lines: Vec<&str> = stderr.lines().collect();
        let mut wrong = Vec::new();
        let summary = lines.pop().unwrap_or_default();
        let mut endpoints = Vec::new();
        if let Some(arguments) = lines.last().and_then(|line| line.strip_prefix(WITHOUT_TLS)) {
            endpoints = arguments.split(' ').filter(|it| *it != "--endpoint").collect();
            lines.pop();
        }
        if endpoints != self.endpoints {
            wrong.push(format!("endpoints: {endpoints:?}"));
        }
        let count = |rank: &str| lines.iter().filter(|line| line.starts_with(rank)).count();
        let [security, lost, note] = ["security: ", "lost: ", "note: "].map(count);
        if summary != format!("summary: {security} security, {lost} lost, {note} note") {
            wrong.push(format!("the last line is {summary:?}"));
        }
        if lines != self.remarks {
            wrong.push(format!("the remarks are\n{}", lines.join("\n")));
        }
        wrong
    }

    /// With `--strict`, a remark of rank security or lost is an exit status of 1, and everything else is the same.
    fn strict(&self) -> Option<String> {
        let status = self.import(&["--strict"]).status;
        let expected = i32::from(self.has_loss());
        (status != expected).then(|| format!("--strict: status {status}"))
    }

    /// The configuration is a good one, and Envoy's for it too.
    fn checked(&self, made: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        let checked = llm_router(&["check", "-"]).input(made).run();
        if checked.status != 0 {
            wrong.push(format!("check: {}", checked.stdout));
        }
        let endpoints = self.endpoints.iter().flat_map(|it| ["--endpoint", it.as_str()]);
        let arguments: Vec<&str> = ["envoy", "-"].into_iter().chain(endpoints).collect();
        let envoy = llm_router(&arguments).input(made).run();
        if envoy.status != 0 {
            wrong.push(format!("envoy: {}", envoy.stderr));
            return wrong;
        }
        let checked = llm_router(&["check", "-"]).input(envoy.stdout).run();
        if checked.status != 0 {
            wrong.push(format!("check of Envoy's: {}", checked.stdout));
        }
        wrong
    }
}
