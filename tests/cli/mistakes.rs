//! `check` of mistakes that people make: what it says, word for word.

use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize;

use crate::command::{file, llm_router};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    mistake: String,
    file: String,
    prints: String,
}

#[test]
fn mistakes_are_answered_with_what_to_write_instead() {
    let text = fs::read_to_string(file("tests/cli/mistakes.yaml")).unwrap();
    let rows: Vec<Row> = serde_saphyr::from_str(&text).unwrap();
    let titles: BTreeSet<_> = rows.iter().map(|row| &row.mistake).collect();
    assert!(titles.len() >= 40 && titles.len() == rows.len(), "{} of {}", titles.len(), rows.len());
    let mut wrong = Vec::new();
    for Row { mistake, file, prints } in &rows {
        let ran = llm_router(&["check", "-"]).input(file.as_str()).run();
        let mut lines: Vec<_> = ran.stdout.lines().collect();
        let summary = lines.pop().unwrap_or_default();
        let found: String = lines
            .iter()
            .map(|line| format!("{}\n", line.strip_prefix("-:").unwrap_or(line)))
            .collect();
        if found != *prints || ran.status != 1 || !summary.starts_with("1 file: ") {
            wrong.push(format!("{mistake}: {}\n{found}", ran.status));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
