//! `explain`: where a request goes, and why.

mod json;
mod text;

use std::io::Write;
use std::time::SystemTime;

use envoy_llm_router::{
    Access, CredentialList, CredentialOwner, Dropped, Explanation, Question, Rule,
};

use crate::arguments::{Explain, Format};
use crate::configuration;
use crate::outcome::{Outcome, Trouble};
use crate::yaml::Yaml;

/// Explains one request.
pub fn run(arguments: &Explain) -> Result<Outcome, Trouble> {
    let Some(configuration) = configuration::load(&arguments.file, &arguments.variables)? else {
        return Ok(Outcome::Problems);
    };
    let question = Question {
        now: SystemTime::now(),
        team: arguments.team.clone(),
        key: arguments.key.clone(),
        endpoint: arguments.endpoint.trim_start_matches('/').to_owned(),
        model: arguments.model.clone(),
        roles: arguments.roles.clone(),
        projects: arguments.projects.clone(),
        namespaces: arguments.namespaces.clone(),
    };
    let explanation = (configuration.router)
        .explain(&question)
        .map_err(|unknown| Trouble::Usage(unknown.to_string()))?;
    let registered = explanation.registered.as_deref().unwrap_or_default();
    let tree = &configuration.written.tree;
    let pool = tree.at(&["models", registered, "failover_cluster"]).and_then(Yaml::text);
    match arguments.format {
        Format::Text => {
            text::write(&question, &explanation, pool, &mut anstream::stdout().lock())?;
        }
        Format::Json => {
            let told = json::render(&question, &explanation, pool);
            writeln!(std::io::stdout(), "{told:#}")?;
        }
    }
    match explanation.outcome {
        Ok(_) => Ok(Outcome::Fine),
        Err(_) => Ok(Outcome::Problems),
    }
}

/// What a rule says of the model.
fn rule(explanation: &Explanation) -> String {
    let Explanation { rule, alias_of, registered, captured, pinned_to, .. } = explanation;
    let Some(rule) = rule else {
        return "no rule knows this name: there is no default provider".to_owned();
    };
    let mut told = match rule {
        Rule::Alias => "rule 1: an alias".to_owned(),
        Rule::Name => "rule 2: a registered name".to_owned(),
        Rule::Pin => "rule 3: a name with the provider that it is pinned to".to_owned(),
        Rule::Pattern => "rule 4: a registered pattern".to_owned(),
        Rule::Provider => "rule 5: a provider and its own name for the model".to_owned(),
    };
    if let Some(meant) = alias_of {
        told.push_str(&format!(", which stands for {meant}"));
    }
    match (registered, captured) {
        (Some(pattern), Some(captured)) => {
            told.push_str(&format!(", {pattern}, whose * is {captured}"));
        }
        (Some(name), None) if *rule != Rule::Name && alias_of.as_ref() != Some(name) => {
            told.push_str(&format!(", {name}"));
        }
        _ => {}
    }
    if let Some(provider) = pinned_to {
        told.push_str(&format!(", at {provider} and nowhere else"));
    }
    told
}

fn access(access: Access) -> &'static str {
    match access {
        Access::NoSuchModel => "there is nothing to have",
        Access::NotForTeam => "denied: the team's `models` do not name it",
        Access::NotForKey => "denied: the key's `models` do not name it",
        Access::Restricted => {
            "denied: the model's `teams`, `roles`, `projects` or `namespaces` keep this caller out"
        }
        Access::Allowed => "allowed",
    }
}

fn dropped(why: Dropped) -> &'static str {
    match why {
        Dropped::NoCredential => "left out: no credential for this caller",
        Dropped::PinnedElsewhere => "left out: pinned to another provider",
        Dropped::Restricted => "left out: what is served there is registered for others",
        Dropped::Refused => "not asked: the request is refused",
    }
}

fn holder(holder: CredentialOwner) -> &'static str {
    match holder {
        CredentialOwner::Key(CredentialList::ModelCredentials) => "the key's `model_credentials`",
        CredentialOwner::Key(CredentialList::Credentials) => "the key's `credentials`",
        CredentialOwner::Team(CredentialList::ModelCredentials) => "the team's `model_credentials`",
        CredentialOwner::Team(CredentialList::Credentials) => "the team's `credentials`",
        CredentialOwner::Provider => "the provider's `default_credential`",
    }
}
