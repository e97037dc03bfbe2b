//! `import`: configurations of other gateways, as far as they can be this one's.

mod litellm;
mod llama_stack;
mod plan;
mod provider;
mod secret;

use std::io::Write;
use std::rc::Rc;

use crate::arguments::{Import, Source};
use crate::emit;
use crate::input;
use crate::outcome::{remark, Outcome, Trouble};
use crate::yaml::{self, Yaml};

use plan::Plan;

/// Prints a configuration, and to where errors go what it lacks.
pub fn run(arguments: &Import) -> Result<Outcome, Trouble> {
    let plan = match &arguments.source {
        Source::Litellm { file, teams } => {
            let teams = teams.as_deref().map(read).transpose()?;
            litellm::import(&*read(file)?, teams.as_deref())
        }
        Source::LlamaStack { file } => llama_stack::import(&*read(file)?),
    };
    write!(anstream::stdout(), "{}", emit::yaml(&plan.to_node())?)?;
    for lacking in &plan.remarks {
        remark(lacking);
    }
    Ok(Outcome::Fine)
}

/// The first document of a file.
fn read(file: &str) -> Result<Rc<Yaml>, Trouble> {
    let text = input::text(file)?;
    let documents = yaml::read(&text).map_err(|error| {
        Trouble::Usage(format!(
            "{file}:{}:{}: {}",
            error.mark.line, error.mark.column, error.message
        ))
    })?;
    let first = documents.into_iter().next().map(|document| document.root);
    first.ok_or_else(|| Trouble::Usage(format!("{file}: there is nothing in this file")))
}

/// What is left of `map` when the entries of these names are taken: each is told of as not carried over.
fn note_the_rest(plan: &mut Plan, map: Option<&Yaml>, path: &str, taken: &[&str]) {
    for entry in map.map(Yaml::entries).unwrap_or_default() {
        if !taken.contains(&entry.key.as_str()) {
            let dot = if path.is_empty() { "" } else { "." };
            plan.remark(format_args!(
                "line {}: {path}{dot}{}: not carried over",
                entry.mark.line, entry.key
            ));
        }
    }
}
