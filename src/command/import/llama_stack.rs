//! The run configuration of a Llama Stack.

mod access;
mod expand;
mod models;
mod providers;

use super::plan::{object, text, Plan, Team};
use super::values::Values;
use crate::yaml::Yaml;

/// What a `run.yaml` comes to.
pub fn import(config: &Yaml, values: &Values) -> Plan {
    let mut plan = Plan::default();
    let apis = config.get("providers");
    let inference = apis.and_then(|apis| apis.get("inference"));
    let entries: Vec<_> = inference.into_iter().flat_map(Yaml::items).collect();
    let ids = providers::ids(&entries, values);
    let imported =
        entries.iter().filter_map(|entry| providers::import(entry, &ids, values, &mut plan));
    let providers: Vec<_> = imported.collect();
    for entry in apis.map(Yaml::entries).unwrap_or_default() {
        if entry.key != "inference" {
            plan.remarks.lost(format_args!(
                "line {}: providers.{}: not carried over",
                entry.mark.line, entry.key
            ));
        }
    }
    models::import(config, &providers, values, &mut plan);
    resources(config, &mut plan);
    let models = access::models(config, values, &mut plan);
    let key = object(vec![("env", text("GATEWAY_KEY"))]);
    let everyone = Team { models, keys: vec![key], ..Team::default() };
    plan.teams.push(("everyone".to_owned(), everyone));
    plan
}

/// Says which resources are not carried over.
fn resources(config: &Yaml, plan: &mut Plan) {
    const RESOURCES: [&str; 8] = [
        "shields",
        "vector_dbs",
        "vector_stores",
        "datasets",
        "scoring_fns",
        "benchmarks",
        "tool_groups",
        "external_providers_dir",
    ];
    for holder in [Some(config), config.get("registered_resources")].into_iter().flatten() {
        for entry in holder.entries().iter().filter(|it| RESOURCES.contains(&it.key.as_str())) {
            if entry.value.items().next().is_some() || entry.value.text().is_some() {
                plan.remarks.lost(format_args!(
                    "line {}: {}: not carried over",
                    entry.mark.line, entry.key
                ));
            }
        }
    }
}
