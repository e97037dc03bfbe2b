//! `tests/coverage.md` has a row for everything that the code offers, and cites only tests that exist.

#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

#[path = "coverage/modules.rs"]
mod modules;
#[path = "coverage/source.rs"]
mod source;
#[path = "coverage/table.rs"]
mod table;
#[allow(unused_imports, reason = "each runner uses its part")]
mod vectors;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use source::{configuration_fields, described_fields, endpoints, error_codes, tests_in};
use table::{table, threats, Citation, Row};

#[test]
fn every_configuration_field_has_its_row() {
    assert_same(&subjects("Configuration: fields"), &configuration_fields());
}

#[test]
fn the_reference_describes_every_field_in_the_words_of_the_source() {
    let reference = include_str!("../envoy/reference.md");
    let (_, rest) = reference.split_once("\n## Fields\n").expect("the fields");
    let section = rest.split("\n## ").next().unwrap();
    let told: Vec<&str> = section.lines().filter(|line| line.starts_with("| `")).collect();
    let expected: Vec<String> = described_fields()
        .into_iter()
        .map(|(path, field)| format!("| `{path}` | {} | {} |", field.kind, field.about))
        .collect();
    assert!(
        told == expected,
        "the rows below `## Fields` of envoy/reference.md must read\n{}",
        expected.join("\n")
    );
}

#[test]
fn every_error_code_has_its_row() {
    let rows = subjects("Errors");
    let errors =
        rows.into_iter().filter(|subject| subject.starts_with(|c: char| c.is_ascii_digit()));
    assert_same(&errors.collect(), &error_codes());
}

#[test]
fn every_endpoint_has_its_row() {
    let rows = subjects("Endpoints").into_iter();
    let found = rows.filter(|subject| subject.starts_with("POST ") || subject.starts_with("GET "));
    assert_same(&found.collect(), &endpoints());
}

#[test]
fn every_row_cites_what_exists() {
    let vectors = vectors::Vectors::load();
    let rows: BTreeSet<String> = vectors.rows().map(|row| row.title()).collect();
    let groups: BTreeSet<&str> = vectors.requests.iter().map(|group| &*group.group).collect();
    let refusals: BTreeSet<&str> = vectors.refusals.iter().map(|row| &*row.name).collect();
    let mut tests: BTreeMap<String, usize> = BTreeMap::new();
    for name in tests_in("src").into_iter().chain(tests_in("tests")) {
        *tests.entry(name).or_default() += 1;
    }
    let mut wrong = Vec::new();
    for Row { subject, citations, .. } in table().into_iter().chain(threats()) {
        if citations.is_empty() {
            wrong.push(format!("{subject}: nothing holds it"));
        }
        for citation in citations {
            let exists = match &citation {
                Citation::Rows(name) => groups.contains(&**name) || rows.contains(name),
                Citation::Refusal(name) => refusals.contains(&**name),
                // A name that several tests have would say nothing.
                Citation::Test(name) => tests.get(name) == Some(&1),
            };
            if !exists {
                wrong.push(format!("{subject}: {citation:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} citations of nothing:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_kind_of_threat_has_rows() {
    let mut kinds: Vec<String> = threats().into_iter().map(|row| row.heading).collect();
    kinds.dedup();
    assert_eq!(kinds.len(), 6, "{kinds:?}");
    assert!(threats().len() >= 30, "{} threats", threats().len());
}

#[test]
fn every_group_of_request_rows_is_cited() {
    let cited: BTreeSet<String> = table()
        .into_iter()
        .flat_map(|row| row.citations)
        .filter_map(|citation| match citation {
            Citation::Rows(name) => name.split(" / ").next().map(str::to_owned),
            _ => None,
        })
        .collect();
    let vectors = vectors::Vectors::load();
    let groups = vectors.requests.iter().map(|group| group.group.clone());
    let forgotten: Vec<_> = groups.filter(|group| !cited.contains(group)).collect();
    assert!(forgotten.is_empty(), "no row of the table cites {forgotten:?}");
}

/// What the rows below a heading are about; none twice.
fn subjects(heading: &str) -> BTreeSet<String> {
    let rows = table().into_iter().filter(|row| row.heading == heading);
    let mut subjects = BTreeSet::new();
    for row in rows {
        assert!(subjects.insert(row.subject.clone()), "{} has two rows", row.subject);
    }
    assert!(!subjects.is_empty(), "no rows below {heading:?}");
    subjects
}

fn assert_same(table: &BTreeSet<String>, code: &BTreeSet<String>) {
    let lacking: Vec<_> = code.difference(table).collect();
    let stale: Vec<_> = table.difference(code).collect();
    assert!(
        lacking.is_empty() && stale.is_empty(),
        "tests/coverage.md lacks {lacking:#?} and has {stale:#?}, which the code does not know"
    );
}

#[test]
fn no_module_leads_back_to_itself() {
    let uses = modules::uses();
    assert!(uses["exchange"].contains("router"), "the modules are not read: {uses:?}");
    // For a drawing: `cargo test --test coverage no_module -- --nocapture`, and Graphviz.
    println!("digraph modules {{");
    for (module, used) in &uses {
        used.iter().for_each(|other| println!("  {module:?} -> {other:?};"));
    }
    println!("}}");
    assert_eq!(modules::circle(&uses), None);
}

/// The ways that `src/lib.rs` describes lead through files that exist, through none of them twice.
#[test]
fn the_ways_through_the_code_enter_each_file_once() {
    let library = fs::read_to_string("src/lib.rs").unwrap();
    let (_, ways) = library.split_once("# Three ways through the code").unwrap();
    let ways: Vec<&str> = ways.split("//! 1. ").skip(1).collect();
    assert_eq!(ways.len(), 3);
    for way in ways {
        let way: String = way
            .lines()
            .take_while(|line| line.starts_with("//!") || line.starts_with('`'))
            .collect();
        let files: Vec<&str> = way.split('`').skip(1).step_by(2).collect();
        assert!(files.len() > 6, "{way}");
        for (place, file) in files.iter().enumerate() {
            assert!(Path::new("src").join(file).is_file(), "{file}");
            assert!(!files[..place].contains(file), "{file} twice");
        }
    }
}
