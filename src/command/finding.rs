//! What is found in files, and how it is told.

use std::fmt;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde_json::{json, Value};

use crate::yaml::Mark;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Envoy would not start, or requests would not be routed, or not safely.
    Error,
    /// It works, but hardly as it is meant.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }

    fn style(self) -> Style {
        let color = match self {
            Self::Error => AnsiColor::Red,
            Self::Warning => AnsiColor::Yellow,
            Self::Note => AnsiColor::Cyan,
        };
        color.on_default().bold()
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that was found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The file, as it was named.
    pub file: String,
    /// Where in the file.
    pub mark: Mark,
    /// The way to it: in the plugin configuration as the filter's log has it, else in the file's document.
    pub path: String,
    /// What it is.
    pub message: String,
}

/// All that was found.
#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Adds one; what was found already is not told twice.
    pub fn push(&mut self, finding: Finding) {
        let is_same = |other: &Finding| {
            other.mark == finding.mark
                && other.file == finding.file
                && other.message == finding.message
        };
        if !self.0.iter().any(is_same) {
            self.0.push(finding);
        }
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are that are this bad.
    pub fn count(&self, severity: Severity) -> usize {
        self.0.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Sorts them by their places; the files keep the order in which they were named.
    pub fn sort(&mut self, files: &[String]) {
        let place = |finding: &Finding| files.iter().position(|file| *file == finding.file);
        self.0.sort_by_cached_key(|finding| (place(finding), finding.mark, finding.severity));
    }

    /// Writes a line for each, and one that sums up.
    pub fn write_lines(&self, files: usize, out: &mut dyn Write) -> io::Result<()> {
        let faint = Style::new().dimmed();
        for Finding { severity, file, mark: Mark { line, column }, path, message } in &self.0 {
            let style = severity.style();
            write!(out, "{file}:{line}:{column}: {style}{severity}{style:#}: ")?;
            if !path.is_empty() {
                write!(out, "{faint}{path}:{faint:#} ")?;
            }
            writeln!(out, "{message}")?;
        }
        let [errors, warnings, notes] =
            [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")]
                .map(|(severity, word)| counted(self.count(severity), word));
        writeln!(out, "{}: {errors}, {warnings}, {notes}", counted(files, "file"))
    }

    /// All of it for programs.
    pub fn to_json(&self) -> Value {
        let findings = self.0.iter().map(|finding| {
            json!({
                "severity": finding.severity.as_str(),
                "file": finding.file,
                "line": finding.mark.line,
                "column": finding.mark.column,
                "path": finding.path,
                "message": finding.message,
            })
        });
        json!({
            "findings": findings.collect::<Vec<_>>(),
            "errors": self.count(Severity::Error),
            "warnings": self.count(Severity::Warning),
            "notes": self.count(Severity::Note),
        })
    }
}

fn counted(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}
