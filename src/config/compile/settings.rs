//! How requests are taken in and handed on.

use super::{items, Providers};
use crate::config::raw::Configuration;
use crate::config::report::{unknown, At, Report};
use crate::endpoint::BasePaths;
use crate::header::{self, CREDENTIAL_HEADERS, FRAMING_HEADERS, PROVIDER_DATA_HEADERS};
use crate::identity::Identity;
use crate::provider::is_path;
use crate::router::Settings;

const DEFAULT_BASE_PATH: &str = "/v1";
const DEFAULT_CLUSTER_HEADER: &str = "x-llm-cluster";
const DEFAULT_KEY_HEADERS: [&str; 3] = ["authorization", "x-api-key", "api-key"];
/// 10 MiB: a few images in base64.
const DEFAULT_MAX_BODY_BYTES: u32 = 10_485_760;

/// Compiles what holds for every request.
pub fn compile(raw: &Configuration, providers: &Providers, report: &mut Report) -> Settings {
    let root = At::Root;
    let max_body_bytes = raw.max_body_bytes.unwrap_or(DEFAULT_MAX_BODY_BYTES);
    if max_body_bytes == 0 {
        report.error(root.key("max_body_bytes"), "no request would fit; give a number above 0");
    }
    let mut stripped_headers: Vec<Box<str>> = (CREDENTIAL_HEADERS.into_iter())
        .chain(PROVIDER_DATA_HEADERS)
        .map(Box::from)
        .chain(key_headers(raw).map(|(_, name)| name.into_boxed_str()))
        .chain(providers.values().filter_map(|provider| provider.credential_header.clone()))
        .chain([cluster_header(raw).into()])
        .collect();
    stripped_headers.sort();
    stripped_headers.dedup();
    Settings {
        base_paths: base_paths(raw, report),
        pass_other_paths: pass_other_paths(raw, report),
        cluster_header: checked_cluster_header(raw, report).into(),
        max_body_bytes: usize::try_from(max_body_bytes).unwrap_or(usize::MAX),
        stripped_headers,
    }
}

/// Compiles how callers are recognised.
pub fn identity(raw: &Configuration, report: &mut Report) -> Identity {
    let root = At::Root;
    let identity = root.key("identity");
    let list = identity.key("key_headers");
    if raw
        .identity
        .as_ref()
        .and_then(|identity| identity.key_headers.as_ref())
        .is_some_and(|list| list.is_empty())
    {
        report.error(list, "no caller could show a key; name a header, or leave this out");
    }
    for (index, name) in key_headers(raw) {
        check_name(&name, list.index(index), report);
        if name == cluster_header(raw) {
            report
                .error(list.index(index), "this is the cluster header, which clients may not send");
        }
    }
    Identity::new(key_headers(raw).map(|(_, name)| name.into_boxed_str()).collect())
}

/// The headers that may carry a virtual key, in lower case.
fn key_headers(raw: &Configuration) -> impl Iterator<Item = (usize, String)> + '_ {
    let given = raw.identity.as_ref().and_then(|identity| identity.key_headers.as_ref());
    let defaults = DEFAULT_KEY_HEADERS.into_iter().enumerate().filter(move |_| given.is_none());
    given
        .into_iter()
        .flat_map(|list| list.iter())
        .map(|(index, name)| (index, name.as_str()))
        .chain(defaults)
        .map(|(index, name)| (index, name.to_ascii_lowercase()))
}

/// The header that names the cluster to Envoy's route, in lower case.
pub fn cluster_header(raw: &Configuration) -> String {
    raw.cluster_header.as_deref().unwrap_or(DEFAULT_CLUSTER_HEADER).to_ascii_lowercase()
}

fn checked_cluster_header(raw: &Configuration, report: &mut Report) -> String {
    let name = cluster_header(raw);
    let root = At::Root;
    let at = root.key("cluster_header");
    check_name(&name, at, report);
    if CREDENTIAL_HEADERS.contains(&name.as_str()) {
        report.error(at, "this header carries credentials; name one of your own");
    }
    name
}

/// Refuses what is no header name, or one that a configuration may not touch. `name` is in lower case.
pub fn check_name(name: &str, at: At<'_>, report: &mut Report) {
    if !header::is_name(name) {
        report.error(at, format_args!("{name:?} is no header name"));
    } else if FRAMING_HEADERS.contains(&name) {
        report.error(at, format_args!("{name:?} frames the message; it cannot be configured"));
    }
}

fn base_paths(raw: &Configuration, report: &mut Report) -> BasePaths {
    let root = At::Root;
    let at = root.key("base_paths");
    let Some(list) = &raw.base_paths else {
        return BasePaths::new(vec![DEFAULT_BASE_PATH.into()]);
    };
    if list.is_empty() {
        report.error(at, "no path would be an endpoint; name a base path, or leave this out");
    }
    let mut paths: Vec<Box<str>> = Vec::new();
    for (index, path) in items(&raw.base_paths) {
        let base = path.trim_end_matches('/');
        if !is_path(path) || path.contains(['?', '%']) {
            report.error(
                at.index(index),
                "a base path begins with `/` and holds no `?`, `%`, `#` or space",
            );
        } else if paths.iter().any(|known| **known == *base) {
            report.error(at.index(index), "this base path is repeated");
        } else {
            paths.push(base.into());
        }
    }
    BasePaths::new(paths)
}

fn pass_other_paths(raw: &Configuration, report: &mut Report) -> bool {
    match raw.other_paths.as_deref() {
        None | Some("reject") => false,
        Some("pass") => true,
        Some(other) => {
            report.error(At::Root.key("other_paths"), unknown("choice", other, ["reject", "pass"]));
            false
        }
    }
}
