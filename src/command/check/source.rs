//! The files that are checked: those that were named, and those that Envoy would read because these name them.

use std::fs;
use std::path::Path as FilePath;

use super::named_files::{candidates, discovered_file, read_named, watched_file};
use super::syntax_advice;
use crate::finding::{Findings, Reporter};
use crate::input;
use crate::outcome::Trouble;
use crate::yaml::{self, Document};

/// A file that is YAML or JSON.
pub struct Source {
    /// Its name, as it was given.
    pub file: String,
    /// Its text.
    pub text: String,
    /// Its documents.
    pub documents: Vec<Document>,
}

/// The files that are checked together.
pub struct Sources {
    read: Vec<Source>,
    files: Vec<String>,
}

impl Source {
    /// Whether its name says that it is JSON.
    pub fn is_json(&self) -> bool {
        input::is_json(&self.file)
    }

    /// Whether Envoy would take listeners or the filter's configuration from other files.
    pub fn names_other_files(&self) -> bool {
        !self.other_files().is_empty()
    }

    /// The files from which Envoy would take listeners and filters, as they are written.
    fn other_files(&self) -> Vec<&str> {
        let mut files = Vec::new();
        for document in &self.documents {
            files.extend(watched_file(&document.root, "lds_config"));
            document.root.visit(&mut |_, yaml| {
                files.extend(yaml.get("config_discovery").and_then(discovered_file));
            });
        }
        files
    }
}

impl Sources {
    /// Reads the files, and those that they name. What is not YAML is a finding.
    ///
    /// # Errors
    ///
    /// [`Trouble`] for a file that cannot be read. One that another file names may be missing here.
    pub fn load(files: &[String], findings: &mut Findings) -> Result<Self, Trouble> {
        let mut sources = Self { read: Vec::new(), files: files.to_vec() };
        for file in files {
            sources.read.extend(read(file, input::text(file)?, findings));
        }
        let mut next = 0_usize;
        while let Some(source) = sources.read.get(next) {
            let named: Vec<_> = source.other_files().into_iter().map(str::to_owned).collect();
            let named_in = source.file.clone();
            for file in named {
                if sources.is_known(&file, &named_in) {
                    continue;
                }
                let Some((path, text)) = read_named(&file, &named_in) else { continue };
                sources.read.extend(read(&path, text, findings));
                sources.files.push(path);
            }
            next = next.saturating_add(1);
        }
        Ok(sources)
    }

    /// The names of all files, in the order in which they were read.
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// The files that are YAML or JSON.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.read.iter()
    }

    /// The file that `named_in` names.
    pub fn find(&self, written: &str, named_in: &str) -> Option<&Source> {
        candidates(written, named_in)
            .iter()
            .find_map(|path| self.read.iter().find(|source| is_same(&source.file, path)))
    }

    fn is_known(&self, written: &str, named_in: &str) -> bool {
        let mut candidates = candidates(written, named_in).into_iter();
        candidates.any(|path| self.files.iter().any(|file| is_same(file, &path)))
    }
}

/// Whether two names are those of one file.
fn is_same(file: &str, path: &FilePath) -> bool {
    match (fs::canonicalize(file), fs::canonicalize(path)) {
        (Ok(file), Ok(path)) => file == path,
        _ => false,
    }
}

/// Parses a file's text. What is not YAML is a finding, with advice where the mistake is a usual one.
fn read(file: &str, text: String, findings: &mut Findings) -> Option<Source> {
    match yaml::read(&text) {
        Ok(documents) => Some(Source { file: file.to_owned(), text, documents }),
        Err(error) => {
            let advice = syntax_advice::advice(&text, error.mark, &error.message);
            let message = match advice {
                Some(advice) => format!("{}: {advice}", error.message),
                None => error.message,
            };
            Reporter::new(file, findings).error(error.mark, "", message);
            None
        }
    }
}
