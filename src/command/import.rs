//! `import`: configurations of other gateways, as far as they can be this one's.
//!
//! What is imported never allows more than the original, and never sends a key to another host. Where that could not be
//! kept, or something is lost, a remark says so.

mod base;
mod document;
mod instant;
mod limits;
mod litellm;
mod llama_stack;
mod plan;
mod provider;
mod remark;
mod secret;
mod values;

use std::io::Write;
use std::rc::Rc;

use crate::arguments::{How, Import, Source};
use crate::emit;
use crate::environment::Environment;
use crate::outcome::{complain, lost, remark, security, summary, Outcome, Trouble};

use document::{Found, Wanted};
use plan::Plan;
use remark::Rank;
use values::Values;

/// A file that cannot be imported.
#[derive(Debug)]
pub enum Failure {
    /// It cannot be read.
    Trouble(Trouble),
    /// There is nothing in it to be imported.
    Refused(String),
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// Prints a configuration, and to where errors go what it lacks.
pub fn run(arguments: &Import) -> Result<Outcome, Trouble> {
    let (file, how, gateway) = match &arguments.source {
        Source::Litellm { file, how, .. } => (file, how, "LiteLLM"),
        Source::LlamaStack { file, how } => (file, how, "Llama Stack"),
    };
    let plan = match plan(&arguments.source, how) {
        Ok(plan) => plan,
        Err(Failure::Trouble(trouble)) => return Err(trouble),
        Err(Failure::Refused(why)) => {
            complain(&why);
            return Ok(Outcome::Problems);
        }
    };
    let is_empty = plan.providers.is_empty() || plan.models.is_empty() && !has_open_provider(&plan);
    if !is_empty {
        let endpoints = plan.endpoints();
        let mut out = anstream::stdout();
        writeln!(out, "# Imported from {gateway}.")?;
        if !endpoints.is_empty() {
            writeln!(out, "# Without TLS: llm-router envoy … {}", endpoints.join(" "))?;
        }
        write!(out, "{}", emit::yaml(&plan.to_node())?)?;
    }
    for (rank, text) in plan.remarks.by_rank() {
        match rank {
            Rank::Security => security(text),
            Rank::Lost => lost(text),
            Rank::Note => remark(text),
        }
    }
    if is_empty {
        complain(&format!(
            "{file}: nothing of it could be carried over: no configuration is printed"
        ));
        return Ok(Outcome::Problems);
    }
    let endpoints = plan.endpoints();
    if !endpoints.is_empty() {
        remark(&format!(
            "clusters that are reached without TLS; say so to Envoy: llm-router envoy … {}",
            endpoints.join(" ")
        ));
    }
    let [security, lost] = [Rank::Security, Rank::Lost].map(|rank| plan.remarks.count(rank));
    summary(&format!("{security} security, {lost} lost, {} note", plan.remarks.count(Rank::Note)));
    match how.strict && security.saturating_add(lost) > 0 {
        true => Ok(Outcome::Problems),
        false => Ok(Outcome::Fine),
    }
}

/// Whether something can be called although no model is registered.
fn has_open_provider(plan: &Plan) -> bool {
    plan.providers.iter().any(|(_, provider)| provider.unregistered_models)
}

fn plan(source: &Source, how: &How) -> Result<Plan, Failure> {
    let values = Values::new(Environment::new(how.variables.env_file.as_deref())?);
    let (mut plan, notes) = match source {
        Source::Litellm { file, teams, .. } => {
            let found = document::read(file, Wanted::Litellm)?;
            let Found { root, mut notes } = document::with_includes(found, file)?;
            let teams = teams.as_deref().map(document::teams).transpose()?;
            let teams = teams.map(|found| {
                notes.extend(found.notes);
                litellm::unpacked(&Rc::clone(&found.root))
            });
            (litellm::import(&root, teams.as_deref(), values), notes)
        }
        Source::LlamaStack { file, .. } => {
            let Found { root, notes } = document::read(file, Wanted::LlamaStack)?;
            (llama_stack::import(&root, &values), notes)
        }
    };
    notes.into_iter().for_each(|note| plan.remarks.note(note));
    Ok(plan)
}
