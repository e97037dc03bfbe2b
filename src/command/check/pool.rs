//! Pools: clusters in which Envoy's retries go from one provider to the next.

use envoy_llm_router::Node;

use super::cluster::Clusters;
use super::document::Plugin;
use super::plugin::Configured;
use super::Place;
use crate::yaml::{Dialect, Mark, Yaml};

/// The `root_id` of the filter in a pool.
pub const UPSTREAM: &str = "llm_router_upstream";

/// A model whose requests go to a pool.
pub struct Pool {
    /// The model.
    pub model: String,
    /// The cluster, and where it is named.
    pub cluster: (String, Mark),
    /// The providers of the model's targets.
    pub providers: Vec<String>,
}

/// The pools that a configuration names.
pub fn pools(tree: &Yaml, place: &dyn Fn(Mark) -> Mark) -> Vec<Pool> {
    let models = tree.get("models").map(Yaml::entries).unwrap_or_default();
    let pool = |entry: &crate::yaml::Entry| {
        let named = entry.value.get("failover_cluster")?;
        let targets = entry.value.get("targets").into_iter().flat_map(Yaml::items);
        Some(Pool {
            model: entry.key.clone(),
            cluster: (named.text()?.to_owned(), place(named.mark)),
            providers: targets
                .filter_map(|target| target.text_of("provider").map(str::to_owned))
                .collect(),
        })
    };
    models.iter().filter_map(pool).collect()
}

/// Checks that every pool can do what it is there for.
pub fn check(
    configured: &Configured,
    plugin: &Plugin<'_>,
    clusters: &Clusters,
    root: &Yaml,
    place: &mut Place<'_>,
) {
    for pool in &configured.pools {
        let path = format!("models.{}.failover_cluster", pool.model);
        let (name, mark) = &pool.cluster;
        let Some((file, cluster)) = clusters.get(name) else {
            if clusters.knows_all(root) {
                place.error(*mark, &path, format_args!("no cluster {name:?} is defined"));
            }
            continue;
        };
        let where_it_is = format!("cluster {name:?} ({file}:{})", cluster.mark.line);
        let mut complain =
            |what: &str| place.error(*mark, &path, format_args!("{where_it_is} {what}"));
        let kind = cluster.at(&["cluster_type", "name"]).and_then(Yaml::text).unwrap_or_default();
        if kind.ends_with("aggregate") {
            complain("is an aggregate, whose members' filters Envoy does not run: make the providers its endpoints");
            continue;
        }
        match upstream_filter(cluster) {
            None => complain(&format!(
                "has no filter with `root_id: {UPSTREAM}` in its `http_filters`: every request to it is refused"
            )),
            Some(filter) if !is_same_configuration(plugin, filter) => {
                complain("has the filter with another configuration: it must be the listener's");
            }
            Some(_) => {}
        }
        let endpoints = endpoints(cluster);
        if endpoints.iter().any(Option::is_none) {
            complain("has an endpoint whose metadata names no provider (filter_metadata.llm_router.provider)");
        }
        for provider in &pool.providers {
            if !endpoints.iter().flatten().any(|named| named == provider) {
                complain(&format!("has no endpoint for the provider {provider:?}"));
            }
        }
        for named in endpoints.iter().flatten() {
            if !configured.providers.iter().any(|provider| provider.name == *named) {
                complain(&format!("has an endpoint for {named:?}, which is no provider"));
            }
        }
    }
    if !configured.pools.is_empty() && !has_retry_policy(root) {
        if let Some((_, manager)) = plugin.path.nearest("route_config") {
            place.warn(
                manager.mark,
                "route_config",
                "no route has a `retry_policy`: nothing is tried at a second provider",
            );
        }
    }
}

/// The `PluginConfig` of the filter in a cluster.
fn upstream_filter(cluster: &Yaml) -> Option<&Yaml> {
    let mut found = None;
    cluster.visit(&mut |_, yaml| {
        if yaml.get("vm_config").is_some() && yaml.text_of("root_id") == Some(UPSTREAM) {
            found = Some(yaml);
        }
    });
    found
}

fn is_same_configuration(plugin: &Plugin<'_>, upstream: &Yaml) -> bool {
    let value = upstream.at(&["configuration", "value"]).map(|value| value.node(Dialect::Envoy));
    let own = plugin.host().and_then(|host| host.at(&["configuration", "value"]));
    sorted(value) == sorted(own.map(|own| own.node(Dialect::Envoy)))
}

/// A `Struct` has no order.
fn sorted(node: Option<Node>) -> Option<Node> {
    Some(match node? {
        Node::Map(mut entries) => {
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            let entries = entries.into_iter();
            Node::Map(
                entries.filter_map(|(key, value)| Some((key, sorted(Some(value))?))).collect(),
            )
        }
        Node::List(items) => {
            Node::List(items.into_iter().filter_map(|item| sorted(Some(item))).collect())
        }
        other => other,
    })
}

/// The provider that each endpoint's metadata names.
fn endpoints(cluster: &Yaml) -> Vec<Option<String>> {
    let localities = cluster.at(&["load_assignment", "endpoints"]);
    let endpoints =
        localities.into_iter().flat_map(Yaml::items).filter_map(|one| one.get("lb_endpoints"));
    endpoints
        .flat_map(Yaml::items)
        .map(|endpoint| {
            let named = endpoint.at(&["metadata", "filter_metadata", "llm_router", "provider"]);
            named.and_then(Yaml::text).map(str::to_owned)
        })
        .collect()
}

fn has_retry_policy(root: &Yaml) -> bool {
    let mut has = false;
    root.visit(&mut |_, yaml| has |= yaml.get("retry_policy").is_some());
    has
}
