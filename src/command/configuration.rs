//! The one configuration that a command is about.

use std::rc::Rc;

use envoy_llm_router::{Diagnostic, Loaded, Router};

use crate::arguments::Variables;
use crate::check::{self, Place, Written};
use crate::environment::{Environment, Stage};
use crate::finding::Findings;
use crate::input;
use crate::outcome::{remark, Trouble};
use crate::yaml;

/// A configuration without errors.
pub struct Configuration {
    /// As it is written.
    pub written: Written,
    /// The text of its file, if it is YAML and nothing else is in there.
    pub text: Option<String>,
    /// What it compiles to.
    pub router: Rc<Router>,
}

/// Reads the configuration in a file; `None` if it holds errors, which were told then.
pub fn load(file: &str, variables: &Variables) -> Result<Option<Configuration>, Trouble> {
    let environment = Environment::new(variables.env_file.as_deref())?;
    let text = input::text(file)?;
    let mut findings = Findings::default();
    let mut documents = 0;
    let written = match yaml::read(&text) {
        Ok(found) => {
            documents = found.len();
            let is_json = input::is_json(file);
            let mut all: Vec<Written> = found
                .iter()
                .flat_map(|document| {
                    check::configurations(document, is_json, Place::new(file, &mut findings))
                })
                .collect();
            if all.len() > 1 {
                return Err(Trouble::Usage(format!("{file} holds {} configurations", all.len())));
            }
            all.pop()
        }
        Err(error) => {
            Place::new(file, &mut findings).error(error.mark, "", error.message);
            None
        }
    };
    let stage = Stage::new(&environment, None);
    let loaded = written.map(|written| {
        let tree = written.tree.node(written.dialect);
        (Router::from_node(tree, &|name| stage.lookup(name)), written)
    });
    match loaded {
        Some((Ok(Loaded { router, warnings: _ }), written)) if findings.is_empty() => {
            let is_all = written.stands_alone && documents == 1 && !input::is_json(file);
            let text = Some(text).filter(|_| is_all);
            return Ok(Some(Configuration { written, text, router: Rc::new(router) }));
        }
        Some((Err(refusal), written)) => {
            for Diagnostic { path, message } in refusal.errors {
                let mark = written.place(written.tree.locate(&path));
                Place::new(file, &mut findings).error(mark, path, message);
            }
        }
        None if findings.is_empty() => {
            let message = "there is no configuration of the filter in this file";
            Place::new(file, &mut findings).error(yaml::START, "", message);
        }
        _ => {}
    }
    findings.sort(&[file.to_owned()]);
    findings.write_lines(1, &mut anstream::stderr().lock())?;
    remark("nothing is done with a configuration that holds errors");
    Ok(None)
}
