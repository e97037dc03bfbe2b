//! What the checks of listeners, routes and clusters need to know of a configuration.

use std::collections::BTreeSet;

use envoy_llm_router::{Kind, Operation, Upstream, DEFAULT_CLUSTER_HEADER, DEFAULT_MAX_BODY_BYTES};

use super::written::Written;
use crate::yaml::{Entry, Mark, Yaml};

/// Read from the text, so that a mistake in the configuration does not hide others around it.
pub struct Summary {
    /// The header that names the cluster.
    pub cluster_header: String,
    /// The largest body that is accepted.
    pub max_body_bytes: u64,
    /// The providers.
    pub providers: Vec<Provider>,
    /// The metadata namespaces from which callers are recognised.
    pub namespaces: BTreeSet<String>,
    /// Whether virtual keys are looked for in `authorization`.
    pub reads_authorization: bool,
    /// The models that can fail over.
    pub pools: Vec<Pool>,
    /// The header that names the providers which may serve a request (`failover.subset_header`), and where it is named.
    pub subset_header: Option<(String, Mark)>,
    /// The headers in which providers are sent credentials, in lower case.
    pub credential_headers: BTreeSet<String>,
    /// The paths below which the API is on the listener.
    pub base_paths: Vec<String>,
}

/// One provider.
pub struct Provider {
    /// Its name.
    pub name: String,
    /// The cluster that reaches it, and where that is named.
    pub cluster: Option<(String, Mark)>,
    /// Whether it is sent a credential.
    pub is_sent_a_credential: bool,
    /// The host that its requests are sent to.
    pub host: Host,
    /// What the paths of its requests begin with; `None`: the client's paths are not changed.
    pub paths: Option<Vec<String>>,
}

/// The host (`:authority`) of the requests to a provider.
#[derive(Clone, PartialEq, Eq)]
pub enum Host {
    /// Always this one.
    Fixed(String),
    /// Whichever the client names.
    OfClient,
    /// Not known: the configuration holds errors.
    Unknown,
}

/// A model whose requests go to a pool.
pub struct Pool {
    /// The model.
    pub model: String,
    /// The cluster, and where it is named.
    pub cluster: (String, Mark),
    /// The providers of the model's targets.
    pub providers: Vec<String>,
}

impl Summary {
    /// Of a configuration that cannot be read.
    pub fn of_unreadable() -> Self {
        Self {
            cluster_header: DEFAULT_CLUSTER_HEADER.to_owned(),
            max_body_bytes: DEFAULT_MAX_BODY_BYTES.into(),
            providers: Vec::new(),
            namespaces: BTreeSet::new(),
            reads_authorization: true,
            pools: Vec::new(),
            subset_header: None,
            credential_headers: BTreeSet::from(["authorization".to_owned()]),
            base_paths: vec!["/v1".to_owned()],
        }
    }

    /// Of a configuration. `upstreams` are its providers as they are compiled, if it holds no errors.
    pub fn of(written: &Written, upstreams: Option<Vec<Upstream>>) -> Self {
        let tree = &written.tree;
        let mut summary = Self::of_unreadable();
        if let Some(header) = tree.text_of("cluster_header") {
            summary.cluster_header = header.to_ascii_lowercase();
        }
        if let Some(limit) = tree.text_of("max_body_bytes").and_then(|text| text.parse().ok()) {
            summary.max_body_bytes = limit;
        }
        if let Some(paths) = tree.get("base_paths") {
            summary.base_paths = texts(paths).map(str::to_owned).collect();
        }
        for entry in entries(tree, "providers") {
            summary.credential_headers.extend(credential_headers(&entry.value));
            summary.providers.push(provider(entry, written, upstreams.as_deref()));
        }
        summary.pools = pools(written);
        let header = tree.at(&["failover", "subset_header"]);
        summary.subset_header = header
            .and_then(|header| Some((header.text()?.to_owned(), written.position(header.mark))));
        if let Some(identity) = tree.get("identity") {
            summary.read_identity(identity);
        }
        summary
    }

    fn read_identity(&mut self, identity: &Yaml) {
        let attributes = identity.get("attributes_metadata").map(Yaml::entries);
        let paths = attributes.into_iter().flatten().map(|entry| &*entry.value);
        self.namespaces = paths
            .chain(identity.get("team_metadata"))
            .filter_map(|path| path.items().next()?.text().map(str::to_owned))
            .collect();
        if let Some(headers) = identity.get("key_headers") {
            self.reads_authorization =
                texts(headers).any(|name| name.eq_ignore_ascii_case("authorization"));
        }
    }
}

