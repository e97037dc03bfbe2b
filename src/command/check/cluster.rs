//! The clusters that reach the providers.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::named_files::{read_named, watched_file};
use super::source::{Source, Sources};
use super::steering;
use super::summary::{Host, Provider, Summary};
use super::transport;
use crate::finding::{Findings, Reporter, Severity};
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
    pub fn of(sources: &Sources, findings: &mut Findings) -> Self {
        let mut clusters = Self { by_name: BTreeMap::new(), has_discovered: false };
        for Source { file, documents, .. } in sources.iter() {
            for document in documents {
                clusters.add(&document.root, file);
                let Some(discovery) = file_of_clusters(&document.root) else { continue };
                let read = read_named(discovery, file)
                    .and_then(|(path, text)| Some((path, yaml::read(&text).ok()?)));
                match read {
                    Some((path, found)) => {
                        found.iter().for_each(|document| clusters.add(&document.root, &path));
                    }
                    None => Reporter::new(file, findings).note(
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
    pub fn check(&self, summary: &Summary, root: &Yaml, reporter: &mut Reporter<'_>) {
        let all_are_known = self.knows_all(root);
        for provider in &summary.providers {
            let Some((name, mark)) = &provider.cluster else { continue };
            match self.by_name.get(name) {
                Some(cluster) => {
                    if provider.is_sent_a_credential {
                        check_transport(provider, name, *mark, cluster, reporter);
                    }
                    check_answers(provider, name, *mark, cluster, reporter);
                }
                None if all_are_known => reporter.error(
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

/// Checks that a provider's answers cannot steer Envoy.
fn check_answers(
    provider: &Provider,
    name: &str,
    mark: Mark,
    cluster: &Cluster,
    reporter: &mut Reporter<'_>,
) {
    if steering::is_open(&cluster.yaml) {
        let path = format!("providers.{}.cluster", provider.name);
        let title = format!("cluster {name:?} ({}:{})", cluster.file, cluster.yaml.mark.line);
        reporter.warn(mark, &path, format_args!("{title} {}", steering::MESSAGE));
    }
}

/// Checks that a credential reaches its provider and nobody else.
fn check_transport(
    provider: &Provider,
    name: &str,
    mark: Mark,
    cluster: &Cluster,
    reporter: &mut Reporter<'_>,
) {
    let path = format!("providers.{}.cluster", provider.name);
    let yaml = &cluster.yaml;
    let title = format!("cluster {name:?} ({}:{})", cluster.file, yaml.mark.line);
    let is_host_of_client = provider.host == Host::OfClient;
    if let Some(why) = is_led_by_the_client(yaml, is_host_of_client) {
        reporter.error(
            mark,
            &path,
            format_args!("{title} {why}: the credential could go anywhere"),
        );
    }
    let mut endpoints = transport::endpoints(yaml).map(Some).collect::<Vec<_>>();
    if endpoints.is_empty() {
        endpoints.push(None);
    }
    for endpoint in &endpoints {
        for problem in transport::problems(yaml, endpoint.as_ref(), is_host_of_client) {
            let message = format!("{title} {}", problem.message());
            match problem.severity() {
                Severity::Error => reporter.error(mark, &path, message),
                _ => reporter.warn(mark, &path, message),
            }
        }
    }
}

/// Why a client decides where the cluster's requests go, if it does.
fn is_led_by_the_client(cluster: &Yaml, is_host_of_client: bool) -> Option<&'static str> {
    let kind = cluster.at(&["cluster_type", "name"]).and_then(Yaml::text).unwrap_or_default();
    if cluster.text_of("type") == Some("ORIGINAL_DST") {
        return Some(
            "is ORIGINAL_DST, which sends requests where the client's connection was going",
        );
    }
    (kind == "envoy.clusters.dynamic_forward_proxy" && is_host_of_client).then_some(
        "is a dynamic forward proxy, which sends requests to the host that the client names",
    )
}
