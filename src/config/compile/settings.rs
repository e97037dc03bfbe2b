//! How requests are taken in and handed on.

use std::rc::Rc;
use std::time::Duration;

use super::{entries, items, Providers};
use crate::catalog::Catalog;
use crate::config::raw::Configuration;
use crate::config::reader::Text;
use crate::config::report::{unknown, At, Report};
use crate::cooldown::{Cooldown, LONGEST_COOLDOWN};
use crate::endpoint::{BasePaths, ModelSource, Operation};
use crate::header::{
    self, NameSet, CREDENTIAL_HEADERS, FRAMING_HEADERS, PROVIDER_DATA_HEADERS, PROVIDER_HEADER,
};
use crate::provider::is_path;
use crate::settings::Settings;
use crate::team::Aliases;

const DEFAULT_BASE_PATH: &str = "/v1";
/// The `cluster_header` of a configuration that gives none.
pub const DEFAULT_CLUSTER_HEADER: &str = "x-llm-cluster";
/// Tokens are counted from the answer as it passes: it must come as plain text.
const ACCEPT_ENCODING: &str = "accept-encoding";
const DEFAULT_KEY_HEADERS: [&str; 3] = ["authorization", "x-api-key", "api-key"];
/// The `max_body_bytes` of a configuration that gives none: 10 MiB, a few images in base64.
pub const DEFAULT_MAX_BODY_BYTES: u32 = 10_485_760;

/// Compiles what holds for every request.
pub fn compile(raw: &Configuration, providers: &Providers, report: &mut Report) -> Settings {
    let root = At::Root;
    let max_body_bytes = raw.max_body_bytes.unwrap_or(DEFAULT_MAX_BODY_BYTES);
    if max_body_bytes == 0 {
        report.error(root.key("max_body_bytes"), "no request would fit; give a number above 0");
    }
    let [subset_header, session_header, tried_header] = failover_headers(raw, report);
    let mut never_forwarded = NameSet::default();
    for name in CREDENTIAL_HEADERS.into_iter().chain(PROVIDER_DATA_HEADERS) {
        never_forwarded.insert(name.into());
    }
    for (_, name) in key_headers(raw) {
        never_forwarded.insert(name.into());
    }
    let places = providers.values().flat_map(|provider| provider.places.iter());
    for name in places.filter_map(|place| place.credential_header.as_ref()) {
        never_forwarded.insert(Rc::clone(name));
    }
    let named = [team_header(raw).map(Rc::from), subset_header.clone(), session_header.clone()];
    for name in named.into_iter().flatten() {
        never_forwarded.insert(name);
    }
    never_forwarded.insert(cluster_header(raw).into());
    never_forwarded.insert(ACCEPT_ENCODING.into());
    never_forwarded.insert(PROVIDER_HEADER.into());
    Settings {
        base_paths: base_paths(raw, report),
        default_models: default_models(raw, report),
        pass_other_paths: pass_other_paths(raw, report),
        cluster_header: checked_cluster_header(raw, report).into(),
        max_body_bytes: usize::try_from(max_body_bytes).unwrap_or(usize::MAX),
        never_forwarded,
        cooldown: cooldown(raw, report),
        subset_header,
        session_header,
        tried_header,
        has_resources: false,
        noted: Rc::default(),
        limits_scope: Box::default(),
    }
}

/// The headers that tell of failover: to Envoy, and to clients.
fn failover_headers(raw: &Configuration, report: &mut Report) -> [Option<Rc<str>>; 3] {
    let Some(raw_failover) = &raw.failover else { return [None, None, None] };
    let root = At::Root;
    let at = root.key("failover");
    let mut header = |field: &str, name: &Option<Text>| {
        let name = name.as_ref()?.to_ascii_lowercase();
        check_name(&name, at.key(field), report);
        if CREDENTIAL_HEADERS.contains(&name.as_str()) {
            report.error(at.key(field), "this header carries credentials; name one of your own");
        } else if name == cluster_header(raw) {
            report.error(at.key(field), "this is the cluster header; name another");
        }
        Some(name.into())
    };
    let subset = header("subset_header", &raw_failover.subset_header);
    let session = header("session_header", &raw_failover.session_header);
    let tried = header("tried_header", &raw_failover.tried_header);
    if session.is_some() && session == subset {
        report.error(at.key("session_header"), "this is the subset header; name another");
    }
    [subset, session, tried]
}

