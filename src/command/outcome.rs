//! How the command ends.

use std::io::{self, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

/// What a command that could do its work comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All is well.
    Fine,
    /// What it looked at is not: a file holds errors, a request would be refused.
    Problems,
}

/// A command that could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// What was asked for makes no sense.
    #[error("{0}")]
    Usage(String),
    /// A file cannot be read.
    #[error("{file}: {error}")]
    File {
        /// The file, as it was named.
        file: String,
        /// Why not.
        error: io::Error,
    },
    /// The output cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}

/// The exit status: 0, 1 for [`Outcome::Problems`], 2 for [`Trouble`].
pub fn exit(outcome: Result<Outcome, Trouble>) -> ExitCode {
    match outcome {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Problems) => ExitCode::from(1),
        // Whoever reads the output has seen enough.
        Err(Trouble::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(trouble) => {
            complain(&trouble.to_string());
            ExitCode::from(2)
        }
    }
}

/// Writes an error to where errors go.
pub fn complain(message: &str) {
    let style = AnsiColor::Red.on_default().effects(anstyle::Effects::BOLD);
    tell(style, "error", message);
}

/// Writes a remark about a limit that is missing to where errors go.
pub fn security(message: &str) {
    tell(AnsiColor::Red.on_default().effects(anstyle::Effects::BOLD), "security", message);
}

/// Writes a remark about something that does not work any more to where errors go.
pub fn lost(message: &str) {
    tell(AnsiColor::Yellow.on_default().effects(anstyle::Effects::BOLD), "lost", message);
}

/// Writes the last line of a list of remarks to where errors go.
pub fn summary(message: &str) {
    tell(Style::new().effects(anstyle::Effects::BOLD), "summary", message);
}

/// Writes a remark to where errors go, so that the output is not disturbed.
pub fn remark(message: &str) {
    tell(AnsiColor::Cyan.on_default().effects(anstyle::Effects::BOLD), "note", message);
}

fn tell(style: Style, word: &str, message: &str) {
    // There is nobody left to tell where this fails.
    let _ = writeln!(anstream::stderr(), "{style}{word}{style:#}: {message}");
}
