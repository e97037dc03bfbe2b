//! The header that leaves out providers which may not serve a request (`failover.subset_header`): Envoy's filter
//! `header_to_metadata` has to read it, and the pool's `lb_subset_config` has to use what that filter writes.

use super::http_filters::Chain;
use super::summary::{Pool, Summary};
use super::transport;
use crate::finding::{Reporter, Severity};
use crate::yaml::{Path, Yaml};

/// What Envoy's subset load balancer reads (`envoy.lb` in a request's dynamic metadata).
const NAMESPACE: &str = "envoy.lb";

/// Checks that a filter behind this one reads the header.
pub fn check_filter(summary: &Summary, filter: &Path<'_>, reporter: &mut Reporter<'_>) {
    let Some((header, _)) = summary.subset_header.as_ref().filter(|_| !summary.pools.is_empty())
    else {
        return;
    };
    let Some(chain) = Chain::of(filter) else { return };
    let rules: Vec<_> = chain
        .behind()
        .filter_map(|filter| filter.at(&["typed_config", "request_rules"]))
        .flat_map(Yaml::items)
        .filter(|rule| rule.text_of("header").is_some_and(|name| name.eq_ignore_ascii_case(header)))
        .collect();
    let is_for_subsets = |rule: &&Yaml| {
        rule.at(&["on_header_present", "metadata_namespace"]).and_then(Yaml::text)
            == Some(NAMESPACE)
    };
    match rules.iter().find(|rule| is_for_subsets(rule)) {
        None => reporter.error(
            chain.manager.mark,
            &chain.path,
            format_args!(
                "no `header_to_metadata` filter behind llm_router puts {header:?} into the metadata {NAMESPACE:?}: pools \
                 choose providers that may not serve the request, which is then answered with 500 or 503"
            ),
        ),
        Some(rule) if !rule.is_true("remove") => reporter.warn(
            rule.mark,
            &chain.path,
            format_args!("providers would be sent {header:?}: add `remove: true` to the rule"),
        ),
        Some(_) => {}
    }
}

/// Checks that the pool chooses among its endpoints by what the header says.
pub fn check_cluster(
    summary: &Summary,
    pool: &Pool,
    cluster: &Yaml,
    complaints: &mut Vec<(Severity, String)>,
) {
    // With two providers, what one alone can serve goes to that one's own cluster.
    let Some((header, _)) = summary.subset_header.as_ref().filter(|_| pool.providers.len() > 2)
    else {
        return;
    };
    let selectors = cluster.at(&["lb_subset_config", "subset_selectors"]);
    let keys: Vec<_> = selectors
        .into_iter()
        .flat_map(Yaml::items)
        .filter_map(|selector| selector.get("keys"))
        .flat_map(Yaml::items)
        .filter_map(Yaml::text)
        .collect();
    let Some(key) = keys.first() else {
        complaints.push((
            Severity::Error,
            format!(
                "has no `lb_subset_config` that uses {header:?}: it chooses providers that may not serve the request, \
                 which is then answered with 500"
            ),
        ));
        return;
    };
    for provider in &pool.providers {
        let is_listed = transport::endpoints(cluster)
            .filter(|endpoint| endpoint.provider() == Some(provider))
            .any(|endpoint| {
                let values = endpoint.subset_values(key);
                values.iter().any(|value| value.split('+').any(|name| name == provider))
            });
        let has_endpoint =
            transport::endpoints(cluster).any(|endpoint| endpoint.provider() == Some(provider));
        if has_endpoint && !is_listed {
            complaints.push((
                Severity::Error,
                format!(
                    "never chooses {provider:?}: its endpoint's metadata {NAMESPACE}.{key} lists no set of providers \
                     with its name"
                ),
            ));
        }
    }
}
