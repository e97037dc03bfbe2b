//! What a document is, and where in it the filter is configured.

use std::rc::Rc;

use super::named_files::discovered_file;
use super::written::{in_plugin_config, Written};
use crate::finding::Reporter;
use crate::yaml::{Dialect, Document, Mark, Path, Yaml};

/// What a document has of the filter.
pub struct Content<'a> {
    /// The configurations of the filter.
    pub plugins: Vec<Plugin<'a>>,
    /// Filters whose configuration is in another file.
    pub references: Vec<Reference<'a>>,
    /// Whether `check` knows what kind of document it is, with or without the filter in it.
    pub is_something: bool,
}

/// A filter in a document, whose configuration Envoy takes from a file (`config_discovery`).
pub struct Reference<'a> {
    /// The path to the filter's entry in `http_filters`.
    pub path: Path<'a>,
    /// Where that is.
    pub mark: Mark,
    /// The filter's name, which its configuration has too.
    pub name: &'a str,
    /// The file, as it is written; `None` where the configuration comes from a server.
    pub file: Option<&'a str>,
}

/// The filter, as a document configures it.
pub struct Plugin<'a> {
    /// The path to what holds its configuration.
    pub path: Path<'a>,
    /// What the configuration is in.
    pub container: Container<'a>,
    /// The configuration itself; `None` if there is none or it cannot be read.
    pub configuration: Option<Written>,
}

/// What a configuration is in.
#[derive(Clone, Copy)]
pub enum Container<'a> {
    /// Nothing: the file is a plugin configuration.
    Nothing,
    /// Envoy's `PluginConfig`.
    PluginConfig(&'a Yaml),
    /// An object of Kubernetes that cannot make Envoy hold the headers.
    Unfit,
}

/// The `root_id` of the filter in a pool.
pub const UPSTREAM_ROOT_ID: &str = "llm_router_upstream";

impl<'a> Plugin<'a> {
    /// Envoy's `PluginConfig`, if the filter is in one.
    pub fn plugin_config(&self) -> Option<&'a Yaml> {
        match self.container {
            Container::PluginConfig(host) => Some(host),
            Container::Nothing | Container::Unfit => None,
        }
    }

    /// Whether this is the filter in a pool.
    pub fn is_upstream(&self) -> bool {
        self.plugin_config().is_some_and(|host| host.text_of("root_id") == Some(UPSTREAM_ROOT_ID))
    }

    /// Whether a listener takes it from here by `config_discovery`.
    pub fn is_extension(&self) -> bool {
        self.extension_name().is_some()
    }

    /// The name by which a listener takes it from here (`TypedExtensionConfig.name`).
    pub fn extension_name(&self) -> Option<&'a str> {
        let (_, file) = self.path.nearest("resources")?;
        let resources = file.get("resources")?;
        let is_resource = |one: &&Yaml| resources.items().any(|item| std::ptr::eq(item, *one));
        let holder = self.path.ancestors().find(is_resource)?;
        let is_extension =
            holder.text_of("@type").is_some_and(|kind| kind.ends_with(".TypedExtensionConfig"));
        holder.text_of("name").filter(|_| is_extension)
    }
}

impl Reference<'_> {
    /// Whether this is a filter in a cluster.
    pub fn is_upstream(&self) -> bool {
        self.path.nearest("typed_extension_protocol_options").is_some()
    }

    /// Whether it is a filter in this cluster.
    pub fn is_in(&self, cluster: &Yaml) -> bool {
        self.path.ancestors().any(|one| std::ptr::eq(one, cluster))
    }

    /// Whether its name is one that is usual for this filter.
    pub fn is_named_like_the_filter(&self) -> bool {
        self.name.contains("llm_router") || self.name.contains("llm-router")
    }
}

/// The kinds of documents that the filter need not be in.
const ENVOYS_OWN: [&str; 6] =
    ["static_resources", "dynamic_resources", "resources", "admin", "apiVersion", "filter_chains"];

/// The objects of Kubernetes that load filters, but have no field for `allow_on_headers_stop_iteration`.
const UNFIT: [(&str, &[&str], &str); 2] = [
    ("WasmPlugin", &["spec"], "pluginConfig"),
    ("EnvoyExtensionPolicy", &["spec", "wasm"], "config"),
];

