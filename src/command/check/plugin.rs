//! The plugin configuration: what the filter itself will say of it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use envoy_llm_router::{Diagnostic, Kind, Router, DEFAULT_CLUSTER_HEADER, DEFAULT_MAX_BODY_BYTES};

use super::document::{Plugin, Written};
use super::pool::{self, Pool};
use super::{vm, Place};
use crate::environment::{Environment, Stage};
use crate::yaml::{Mark, Yaml};

/// What the rest of the checks want to know of a configuration. It is read from the text, so that one mistake in it does
/// not hide another elsewhere.
pub struct Configured {
    /// The header that names the cluster.
    pub cluster_header: String,
    /// The largest body that is taken.
    pub max_body_bytes: u64,
    /// The providers.
    pub providers: Vec<Provider>,
    /// The metadata namespaces from which callers are recognised.
    pub namespaces: BTreeSet<String>,
    /// Whether virtual keys are looked for in `authorization`.
    pub reads_authorization: bool,
    /// The models that fail over.
    pub pools: Vec<Pool>,
}

/// One provider.
pub struct Provider {
    /// Its name.
    pub name: String,
    /// The cluster that reaches it, and where that is named.
    pub cluster: Option<(String, Mark)>,
    /// Whether it is sent a credential.
    pub is_sent_a_credential: bool,
}

/// Checks the configuration as the filter does.
pub fn check(plugin: &Plugin<'_>, environment: &Environment, place: &mut Place<'_>) -> Configured {
    let Some(written) = &plugin.configuration else { return Configured::unknown() };
    let stage = Stage::new(environment, plugin.host().map(vm::handed_on));
    let tree = &written.tree;
    let (errors, warnings) =
        match Router::from_node(tree.node(written.dialect), &|name| stage.lookup(name)) {
            Ok(loaded) => (Vec::new(), loaded.warnings),
            Err(refusal) => (refusal.errors, refusal.warnings),
        };
    let references = references(tree);
    let at = |path: &str| written.place(tree.locate(path));
    for Diagnostic { path, message } in errors {
        match references.get(&path).filter(|reference| stage.is_withheld(&reference.variable)) {
            Some(Reference { variable, .. }) => place.error(
                at(&path),
                &path,
                format_args!(
                    "{variable:?} is not handed on to the filter: add it to vm_config.environment_variables"
                ),
            ),
            None => place.error(at(&path), &path, message),
        }
    }
    for Diagnostic { path, message } in warnings {
        place.warn(at(&path), &path, message);
    }
    for (path, Reference { variable, mark }) in &references {
        if stage.is_unknown(variable) {
            place.note(
                written.place(*mark),
                path,
                format_args!("{variable:?} is not set here: Envoy will need it"),
            );
        }
    }
    if let Some(host) = plugin.host() {
        let used = references.values().map(|reference| &*reference.variable).collect();
        vm::note_unused(host, &used, &plugin.path, place);
    }
    Configured::read(written)
}

/// The variables that a configuration names.
pub fn variables(tree: &Yaml) -> impl Iterator<Item = String> {
    references(tree).into_values().map(|reference| reference.variable)
}

/// A variable that the configuration names.
struct Reference {
    variable: String,
    mark: Mark,
}

/// Every `env` of the configuration, by its path.
fn references(tree: &Yaml) -> BTreeMap<String, Reference> {
    let mut found = BTreeMap::new();
    let mut add = |path: String, holder: &Yaml| {
        let entry = holder.entry("env");
        if let Some((entry, variable)) = entry.and_then(|entry| Some((entry, entry.value.text()?)))
        {
            let reference = Reference { variable: variable.to_owned(), mark: entry.mark };
            found.insert(format!("{path}.env"), reference);
        }
    };
    for credential in entries(tree, "credentials") {
        add(format!("credentials.{}", credential.key), &credential.value);
    }
    for team in entries(tree, "teams") {
        let keys = team.value.get("keys");
        for (index, key) in keys.into_iter().flat_map(Yaml::items).enumerate() {
            add(format!("teams.{}.keys[{index}]", team.key), key);
        }
    }
    found
}

fn entries<'a>(tree: &'a Yaml, name: &str) -> &'a [crate::yaml::Entry] {
    tree.get(name).map(Yaml::entries).unwrap_or_default()
}

impl Configured {
    /// Of a configuration that cannot be read.
    fn unknown() -> Self {
        Self {
            cluster_header: DEFAULT_CLUSTER_HEADER.to_owned(),
            max_body_bytes: DEFAULT_MAX_BODY_BYTES.into(),
            providers: Vec::new(),
            namespaces: BTreeSet::new(),
            reads_authorization: true,
            pools: Vec::new(),
        }
    }

    fn read(written: &Written) -> Self {
        let tree: &Rc<Yaml> = &written.tree;
        let mut known = Self::unknown();
        if let Some(header) = tree.text_of("cluster_header") {
            known.cluster_header = header.to_ascii_lowercase();
        }
        if let Some(limit) = tree.text_of("max_body_bytes").and_then(|text| text.parse().ok()) {
            known.max_body_bytes = limit;
        }
        known.providers = entries(tree, "providers")
            .iter()
            .map(|entry| Provider {
                name: entry.key.clone(),
                cluster: entry.value.get("cluster").and_then(|cluster| {
                    Some((cluster.text()?.to_owned(), written.place(cluster.mark)))
                }),
                is_sent_a_credential: is_sent_a_credential(&entry.value),
            })
            .collect();
        known.pools = pool::pools(tree, &|mark| written.place(mark));
        if let Some(identity) = tree.get("identity") {
            let attributes = identity.get("attributes_metadata").map(Yaml::entries);
            let paths = attributes.into_iter().flatten().map(|entry| &*entry.value);
            known.namespaces = paths
                .chain(identity.get("team_metadata"))
                .filter_map(|path| path.items().next()?.text().map(str::to_owned))
                .collect();
            if let Some(headers) = identity.get("key_headers") {
                known.reads_authorization = headers
                    .items()
                    .filter_map(Yaml::text)
                    .any(|name| name.eq_ignore_ascii_case("authorization"));
            }
        }
        known
    }
}

fn is_sent_a_credential(provider: &Yaml) -> bool {
    match provider.get("auth") {
        Some(auth) => auth.text() != Some("none"),
        None => {
            let kind = provider.text_of("kind").and_then(Kind::named);
            kind.is_none_or(|kind| kind.auth().is_some())
        }
    }
}
