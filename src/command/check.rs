//! `check`: every mistake in configurations, before Envoy finds it.

mod cluster;
mod document;
mod listener;
mod place;
mod plugin;
mod pool;
mod route;
mod vm;

use std::io::Write;

use crate::arguments::{Check, Format};
use crate::environment::Environment;
use crate::finding::{Findings, Severity};
use crate::input;
use crate::outcome::{Outcome, Trouble};
use crate::yaml::{self, Document, Yaml};

use cluster::Clusters;
use document::Content;
pub use document::Written;
pub use place::Place;
pub use plugin::variables;

/// A file that could be read.
struct Source {
    /// As it was named.
    file: String,
    documents: Vec<Document>,
}

impl Source {
    /// Takes a file's text apart; what is no YAML is a finding.
    fn read(file: &str, text: String, findings: &mut Findings) -> Option<Self> {
        match yaml::read(&text) {
            Ok(documents) => Some(Self { file: file.to_owned(), documents }),
            Err(error) => {
                Place::new(file, findings).error(error.mark, "", error.message);
                None
            }
        }
    }

    /// The files from which its bootstraps take listeners.
    fn files_of_listeners(&self) -> impl Iterator<Item = String> + '_ {
        let documents = self.documents.iter();
        documents
            .filter_map(|document| watched_file(&document.root, "lds_config").map(str::to_owned))
    }
}

/// The file from which a bootstrap takes the resources of `config`.
fn watched_file<'a>(root: &'a Yaml, config: &str) -> Option<&'a str> {
    let config = root.at(&["dynamic_resources", config])?;
    let source = config.at(&["path_config_source", "path"]).or_else(|| config.get("path"));
    source?.text()
}

/// Checks the files and prints what it finds.
pub fn run(arguments: &Check) -> Result<Outcome, Trouble> {
    let environment = Environment::new(arguments.variables.env_file.as_deref())?;
    let mut findings = Findings::default();
    let mut files = arguments.files.clone();
    let mut sources = Vec::new();
    for file in &arguments.files {
        sources.extend(Source::read(file, input::text(file)?, &mut findings));
    }
    let watched: Vec<_> = sources.iter().flat_map(Source::files_of_listeners).collect();
    for file in watched {
        if !files.contains(&file) {
            // Where Envoy would find it, that is; if it is not there now, it need not be wrong.
            if let Ok(text) = input::text(&file) {
                sources.extend(Source::read(&file, text, &mut findings));
                files.push(file);
            }
        }
    }
    check(&sources, &environment, &mut findings);
    findings.sort(&files);
    match arguments.format {
        Format::Text => {
            findings.write_lines(files.len(), &mut anstream::stdout().lock())?;
        }
        Format::Json => writeln!(std::io::stdout(), "{:#}", findings.to_json())?,
    }
    let denied = arguments.deny_warnings && findings.count(Severity::Warning) > 0;
    match findings.count(Severity::Error) > 0 || denied {
        true => Ok(Outcome::Problems),
        false => Ok(Outcome::Fine),
    }
}

fn check(sources: &[Source], environment: &Environment, findings: &mut Findings) {
    let clusters = Clusters::of(sources, findings);
    for source @ Source { file, documents } in sources {
        // What a bootstrap takes from another file is looked for there.
        let mut is_something = source.files_of_listeners().next().is_some();
        for document in documents {
            let place = Place::new(file, findings);
            is_something |=
                check_document(document, input::is_json(file), place, &clusters, environment);
        }
        if !is_something {
            let mark = documents.first().map_or(yaml::START, |document| document.root.mark);
            Place::new(file, findings).error(
                mark,
                "",
                "there is no configuration of the filter in this file",
            );
        }
    }
}

/// The configurations of the filter in a document.
pub fn configurations(document: &Document, is_json: bool, mut place: Place<'_>) -> Vec<Written> {
    tell_of_repeated_keys(document, &mut place);
    let content = Content::of(&document.root, is_json, &mut place);
    // That of a pool is the listener's once more.
    let in_listeners = content.plugins.into_iter().filter(|plugin| {
        plugin.host().is_none_or(|host| host.text_of("root_id") != Some(pool::UPSTREAM))
    });
    in_listeners.filter_map(|plugin| plugin.configuration).collect()
}

fn tell_of_repeated_keys(document: &Document, place: &mut Place<'_>) {
    for (mark, path) in &document.repeated {
        // In the filter's configuration the path is the filter's.
        let path = path.rsplit_once("configuration.value.").map_or(&**path, |(_, path)| path);
        place.error(*mark, path, "this key is repeated");
    }
}

/// Whether the document is of a kind that is known.
fn check_document(
    document: &Document,
    is_json: bool,
    mut place: Place<'_>,
    clusters: &Clusters,
    environment: &Environment,
) -> bool {
    tell_of_repeated_keys(document, &mut place);
    let content = Content::of(&document.root, is_json, &mut place);
    for plugin in &content.plugins {
        let configured = plugin::check(plugin, environment, &mut place);
        if let Some(host) = plugin.host() {
            vm::check(plugin, host, &mut place);
            // In a pool it has other surroundings, which are the listener's filter's to check.
            if host.text_of("root_id") == Some(pool::UPSTREAM) {
                continue;
            }
            listener::check(&configured, plugin, &document.root, &mut place);
        }
        clusters.check(&configured, &document.root, &mut place);
        pool::check(&configured, plugin, clusters, &document.root, &mut place);
    }
    content.is_something
}
