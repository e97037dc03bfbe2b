//! Routes that follow the filter.

use super::plugin::Configured;
use super::Place;
use crate::yaml::{Path, Yaml};

/// Checks every route that takes its cluster from a header. Whether there is one that takes it from the filter's.
pub fn check(configured: &Configured, root: &Yaml, place: &mut Place<'_>) -> bool {
    let header = &configured.cluster_header;
    let mut follows = false;
    root.visit(&mut |path, yaml| {
        let Some(action) =
            yaml.get("route").filter(|action| action.get("cluster_header").is_some())
        else {
            return;
        };
        let Some(named) = action.get("cluster_header") else { return };
        if named.text().is_none_or(|named| !named.eq_ignore_ascii_case(header)) {
            place.error(
                named.mark,
                path,
                format_args!("the filter names the cluster in {header:?}, not in this header"),
            );
            return;
        }
        follows = true;
        check_action(configured, yaml, action, path, place);
    });
    follows
}

fn check_action(
    configured: &Configured,
    route: &Yaml,
    action: &Yaml,
    path: &Path<'_>,
    place: &mut Place<'_>,
) {
    let header = &configured.cluster_header;
    let removes = |yaml: &Yaml| {
        let names = yaml.get("request_headers_to_remove").into_iter().flat_map(Yaml::items);
        names.filter_map(Yaml::text).any(|name| name.eq_ignore_ascii_case(header))
    };
    if !removes(route) && !path.ancestors().any(removes) {
        place.warn(
            route.mark,
            path,
            format_args!(
                "providers would be sent {header:?}: name it in `request_headers_to_remove`"
            ),
        );
    }
    match action.get("timeout") {
        None => place.warn(
            action.mark,
            path,
            "an answer that takes more than 15 seconds is cut off: take `timeout: 0s`",
        ),
        Some(timeout) => {
            let seconds: Option<f64> =
                timeout.text().and_then(|text| text.strip_suffix('s')?.parse().ok());
            if seconds.is_some_and(|seconds| seconds > 0.0 && seconds < 60.0) {
                let given = timeout.text().unwrap_or_default();
                place.warn(
                    timeout.mark,
                    path,
                    format_args!(
                        "an answer that takes more than {given} is cut off; they may take minutes"
                    ),
                );
            }
        }
    }
    let host = path.ancestors().find_map(|yaml| yaml.entry("domains"));
    if let Some(domains) =
        host.filter(|domains| domains.value.items().all(|domain| domain.text() != Some("*")))
    {
        place.error(
            domains.mark,
            path,
            "the filter sets the provider's host, and the route is chosen again after it: add the domain \"*\"",
        );
    }
}
