//! What stands around the filter in its listener: buffer, other filters, routes.

use super::document::Plugin;
use super::plugin::Configured;
use super::{route, Place};
use crate::yaml::{Mark, Path, Yaml};

/// What Envoy buffers where nothing else is said (`Listener.per_connection_buffer_limit_bytes`).
const USUAL_LIMIT: u64 = 1024 * 1024;

/// The labels of the filter's metrics.
const LABELS: [&str; 4] = ["team", "provider", "model", "code"];

/// Filters that find out who calls, or send the request's headers to somebody who does.
const AUTHENTICATING: [&str; 7] = [
    "envoy.filters.http.jwt_authn",
    "envoy.filters.http.ext_authz",
    "envoy.filters.http.ext_proc",
    "envoy.filters.http.oauth2",
    "envoy.filters.http.basic_auth",
    "envoy.filters.http.api_key_auth",
    "envoy.filters.http.credential_injector",
];

/// Checks the surroundings of the filter.
pub fn check(configured: &Configured, plugin: &Plugin<'_>, root: &Yaml, place: &mut Place<'_>) {
    let routes = route::check(configured, root, place);
    check_buffer(configured, plugin, root, place);
    if let Some((path, manager)) = plugin.path.nearest("http_filters") {
        check_filters(configured, plugin, manager, &path, place);
        if manager.get("route_config").is_some() && !routes {
            place.error(
                manager.mark,
                &path,
                format_args!("no route has `cluster_header: {}`", configured.cluster_header),
            );
        }
        if manager.get("local_reply_config").is_none() {
            place.note(
                manager.mark,
                &path,
                "without `local_reply_config` clients get Envoy's own errors as plain text",
            );
        }
    }
    if root.get("static_resources").is_some() {
        note_missing_tags(root, place);
    }
}

fn check_buffer(configured: &Configured, plugin: &Plugin<'_>, root: &Yaml, place: &mut Place<'_>) {
    let wanted = configured.max_body_bytes;
    let raised_by_route = {
        let mut most = None;
        root.visit(&mut |_, yaml| {
            let given = yaml.text_of("request_body_buffer_limit");
            most = most.max(given.and_then(|text| text.parse::<u64>().ok()));
        });
        most
    };
    let (limit, mark, path) = match plugin.path.nearest("filter_chains") {
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
        place.warn(
            mark,
            path,
            format_args!(
                "Envoy refuses bodies of more than {limit} bytes before the filter, which takes {wanted}: raise \
                 `per_connection_buffer_limit_bytes`"
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

fn check_filters(
    configured: &Configured,
    plugin: &Plugin<'_>,
    manager: &Yaml,
    path: &Path<'_>,
    place: &mut Place<'_>,
) {
    let Some(own) = plugin.path.index_in("http_filters") else { return };
    let filters: Vec<_> = manager
        .get("http_filters")
        .into_iter()
        .flat_map(Yaml::items)
        .map(|filter| (filter, filter.text_of("name").unwrap_or_default()))
        .collect();
    let (before, after) = (filters.iter().take(own), filters.iter().skip(own.saturating_add(1)));
    let is_router = |(filter, name): &(&Yaml, &str)| {
        let kind = filter.at(&["typed_config", "@type"]).and_then(Yaml::text).unwrap_or_default();
        *name == "envoy.filters.http.router" || kind.ends_with(".http.router.v3.Router")
    };
    if let Some((filter, _)) = before.clone().find(|filter| is_router(filter)) {
        place.error(
            filter.mark,
            path,
            "Envoy's router ends the chain: the filter behind it is never asked",
        );
    }
    for (filter, name) in after {
        if AUTHENTICATING.contains(name) {
            place.warn(
                filter.mark,
                path,
                format_args!(
                    "{name} comes after the filter: it would see the provider's credential"
                ),
            );
        }
    }
    for (filter, name) in before.clone() {
        let removes = removes_authorization(filter);
        if removes && configured.reads_authorization && configured.namespaces.is_empty() {
            place.warn(
                filter.mark,
                path,
                format_args!("{name} takes `authorization` away before the filter can find a virtual key in it"),
            );
        }
    }
    for namespace in &configured.namespaces {
        let is_known = namespace.starts_with("envoy.filters.http.");
        if is_known && !before.clone().any(|(_, name)| name == namespace) {
            place.error(
                manager.mark,
                path,
                format_args!(
                    "`identity` reads what {namespace} leaves, but no such filter comes before"
                ),
            );
        }
    }
}

/// Whether a filter drops the header `authorization`.
fn removes_authorization(filter: &Yaml) -> bool {
    let mut removes = false;
    filter.visit(&mut |_, yaml| {
        let named =
            yaml.text_of("remove").is_some_and(|name| name.eq_ignore_ascii_case("authorization"));
        // A provider of jwt_authn drops the token that it has checked, unless it is told to forward it.
        let provider = yaml.get("local_jwks").or_else(|| yaml.get("remote_jwks")).is_some();
        let elsewhere = yaml.get("from_headers").is_some() || yaml.get("from_params").is_some();
        removes |= named || (provider && !elsewhere && !yaml.is_true("forward"));
    });
    removes
}

fn note_missing_tags(root: &Yaml, place: &mut Place<'_>) {
    let tags = root.at(&["stats_config", "stats_tags"]);
    let is_there = |label: &&str| {
        let mut names = tags.into_iter().flat_map(Yaml::items);
        names.any(|tag| tag.text_of("tag_name") == Some(label))
    };
    let missing: Vec<_> = LABELS.into_iter().filter(|label| !is_there(label)).collect();
    if !missing.is_empty() {
        place.note(
            tags.map_or(root.mark, |tags| tags.mark),
            "stats_config.stats_tags",
            format_args!(
                "the metrics have no labels of their own without the tags {}",
                missing.join(", ")
            ),
        );
    }
}
