//! The HTTP filters before and behind this one in its listener.

use super::summary::Summary;
use crate::finding::Reporter;
use crate::yaml::{Path, Yaml};

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

/// The list of filters that this filter is in.
pub struct Chain<'a> {
    /// The path to the connection manager.
    pub path: Path<'a>,
    /// The connection manager.
    pub manager: &'a Yaml,
    filters: Vec<&'a Yaml>,
    own: usize,
}

impl<'a> Chain<'a> {
    /// The list that the filter at this path is in; `None` where that is not in the document.
    pub fn of(filter: &Path<'a>) -> Option<Self> {
        let (path, manager) = filter.nearest("http_filters")?;
        let own = filter.index_in("http_filters")?;
        let filters = manager.get("http_filters")?.items().collect();
        Some(Self { path, manager, filters, own })
    }

    /// This filter's entry.
    pub fn own(&self) -> &'a Yaml {
        self.filters.get(self.own).copied().unwrap_or(self.manager)
    }

    /// The entries before this filter's.
    pub fn before(&self) -> impl Iterator<Item = &'a Yaml> + '_ {
        self.filters.iter().copied().take(self.own)
    }

    /// The entries behind this filter's.
    pub fn behind(&self) -> impl Iterator<Item = &'a Yaml> + '_ {
        self.filters.iter().copied().skip(self.own.saturating_add(1))
    }
}

/// Checks the order of the filters: what must come before this one, and what must not come behind it.
pub fn check(summary: &Summary, chain: &Chain<'_>, reporter: &mut Reporter<'_>) {
    let path = &chain.path;
    let name = |filter: &Yaml| filter.text_of("name").unwrap_or_default().to_owned();
    if let Some(router) = chain.before().find(|filter| is_router(filter)) {
        reporter.error(
            router.mark,
            path,
            "Envoy's router ends the chain: the filter behind it is never asked",
        );
    }
    for filter in chain.behind().filter(|filter| AUTHENTICATING.contains(&&*name(filter))) {
        reporter.warn(
            filter.mark,
            path,
            format_args!(
                "{} comes after the filter: it would see the provider's credential",
                name(filter)
            ),
        );
    }
    for filter in chain.before().filter(|filter| removes_authorization(filter)) {
        if summary.reads_authorization && summary.namespaces.is_empty() {
            reporter.warn(
                filter.mark,
                path,
                format_args!(
                    "{} takes `authorization` away before the filter can find a virtual key in it",
                    name(filter)
                ),
            );
        }
    }
    for namespace in &summary.namespaces {
        let is_known = namespace.starts_with("envoy.filters.http.");
        if is_known && !chain.before().any(|filter| name(filter) == *namespace) {
            reporter.error(
                chain.manager.mark,
                path,
                format_args!(
                    "`identity` reads what {namespace} leaves, but no such filter comes before"
                ),
            );
        }
    }
}

fn is_router(filter: &Yaml) -> bool {
    let kind = filter.at(&["typed_config", "@type"]).and_then(Yaml::text).unwrap_or_default();
    filter.text_of("name") == Some("envoy.filters.http.router")
        || kind.ends_with(".http.router.v3.Router")
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
