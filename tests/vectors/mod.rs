//! `tests/vectors.json`: what every runner of the router must agree on, and how a row is read and judged.
//!
//! The core replays the file natively and as wasm32 under Node, the whole filter replays it inside a real Envoy; so
//! the three cannot disagree. A row says what goes in and what must come out, nothing of how.
//!
//! # The file
//!
//! | member | holds |
//! |---|---|
//! | `environment` | the variables of the VM, for all configurations |
//! | `secrets` | keys that rows bring besides those of the environment: they are in no answer, and go upstream only where the row says so |
//! | `error_types` | the `type` that belongs to each error `code` |
//! | `configurations` | plugin configurations by name, all of them accepted; clusters are named after their provider |
//! | `requests` | groups of [request rows](Case), each group for one configuration |
//! | `refusals` | [configuration rows](Refusal): what is refused, warned about or accepted |
//!
//! # A runner
//!
//! ```text
//! let vectors = Vectors::load();
//! let mut judge = Judge::new(&vectors);
//! for row in vectors.rows() {
//!     let request = row.case.request();
//!     // send `request` to `row.group.configuration`, note what came of it as an `Outcome`
//!     judge.request(&row, &request, &outcome);
//! }
//! judge.conclude();   // panics with every disagreement, and with every row that was never judged
//! ```
//!
//! A row may be judged more than once (its body in one piece and in many); it must be judged at least once.

#![allow(dead_code, reason = "each runner uses its part")]

mod expectation;
mod judge;
mod outcome;
mod refusal;
mod request;
pub mod upstream;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

pub use judge::Judge;
pub use outcome::{Edits, End, Outcome, Reply, Upstream};
pub use refusal::{Finding, Refusal};
pub use request::{Case, Request};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vectors {
    /// The variables of the VM's environment.
    pub environment: BTreeMap<String, String>,
    /// Further secrets, which callers bring.
    pub secrets: Vec<String>,
    /// The `type` of each error `code`.
    pub error_types: BTreeMap<String, String>,
    /// The plugin configurations by name.
    pub configurations: BTreeMap<String, Value>,
    /// The requests, in groups.
    pub requests: Vec<Group>,
    /// The configurations that are judged themselves.
    pub refusals: Vec<Refusal>,
}

/// Request rows about one thing, for one configuration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// What the rows are about.
    pub group: String,
    /// The name of the configuration that they run against.
    pub configuration: String,
    /// The rows.
    pub rows: Vec<Case>,
}

/// A request row and the group it stands in.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The group.
    pub group: &'a Group,
    /// The row.
    pub case: &'a Case,
}

impl Row<'_> {
    /// The row as failures name it; no two rows have the same title.
    pub fn title(&self) -> String {
        format!("{} / {}", self.group.group, self.case.name)
    }
}

impl Vectors {
    /// Reads the file, which is part of the test program: a runner under Node has no files.
    pub fn load() -> Self {
        serde_json::from_str(include_str!("../vectors.json")).expect("tests/vectors.json")
    }

    /// Every request row.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.requests
            .iter()
            .flat_map(|group| group.rows.iter().map(move |case| Row { group, case }))
    }

    /// The plugin configuration of a row's group.
    pub fn configuration(&self, row: &Row<'_>) -> &Value {
        self.configurations
            .get(&row.group.configuration)
            .unwrap_or_else(|| panic!("{}: no such configuration", row.title()))
    }

    /// The name of the cluster header in the configuration of a row's group.
    pub fn cluster_header(&self, row: &Row<'_>) -> &str {
        let written = self.configuration(row).get("cluster_header").and_then(Value::as_str);
        written.unwrap_or("x-llm-cluster")
    }
}
