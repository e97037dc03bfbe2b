//! Envoy's `PluginConfig`: how the filter is loaded, and what it is given.

use std::collections::{BTreeMap, BTreeSet};

use super::document::Plugin;
use crate::environment::Handed;
use crate::finding::Reporter;
use crate::yaml::{Path, Yaml};

/// Checks how Envoy loads the filter.
pub fn check(plugin: &Plugin<'_>, host: &Yaml, reporter: &mut Reporter<'_>) {
    let path = &plugin.path;
    if !host.is_true("allow_on_headers_stop_iteration") {
        reporter.error(
            host.mark,
            path,
            "`allow_on_headers_stop_iteration: true` is missing: every request with a body would hang",
        );
    }
    let policy = host.text_of("failure_policy");
    let at = host.get("failure_policy").map_or(host.mark, |policy| policy.mark);
    if policy == Some("FAIL_OPEN") || host.is_true("fail_open") {
        reporter.error(
            at,
            path,
            "if the filter fails, requests would go on without it, with whatever clients wrote into them: \
             take `failure_policy: FAIL_RELOAD`",
        );
    } else if policy != Some("FAIL_RELOAD") {
        reporter.warn(
            at,
            path,
            "a virtual machine that trapped stays dead: take `failure_policy: FAIL_RELOAD`",
        );
    }
    let runtime = host.at(&["vm_config", "runtime"]);
    if runtime.and_then(Yaml::text).is_none() {
        reporter.error(host.mark, path, "`vm_config.runtime` is missing: `envoy.wasm.runtime.v8`");
    }
}

/// What `vm_config.environment_variables` hands on.
pub fn handed_on(host: &Yaml) -> Handed {
    let Some(variables) = host.at(&["vm_config", "environment_variables"]) else {
        return Handed::default();
    };
    let given = variables.get("key_values").map(Yaml::entries).unwrap_or_default();
    let mut key_values = BTreeMap::new();
    for entry in given {
        key_values.insert(entry.key.clone(), entry.value.text().unwrap_or_default().to_owned());
    }
    let mut host_env_keys = BTreeSet::new();
    let named = variables.get("host_env_keys").into_iter().flat_map(Yaml::items);
    host_env_keys.extend(named.filter_map(|name| name.text().map(str::to_owned)));
    Handed { key_values, host_env_keys }
}

/// Notes variables that are handed on for nothing.
pub fn note_unused(
    host: &Yaml,
    used: &BTreeSet<&str>,
    path: &Path<'_>,
    reporter: &mut Reporter<'_>,
) {
    let Some(variables) = host.at(&["vm_config", "environment_variables"]) else { return };
    let named = variables.get("host_env_keys").into_iter().flat_map(Yaml::items);
    let given = variables.get("key_values").map(Yaml::entries).unwrap_or_default();
    let all = named
        .filter_map(|name| Some((name.text()?, name.mark)))
        .chain(given.iter().map(|entry| (&*entry.key, entry.mark)));
    for (name, mark) in all.filter(|(name, _)| !used.contains(name)) {
        reporter.note(mark, path, format_args!("{name:?} is handed on, and nothing uses it"));
    }
}
