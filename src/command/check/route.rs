//! Checks the routes that take their cluster from the filter: that requests arrive, and that they go nowhere else.

use super::http_filters::Chain;
use super::route_match;
use super::summary::Summary;
use crate::finding::Reporter;
use crate::yaml::{Mark, Path, Yaml};

/// Checks every route that takes its cluster from a header; returns whether one takes it from the filter's. `filter` is
/// the path to the filter in its listener.
pub fn check(
    summary: &Summary,
    filter: &Path<'_>,
    root: &Yaml,
    reporter: &mut Reporter<'_>,
) -> bool {
    let header = &summary.cluster_header;
    let mut is_followed = false;
    root.visit(&mut |path, yaml| {
        if yaml.get("virtual_hosts").is_some() {
            route_match::check(summary, yaml, path, reporter);
        }
        let Some(action) = yaml.get("route") else { return };
        let Some(named) = action.get("cluster_header") else { return };
        if named.text().is_none_or(|named| !named.eq_ignore_ascii_case(header)) {
            reporter.error(
                named.mark,
                path,
                format_args!("the filter names the cluster in {header:?}, not in this header"),
            );
            return;
        }
        is_followed = true;
        let route = Route { yaml, action, path };
        route.check_removal(header, reporter);
        route.check_timeout(reporter);
        route.check_domains(reporter);
        route.check_copies(reporter);
        route.check_redirects(reporter);
        route.check_hedging(summary, reporter);
        route.check_that_the_filter_runs(filter, reporter);
    });
    is_followed
}

/// A route that takes its cluster from the filter.
struct Route<'p, 'a> {
    yaml: &'a Yaml,
    action: &'a Yaml,
    path: &'p Path<'a>,
}

impl<'a> Route<'_, 'a> {
    /// The route and what it inherits from: its virtual host, and the route configuration.
    fn levels(&self) -> impl Iterator<Item = &'a Yaml> + '_ {
        [self.yaml].into_iter().chain(self.path.ancestors())
    }

    /// A field of the action, or of what the route inherits from.
    fn inherited(&self, field: &str) -> Option<&'a Yaml> {
        self.action.get(field).or_else(|| self.levels().find_map(|level| level.get(field)))
    }

    fn check_removal(&self, header: &str, reporter: &mut Reporter<'_>) {
        let removes = |yaml: &Yaml| {
            let names = yaml.get("request_headers_to_remove").into_iter().flat_map(Yaml::items);
            names.filter_map(Yaml::text).any(|name| name.eq_ignore_ascii_case(header))
        };
        if !self.levels().any(removes) {
            reporter.warn(
                self.yaml.mark,
                self.path,
                format_args!(
                    "providers would be sent {header:?}: name it in `request_headers_to_remove`"
                ),
            );
        }
    }

    fn check_timeout(&self, reporter: &mut Reporter<'_>) {
        let Some(timeout) = self.action.get("timeout") else {
            reporter.warn(
                self.action.mark,
                self.path,
                "an answer that takes more than 15 seconds is cut off: take `timeout: 0s`",
            );
            return;
        };
        let seconds: Option<f64> =
            timeout.text().and_then(|text| text.strip_suffix('s')?.parse().ok());
        if seconds.is_some_and(|seconds| seconds > 0.0 && seconds < 60.0) {
            let given = timeout.text().unwrap_or_default();
            reporter.warn(
                timeout.mark,
                self.path,
                format_args!(
                    "an answer that takes more than {given} is cut off; they may take minutes"
                ),
            );
        }
    }

    fn check_domains(&self, reporter: &mut Reporter<'_>) {
        let domains = self.path.ancestors().find_map(|yaml| yaml.entry("domains"));
        let is_for_all = |domains: &Yaml| domains.items().any(|domain| domain.text() == Some("*"));
        if let Some(domains) = domains.filter(|domains| !is_for_all(&domains.value)) {
            reporter.error(
                domains.mark,
                self.path,
                "the filter sets the provider's host, and the route is chosen again after it: add the domain \"*\"",
            );
        }
    }

    /// `request_mirror_policies` copy the request as the filter has written it.
    fn check_copies(&self, reporter: &mut Reporter<'_>) {
        let policies = self.inherited("request_mirror_policies");
        for policy in policies.into_iter().flat_map(Yaml::items) {
            let cluster = policy.text_of("cluster").or_else(|| policy.text_of("cluster_header"));
            reporter.error(
                policy.mark,
                self.path,
                format_args!(
                    "copies of requests would go to {:?}, with the prompt and the provider's credential: remove \
                     `request_mirror_policies`",
                    cluster.unwrap_or_default()
                ),
            );
        }
    }

    /// An internal redirect runs all filters again, on the fields that they have written the first time.
    fn check_redirects(&self, reporter: &mut Reporter<'_>) {
        let policy = self.action.get("internal_redirect_policy");
        let old = self.action.get("internal_redirect_action");
        let old = old.filter(|old| old.text() == Some("HANDLE_INTERNAL_REDIRECT"));
        if let Some(policy) = policy.or(old) {
            reporter.error(
                policy.mark,
                self.path,
                "Envoy would follow a provider's redirect itself, to whichever route fits: the request comes to the filter \
                 again, with the prompt and with the provider's credential in the place of a key, which is answered with 401; \
                 remove `internal_redirect_policy`",
            );
        }
    }

    /// Envoy keeps one map of header fields for all attempts at a request.
    fn check_hedging(&self, summary: &Summary, reporter: &mut Reporter<'_>) {
        let Some(policy) = self.inherited("hedge_policy") else { return };
        if !summary.pools.is_empty() {
            reporter.error(
                policy.mark,
                self.path,
                "two attempts at a time share one set of header fields, in which one provider could get the other's \
                 credential: the second is refused with 500; remove `hedge_policy`",
            );
        }
    }

    /// Where the filter does not run, clients name the cluster themselves.
    fn check_that_the_filter_runs(&self, filter: &Path<'_>, reporter: &mut Reporter<'_>) {
        let entry = Chain::of(filter).map(|chain| chain.own());
        let name = entry.and_then(|entry| entry.text_of("name"));
        let is_ours = |key: &str| match name {
            Some(name) => key == name,
            None => key.contains("llm_router") || key.contains("llm-router"),
        };
        let configured = self.levels().find_map(|level| {
            let filters = level.get("typed_per_filter_config")?.entries();
            filters.iter().find(|entry| is_ours(&entry.key))
        });
        let disabled: Option<Mark> = match (configured, entry) {
            (Some(config), _) => config.value.is_true("disabled").then_some(config.mark),
            (None, Some(entry)) => entry.is_true("disabled").then_some(entry.mark),
            (None, None) => None,
        };
        if let Some(mark) = disabled {
            reporter.error(
                mark,
                self.path,
                "the filter is disabled for a route that takes its cluster from a header: clients would write that header \
                 themselves; remove `disabled`",
            );
        }
    }
}
