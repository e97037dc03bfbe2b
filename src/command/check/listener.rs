//! Checks the listener around the filter: buffer limit, other filters, routes, what is logged.

use super::http_filters::{self, Chain};
use super::summary::Summary;
use super::{access_log, route};
use crate::finding::Reporter;
use crate::yaml::{Mark, Path, Yaml};

/// What Envoy buffers where nothing else is said (`Listener.per_connection_buffer_limit_bytes`).
const USUAL_LIMIT: u64 = 1024 * 1024;

/// The labels of the filter's metrics.
const LABELS: [&str; 4] = ["team", "provider", "model", "code"];

/// How much longer the filter may make a body: it writes the provider's name for the model, which can be longer than the
/// one that was asked for, and what `parameters` set.
const ADDED_BY_THE_FILTER: u64 = 64 * 1024;

/// Checks the listener that the filter at the path `filter` is in.
pub fn check(summary: &Summary, filter: &Path<'_>, root: &Yaml, reporter: &mut Reporter<'_>) {
    let has_route = route::check(summary, filter, root, reporter);
    check_buffer(summary, filter, root, reporter);
    if let Some(chain) = Chain::of(filter) {
        http_filters::check(summary, &chain, reporter);
    }
    if let Some((path, manager)) = filter.nearest("http_filters") {
        access_log::check(summary, manager, &path, reporter);
        if manager.get("route_config").is_some() && !has_route {
            reporter.error(
                manager.mark,
                &path,
                format_args!("no route has `cluster_header: {}`", summary.cluster_header),
            );
        }
        if manager.get("local_reply_config").is_none() {
            reporter.note(
                manager.mark,
                &path,
                "without `local_reply_config` clients get Envoy's own errors as plain text",
            );
        }
    }
    if root.get("static_resources").is_some() {
        note_missing_tags(root, reporter);
    }
}

fn check_buffer(summary: &Summary, filter: &Path<'_>, root: &Yaml, reporter: &mut Reporter<'_>) {
    let wanted = summary.max_body_bytes;
    let raised_by_route = {
        let mut most = None;
        root.visit(&mut |_, yaml| {
            let given = yaml.text_of("request_body_buffer_limit");
            most = most.max(given.and_then(|text| text.parse::<u64>().ok()));
        });
        most
    };
    let (limit, mark, path) = match filter.nearest("filter_chains") {
        Some((path, listener)) => {
            let given = listener.get("per_connection_buffer_limit_bytes");
            let limit = given.and_then(Yaml::text).and_then(|text| text.parse().ok());
            (limit, given.map_or(listener.mark, |given| given.mark), path)
        }
        // The listener is somebody else's; what is known of it is in patches.
        None => match patched_limit(root) {
            Some((limit, mark)) => (limit, mark, Path::default()),
            // Of Envoy Gateway it can be asked by a ClientTrafficPolicy, and where the filter is a resource of its own, the
            // listener that takes it is in another file.
            None if raised_by_route.is_none() && root.text_of("kind") != Some("EnvoyFilter") => {
                return;
            }
            None => (None, root.mark, Path::default()),
        },
    };
    let limit = raised_by_route.or(limit).unwrap_or(USUAL_LIMIT);
    if limit < wanted {
        reporter.warn(
            mark,
            path,
            format_args!(
                "Envoy refuses bodies of more than {limit} bytes before the filter, which takes {wanted}: raise \
                 `per_connection_buffer_limit_bytes`"
            ),
        );
    } else if limit < wanted.saturating_add(ADDED_BY_THE_FILTER) {
        reporter.warn(
            mark,
            path,
            format_args!(
                "a body of {wanted} bytes (`max_body_bytes`) no longer fits into {limit} when its model gets a longer \
                 name: take {} or more",
                wanted.saturating_add(ADDED_BY_THE_FILTER)
            ),
        );
    }
}

/// The buffer limit that a patch sets, merged (Istio) or put at its path (Envoy Gateway).
fn patched_limit(root: &Yaml) -> Option<(Option<u64>, Mark)> {
    const FIELD: &str = "per_connection_buffer_limit_bytes";
    let mut found = None;
    root.visit(&mut |_, yaml| {
        let is_at_path = yaml.text_of("path").is_some_and(|path| path.ends_with(FIELD));
        let value = yaml.get(FIELD).or_else(|| yaml.get("value").filter(|_| is_at_path));
        if let Some(value) = value {
            found = Some((value.text().and_then(|text| text.parse().ok()), value.mark));
        }
    });
    found
}

fn note_missing_tags(root: &Yaml, reporter: &mut Reporter<'_>) {
    let tags = root.at(&["stats_config", "stats_tags"]);
    let is_there = |label: &&str| {
        let mut names = tags.into_iter().flat_map(Yaml::items);
        names.any(|tag| tag.text_of("tag_name") == Some(label))
    };
    let missing: Vec<_> = LABELS.into_iter().filter(|label| !is_there(label)).collect();
    if !missing.is_empty() {
        reporter.note(
            tags.map_or(root.mark, |tags| tags.mark),
            "stats_config.stats_tags",
            format_args!(
                "the metrics have no labels of their own without the tags {}",
                missing.join(", ")
            ),
        );
    }
}
