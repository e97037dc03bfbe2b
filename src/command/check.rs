//! `check`: finds every mistake in configurations, and in the Envoy files around them, before Envoy does.

mod access_log;
mod cluster;
mod document;
mod http_filters;
mod listener;
mod named_files;
mod other_gateway;
mod plugin;
mod pool;
mod retry;
mod route;
mod route_match;
mod source;
mod steering;
mod subset;
mod summary;
mod surroundings;
mod syntax_advice;
mod transport;
mod variables;
mod vm;
mod written;

use std::io::Write;

use crate::arguments::{Check, Format};
use crate::environment::Environment;
use crate::finding::{Findings, Reporter, Severity};
use crate::outcome::{Outcome, Trouble};
use crate::yaml::{self, Document};

use cluster::Clusters;
use document::{Content, Plugin};
use source::Source;
use surroundings::{Checked, Surroundings};

pub use document::configurations;
pub use other_gateway::recognise;
pub use plugin::report_errors;
pub use source::Sources;
pub use variables::names as variables;
pub use written::Written;

/// Checks the files and prints what it finds.
pub fn run(arguments: &Check) -> Result<Outcome, Trouble> {
    let environment = Environment::new(arguments.variables.env_file.as_deref())?;
    let mut findings = Findings::default();
    let sources = Sources::load(&arguments.files, &mut findings)?;
    check(&sources, &environment, &mut findings);
    let files = sources.files();
    findings.sort(files);
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

fn check(sources: &Sources, environment: &Environment, findings: &mut Findings) {
    let clusters = Clusters::of(sources, findings);
    let mut checked = Vec::new();
    for source in sources.iter() {
        let mut is_something = source.names_other_files();
        for document in &source.documents {
            let mut reporter = Reporter::new(&source.file, findings);
            if let Some(message) = recognise(&document.root, &source.file) {
                reporter.error(document.root.mark, "", message);
                is_something = true;
                continue;
            }
            let one = check_document(source, document, environment, &mut reporter);
            is_something |= one.content.is_something;
            checked.push(one);
        }
        if !is_something {
            let mark = source.documents.first().map_or(yaml::START, |one| one.root.mark);
            Reporter::new(&source.file, findings).error(
                mark,
                "",
                "there is no configuration of the filter in this file",
            );
        }
    }
    Surroundings { sources, clusters: &clusters, checked: &checked }.check(findings);
}

/// Checks the configurations in a document, each by itself.
fn check_document<'a>(
    source: &'a Source,
    document: &'a Document,
    environment: &Environment,
    reporter: &mut Reporter<'_>,
) -> Checked<'a> {
    document::report_repeated_keys(document, reporter);
    let content = Content::of(&document.root, source.is_json(), reporter);
    let mut check_plugin = |plugin: &Plugin<'_>| {
        if let Some(host) = plugin.plugin_config() {
            vm::check(plugin, host, reporter);
        }
        plugin::check(plugin, environment, reporter)
    };
    let summaries = content.plugins.iter().map(&mut check_plugin).collect();
    Checked { source, document, content, summaries }
}
