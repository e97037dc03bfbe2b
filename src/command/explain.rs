//! `explain`: where a request goes and why, and who may call what.

mod json;
mod overview;
mod text;
mod words;

use std::io::Write;
use std::time::SystemTime;

use envoy_llm_router::{Explanation, GivenAttributes, Question, UnknownName};
use serde_json::{json, Value};

use crate::arguments::{Explain, Format};
use crate::configuration::{self, Configuration};
use crate::input;
use crate::outcome::{remark, Outcome, Trouble};
use crate::yaml::Yaml;

/// Explains one request, a request of every team, or who may call what.
pub fn run(arguments: &Explain) -> Result<Outcome, Trouble> {
    if arguments.key_stdin && arguments.file == input::STDIN {
        return Err(Trouble::Usage(
            "standard input cannot be both the configuration and the key".to_owned(),
        ));
    }
    let Some(configuration) = configuration::load(&arguments.file, &arguments.variables)? else {
        return Ok(Outcome::Problems);
    };
    let Some(caller) = Caller::of(arguments, &configuration)? else {
        return write_unknown_key(arguments.format, &configuration);
    };
    match &arguments.model {
        Some(model) => explain(arguments, model, &caller, &configuration),
        None => write_overview(arguments, &caller, &configuration),
    }
}

/// Whose requests are explained.
struct Caller {
    team: Option<String>,
    key: Option<String>,
    attributes: GivenAttributes,
    now: SystemTime,
}

impl Caller {
    /// The caller that the arguments name; `None` for a key that the configuration does not have.
    fn of(arguments: &Explain, configuration: &Configuration) -> Result<Option<Self>, Trouble> {
        let mut caller = Self {
            team: arguments.team.clone(),
            key: arguments.key.clone(),
            attributes: GivenAttributes {
                roles: arguments.roles.clone(),
                projects: arguments.projects.clone(),
                namespaces: arguments.namespaces.clone(),
            },
            now: SystemTime::now(),
        };
        if arguments.key_stdin {
            let value = input::key("llm-router explain FILE --key-stdin")?;
            let Some((team, key)) = configuration.router.find_key(value.as_bytes()) else {
                return Ok(None);
            };
            if let Some(named) = arguments.team.as_ref().filter(|named| **named != team) {
                return Err(Trouble::Usage(format!(
                    "the key on standard input belongs to team {team:?}, not to {named:?}"
                )));
            }
            caller.team = Some(team);
            caller.key = Some(key);
        }
        Ok(Some(caller))
    }
}

fn explain(
    arguments: &Explain,
    model: &str,
    caller: &Caller,
    configuration: &Configuration,
) -> Result<Outcome, Trouble> {
    let router = &configuration.router;
    let teams = match &caller.team {
        Some(team) => vec![team.clone()],
        None => router.team_names(),
    };
    let mut explained = Vec::new();
    for team in teams {
        let question = Question {
            now: caller.now,
            team,
            key: caller.key.clone(),
            endpoint: arguments.endpoint.trim_start_matches('/').to_owned(),
            model: model.to_owned(),
            attributes: caller.attributes.clone(),
        };
        let explanation = router.explain(&question).map_err(usage)?;
        explained.push((question, explanation));
    }
    match (arguments.format, explained.as_slice()) {
        (Format::Text, all) => {
            let mut out = anstream::stdout().lock();
            for (index, (question, explanation)) in all.iter().enumerate() {
                if index > 0 {
                    writeln!(out)?;
                }
                text::write(question, explanation, pool(explanation, configuration), &mut out)?;
            }
        }
        (Format::Json, all) => {
            let mut rendered: Vec<_> = all
                .iter()
                .map(|(question, explanation)| {
                    json::render(question, explanation, pool(explanation, configuration))
                })
                .collect();
            let whole = match caller.team.is_some() {
                true => rendered.pop().unwrap_or_default(),
                false => Value::from(rendered),
            };
            writeln!(std::io::stdout(), "{whole:#}")?;
        }
    }
    match explained.iter().any(|(_, explanation)| explanation.outcome.is_ok()) {
        true => Ok(Outcome::Fine),
        false => Ok(Outcome::Problems),
    }
}

/// The pool of the model that a request is for.
fn pool<'c>(explanation: &Explanation, configuration: &'c Configuration) -> Option<&'c str> {
    let registered = explanation.registered.as_deref()?;
    let tree = &configuration.written.tree;
    tree.at(&["models", registered, "failover_cluster"]).and_then(Yaml::text)
}

fn write_overview(
    arguments: &Explain,
    caller: &Caller,
    configuration: &Configuration,
) -> Result<Outcome, Trouble> {
    let overview = configuration
        .router
        .overview(caller.team.as_deref(), caller.key.as_deref(), &caller.attributes, caller.now)
        .map_err(usage)?;
    match arguments.format {
        Format::Text => overview::write(&overview, &mut anstream::stdout().lock())?,
        Format::Json => writeln!(std::io::stdout(), "{:#}", overview::render(&overview))?,
    }
    Ok(Outcome::Fine)
}

/// The answer to a key that the configuration does not have. It is the one to an expired key, too.
fn write_unknown_key(format: Format, configuration: &Configuration) -> Result<Outcome, Trouble> {
    const STATUS: u16 = 401;
    const CODE: &str = "invalid_api_key";
    match format {
        Format::Text => {
            let mut out = anstream::stdout().lock();
            text::line(&mut out, "caller", "nobody: no team has the key on standard input")?;
            text::line(&mut out, "answer", &format!("{STATUS} {CODE}"))?;
        }
        Format::Json => {
            let answer = json!({
                "team": null, "key": null, "answer": { "status": STATUS, "code": CODE },
            });
            writeln!(std::io::stdout(), "{answer:#}")?;
        }
    }
    let unknown = &configuration.unknown_keys;
    if !unknown.is_empty() {
        remark(&format!(
            "the keys in these variables are not known here: {}; set them, or take --env-file",
            unknown.join(", ")
        ));
    }
    Ok(Outcome::Problems)
}

fn usage(unknown: UnknownName) -> Trouble {
    Trouble::Usage(unknown.to_string())
}
