//! The explanation for people.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use envoy_llm_router::{
    Exclusion, ExplainedLimit, ExplainedTarget, Explanation, HeaderValue, Question, Reply,
    TargetStatus, UpstreamRequest,
};

use super::words::{access, exclusion, member_change, owner, rule};

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
    let chosen =
        explanation.targets.iter().filter(|target| target.status == TargetStatus::Chosen).count();
    let decider = Some(if explanation.affinity.is_empty() { "chance" } else { "the session" });
    for (index, target) in explanation.targets.iter().enumerate() {
        let title = if index == 0 { "targets" } else { "" };
        line(out, title, &describe(target, decider.filter(|_| chosen > 1)))?;
    }
    if chosen > 1 && !explanation.affinity.is_empty() {
        let sources = explanation.affinity.join(", ");
        line(
            out,
            "session",
            &format!("the first that is there of: {sources}; without one, chance decides"),
        )?;
    }
    for (index, ExplainedLimit { is_of_key, limit }) in explanation.limits.iter().enumerate() {
        let title = if index == 0 { "limits" } else { "" };
        let holder = if *is_of_key { "key" } else { "team" };
        line(out, title, &format!("of the {holder}: {limit}"))?;
    }
    match &explanation.outcome {
        Ok(request) => {
            write_request(question, request, out)?;
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

/// `decider` decides between this target and others.
fn describe(target: &ExplainedTarget, decider: Option<&str>) -> String {
    let ExplainedTarget { provider, model, priority, cost, weight, endpoints, credential, status } =
        target;
    let cost = cost.map_or("cost unknown".to_owned(), |cost| format!("cost {cost}"));
    let status = match (status, decider) {
        (TargetStatus::Chosen, Some(decider)) => format!("{decider} decides, weight {weight}"),
        (TargetStatus::Chosen, None) => "chosen".to_owned(),
        (TargetStatus::RanksBehind, _) => "ranks behind".to_owned(),
        (TargetStatus::LeftOut(Exclusion::NotServedThere), _) if !endpoints.is_empty() => {
            let why = exclusion(Exclusion::NotServedThere);
            format!("{why}, but at {}", endpoints.join(", "))
        }
        (TargetStatus::LeftOut(why), _) => exclusion(*why).to_owned(),
    };
    let credential = credential
        .as_ref()
        .map(|(name, whose)| format!("; credential {name}, from {}", owner(*whose)))
        .unwrap_or_default();
    format!("{provider}: {model} (priority {priority}, {cost}): {status}{credential}")
}

fn write_request(
    question: &Question,
    request: &UpstreamRequest,
    out: &mut dyn Write,
) -> io::Result<()> {
    let UpstreamRequest { provider, cluster, model, path, authority, headers, body } = request;
    line(out, "upstream", &format!("provider {provider}, cluster {cluster}"))?;
    let method = if question.endpoint == "realtime" { "GET" } else { "POST" };
    line(out, "", &format!("{method} {path}"))?;
    let authority = authority.as_deref().unwrap_or("(as the client sent it)");
    line(out, "", &format!("host: {authority}"))?;
    for (name, value) in headers {
        let value = match value {
            HeaderValue::Plain(text) => text.clone(),
            HeaderValue::Credential { prefix, name } => format!("{prefix}[{name}]"),
        };
        line(out, "", &format!("{name}: {value}"))?;
    }
    line(out, "", &format!("model: {model}"))?;
    body.iter().try_for_each(|(name, change)| {
        line(out, "", &format!("body: {name} {}", member_change(change)))
    })
}

fn write_reply(reply: &Reply, out: &mut dyn Write) -> io::Result<()> {
    let red = AnsiColor::Red.on_default();
    let Reply { status, code, body, .. } = reply;
    line(out, "answer", &format!("{red}{status} {code}{red:#}"))?;
    line(out, "", &String::from_utf8_lossy(body))
}

/// Writes one line, with a title or behind the last one's.
pub fn line(out: &mut dyn Write, title: &str, text: &str) -> io::Result<()> {
    let bold = Style::new().bold();
    writeln!(out, "{bold}{title:<9}{bold:#} {text}")
}
