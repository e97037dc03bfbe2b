//! Pools: clusters whose endpoints are providers, so that Envoy's retries go from one provider to the next.

use envoy_llm_router::Node;

use super::cluster::Clusters;
use super::document::{Plugin, UPSTREAM_ROOT_ID};
use super::subset;
use super::summary::{Pool, Summary};
use super::transport;
use super::written::Written;
use crate::finding::{Reporter, Severity};
use crate::yaml::Yaml;

/// The filter in a pool.
pub enum Upstream<'a> {
    /// There is none.
    IsMissing,
    /// There is one, whose configuration cannot be read here.
    IsUnknown,
    /// This one.
    Is(&'a Plugin<'a>),
}

/// Checks that every pool can serve the requests that are sent to it, and that it sends them to its providers alone.
pub fn check<'a>(
    summary: &Summary,
    plugin: &Plugin<'_>,
    clusters: &Clusters,
    root: &Yaml,
    upstream: &dyn Fn(&str, &Yaml) -> Upstream<'a>,
    reporter: &mut Reporter<'_>,
) {
    for pool in &summary.pools {
        let path = format!("models.{}.failover_cluster", pool.model);
        let (name, mark) = &pool.cluster;
        let Some((file, cluster)) = clusters.get(name) else {
            if clusters.knows_all(root) {
                reporter.error(*mark, &path, format_args!("no cluster {name:?} is defined"));
            }
            continue;
        };
        let title = format!("cluster {name:?} ({file}:{})", cluster.mark.line);
        let mut complaints = Vec::new();
        let kind = cluster.at(&["cluster_type", "name"]).and_then(Yaml::text).unwrap_or_default();
        if kind.ends_with("aggregate") {
            complaints.push((
                Severity::Error,
                "is an aggregate, whose members' filters Envoy does not run: make the providers its endpoints".to_owned(),
            ));
        } else {
            check_filter(plugin, &upstream(file, cluster), &mut complaints);
            check_endpoints(summary, pool, cluster, &mut complaints);
            check_transport(summary, cluster, &mut complaints);
            subset::check_cluster(summary, pool, cluster, &mut complaints);
        }
        for (severity, complaint) in complaints {
            let message = format!("{title} {complaint}");
            match severity {
                Severity::Error => reporter.error(*mark, &path, message),
                _ => reporter.warn(*mark, &path, message),
            }
        }
    }
}

/// What is wrong with a pool, to be printed after its name.
type Complaints = Vec<(Severity, String)>;

fn check_filter(plugin: &Plugin<'_>, upstream: &Upstream<'_>, complaints: &mut Complaints) {
    let filter = match upstream {
        Upstream::Is(filter) => filter,
        Upstream::IsUnknown => return,
        Upstream::IsMissing => {
            let missing = format!(
                "has no filter with `root_id: {UPSTREAM_ROOT_ID}` in its `http_filters`: every request to it is refused"
            );
            return complaints.push((Severity::Error, missing));
        }
    };
    if content(&filter.configuration) != content(&plugin.configuration) {
        let differs = "has the filter with another configuration: it must be the listener's";
        complaints.push((Severity::Error, differs.to_owned()));
    }
    let vm = |plugin: &Plugin<'_>| {
        plugin.plugin_config()?.at(&["vm_config", "vm_id"])?.text().map(str::to_owned)
    };
    if vm(filter) != vm(plugin) {
        let differs =
            "has the filter in another virtual machine: take the listener's `vm_id`, or cooldowns are not shared";
        complaints.push((Severity::Warning, differs.to_owned()));
    }
}

fn check_endpoints(summary: &Summary, pool: &Pool, cluster: &Yaml, complaints: &mut Complaints) {
    let endpoints: Vec<_> =
        transport::endpoints(cluster).map(|endpoint| endpoint.provider()).collect();
    let mut complain = |complaint: String| complaints.push((Severity::Error, complaint));
    if endpoints.iter().any(Option::is_none) {
        complain("has an endpoint whose metadata names no provider (filter_metadata.llm_router.provider)".to_owned());
    }
    for provider in &pool.providers {
        if !endpoints.iter().flatten().any(|named| named == provider) {
            complain(format!("has no endpoint for the provider {provider:?}"));
        }
    }
    for named in endpoints.iter().flatten() {
        if !summary.providers.iter().any(|provider| provider.name == *named) {
            complain(format!("has an endpoint for {named:?}, which is no provider"));
        }
    }
}

/// In a pool `auto_sni` would take the client's host: Envoy connects before the pool's filter has written the provider's.
fn check_transport(summary: &Summary, cluster: &Yaml, complaints: &mut Complaints) {
    for endpoint in transport::endpoints(cluster) {
        let named = endpoint.provider().unwrap_or_default();
        let provider = summary.providers.iter().find(|provider| provider.name == named);
        if !provider.is_some_and(|provider| provider.is_sent_a_credential) {
            continue;
        }
        for problem in transport::problems(cluster, Some(&endpoint), true) {
            let complaint = format!("has an endpoint for {named:?} that {}", problem.message());
            complaints.push((problem.severity(), complaint));
        }
    }
}

/// The `PluginConfig` of the filter in a cluster, if it is written there.
pub fn inline_filter(cluster: &Yaml) -> Option<&Yaml> {
    let mut found = None;
    cluster.visit(&mut |_, yaml| {
        if yaml.get("vm_config").is_some() && yaml.text_of("root_id") == Some(UPSTREAM_ROOT_ID) {
            found = Some(yaml);
        }
    });
    found
}

/// A configuration, its entries sorted: a `Struct` has no order.
fn content(written: &Option<Written>) -> Option<Node> {
    let written = written.as_ref()?;
    Some(sorted(written.tree.node(written.dialect)))
}

fn sorted(node: Node) -> Node {
    match node {
        Node::Map(mut entries) => {
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Node::Map(entries.into_iter().map(|(key, value)| (key, sorted(value))).collect())
        }
        Node::List(items) => Node::List(items.into_iter().map(sorted).collect()),
        other => other,
    }
}
