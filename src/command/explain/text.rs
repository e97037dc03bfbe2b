//! The explanation for people.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use envoy_llm_router::{Explanation, Fate, Question, Reply, Sent, Shown, Weighed};

use super::{access, dropped, holder, rule};

/// Writes the steps, one below the other. `pool` is the cluster in which the model's requests may fail over.
pub fn write(
    question: &Question,
    explanation: &Explanation,
    pool: Option<&str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let key = match &question.key {
        Some(id) => format!(", key {id}"),
        None => ", without a key".to_owned(),
    };
    line(out, "caller", &format!("team {}{key}", question.team))?;
    line(out, "asked", &format!("{} at {}", question.model, question.endpoint))?;
    line(out, "model", &rule(explanation))?;
    line(out, "access", access(explanation.access))?;
    let chosen = explanation.targets.iter().filter(|target| target.fate == Fate::Chosen).count();
    for (index, target) in explanation.targets.iter().enumerate() {
        let title = if index == 0 { "targets" } else { "" };
        line(out, title, &weighed(target, chosen > 1))?;
    }
    match &explanation.outcome {
        Ok(sent) => {
            write_sent(question, sent, out)?;
            match pool {
                Some(pool) => line(out, "pool", &format!(
                    "where several targets may serve it, it goes to the cluster {pool}: Envoy takes the first that answers"
                )),
                None => Ok(()),
            }
        }
        Err(reply) => write_reply(reply, out),
    }
}

fn weighed(target: &Weighed, is_chance: bool) -> String {
    let Weighed { provider, model, priority, cost, weight, credential, fate } = target;
    let cost = cost.map_or("cost unknown".to_owned(), |cost| format!("cost {cost}"));
    let fate = match fate {
        Fate::Chosen if is_chance => format!("chance decides, weight {weight}"),
        Fate::Chosen => "chosen".to_owned(),
        Fate::Outranked => "ranks behind".to_owned(),
        Fate::Dropped(why) => dropped(*why).to_owned(),
    };
    let credential = credential
        .as_ref()
        .map(|(name, whose)| format!("; credential {name}, from {}", holder(*whose)))
        .unwrap_or_default();
    format!("{provider}: {model} (priority {priority}, {cost}): {fate}{credential}")
}

fn write_sent(question: &Question, sent: &Sent, out: &mut dyn Write) -> io::Result<()> {
    let Sent { provider, cluster, model, path, authority, headers } = sent;
    line(out, "upstream", &format!("provider {provider}, cluster {cluster}"))?;
    let method = if question.endpoint == "realtime" { "GET" } else { "POST" };
    line(out, "", &format!("{method} {path}"))?;
    let authority = authority.as_deref().unwrap_or("(as the client sent it)");
    line(out, "", &format!("host: {authority}"))?;
    for (name, value) in headers {
        let value = match value {
            Shown::Plain(text) => text.clone(),
            Shown::Credential { prefix, name } => format!("{prefix}[{name}]"),
        };
        line(out, "", &format!("{name}: {value}"))?;
    }
    line(out, "", &format!("model: {model}"))
}

fn write_reply(reply: &Reply, out: &mut dyn Write) -> io::Result<()> {
    let red = AnsiColor::Red.on_default();
    let Reply { status, code, body, .. } = reply;
    line(out, "answer", &format!("{red}{status} {code}{red:#}"))?;
    line(out, "", &String::from_utf8_lossy(body))
}

fn line(out: &mut dyn Write, title: &str, text: &str) -> io::Result<()> {
    let bold = Style::new().bold();
    writeln!(out, "{bold}{title:<9}{bold:#} {text}")
}
