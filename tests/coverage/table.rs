//! The rows of `tests/coverage.md`, and those of `SECURITY.md`.

/// One row of one of its tables.
pub struct Row {
    /// The heading above the table.
    pub heading: String,
    /// What the row is about: the first cell, without backticks.
    pub subject: String,
    /// What holds it: the second cell.
    pub citations: Vec<Citation>,
}

/// What a row cites.
#[derive(Debug)]
pub enum Citation {
    /// A Rust test.
    Test(String),
    /// A group of request rows, or one row of a group: `group / row`.
    Rows(String),
    /// A configuration row.
    Refusal(String),
}

impl Citation {
    fn read(text: &str) -> Self {
        match text.split_once(": ") {
            Some(("vectors", rows)) => Self::Rows(rows.to_owned()),
            Some(("configuration", row)) => Self::Refusal(row.to_owned()),
            _ => Self::Test(text.to_owned()),
        }
    }
}

/// Every row, in order.
pub fn table() -> Vec<Row> {
    rows(include_str!("../coverage.md"))
}

/// The rows of `SECURITY.md` that say what holds a threat, by threat and defence.
pub fn threats() -> Vec<Row> {
    let text = include_str!("../../SECURITY.md");
    let (_, threats) = text.split_once("\n## Threats, and what holds each\n").expect("threats");
    rows(threats)
}

/// Below the line that ends in `held by`, until the next table.
fn rows(text: &str) -> Vec<Row> {
    let mut heading = String::new();
    let mut rows = Vec::new();
    for line in text.lines() {
        if let Some((_, text)) = line.split_once("# ").filter(|(level, _)| level.starts_with('#')) {
            heading = text.to_owned();
        }
        let Some(cells) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) else {
            continue;
        };
        let (subject, held_by) = cells.rsplit_once(" | ").expect("two cells");
        if held_by == "held by" {
            continue;
        }
        // Of what backticks separate, every second piece stands between two of them.
        let citations = held_by.split('`').skip(1).step_by(2).map(Citation::read).collect();
        rows.push(Row { heading: heading.clone(), subject: subject.replace('`', ""), citations });
    }
    rows
}
