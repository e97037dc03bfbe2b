//! Whether a request that the filter has made ready for a provider can match a route that leads elsewhere.
//!
//! Envoy chooses the route again after the filter has written the provider's path and host. So a request that matched
//! the route with `cluster_header` when it came can match another one when it goes, and be sent to that one's cluster,
//! with the prompt and the credential.

use super::summary::{below, Host, Provider, Summary};
use crate::finding::Reporter;
use crate::yaml::{Path, Yaml};

/// Checks the virtual hosts of a route configuration, if one of their routes takes its cluster from the filter.
pub fn check(summary: &Summary, config: &Yaml, path: &Path<'_>, reporter: &mut Reporter<'_>) {
    let hosts: Vec<&Yaml> = config.get("virtual_hosts").into_iter().flat_map(Yaml::items).collect();
    let header = &summary.cluster_header;
    if !hosts.iter().any(|host| routes(host).any(|route| follows(route, header))) {
        return;
    }
    let mut reported: Vec<&Yaml> = Vec::new();
    for provider in &summary.providers {
        let paths = paths(provider, summary);
        for host in chosen(&hosts, &provider.host) {
            let Some((route, cluster)) = first_elsewhere(host, &paths, provider, header) else {
                continue;
            };
            if reported.iter().any(|one| std::ptr::eq(*one, route)) {
                continue;
            }
            reported.push(route);
            reporter.error(
                route.mark,
                path,
                format_args!(
                    "requests that the filter has made ready for {:?} match this route, and would go to {cluster} with the \
                     prompt and the provider's credential: add to its `match` \
                     headers: [{{ name: {header}, present_match: false }}]",
                    provider.name
                ),
            );
        }
    }
}

/// The first route that a provider's requests can match and that leads elsewhere, and where that is.
fn first_elsewhere<'a>(
    host: &'a Yaml,
    paths: &[String],
    provider: &Provider,
    header: &str,
) -> Option<(&'a Yaml, String)> {
    for route in routes(host) {
        let Some(wanted) = route.get("match") else { continue };
        if follows(route, header) {
            if covers(wanted, paths, header) {
                return None;
            }
            continue;
        }
        let Some(cluster) = destination(route) else { continue };
        if can_match(wanted, paths) && !is_excluded(wanted, header, &cluster, provider) {
            return Some((route, format!("{cluster:?}")));
        }
    }
    None
}

fn routes(host: &Yaml) -> impl Iterator<Item = &Yaml> {
    host.get("routes").into_iter().flat_map(Yaml::items)
}

fn follows(route: &Yaml, header: &str) -> bool {
    let named = route.at(&["route", "cluster_header"]).and_then(Yaml::text);
    named.is_some_and(|named| named.eq_ignore_ascii_case(header))
}

/// The cluster of a route that names one itself.
fn destination(route: &Yaml) -> Option<String> {
    let action = route.get("route")?;
    if let Some(cluster) = action.text_of("cluster") {
        return Some(cluster.to_owned());
    }
    let weighted = action.at(&["weighted_clusters", "clusters"])?.items();
    let names: Vec<_> = weighted.filter_map(|one| one.text_of("name")).collect();
    Some(names.join(", "))
}

/// What the paths of a provider's requests begin with.
fn paths(provider: &Provider, summary: &Summary) -> Vec<String> {
    provider.paths.clone().unwrap_or_else(|| {
        let azure = "/openai/deployments/".to_owned();
        summary.base_paths.iter().flat_map(|path| below(path)).chain([azure]).collect()
    })
}

/// Whether a route's `match` can accept a path that begins with one of these.
fn can_match(wanted: &Yaml, paths: &[String]) -> bool {
    let prefix = wanted.text_of("prefix").or_else(|| wanted.text_of("path_separated_prefix"));
    match (prefix, wanted.text_of("path")) {
        (Some(prefix), _) => {
            paths.iter().any(|path| path.starts_with(prefix) || prefix.starts_with(path.as_str()))
        }
        (None, Some(exact)) => paths.iter().any(|path| exact.starts_with(path.as_str())),
        // A regular expression or a template: it may.
        (None, None) => true,
    }
}

/// Whether a route's `match` takes every path that begins with one of these, so that later routes do not matter.
fn covers(wanted: &Yaml, paths: &[String], header: &str) -> bool {
    let is_conditional =
        ["query_parameters", "grpc", "runtime_fraction", "dynamic_metadata", "filter_state"]
            .iter()
            .any(|field| wanted.get(field).is_some());
    let mut conditions = wanted.get("headers").into_iter().flat_map(Yaml::items);
    let is_there = |condition: &Yaml| {
        condition.text_of("name").is_some_and(|name| name.eq_ignore_ascii_case(header))
            && condition.is_true("present_match")
            && !condition.is_true("invert_match")
    };
    let prefix = wanted.text_of("prefix");
    !is_conditional
        && conditions.all(is_there)
        && prefix.is_some_and(|prefix| paths.iter().all(|path| path.starts_with(prefix)))
}

/// Whether a condition on the cluster header keeps a provider's requests from a route to `cluster`.
fn is_excluded(wanted: &Yaml, header: &str, cluster: &str, provider: &Provider) -> bool {
    let conditions = wanted.get("headers").into_iter().flat_map(Yaml::items);
    let mut of_header = conditions.filter(|condition| {
        condition.text_of("name").is_some_and(|name| name.eq_ignore_ascii_case(header))
    });
    of_header.any(|condition| {
        let present = condition.get("present_match").map(|_| condition.is_true("present_match"));
        if let Some(is_present) = present {
            return is_present == condition.is_true("invert_match");
        }
        let exact = condition
            .text_of("exact_match")
            .or_else(|| condition.at(&["string_match", "exact"]).and_then(Yaml::text));
        let own = provider.cluster.as_ref().map(|(name, _)| name.as_str());
        // A route for one provider's cluster, which leads there.
        exact.is_some_and(|exact| exact == cluster || own != Some(exact))
    })
}

/// The virtual hosts to which requests for this host can go, by Envoy's order: the name itself, the longest wildcard at
/// the front, the longest at the end, `*`.
fn chosen<'a>(hosts: &[&'a Yaml], host: &Host) -> Vec<&'a Yaml> {
    let name = match host {
        Host::Fixed(name) => name.to_ascii_lowercase(),
        Host::OfClient => return hosts.to_vec(),
        Host::Unknown => String::new(),
    };
    let rank = |one: &Yaml| {
        let domains = one.get("domains").into_iter().flat_map(Yaml::items);
        domains.filter_map(|domain| fit(&domain.text()?.to_ascii_lowercase(), &name)).max()
    };
    let ranked = hosts.iter().filter_map(|one| Some((rank(one)?, *one)));
    ranked.max_by_key(|(rank, _)| *rank).map(|(_, one)| one).into_iter().collect()
}

/// How well a domain fits a host's name; `None`: not at all.
fn fit(domain: &str, name: &str) -> Option<(u8, usize)> {
    let length = domain.len();
    if domain == "*" {
        return Some((0, 0));
    }
    if let Some(end) = domain.strip_prefix('*') {
        return (name.len() > end.len() && name.ends_with(end)).then_some((2, length));
    }
    if let Some(front) = domain.strip_suffix('*') {
        return (name.len() > front.len() && name.starts_with(front)).then_some((1, length));
    }
    (domain == name).then_some((3, length))
}
