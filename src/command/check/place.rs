//! Where findings are put.

use std::fmt::Display;

use crate::finding::{Finding, Findings, Severity};
use crate::yaml::Mark;

/// One file, and the findings to which those in it are added.
pub struct Place<'f> {
    file: &'f str,
    findings: &'f mut Findings,
}

impl<'f> Place<'f> {
    /// A file.
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
