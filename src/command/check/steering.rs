//! Headers of a provider's answers that Envoy itself would obey: a filter in the cluster removes them before Envoy's router
//! sees them. The filter of the listener comes too late for that; the one in a pool does not.

use crate::yaml::Yaml;

/// The headers of answers that Envoy's router acts on: the first takes an endpoint out of use where endpoints are checked for
/// their health, the second ends the retries of a request.
const OBEYED: [&str; 2] = ["x-envoy-immediate-health-check-fail", "x-envoy-ratelimited"];

/// What to say of a cluster that leaves its providers such a header.
pub const MESSAGE: &str =
    "lets answers steer Envoy by `x-envoy-*`: remove them by a `header_mutation` in its \
                           `http_filters`, as envoy/providers.yaml does";

/// Whether answers of a cluster's endpoints can steer Envoy.
pub fn is_open(cluster: &Yaml) -> bool {
    let options = cluster.get("typed_extension_protocol_options").map(Yaml::entries);
    let filters = options.into_iter().flatten().filter_map(|entry| entry.value.get("http_filters"));
    let mut mutations: Vec<&Yaml> = Vec::new();
    for filter in filters.flat_map(Yaml::items).filter_map(|filter| filter.get("typed_config")) {
        let is_mutation = |kind: &str| kind.ends_with(".header_mutation.v3.HeaderMutation");
        if filter.text_of("@type").is_some_and(is_mutation) {
            let list = filter.at(&["mutations", "response_mutations"]);
            mutations.extend(list.into_iter().flat_map(Yaml::items));
        }
    }
    !OBEYED.iter().all(|name| mutations.iter().any(|mutation| removes(mutation, name)))
}

/// Whether a mutation removes the header.
fn removes(mutation: &Yaml, header: &str) -> bool {
    if let Some(name) = mutation.text_of("remove") {
        return name.eq_ignore_ascii_case(header);
    }
    let Some(matcher) = mutation.at(&["remove_on_match", "key_matcher"]) else { return false };
    let prefix = matcher.text_of("prefix").is_some_and(|prefix| header.starts_with(prefix));
    prefix || matcher.text_of("exact") == Some(header)
}
