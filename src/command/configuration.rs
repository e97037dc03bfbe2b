//! The one configuration that a command is about.

use std::rc::Rc;

use envoy_llm_router::{Loaded, Router};
use serde::de::IgnoredAny;

use crate::arguments::Variables;
use crate::check::{self, Sources, Written};
use crate::environment::{Environment, VmEnvironment};
use crate::finding::{Findings, Reporter};
use crate::outcome::{remark, Trouble};
use crate::yaml::{self, Dialect};

/// A configuration without errors.
pub struct Configuration {
    /// As it is written.
    pub written: Written,
    /// The text of its file, if it is YAML and nothing else is in there.
    pub text: Option<String>,
    /// What it compiles to.
    pub router: Rc<Router>,
    /// The variables with virtual keys that are not set here, so that the keys are not known.
    pub unknown_keys: Vec<String>,
}

/// Reads the configuration in a file, or in one from which Envoy would take it. `None` if it holds errors, which were
/// printed then.
pub fn load(file: &str, variables: &Variables) -> Result<Option<Configuration>, Trouble> {
    let environment = Environment::new(variables.env_file.as_deref())?;
    let mut findings = Findings::default();
    let sources = Sources::load(&[file.to_owned()], &mut findings)?;
    let mut all = Vec::new();
    for source in sources.iter() {
        for document in &source.documents {
            let mut reporter = Reporter::new(&source.file, &mut findings);
            match check::recognise(&document.root, &source.file) {
                Some(message) => reporter.error(document.root.mark, "", message),
                None => {
                    let found = check::configurations(document, source.is_json(), reporter);
                    all.extend(found.into_iter().map(|written| (source, written)));
                }
            }
        }
    }
    if all.len() > 1 {
        return Err(Trouble::Usage(format!("{file} holds {} configurations", all.len())));
    }
    let environment = VmEnvironment::new(&environment, None);
    let loaded = all.pop().map(|(source, mut written)| {
        let text = source.text.trim_start_matches('\u{feff}');
        let is_json = || serde_json::from_str::<IgnoredAny>(text).is_ok();
        if written.stands_alone && written.dialect == Dialect::Json && is_json() {
            written.json = Some(text.into());
        }
        let lookup = |name: &str| environment.lookup(name);
        let loaded = match &written.json {
            Some(text) => Router::from_configuration(text.as_bytes(), &lookup),
            None => Router::from_node(&written.tree.node(written.dialect), &lookup),
        };
        (loaded, source, written)
    });
    match loaded {
        Some((Ok(Loaded { router, warnings: _ }), source, written)) if findings.is_empty() => {
            let is_all = written.stands_alone && source.documents.len() == 1 && !source.is_json();
            let text = Some(source.text.clone()).filter(|_| is_all);
            let keys = check::variables(&written.tree, |path| path.starts_with("teams."));
            let unknown_keys = keys.filter(|name| environment.is_unknown(name)).collect();
            let router = Rc::new(router);
            return Ok(Some(Configuration { written, text, router, unknown_keys }));
        }
        Some((Err(refusal), source, written)) => {
            let mut reporter = Reporter::new(&source.file, &mut findings);
            check::report_errors(&written, &refusal.errors, &environment, &mut reporter);
        }
        None if findings.is_empty() => {
            let message = "there is no configuration of the filter in this file";
            Reporter::new(file, &mut findings).error(yaml::START, "", message);
        }
        _ => {}
    }
    findings.sort(sources.files());
    findings.write_lines(sources.files().len(), &mut anstream::stderr().lock())?;
    remark("nothing is done with a configuration that holds errors");
    Ok(None)
}
