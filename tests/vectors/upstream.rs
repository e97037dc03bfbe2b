//! Judges a request that left the filter.

use std::collections::BTreeSet;

use serde_json::Value;

use super::expectation::Sent;
use super::outcome::Upstream;
use super::request::{body_naming, Request};
use super::{Row, Vectors};

/// The headers in which callers send credentials, whatever the configuration says; none is ever forwarded.
pub const CREDENTIAL_HEADERS: [&str; 12] = [
    "authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "x-litellm-api-key",
    "ocp-apim-subscription-key",
    "proxy-authorization",
    "cookie",
    "x-llm-provider",
    "x-llm-provider-data",
    "x-llamastack-provider-data",
    "x-ogx-provider-data",
];

/// What is wrong with a request that a provider received.
pub fn sent(
    vectors: &Vectors,
    row: &Row<'_>,
    request: &Request,
    expected: &Sent,
    seen: &Upstream,
) -> Vec<String> {
    let mut found = addressed(
        &[&*expected.cluster],
        expected.path.as_ref().unwrap_or(&request.path),
        expected.authority.as_ref().unwrap_or(&request.authority),
        seen,
    );
    let body = match (&expected.body, &expected.model, &row.case.model) {
        (Some(text), None, _) => text.bytes(),
        (None, Some(model), Some(_)) => body_naming(model),
        _ => panic!("{}: expect `model` of a row with `model`, else `body`", row.title()),
    };
    found.extend(carried(&body, request, seen));

    let never_forwarded = never_forwarded(vectors.configuration(row));
    for name in never_forwarded.iter().filter(|name| !expected.headers.contains_key(**name)) {
        found.extend(header(name, &[], seen));
    }
    for (name, value) in &expected.headers {
        found.extend(header(name, value.as_deref().map(str::as_bytes).as_slice(), seen));
    }
    let ours = |name: &str| expected.headers.contains_key(name) || never_forwarded.contains(name);
    found.extend(untouched(vectors, row, request, seen, ours));
    for secret in secrets(vectors, row) {
        let known = |name: &str| expected.headers.get(name).is_some_and(Option::is_some);
        if seen.headers.iter().any(|(name, value)| !known(name) && holds(value, secret))
            || holds(&seen.body, secret)
        {
            found.push(format!("the secret {secret:?} went upstream"));
        }
    }
    found
}

/// What is wrong with a request that was left to Envoy's own routes.
pub fn passed(vectors: &Vectors, row: &Row<'_>, request: &Request, seen: &Upstream) -> Vec<String> {
    let mut found = addressed(&[], &request.path, &request.authority, seen);
    found.extend(carried(&request.body, request, seen));
    found.extend(untouched(vectors, row, request, seen, |_| false));
    found
}

/// Every secret of the environment, those that callers bring, and the caller's key.
pub fn secrets<'a>(vectors: &'a Vectors, row: &Row<'a>) -> impl Iterator<Item = &'a str> {
    let known = vectors.environment.values().chain(&vectors.secrets).map(String::as_str);
    known.chain(row.case.key.as_deref()).filter(|secret| !secret.trim().is_empty())
}

fn addressed(clusters: &[&str], path: &str, authority: &str, seen: &Upstream) -> Vec<String> {
    let mut found = Vec::new();
    if seen.clusters != clusters {
        found.push(format!("the cluster is {:?}, not {clusters:?}", seen.clusters));
    }
    if seen.path != path {
        found.push(format!("the path is {:?}, not {path:?}", seen.path));
    }
    if seen.authority != authority {
        found.push(format!("the authority is {:?}, not {authority:?}", seen.authority));
    }
    found
}

/// The body, and the header that tells its length.
fn carried(body: &[u8], request: &Request, seen: &Upstream) -> Vec<String> {
    let mut found = Vec::new();
    if seen.body != body {
        found.push(format!("the body is {}, not {}", shown(&seen.body), shown(body)));
    }
    if body == request.body && seen.edits.is_some_and(|edits| edits.body_written) {
        found.push("the body was written, though nothing in it changes".to_owned());
    }
    let exact = body.len().to_string();
    let lengths: Vec<_> = seen.values("content-length").collect();
    let unsaid = lengths.is_empty() && request.values("content-length").next().is_none();
    if lengths != [exact.as_bytes()] && !unsaid {
        found.push(format!(
            "content-length is {:?}, not {exact}",
            lengths.iter().map(|l| shown(l)).collect::<Vec<_>>()
        ));
    }
    found
}

/// Every header of the client's that is not `ours` to change is there as it was sent, and no other came to it.
fn untouched(
    vectors: &Vectors,
    row: &Row<'_>,
    request: &Request,
    seen: &Upstream,
    ours: impl Fn(&str) -> bool,
) -> Vec<String> {
    let cluster_header = vectors.cluster_header(row);
    let sent: BTreeSet<_> =
        request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    let theirs =
        |name: &&String| !ours(name) && **name != cluster_header && **name != "content-length";
    let mut found: Vec<_> = sent
        .iter()
        .filter(theirs)
        .filter_map(|name| header(name, &request.values(name).collect::<Vec<_>>(), seen))
        .collect();
    if seen.edits.is_some() {
        let added = seen
            .headers
            .iter()
            .map(|(name, _)| name)
            .filter(theirs)
            .filter(|name| !sent.contains(*name));
        found.extend(added.map(|name| format!("the header {name} was added")));
    }
    found
}

fn header(name: &str, expected: &[&[u8]], seen: &Upstream) -> Option<String> {
    let values: Vec<_> = seen.values(name).collect();
    let show = |values: &[&[u8]]| values.iter().map(|value| shown(value)).collect::<Vec<_>>();
    (values != expected).then(|| format!("{name} is {:?}, not {:?}", show(&values), show(expected)))
}

/// Those headers, and the ones of the configuration that say who calls.
fn never_forwarded(configuration: &Value) -> BTreeSet<&str> {
    let key_headers = configuration.pointer("/identity/key_headers").and_then(Value::as_array);
    let team_header = configuration.pointer("/identity/team_header");
    let configured = key_headers.into_iter().flatten().chain(team_header).filter_map(Value::as_str);
    CREDENTIAL_HEADERS.into_iter().chain(configured).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(bytes).contains(text)
}

/// Bytes as failures show them: the front of them is enough.
fn shown(bytes: &[u8]) -> String {
    let front = String::from_utf8_lossy(bytes.get(..400).unwrap_or(bytes)).into_owned();
    if bytes.len() > 400 {
        format!("{front}… ({} bytes)", bytes.len())
    } else {
        front
    }
}