fn provider(entry: &Entry, written: &Written, upstreams: Option<&[Upstream]>) -> Provider {
    let yaml = &entry.value;
    let compiled = upstreams.and_then(|all| all.iter().find(|upstream| upstream.name == entry.key));
    Provider {
        name: entry.key.clone(),
        cluster: yaml
            .get("cluster")
            .and_then(|cluster| Some((cluster.text()?.to_owned(), written.position(cluster.mark)))),
        is_sent_a_credential: is_sent_a_credential(yaml),
        host: match compiled.map(|upstream| &upstream.authority) {
            _ if yaml.text_of("authority") == Some("client") => Host::OfClient,
            None => Host::Unknown,
            Some(None) => Host::OfClient,
            Some(Some(host)) => Host::Fixed(host.clone()),
        },
        paths: paths_of(yaml),
    }
}

fn kind_of(provider: &Yaml) -> Option<&'static Kind> {
    provider.text_of("kind").and_then(Kind::named)
}

fn is_sent_a_credential(provider: &Yaml) -> bool {
    match provider.get("auth") {
        Some(auth) => auth.text() != Some("none"),
        None => kind_of(provider).is_none_or(|kind| kind.auth().is_some()),
    }
}

fn credential_headers(provider: &Yaml) -> Vec<String> {
    let of_kind =
        kind_of(provider).into_iter().flat_map(|kind| kind.apis.iter().chain(kind.versioned));
    let of_kind = of_kind.filter_map(|place| Some(place.auth?.header.to_owned()));
    let written = provider.at(&["auth", "header"]).and_then(Yaml::text);
    written.map(str::to_ascii_lowercase).into_iter().chain(of_kind).collect()
}

/// What the paths of a provider's requests begin with.
fn paths_of(provider: &Yaml) -> Option<Vec<String>> {
    let of_apis = provider.get("apis").map(Yaml::entries).unwrap_or_default();
    let written =
        of_apis.iter().filter_map(|api| api.value.get("path")).chain(provider.get("path"));
    let mut paths: Vec<String> = written.flat_map(written_paths).collect();
    if provider.get("path").is_none() {
        let kind = kind_of(provider)?;
        for place in kind.apis.iter().chain(kind.versioned) {
            let served = place.served().map(|operation| (place.path_of(operation), operation));
            paths.extend(served.flat_map(|(path, operation)| heads(path, operation)));
        }
    }
    paths.sort();
    paths.dedup();
    Some(paths)
}

fn written_paths(path: &Yaml) -> Vec<String> {
    match (path.text_of("template"), path.text_of("prefix")) {
        (Some(template), _) => of_all_endpoints(template),
        (None, prefix) => below(prefix.unwrap_or_default()),
    }
}

/// What the paths of all endpoints below a prefix begin with.
pub fn below(prefix: &str) -> Vec<String> {
    of_all_endpoints(&format!("{}/{{endpoint}}", prefix.trim_end_matches('/')))
}

fn of_all_endpoints(template: &str) -> Vec<String> {
    Operation::ALL.iter().flat_map(|operation| heads(template, *operation)).collect()
}

/// What a path begins with, up to what is not known of it; and what the paths of other endpoints there begin with.
fn heads(template: &str, operation: Operation) -> Vec<String> {
    let known = |path: &str| path.split(['{', '?']).next().unwrap_or_default().to_owned();
    let front = Some(known(template)).filter(|front| front.len() > 1);
    let own = known(&template.replace("{endpoint}", operation.path()));
    front.into_iter().chain([own]).collect()
}

fn pools(written: &Written) -> Vec<Pool> {
    let pool = |entry: &Entry| {
        let cluster = entry.value.get("failover_cluster")?;
        let targets = entry.value.get("targets").into_iter().flat_map(Yaml::items);
        Some(Pool {
            model: entry.key.clone(),
            cluster: (cluster.text()?.to_owned(), written.position(cluster.mark)),
            providers: targets
                .filter_map(|target| target.text_of("provider").map(str::to_owned))
                .collect(),
        })
    };
    entries(&written.tree, "models").iter().filter_map(pool).collect()
}

fn entries<'a>(tree: &'a Yaml, name: &str) -> &'a [Entry] {
    tree.get(name).map(Yaml::entries).unwrap_or_default()
}

fn texts(list: &Yaml) -> impl Iterator<Item = &str> {
    list.items().filter_map(Yaml::text)
}
