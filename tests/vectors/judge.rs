//! Compares what came of each row with what the row expects, and keeps every disagreement.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{json, Value};

use super::expectation::{Expectation, Refused, Shape};
use super::outcome::{End, Outcome, Reply};
use super::refusal::{Finding, Refusal};
use super::request::Request;
use super::{upstream, Row, Vectors};

/// Judges rows. Nothing stops at the first disagreement: [`Judge::conclude`] tells them all.
#[derive(Debug)]
pub struct Judge<'a> {
    vectors: &'a Vectors,
    judged: BTreeSet<String>,
    messages: BTreeMap<String, String>,
    disagreements: Vec<String>,
}

impl<'a> Judge<'a> {
    /// A judge who has seen nothing yet.
    pub fn new(vectors: &'a Vectors) -> Self {
        Self {
            vectors,
            judged: BTreeSet::new(),
            messages: BTreeMap::new(),
            disagreements: Vec::new(),
        }
    }

    /// Judges what came of a request row.
    pub fn request(&mut self, row: &Row<'_>, request: &Request, outcome: &Outcome) {
        self.judged.insert(row.title());
        let mut found = match (&row.case.expect, &outcome.end) {
            (Expectation::Upstream(expected), End::Upstream(seen)) => {
                upstream::sent(self.vectors, row, request, expected, seen)
            }
            (Expectation::Passed { .. }, End::Upstream(seen)) => {
                upstream::passed(self.vectors, row, request, seen)
            }
            (Expectation::Refused(expected), End::Reply(reply)) => self.refused(expected, reply),
            (Expectation::Listed { models }, End::Reply(reply)) => listed(models, reply),
            (Expectation::Retrieved { retrieved, contains }, End::Reply(reply)) => {
                retrieved_one(retrieved, contains.as_deref(), reply)
            }
            (_, End::Upstream(seen)) => {
                vec![format!("was sent upstream: {:?} {}", seen.clusters, seen.path)]
            }
            (_, End::Reply(reply)) => {
                vec![format!(
                    "was answered {}: {}",
                    reply.status,
                    String::from_utf8_lossy(&reply.body)
                )]
            }
        };
        if let End::Reply(reply) = &outcome.end {
            found.extend(self.leaks(row, reply));
        }
        if let Some(state) = &outcome.filter_state {
            found.extend(filter_state(row, state));
        }
        self.note(&row.title(), found);
    }

    /// Judges what a configuration row was told: its errors, and the warnings if the row names any.
    pub fn refusal(&mut self, row: &Refusal, errors: &[Finding], warnings: &[Finding]) {
        let title = format!("configuration / {}", row.name);
        self.judged.insert(title.clone());
        let mut found = row.compare(errors, warnings);
        for secret in self.vectors.environment.values().filter(|secret| !secret.trim().is_empty()) {
            if errors.iter().chain(warnings).any(|finding| finding.message.contains(&**secret)) {
                found.push(format!("a message holds the secret {secret:?}"));
            }
        }
        self.note(&title, found);
    }

    /// Ends a replay of the request rows.
    ///
    /// # Panics
    ///
    /// With every disagreement, if there was any, and with every row that was never judged.
    pub fn conclude(self) {
        let every: BTreeSet<_> = self.vectors.rows().map(|row| row.title()).collect();
        let rows = self.vectors.rows().count();
        self.conclude_with(every, rows);
    }

    /// Ends a replay of the configuration rows.
    ///
    /// # Panics
    ///
    /// As [`Judge::conclude`].
    pub fn conclude_refusals(self) {
        let title = |row: &Refusal| format!("configuration / {}", row.name);
        let every: BTreeSet<_> = self.vectors.refusals.iter().map(title).collect();
        let rows = self.vectors.refusals.len();
        self.conclude_with(every, rows);
    }

    fn conclude_with(mut self, every: BTreeSet<String>, rows: usize) {
        assert_eq!(every.len(), rows, "two rows have the same name");
        self.disagreements
            .extend(every.difference(&self.judged).map(|title| format!("{title}\n    never ran")));
        let count = self.disagreements.len();
        assert!(
            count == 0,
            "{count} disagreements over {rows} rows:\n{}",
            self.disagreements.join("\n")
        );
    }

    /// Keeps what was found; a row that fails alike however it is delivered is told once.
    fn note(&mut self, title: &str, found: Vec<String>) {
        let told = format!("{title}\n    {}", found.join("\n    "));
        if !found.is_empty() && !self.disagreements.contains(&told) {
            self.disagreements.push(told);
        }
    }

