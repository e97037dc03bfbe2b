//! `check`: what is wrong is told, where it is, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::command::{file, llm_router, Ran};
use crate::examples;
use crate::vectors::{Finding, Vectors};

/// Every file of `tests/cli/check` says in comments what is to be found in it: `#error: text` at the end of a line stands
/// for an error in that line whose path and message hold the text.
#[test]
fn broken_files_are_told_all_that_their_comments_say() {
    let mut files: Vec<_> =
        fs::read_dir(file("tests/cli/check")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 5);
    let mut wrong = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let mut expected: Vec<(u64, &str, &str)> = Vec::new();
        for (line, number) in text.lines().zip(1..) {
            for remark in line.split(" #").skip(1) {
                let Some((severity, words)) = remark.split_once(": ") else { continue };
                if ["error", "warning", "note"].contains(&severity) {
                    expected.push((number, severity, words.trim()));
                }
            }
        }
        let ran = llm_router(&["check", "--format", "json", path.to_str().unwrap()]).run();
        let report = ran.json();
        let mut found: Vec<_> = report["findings"].as_array().unwrap().iter().collect();
        let mut lacking = Vec::new();
        for (line, severity, words) in &expected {
            let is_it = |finding: &&Value| {
                let message =
                    format!("{}: {}", text_of(finding, "path"), text_of(finding, "message"));
                finding["line"] == *line
                    && finding["severity"] == *severity
                    && message.contains(words)
            };
            match found.iter().position(is_it) {
                Some(place) => drop(found.remove(place)),
                None => lacking.push((line, severity, words)),
            }
        }
        if !lacking.is_empty() || !found.is_empty() {
            wrong.push(format!(
                "{}: not found: {lacking:?}, not expected: {found:#?}",
                path.display()
            ));
        }
        let errors = expected.iter().filter(|(_, severity, _)| *severity == "error").count();
        assert_eq!(ran.status, i32::from(errors > 0), "{}", path.display());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn text_of<'a>(finding: &'a Value, field: &str) -> &'a str {
    finding[field].as_str().unwrap()
}

