//! What `check` finds in files, and how it is printed.

use std::fmt::{self, Display};
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde_json::{json, Value};

use crate::yaml::Mark;

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Envoy would not start, or requests would fail, or a credential or a prompt could go elsewhere.
    Error,
    /// It works, but probably not as the operator intends.
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

impl Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One error, warning or note.
#[derive(Debug, Clone)]
pub struct Finding {
    /// How serious it is.
    pub severity: Severity,
    /// The file, as it was named.
    pub file: String,
    /// Where in the file.
    pub mark: Mark,
    /// The path to it: in the plugin configuration as in the filter's log, elsewhere in the file's document.
    pub path: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// All findings of a run.
#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Adds a finding, unless the same message is there already for the same position.
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

    /// The number of findings of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.0.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Sorts them by position; the files keep the order in which they were named.
    pub fn sort(&mut self, files: &[String]) {
        let file = |finding: &Finding| files.iter().position(|file| *file == finding.file);
        self.0.sort_by_cached_key(|finding| (file(finding), finding.mark, finding.severity));
    }

    /// Writes a line for each finding, and a summary.
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

    /// The findings as JSON, for programs.
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

/// Adds findings of one file.
pub struct Reporter<'f> {
    file: &'f str,
    findings: &'f mut Findings,
}

impl<'f> Reporter<'f> {
    /// A reporter for a file.
    pub fn new(file: &'f str, findings: &'f mut Findings) -> Self {
        Self { file, findings }
    }

    /// Adds an error.
    pub fn error(&mut self, mark: Mark, path: impl Display, message: impl Display) {
        self.add(Severity::Error, mark, path, message);
    }

    /// Adds a warning.
    pub fn warn(&mut self, mark: Mark, path: impl Display, message: impl Display) {
        self.add(Severity::Warning, mark, path, message);
    }

    /// Adds a note.
    pub fn note(&mut self, mark: Mark, path: impl Display, message: impl Display) {
        self.add(Severity::Note, mark, path, message);
    }

    fn add(&mut self, severity: Severity, mark: Mark, path: impl Display, message: impl Display) {
        self.findings.push(Finding {
            severity,
            file: self.file.to_owned(),
            mark,
            path: path.to_string(),
            message: message.to_string(),
        });
    }
}

fn counted(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}
