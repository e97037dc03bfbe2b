//! Checks configurations against what is around them: listeners, routes and clusters, in all files together.

use super::cluster::Clusters;
use super::document::{Content, Plugin, Reference};
use super::source::{Source, Sources};
use super::summary::Summary;
use super::{listener, pool, retry, subset};
use crate::finding::{Findings, Reporter};
use crate::yaml::{Document, Path, Yaml};

/// A document whose configurations were checked.
pub struct Checked<'a> {
    /// The file that it is in.
    pub source: &'a Source,
    /// The document.
    pub document: &'a Document,
    /// What is in it.
    pub content: Content<'a>,
    /// What the other checks need of each of the content's plugins, in their order.
    pub summaries: Vec<Summary>,
}

/// The files that are checked together.
pub struct Surroundings<'a> {
    /// The files.
    pub sources: &'a Sources,
    /// Their clusters.
    pub clusters: &'a Clusters,
    /// Their documents.
    pub checked: &'a [Checked<'a>],
}

/// A configuration, and the file that it is in.
#[derive(Clone, Copy)]
struct Found<'a> {
    source: &'a Source,
    plugin: &'a Plugin<'a>,
    summary: &'a Summary,
}

impl<'a> Surroundings<'a> {
    /// Checks every configuration where a listener has it.
    pub fn check(&self, findings: &mut Findings) {
        for Checked { source, document, content, .. } in self.checked {
            let root = &document.root;
            for reference in content.references.iter().filter(|one| !one.is_upstream()) {
                let mut reporter = Reporter::new(&source.file, findings);
                if let Some(found) = self.follow(reference, source, &mut reporter) {
                    self.check_listener(found, source, &reference.path, root, findings);
                    self.check_clusters(found, root, findings);
                }
            }
        }
        for found in self.all() {
            // The filter in a pool is checked with the listener's filter, whose configuration it repeats.
            if found.plugin.is_upstream() || self.is_referred_to(found) {
                continue;
            }
            let Some(root) = self.root_of(found) else { continue };
            if found.plugin.plugin_config().is_some() && !found.plugin.is_extension() {
                self.check_listener(found, found.source, &found.plugin.path, root, findings);
            }
            self.check_clusters(found, root, findings);
        }
    }

    /// Every configuration of every file.
    fn all(&self) -> impl Iterator<Item = Found<'a>> {
        self.checked.iter().flat_map(|Checked { source, content, summaries, .. }| {
            let plugins = content.plugins.iter().zip(summaries);
            plugins.map(|(plugin, summary)| Found { source, plugin, summary })
        })
    }

    /// The root of the document that a configuration is in.
    fn root_of(&self, found: Found<'_>) -> Option<&'a Yaml> {
        let holds = |checked: &&Checked<'_>| {
            checked.content.plugins.iter().any(|plugin| std::ptr::eq(plugin, found.plugin))
        };
        self.checked.iter().find(holds).map(|checked| &*checked.document.root)
    }

    fn check_listener(
        &self,
        found: Found<'_>,
        source: &Source,
        path: &Path<'_>,
        root: &Yaml,
        findings: &mut Findings,
    ) {
        let mut reporter = Reporter::new(&source.file, findings);
        listener::check(found.summary, path, root, &mut reporter);
        retry::check(found.summary, path, root, &mut reporter);
        subset::check_filter(found.summary, path, &mut reporter);
    }

    /// The findings are in the file of the configuration, which names the clusters.
    fn check_clusters(&self, found: Found<'_>, root: &Yaml, findings: &mut Findings) {
        let Found { source, plugin, summary } = found;
        let mut reporter = Reporter::new(&source.file, findings);
        self.clusters.check(summary, root, &mut reporter);
        let upstream = |cluster_file: &str, cluster: &Yaml| self.upstream(cluster_file, cluster);
        pool::check(summary, plugin, self.clusters, root, &upstream, &mut reporter);
    }

    /// The filter in the pool `cluster`, wherever its configuration is.
    fn upstream(&self, file: &str, cluster: &Yaml) -> pool::Upstream<'a> {
        if let Some(inline) = pool::inline_filter(cluster) {
            let found = self.all().find(|found| {
                found.plugin.plugin_config().is_some_and(|host| std::ptr::eq(host, inline))
            });
            return match found {
                Some(found) => pool::Upstream::Is(found.plugin),
                None => pool::Upstream::IsUnknown,
            };
        }
        let references = self.checked.iter().flat_map(|checked| {
            let references = checked.content.references.iter();
            references.map(|reference| (checked.source, reference))
        });
        let mut in_cluster = references
            .filter(|(source, reference)| source.file == file && reference.is_in(cluster));
        match in_cluster.next() {
            Some((source, reference)) => match self.find(reference, source) {
                Some(found) => pool::Upstream::Is(found.plugin),
                None => pool::Upstream::IsUnknown,
            },
            None => pool::Upstream::IsMissing,
        }
    }

    /// The configuration that a listener takes from another file.
    fn follow(
        &self,
        reference: &Reference<'_>,
        source: &Source,
        reporter: &mut Reporter<'_>,
    ) -> Option<Found<'a>> {
        let file = reference.file?;
        if let Some(found) = self.find(reference, source) {
            return Some(found);
        }
        if !reference.is_named_like_the_filter() {
            return None;
        }
        let path = &reference.path;
        match self.sources.find(file, &source.file) {
            None => reporter.note(
                reference.mark,
                path,
                format_args!("{file} cannot be read here: the filter's configuration in it is not checked"),
            ),
            Some(read) => reporter.error(
                reference.mark,
                path,
                format_args!(
                    "{} has no configuration with the name {:?}: every request would be answered with 500",
                    read.file, reference.name
                ),
            ),
        }
        None
    }

    fn find(&self, reference: &Reference<'_>, source: &Source) -> Option<Found<'a>> {
        let read = self.sources.find(reference.file?, &source.file)?;
        self.all().find(|found| {
            std::ptr::eq(found.source, read)
                && found.plugin.extension_name() == Some(reference.name)
        })
    }

    /// Whether a listener of these files takes this configuration.
    fn is_referred_to(&self, found: Found<'_>) -> bool {
        found.plugin.is_extension()
            && self.checked.iter().any(|Checked { source, content, .. }| {
                let found_by = |reference: &Reference<'_>| {
                    self.find(reference, source)
                        .is_some_and(|other| std::ptr::eq(other.plugin, found.plugin))
                };
                content.references.iter().any(found_by)
            })
    }
}