impl<'a> Content<'a> {
    /// Looks for the filter. `is_json` says that the file calls itself JSON.
    pub fn of(root: &'a Rc<Yaml>, is_json: bool, reporter: &mut Reporter<'_>) -> Self {
        let is_kubernetes = root.get("apiVersion").is_some() && root.get("kind").is_some();
        let dialect = match (is_json, is_kubernetes) {
            (true, _) => Dialect::Json,
            (false, true) => Dialect::Kubernetes,
            (false, false) => Dialect::Envoy,
        };
        let mut plugins = Vec::new();
        let mut references = Vec::new();
        root.visit(&mut |path, yaml| {
            if yaml.get("vm_config").is_some() && is_ours(yaml) {
                let configuration = in_plugin_config(yaml, path, dialect, reporter);
                plugins.push(Plugin {
                    path: path.clone(),
                    container: Container::PluginConfig(yaml),
                    configuration,
                });
            }
            if let Some(discovery) = yaml.get("config_discovery") {
                references.push(Reference {
                    path: path.clone(),
                    mark: yaml.mark,
                    name: yaml.text_of("name").unwrap_or_default(),
                    file: discovered_file(discovery),
                });
            }
        });
        plugins.extend(in_unfit_objects(root, reporter));
        let is_envoys = ENVOYS_OWN.iter().any(|field| root.get(field).is_some());
        if plugins.is_empty() && !is_envoys {
            plugins.push(Plugin {
                path: Path::default(),
                container: Container::Nothing,
                configuration: Some(Written::document(root, dialect)),
            });
        }
        let is_something = !plugins.is_empty() || root.get("resources").is_some();
        Self { plugins, references, is_something }
    }
}

/// Whether a `PluginConfig` is this filter's.
fn is_ours(plugin: &Yaml) -> bool {
    let code = plugin.at(&["vm_config", "code"]);
    let mut named = [plugin.text_of("root_id"), plugin.text_of("name")].into_iter().flatten();
    let file = code.and_then(|code| {
        code.at(&["local", "filename"]).or_else(|| code.at(&["remote", "http_uri", "uri"]))
    });
    named.any(|name| name == "llm_router" || name == UPSTREAM_ROOT_ID)
        || file.and_then(Yaml::text).is_some_and(|file| file.contains("llm_router"))
        || plugin.at(&["configuration", "value", "providers"]).is_some()
}

/// The filter in objects of Kubernetes that cannot load it as it needs.
fn in_unfit_objects<'a>(root: &'a Rc<Yaml>, reporter: &mut Reporter<'_>) -> Vec<Plugin<'a>> {
    let Some(kind) = root.text_of("kind") else { return Vec::new() };
    let Some((_, path, field)) = UNFIT.iter().find(|(unfit, ..)| *unfit == kind) else {
        return Vec::new();
    };
    let Some(at) = root.at(path) else { return Vec::new() };
    let lists = at.items().chain([at]);
    let ours = lists.filter_map(|holder| Some((holder, holder.entry(field)?)));
    ours.filter(|(_, entry)| entry.value.get("providers").is_some())
        .map(|(holder, entry)| {
            reporter.error(
                holder.mark,
                path.join("."),
                format_args!(
                    "{kind} has no field for `allow_on_headers_stop_iteration`, without which every request with a body \
                     hangs: insert the filter with an EnvoyFilter or an EnvoyPatchPolicy"
                ),
            );
            Plugin {
                path: Path::default(),
                container: Container::Unfit,
                configuration: Some(Written::object(&entry.value, Dialect::Kubernetes)),
            }
        })
        .collect()
}

/// The filter's configurations in a document, those in pools left out: they repeat the listener's.
pub fn configurations(
    document: &Document,
    is_json: bool,
    mut reporter: Reporter<'_>,
) -> Vec<Written> {
    report_repeated_keys(document, &mut reporter);
    let content = Content::of(&document.root, is_json, &mut reporter);
    let in_listeners = content.plugins.into_iter().filter(|plugin| !plugin.is_upstream());
    in_listeners.filter_map(|plugin| plugin.configuration).collect()
}

/// Reports keys that are repeated in an object.
pub fn report_repeated_keys(document: &Document, reporter: &mut Reporter<'_>) {
    for (mark, path) in &document.repeated {
        // In the filter's configuration the path is the filter's.
        let path = path.rsplit_once("configuration.value.").map_or(&**path, |(_, path)| path);
        reporter.error(*mark, path, "this key is repeated");
    }
}