fn cooldown(raw: &Configuration, report: &mut Report) -> Cooldown {
    let usual = Cooldown::default();
    let Some(raw) = &raw.cooldown else { return usual };
    let root = At::Root;
    let at = root.key("cooldown");
    let list = at.key("statuses");
    let mut statuses: Vec<u16> = Vec::new();
    for (index, status) in items(&raw.statuses) {
        match u16::try_from(*status) {
            Ok(status) if (400..600).contains(&status) => statuses.push(status),
            _ => report.error(list.index(index), "a failure is a status from 400 to 599"),
        }
    }
    if raw.seconds.is_some_and(|seconds| u64::from(seconds) > LONGEST_COOLDOWN.as_secs()) {
        report.error(at.key("seconds"), "a cooldown lasts a day at most, 86400 seconds");
    }
    Cooldown {
        failures: raw.failures.unwrap_or(usual.failures),
        duration: raw.seconds.map_or(usual.duration, |seconds| Duration::from_secs(seconds.into())),
        statuses: if raw.statuses.is_some() { statuses } else { usual.statuses },
    }
}

/// The headers that may carry a virtual key, in lower case.
pub fn key_headers<'a>(raw: &'a Configuration<'_>) -> impl Iterator<Item = (usize, String)> + 'a {
    let given = raw.identity.as_ref().and_then(|identity| identity.key_headers.as_ref());
    let defaults = DEFAULT_KEY_HEADERS.into_iter().enumerate().filter(move |_| given.is_none());
    given
        .into_iter()
        .flat_map(|list| list.iter())
        .map(|(index, name)| (index, name.as_str()))
        .chain(defaults)
        .map(|(index, name)| (index, name.to_ascii_lowercase()))
}

/// The header with the team's id, in lower case.
pub fn team_header(raw: &Configuration) -> Option<String> {
    raw.identity.as_ref()?.team_header.as_ref().map(|name| name.to_ascii_lowercase())
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
        let is_path = path.is_empty() || is_path(path);
        if !is_path || path.contains(['?', '%']) || path.contains("//") {
            report.error(
                at.index(index),
                "a base path begins with `/`, or is empty, and holds no `?`, `%`, `#`, `//` or space",
            );
        } else if paths.iter().any(|known| **known == *base) {
            report.error(at.index(index), "this base path is repeated");
        } else {
            paths.push(base.into());
        }
    }
    BasePaths::new(paths)
}

/// The models of requests that name none. Whether there are such models is checked when all are known.
fn default_models(raw: &Configuration, report: &mut Report) -> Vec<(Operation, Box<str>)> {
    let root = At::Root;
    let at = root.key("default_models");
    let mut models = Vec::new();
    for (endpoint, model) in entries(&raw.default_models) {
        let at = at.key(endpoint);
        let known = || Operation::ALL.into_iter().filter(|one| has_body(*one));
        if model.is_empty() {
            report.error(at, "it is empty; name a model, or leave this out");
        }
        match known().find(|one| one.path() == endpoint) {
            Some(operation) => models.push((operation, model.as_str().into())),
            None => report.error(at, unknown("endpoint", endpoint, known().map(Operation::path))),
        }
    }
    models
}

/// Reports default models that are none. The name may be an alias of some team's.
pub fn check_default_models(raw: &Configuration, catalog: &Catalog, report: &mut Report) {
    let root = At::Root;
    let at = root.key("default_models");
    let no_aliases = Aliases::default();
    for (endpoint, model) in entries(&raw.default_models) {
        let is_alias = || {
            entries(&raw.teams)
                .any(|(_, team)| entries(&team.aliases).any(|(alias, _)| alias == model.as_str()))
        };
        if !model.is_empty() && catalog.resolve(&no_aliases, model).is_none() && !is_alias() {
            let known = entries(&raw.models).map(|(name, _)| name);
            report.error(at.key(endpoint), unknown("model", model, known));
        }
    }
}

/// Whether a request has a body that a model can be written into where it has none.
fn has_body(operation: Operation) -> bool {
    matches!(
        operation.model_source(),
        ModelSource::Json | ModelSource::Form | ModelSource::JsonOrForm
    )
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
