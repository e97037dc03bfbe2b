//! The errors and warnings about a configuration, each with its path.

use std::fmt::{self, Write as _};

use thiserror::Error;

use super::advice;
pub use super::at::At;

/// One finding, and where in the configuration it was made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// The path of the offending entry, such as `teams.team-1.credentials[1]`; empty for the whole.
    pub path: String,
    /// What is wrong there. Never holds a secret, a virtual key or a hash of one.
    pub message: String,
}

impl Diagnostic {
    /// Not inlined, and the same code for every kind of message: a hundred places in the configuration say something.
    #[inline(never)]
    fn new(at: At<'_>, message: &dyn fmt::Display) -> Self {
        Self { path: at.to_string(), message: message.to_string() }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// A configuration that is refused whole: everything that is wrong with it, at once.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the configuration is refused: {} error(s)", errors.len())]
pub struct Refusal {
    /// Why it is refused; never empty.
    pub errors: Vec<Diagnostic>,
    /// What would have been warned about.
    pub warnings: Vec<Diagnostic>,
}

impl Refusal {
    /// The refusal of bytes that are no configuration.
    pub(crate) fn of_the_whole(error: &dyn fmt::Display) -> Self {
        let error = Diagnostic { path: String::new(), message: error.to_string() };
        Self { errors: vec![error], warnings: Vec::new() }
    }
}

/// Collects findings while a configuration is read and compiled.
#[derive(Debug, Default)]
pub struct Report {
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

impl Report {
    /// Notes something that makes the configuration unusable.
    pub fn error(&mut self, at: At<'_>, message: impl fmt::Display) {
        self.errors.push(Diagnostic::new(at, &message));
    }

    /// Notes something that is allowed, but is likely not what the operator meant.
    pub fn warn(&mut self, at: At<'_>, message: impl fmt::Display) {
        self.warnings.push(Diagnostic::new(at, &message));
    }

    /// How many errors there are.
    pub fn len(&self) -> usize {
        self.errors.len()
    }

    /// Takes back the errors behind the first `len`, to note others before them.
    pub fn split_off(&mut self, len: usize) -> Vec<Diagnostic> {
        self.errors.split_off(len.min(self.errors.len()))
    }

    /// Notes again what was taken back.
    pub fn extend(&mut self, errors: Vec<Diagnostic>) {
        self.errors.extend(errors);
    }

    /// Whether something makes the configuration unusable.
    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// The warnings, if there was no error.
    ///
    /// # Errors
    ///
    /// The [`Refusal`] with everything that was noted.
    pub fn conclude(self) -> Result<Vec<Diagnostic>, Refusal> {
        match self.errors.is_empty() {
            true => Ok(self.warnings),
            false => Err(Refusal { errors: self.errors, warnings: self.warnings }),
        }
    }
}

/// `unknown <what> "<name>"`, and the known name that was probably meant.
pub fn unknown<'n>(what: &str, name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    unknown_among(what, name, &mut known.into_iter())
}

fn unknown_among(what: &str, name: &str, known: &mut dyn Iterator<Item = &str>) -> String {
    let mut message = format!("unknown {what} {name:?}");
    let meant = advice::synonym(what, name).or_else(|| closest(name, known));
    if let Some(meant) = meant {
        // Writing to a String cannot fail.
        let _ = write!(message, "; did you mean {meant:?}?");
    } else if what == "kind" {
        message
            .push_str("; leave it out for an API like OpenAI's, and write `authority` and `path`");
    }
    message
}

/// What to say of a field that the object at `at` does not have.
pub fn unknown_field<'n>(
    at: At<'_>,
    name: &str,
    known: impl IntoIterator<Item = &'n str>,
) -> String {
    match advice::field(at, name) {
        Some(advice) => format!("unknown field {name:?}: {advice}"),
        None => unknown("field", name, known),
    }
}

/// The known name nearest to `name`, if it is near enough to be a slip of the pen.
fn closest<'n>(name: &str, known: &mut dyn Iterator<Item = &'n str>) -> Option<&'n str> {
    known
        .map(|candidate| (strsim::osa_distance(name, candidate), candidate))
        .filter(|(slips, candidate)| {
            slips.saturating_mul(2) <= name.chars().count().max(candidate.chars().count())
        })
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}