    fn refused(&mut self, expected: &Refused, reply: &Reply) -> Vec<String> {
        let mut found = answered(expected.status, reply);
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let error = body.get("error").cloned().unwrap_or_default();
        let told = if expected.shape == Shape::Amazon { &body } else { &error };
        let message = told.get("message").and_then(Value::as_str).unwrap_or_default();
        let kind = self.vectors.error_types.get(&expected.code).map(String::as_str);
        let shaped = match expected.shape {
            Shape::Anthropic => {
                let kind = match expected.status {
                    404 => Some("not_found_error"),
                    413 => Some("request_too_large"),
                    _ => kind,
                };
                let error = json!({"type": kind, "message": message});
                // Where Envoy gives requests ids, errors tell them.
                let shaped = match body.get("request_id").filter(|id| id.is_string()) {
                    Some(id) => json!({"type": "error", "error": error, "request_id": id}),
                    None => json!({"type": "error", "error": error}),
                };
                shaped
            }
            Shape::Google => {
                let status = match expected.status {
                    401 => "UNAUTHENTICATED",
                    404 => "NOT_FOUND",
                    _ => "INVALID_ARGUMENT",
                };
                json!({"error": {"code": expected.status, "message": message, "status": status}})
            }
            Shape::Amazon => json!({"message": message}),
            Shape::OpenAi => {
                let default = error
                    .get("param")
                    .filter(|param| *param == "model")
                    .cloned()
                    .unwrap_or_default();
                let param = expected.param.as_deref().map_or(default, Value::from);
                json!({"error": {"message": message, "type": kind, "param": param, "code": expected.code}})
            }
        };
        if body != shaped {
            found.push(format!("the answer is {body}, not {shaped}"));
        }
        let lacks_message = match &expected.message {
            Some(whole) => message != whole,
            None => message.is_empty(),
        };
        if lacks_message {
            found.push(format!("the message is {message:?}, not {:?}", expected.message));
        }
        if expected.message_contains.as_ref().is_some_and(|part| !message.contains(&**part)) {
            found.push(format!("the message {message:?} lacks {:?}", expected.message_contains));
        }
        if expected.message_lacks.as_ref().is_some_and(|part| message.contains(&**part)) {
            found.push(format!("the message {message:?} holds {:?}", expected.message_lacks));
        }
        if let Some(mark) = &expected.same_message {
            let first = self.messages.entry(mark.clone()).or_insert_with(|| message.to_owned());
            if first != message {
                found.push(format!("the message {message:?} differs from {first:?}"));
            }
        }
        let challenge = (expected.status == 401).then_some("Bearer");
        if reply.header("www-authenticate") != challenge {
            found.push(format!("www-authenticate is {:?}", reply.header("www-authenticate")));
        }
        found
    }

    /// No answer holds a secret or the caller's key.
    fn leaks(&self, row: &Row<'_>, reply: &Reply) -> Vec<String> {
        let headers = reply.headers.iter().map(|(_, value)| String::from_utf8_lossy(value));
        let texts: Vec<_> = headers.chain([String::from_utf8_lossy(&reply.body)]).collect();
        upstream::secrets(self.vectors, row)
            .filter(|secret| texts.iter().any(|text| text.contains(secret)))
            .map(|secret| format!("the answer holds the secret {secret:?}"))
            .collect()
    }
}

/// What every answer has: its status, and that it is JSON.
fn answered(status: u16, reply: &Reply) -> Vec<String> {
    let mut found = Vec::new();
    if reply.status != status {
        found.push(format!("the status is {}, not {status}", reply.status));
    }
    if reply.header("content-type") != Some("application/json") {
        found.push(format!("the content-type is {:?}", reply.header("content-type")));
    }
    found
}

fn listed(models: &[String], reply: &Reply) -> Vec<String> {
    let mut found = answered(200, reply);
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    if body.get("object") != Some(&json!("list")) {
        found.push(format!("object is {:?}", body.get("object")));
    }
    let data = body.get("data").and_then(Value::as_array).cloned().unwrap_or_default();
    let ids: Vec<_> =
        data.iter().map(|model| model.get("id").cloned().unwrap_or_default()).collect();
    if ids != *models {
        found.push(format!("the list is {}", json!(ids)));
    }
    found.extend(data.iter().flat_map(model_object));
    found
}

fn retrieved_one(id: &str, contains: Option<&str>, reply: &Reply) -> Vec<String> {
    let mut found = answered(200, reply);
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    if body.get("id") != Some(&json!(id)) {
        found.push(format!("the id is {:?}", body.get("id")));
    }
    found.extend(model_object(&body));
    if contains.is_some_and(|part| !String::from_utf8_lossy(&reply.body).contains(part)) {
        found.push(format!("the answer {body} lacks {contains:?}"));
    }
    found
}

/// OpenAI's model object: `id`, `object`, `created` in seconds, `owned_by`.
fn model_object(model: &Value) -> Option<String> {
    let whole = model.get("object") == Some(&json!("model"))
        && model.get("created").is_some_and(Value::is_u64)
        && model.get("owned_by").is_some_and(Value::is_string);
    (!whole).then(|| format!("{model} is no model object"))
}

/// What follows from the row itself, and what it names besides.
fn filter_state(row: &Row<'_>, state: &BTreeMap<String, String>) -> Vec<String> {
    let mut expected: BTreeMap<&str, &str> = BTreeMap::new();
    match &row.case.expect {
        Expectation::Upstream(sent) => {
            expected.extend([("code", "ok"), ("provider", &*sent.cluster)]);
            expected.extend(row.case.model.as_deref().map(|model| ("model", model)));
            expected.extend(sent.model.as_deref().map(|model| ("upstream_model", model)));
            expected.extend(sent.filter_state.iter().map(|(name, value)| (&**name, &**value)));
        }
        Expectation::Refused(refused) => expected.extend([("code", &*refused.code)]),
        Expectation::Listed { .. } | Expectation::Retrieved { .. } | Expectation::Passed { .. } => {
        }
    }
    expected
        .into_iter()
        .filter(|(name, value)| state.get(*name).map(String::as_str) != Some(*value))
        .map(|(name, value)| {
            format!("filter state: {name} is {:?}, not {value:?}", state.get(name))
        })
        .collect()
}