/// What the filter says of a configuration, the command says too.
#[test]
fn the_command_and_the_filter_agree() {
    let vectors = Vectors::load();
    let directory = TempDir::new().unwrap();
    let no_file = directory.path().join("empty.env");
    fs::write(&no_file, "").unwrap();
    let mut wrong = Vec::new();
    let mut agreed = 0;
    for row in &vectors.refusals {
        let bytes = row.configuration(&vectors);
        // What is no JSON may still be YAML.
        if serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_err() {
            continue;
        }
        let path = directory.path().join("plugin.json");
        fs::write(&path, bytes).unwrap();
        let arguments = [
            "check",
            "--format",
            "json",
            "--env-file",
            no_file.to_str().unwrap(),
            path.to_str().unwrap(),
        ];
        let ran = llm_router(&arguments).environment(&vectors.environment).run();
        let found = |severity| findings(&ran, severity);
        let differences = row.compare(&found("error"), &found("warning"));
        wrong.extend(differences.iter().map(|difference| format!("{}: {difference}", row.name)));
        agreed += 1;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(agreed > 150, "{agreed}");
}

fn findings(ran: &Ran, severity: &str) -> Vec<Finding> {
    let report = ran.json();
    let found = report["findings"].as_array().unwrap().iter();
    found
        .filter(|finding| finding["severity"] == severity)
        .map(|finding| Finding {
            path: text_of(finding, "path").to_owned(),
            message: text_of(finding, "message").to_owned(),
        })
        .collect()
}

#[test]
fn shipped_examples_hold_no_mistake() {
    let holders = examples::configurations().into_iter().map(|(name, _)| name);
    let mut files: BTreeSet<_> = holders.filter(|name| !name.ends_with(".md")).collect();
    files.insert("envoy/providers.yaml".to_owned());
    assert!(files.contains("envoy/envoy.yaml"), "{files:?}");
    for example in files {
        let ran = llm_router(&["check", "--deny-warnings", &example]).run();
        assert_eq!(ran.status, 0, "{}", ran.stdout);
    }
}

#[test]
fn the_files_that_a_bootstrap_watches_are_checked_too() {
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let bootstrap = format!(
        "dynamic_resources: {{ lds_config: {{ path_config_source: {{ path: {} }} }} }}\n",
        path("listeners.yaml")
    );
    fs::write(path("envoy.yaml"), bootstrap).unwrap();
    fs::copy(file("tests/cli/check/text.yaml"), path("listeners.yaml")).unwrap();
    let ran = llm_router(&["check", &path("envoy.yaml")]).run();
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    assert!(ran.stdout.contains("/listeners.yaml:27:31: warning: teams.t:"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\n2 files: "), "{}", ran.stdout);
}

#[test]
fn lines_are_what_editors_and_people_read() {
    let ran = llm_router(&["check", "-"]).input("providers:\n  a: { clutter: x }\n").run();
    assert_eq!(
        ran.stdout,
        "-:2:3: error: providers.a.cluster: this field is required\n\
         -:2:8: error: providers.a.clutter: unknown field \"clutter\"; did you mean \"cluster\"?\n\
         1 file: 2 errors, 0 warnings, 0 notes\n"
    );
    assert_eq!((ran.status, &*ran.stderr), (1, ""));
}

#[test]
fn colours_are_for_terminals_and_those_who_ask() {
    let broken = "providers: {}\n";
    let plain = llm_router(&["check", "-"]).input(broken).run().stdout;
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    let coloured = llm_router(&["check", "-", "--color", "always"]).input(broken).run().stdout;
    assert!(coloured.contains("\u{1b}[1m\u{1b}[31merror\u{1b}[0m"), "{coloured:?}");
}

#[test]
fn warnings_can_be_denied() {
    let warned = "\
        providers: { a: { cluster: a, auth: none } }\n\
        teams: { t: { models: [\"*\"] } }\n";
    let allowed = llm_router(&["check", "-"]).input(warned).run();
    assert_eq!(allowed.status, 0, "{}", allowed.stdout);
    assert!(allowed.stdout.contains(" 1 warning,"), "{}", allowed.stdout);
    let denied = llm_router(&["check", "-", "--deny-warnings"]).input(warned).run();
    assert_eq!(denied.status, 1);
}

const NEEDS_A_VARIABLE: &str = "\
providers: { a: { cluster: a, authority: a.example, default_credential: c } }
credentials: { c: { provider: a, env: THE_KEY } }
teams: { t: { keys: [{ env: THE_VIRTUAL_KEY }], models: [\"*\"] } }
";

#[test]
fn a_variable_that_is_not_set_here_is_a_note() {
    let ran = llm_router(&["check", "-"]).input(NEEDS_A_VARIABLE).run();
    assert_eq!(ran.status, 0);
    assert!(ran.stdout.contains("-:2:34: note: credentials.c.env: \"THE_KEY\" is not set here"));
}

#[test]
fn the_environment_tells_whether_a_variable_is_good() {
    let variables = |key: &str| BTreeMap::from([("THE_KEY".to_owned(), key.to_owned())]);
    for (key, complaint) in
        [("sk-0", None), (" ", Some("the secret is blank")), ("${X}", Some("never expanded"))]
    {
        let ran =
            llm_router(&["check", "-"]).input(NEEDS_A_VARIABLE).environment(&variables(key)).run();
        assert_eq!(ran.status, i32::from(complaint.is_some()), "{key:?}: {}", ran.stdout);
        assert!(ran.stdout.contains(complaint.unwrap_or_default()), "{}", ran.stdout);
        assert!(!ran.stdout.contains("\"THE_KEY\" is not set"), "{}", ran.stdout);
    }
}

#[test]
fn an_environment_file_is_complete() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("secrets.env");
    let check = |secrets: &str| {
        fs::write(&path, secrets).unwrap();
        let arguments = ["check", "-", "--env-file", path.to_str().unwrap()];
        llm_router(&arguments).input(NEEDS_A_VARIABLE).run()
    };
    let missing = check("THE_KEY=sk-0\n");
    assert_eq!(missing.status, 1);
    assert!(missing.stdout.contains("\"THE_VIRTUAL_KEY\" is not set in the VM's environment"));
    let complete = check("# all of them\nexport THE_KEY='sk-0'\nTHE_VIRTUAL_KEY=vk-0\n");
    assert_eq!(
        (complete.status, &*complete.stdout),
        (0, "1 file: 0 errors, 0 warnings, 0 notes\n")
    );
    let unreadable = check("a secret alone\n");
    assert_eq!((unreadable.status, &*unreadable.stdout), (2, ""));
    assert!(!unreadable.stderr.contains("secret alone"), "{}", unreadable.stderr);
}

#[test]
fn files_that_belong_together_are_checked_together() {
    let directory = TempDir::new().unwrap();
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let example = fs::read_to_string(file("envoy/envoy.yaml")).unwrap();
    let start = example.find("    - name: llm\n").unwrap();
    let mut listener = example[start..].to_owned();
    let kind =
        "    - \"@type\": type.googleapis.com/envoy.config.listener.v3.Listener\n      name: llm\n";
    listener = listener.replacen("    - name: llm\n", kind, 1);
    let listeners = write("lds.yaml", &format!("resources:\n{listener}"));
    let all = fs::read_to_string(file("envoy/providers.yaml")).unwrap();
    let clusters = write("cds.yaml", &all);
    let fewer = write("fewer.yaml", &all.replace("name: groq", "name: grok"));

    llm_router(&["check", &listeners]).run().fine();
    llm_router(&["check", &listeners, &clusters]).run().fine();
    let ran = llm_router(&["check", &listeners, &fewer]).run();
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    assert!(ran.stdout.contains("providers.groq.cluster: no cluster \"groq\" is defined"));
}

#[test]
fn what_cannot_be_checked_is_trouble() {
    let missing = llm_router(&["check", "no-such-file.yaml"]).run();
    assert_eq!((missing.status, &*missing.stdout), (2, ""));
    assert!(missing.stderr.starts_with("error: no-such-file.yaml: "), "{}", missing.stderr);
    assert_eq!(llm_router(&["check"]).run().status, 2);
    for (text, complaint) in [
        ("providers: [\n", "-:1:12: error: "),
        ("", "-:1:1: error: there is no configuration of the filter in this file"),
        (
            "apiVersion: v1\nkind: Service\n",
            "-:1:1: error: there is no configuration of the filter",
        ),
    ] {
        let ran = llm_router(&["check", "-"]).input(text).run();
        assert_eq!(ran.status, 1, "{text}");
        assert!(ran.stdout.starts_with(complaint), "{text}: {}", ran.stdout);
    }
}

/// No secret, key or hash of the configuration is repeated.
#[test]
fn secrets_are_not_printed() {
    let secrets = ["sk-in-plain-sight\\n", "0123456789abcdef0123456789abcdef"];
    let text = format!(
        "providers: {{ a: {{ cluster: a, authority: a.example }} }}\ncredentials: {{ c: {{ provider: b, value: \"{}\" }} }}\n\
         teams: {{ t: {{ keys: [{{ sha256: {} }}], models: [x] }} }}\n",
        secrets[0], secrets[1]
    );
    let ran = llm_router(&["check", "-"]).input(text).run();
    assert_eq!(ran.status, 1);
    let messages: BTreeSet<_> = ran.stdout.lines().collect();
    assert!(messages.len() > 3, "{}", ran.stdout);
    for secret in ["plain-sight", secrets[1]] {
        assert!(!ran.stdout.contains(secret), "{}", ran.stdout);
    }
}
