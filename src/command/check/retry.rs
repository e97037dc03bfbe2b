//! Retries of requests that may fail over.

use super::summary::Summary;
use crate::finding::Reporter;
use crate::yaml::{Path, Yaml};

/// Checks that a listener whose models name pools has a retry policy. `filter` is the path to the filter in it.
pub fn check(summary: &Summary, filter: &Path<'_>, root: &Yaml, reporter: &mut Reporter<'_>) {
    if summary.pools.is_empty() || has_retry_policy(root) {
        return;
    }
    if let Some((_, manager)) = filter.nearest("route_config") {
        reporter.warn(
            manager.mark,
            "route_config",
            "no route has a `retry_policy`: nothing is tried at a second provider",
        );
    }
}

fn has_retry_policy(root: &Yaml) -> bool {
    let mut has = false;
    root.visit(&mut |_, yaml| has |= yaml.get("retry_policy").is_some());
    has
}
