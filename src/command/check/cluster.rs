//! The clusters that reach the providers.

use std::collections::BTreeMap;
use std::fs;
use std::rc::Rc;

use super::plugin::{Configured, Provider};
use super::{watched_file, Place, Source};
use crate::finding::Findings;
use crate::yaml::{self, Mark, Yaml};

/// All clusters of the files that are checked together.
pub struct Clusters {
    by_name: BTreeMap<String, Cluster>,
    /// Whether a file of clusters was given.
    has_discovered: bool,
}

struct Cluster {
    file: String,
    yaml: Rc<Yaml>,
}

impl Clusters {
    /// Collects the clusters.
    pub fn of(sources: &[Source], findings: &mut Findings) -> Self {
        let mut clusters = Self { by_name: BTreeMap::new(), has_discovered: false };
        for Source { file, documents } in sources {
            for document in documents {
                clusters.add(&document.root, file);
                let Some(discovery) = file_of_clusters(&document.root) else { continue };
                let read =
                    fs::read_to_string(discovery).ok().and_then(|text| yaml::read(&text).ok());
                match read {
                    Some(found) => {
                        found.iter().for_each(|document| clusters.add(&document.root, discovery));
                    }
                    None => Place::new(file, findings).note(
                        document.root.mark,
                        "dynamic_resources.cds_config",
                        format_args!("{discovery} cannot be read here: its clusters are not known"),
                    ),
                }
            }
        }
        clusters
    }

    fn add(&mut self, root: &Yaml, file: &str) {
        let given = root.at(&["static_resources", "clusters"]);
        let discovered = root.get("resources").into_iter().flat_map(entries_of);
        let discovered: Vec<_> = discovered
            .filter(|yaml| yaml.text_of("@type").is_some_and(|kind| kind.ends_with(".Cluster")))
            .collect();
        self.has_discovered |= !discovered.is_empty();
        for yaml in given.into_iter().flat_map(entries_of).chain(discovered) {
            if let Some(name) = yaml.text_of("name") {
                let cluster = Cluster { file: file.to_owned(), yaml: Rc::clone(yaml) };
                self.by_name.insert(name.to_owned(), cluster);
            }
        }
    }

    /// Checks that every provider has its cluster, and that its credential is safe on the way there.
    pub fn check(&self, configured: &Configured, root: &Yaml, place: &mut Place<'_>) {
        let all_are_known = self.knows_all(root);
        for provider in &configured.providers {
            let Some((name, mark)) = &provider.cluster else { continue };
            match self.by_name.get(name) {
                Some(cluster) if provider.is_sent_a_credential => {
                    check_transport(provider, name, *mark, cluster, place);
                }
                Some(_) => {}
                None if all_are_known => place.error(
                    *mark,
                    format_args!("providers.{}.cluster", provider.name),
                    format_args!("no cluster {name:?} is defined"),
                ),
                None => {}
            }
        }
    }

    /// The cluster `name`, and the file that it is in.
    pub fn get(&self, name: &str) -> Option<(&str, &Yaml)> {
        self.by_name.get(name).map(|cluster| (&*cluster.file, &*cluster.yaml))
    }

    /// Whether Envoy would have no other clusters than those that are known here.
    pub fn knows_all(&self, root: &Yaml) -> bool {
        let dynamic = root.get("dynamic_resources");
        let elsewhere = dynamic.is_some_and(|dynamic| {
            let asks = dynamic.get("cds_config").is_some() || dynamic.get("ads_config").is_some();
            asks && file_of_clusters(root).is_none()
        });
        let from_file = file_of_clusters(root).is_some();
        match root.get("static_resources") {
            Some(_) => !elsewhere && (!from_file || self.has_discovered),
            // A file of listeners, beside one of clusters.
            None => root.get("resources").is_some() && self.has_discovered,
        }
    }
}

/// The items of a list, to keep.
fn entries_of(list: &Yaml) -> impl Iterator<Item = &Rc<Yaml>> {
    match &list.value {
        yaml::Value::List(items) => items.as_slice(),
        yaml::Value::Scalar(_) | yaml::Value::Map(_) => &[],
    }
    .iter()
}

/// The file from which Envoy takes clusters.
fn file_of_clusters(root: &Yaml) -> Option<&str> {
    watched_file(root, "cds_config")
}

/// Checks that a credential reaches its provider and nobody else.
fn check_transport(
    provider: &Provider,
    name: &str,
    mark: Mark,
    cluster: &Cluster,
    place: &mut Place<'_>,
) {
    let path = format!("providers.{}.cluster", provider.name);
    let yaml = &cluster.yaml;
    let where_it_is = format!("cluster {name:?} ({}:{})", cluster.file, yaml.mark.line);
    let Some(tls) = yaml.at(&["transport_socket", "typed_config"]) else {
        if leaves_the_machine(yaml) && yaml.get("transport_socket_matches").is_none() {
            place.warn(
                mark,
                path,
                format_args!("{where_it_is} has no TLS: the credential travels in the clear"),
            );
        }
        return;
    };
    if !tls.text_of("@type").is_some_and(|kind| kind.ends_with(".UpstreamTlsContext")) {
        return;
    }
    let context = tls.get("common_tls_context");
    let validation = context.and_then(|context| {
        context
            .get("validation_context")
            .or_else(|| context.at(&["combined_validation_context", "default_validation_context"]))
    });
    let from_sds = context.is_some_and(|context| {
        context.get("validation_context_sds_secret_config").is_some()
            || context.get("combined_validation_context").is_some()
    });
    let is_anchored = validation.is_some_and(|validation| {
        validation.get("trusted_ca").is_some() || validation.get("system_root_certs").is_some()
    });
    if !is_anchored && !from_sds {
        place.error(
            mark,
            &path,
            format_args!(
                "{where_it_is} does not verify the provider's certificate: name a `trusted_ca`"
            ),
        );
        return;
    }
    let options = yaml.get("typed_extension_protocol_options").map(Yaml::entries);
    let http = options
        .into_iter()
        .flatten()
        .find_map(|entry| entry.value.get("upstream_http_protocol_options"));
    let is_set = |field| http.is_some_and(|http| http.is_true(field));
    let names = validation
        .is_some_and(|validation| validation.get("match_typed_subject_alt_names").is_some());
    if !names && !from_sds && !is_set("auto_san_validation") {
        place.warn(
            mark,
            &path,
            format_args!(
                "{where_it_is} takes any host's certificate: set `auto_san_validation` or `match_typed_subject_alt_names`"
            ),
        );
    }
    if tls.get("sni").is_none() && !is_set("auto_sni") {
        place.warn(
            mark,
            &path,
            format_args!("{where_it_is} does not say which host it wants: set `auto_sni` or `sni`"),
        );
    }
}

/// Whether a cluster has an endpoint that is not on this machine.
fn leaves_the_machine(cluster: &Yaml) -> bool {
    let mut leaves = false;
    cluster.visit(&mut |_, yaml| {
        let address = yaml.at(&["socket_address", "address"]).and_then(Yaml::text);
        let is_here = |address: &str| {
            address == "localhost" || address == "::1" || address.starts_with("127.")
        };
        leaves |= address.is_some_and(|address| !is_here(address));
    });
    leaves
}
