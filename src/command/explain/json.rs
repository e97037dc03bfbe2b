//! The explanation for programs.

use envoy_llm_router::{
    Access, ExplainedLimit, ExplainedTarget, Explanation, HeaderValue, Question, TargetStatus,
};
use serde_json::{json, Value};

use super::words::{access, exclusion, member_change, owner, rule};

/// The same steps as the text has.
pub fn render(question: &Question, explanation: &Explanation, pool: Option<&str>) -> Value {
    json!({
        "team": question.team,
        "key": question.key,
        "endpoint": question.endpoint,
        "asked": question.model,
        "model": {
            "rule": explanation.rule.map(|rule| rule as u8),
            "alias_of": explanation.alias_of,
            "registered": explanation.registered,
            "captured": explanation.captured,
            "pinned_to": explanation.pinned_to,
            "explanation": rule(explanation),
        },
        "access": {
            "allowed": explanation.access == Access::Allowed,
            "explanation": access(explanation.access),
        },
        "targets": explanation.targets.iter().map(target).collect::<Vec<_>>(),
        "affinity": explanation.affinity,
        "limits": explanation.limits.iter().map(limit).collect::<Vec<_>>(),
        "upstream": upstream(explanation),
        "failover_cluster": pool.filter(|_| explanation.outcome.is_ok()),
        "answer": answer(explanation),
    })
}

fn limit(limit: &ExplainedLimit) -> Value {
    json!({ "of": if limit.is_of_key { "key" } else { "team" }, "limit": limit.limit })
}

fn target(target: &ExplainedTarget) -> Value {
    let (status, why) = match target.status {
        TargetStatus::Chosen => ("chosen", None),
        TargetStatus::RanksBehind => ("ranks_behind", None),
        TargetStatus::LeftOut(why) => ("left_out", Some(exclusion(why))),
    };
    json!({
        "provider": target.provider,
        "model": target.model,
        "priority": target.priority,
        "cost": target.cost,
        "weight": target.weight,
        "endpoints": target.endpoints,
        "credential": target.credential.as_ref().map(|(name, _)| name),
        "credential_from": target.credential.as_ref().map(|(_, whose)| owner(*whose)),
        "status": status,
        "why": why,
    })
}

fn upstream(explanation: &Explanation) -> Value {
    let Ok(request) = &explanation.outcome else { return Value::Null };
    let mut headers = serde_json::Map::new();
    for (name, value) in &request.headers {
        let value = match value {
            HeaderValue::Plain(text) => text.clone(),
            HeaderValue::Credential { prefix, name } => format!("{prefix}[{name}]"),
        };
        headers.insert(name.clone(), value.into());
    }
    json!({
        "provider": request.provider,
        "cluster": request.cluster,
        "model": request.model,
        "path": request.path,
        "authority": request.authority,
        "headers": headers,
        "body": request.body.iter().map(|(name, change)| (name.clone(), member_change(change).into()))
            .collect::<serde_json::Map<_, _>>(),
    })
}

/// What the client gets, if the request is refused.
fn answer(explanation: &Explanation) -> Value {
    let Err(reply) = &explanation.outcome else { return Value::Null };
    json!({
        "status": reply.status,
        "code": reply.code,
        "body": serde_json::from_slice::<Value>(&reply.body).unwrap_or_default(),
    })
}
