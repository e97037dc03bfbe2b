//! What a document is, and where in it the filter is configured.

use std::rc::Rc;

use super::source::discovered_file;
use crate::finding::Reporter;
use crate::yaml::{self, Block, Dialect, Mark, Path, Yaml};

/// What was found in a document.
pub struct Content<'a> {
    /// The configurations of the filter.
    pub plugins: Vec<Plugin<'a>>,
    /// Filters whose configuration is in another file.
    pub references: Vec<Reference<'a>>,
    /// Whether it is of a kind that is known, even if the filter is not in it.
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
    /// What is around the configuration.
    pub carrier: Carrier<'a>,
    /// The configuration itself; `None` if there is none or it cannot be read.
    pub configuration: Option<Written>,
}

/// What is around a configuration.
#[derive(Clone, Copy)]
pub enum Carrier<'a> {
    /// Nothing: the file is a plugin configuration.
    Nothing,
    /// Envoy's `PluginConfig`.
    Envoy(&'a Yaml),
    /// An object of Kubernetes that cannot make Envoy hold the headers.
    Unfit,
}

/// A configuration as it is written.
#[derive(Clone)]
pub struct Written {
    /// Its tree.
    pub tree: Rc<Yaml>,
    /// How its scalars are read.
    pub dialect: Dialect,
    /// Whether it is all that is in its document.
    pub stands_alone: bool,
    /// Where it is, if it is text inside of a document: the text's position, and that of its lines if they have any.
    inside: Option<(Mark, Option<Block>)>,
}

/// The `root_id` of the filter in a pool.
pub const UPSTREAM: &str = "llm_router_upstream";

impl<'a> Plugin<'a> {
    /// Envoy's `PluginConfig`, if the filter is in one.
    pub fn host(&self) -> Option<&'a Yaml> {
        match self.carrier {
            Carrier::Envoy(host) => Some(host),
            Carrier::Nothing | Carrier::Unfit => None,
        }
    }

    /// Whether this is the filter in a pool.
    pub fn is_upstream(&self) -> bool {
        self.host().is_some_and(|host| host.text_of("root_id") == Some(UPSTREAM))
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

impl Written {
    /// The position in the file of a position in the configuration.
    pub fn place(&self, mark: Mark) -> Mark {
        match self.inside {
            None => mark,
            Some((_, Some(block))) => block.place(mark),
            Some((text, None)) => text,
        }
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
                let configuration = embedded(yaml, path, dialect, reporter);
                plugins.push(Plugin {
                    path: path.clone(),
                    carrier: Carrier::Envoy(yaml),
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
        plugins.extend(unfit(root, reporter));
        let is_envoys = ENVOYS_OWN.iter().any(|field| root.get(field).is_some());
        if plugins.is_empty() && !is_envoys {
            let tree = Rc::clone(root);
            plugins.push(Plugin {
                path: Path::default(),
                carrier: Carrier::Nothing,
                configuration: Some(Written { tree, dialect, stands_alone: true, inside: None }),
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
    named.any(|name| name == "llm_router" || name == UPSTREAM)
        || file.and_then(Yaml::text).is_some_and(|file| file.contains("llm_router"))
        || plugin.at(&["configuration", "value", "providers"]).is_some()
}

/// The configuration in a `PluginConfig`.
fn embedded(
    plugin: &Yaml,
    path: &Path<'_>,
    dialect: Dialect,
    reporter: &mut Reporter<'_>,
) -> Option<Written> {
    let Some(any) = plugin.entry("configuration") else {
        reporter.error(plugin.mark, path, "the filter has no `configuration`");
        return None;
    };
    let value = any.value.entry("value");
    match (any.value.text_of("@type").map(type_name), value) {
        (Some("google.protobuf.Struct"), Some(value)) => Some(Written {
            tree: Rc::clone(&value.value),
            dialect,
            stands_alone: false,
            inside: None,
        }),
        (Some("google.protobuf.StringValue"), Some(value)) => text(&value.value, path, reporter),
        (_, None) => {
            reporter.error(any.mark, path, "this `configuration` has no `value`");
            None
        }
        (_, Some(_)) => {
            reporter.error(
                any.mark,
                path,
                "the filter reads a google.protobuf.Struct or StringValue: say which in `@type`",
            );
            None
        }
    }
}

/// What follows the slash of a type URL.
fn type_name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

/// A configuration that is JSON text.
fn text(yaml: &Yaml, path: &Path<'_>, reporter: &mut Reporter<'_>) -> Option<Written> {
    let Some(scalar) = yaml.scalar() else {
        reporter.error(yaml.mark, path, "a StringValue holds text; for an object take a Struct");
        return None;
    };
    let inside = Some((yaml.mark, scalar.block));
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&scalar.text) {
        let mark = Mark { line: error.line(), column: error.column().max(1) };
        let mark = scalar.block.map_or(yaml.mark, |block| block.place(mark));
        let hint = match yaml::read(&scalar.text) {
            Ok(_) => "; YAML can be written as a google.protobuf.Struct",
            Err(_) => "",
        };
        reporter.error(
            mark,
            path,
            format_args!("the text of a StringValue must be JSON: {error}{hint}"),
        );
        return None;
    }
    let document = yaml::read(&scalar.text).ok()?.into_iter().next()?;
    let written =
        Written { tree: document.root, dialect: Dialect::Json, stands_alone: false, inside };
    for (mark, key) in &document.repeated {
        reporter.error(written.place(*mark), key, "this key is repeated");
    }
    Some(written)
}

/// The filter in objects of Kubernetes that are of no use to it.
fn unfit<'a>(root: &'a Rc<Yaml>, reporter: &mut Reporter<'_>) -> Vec<Plugin<'a>> {
    let Some(kind) = root.text_of("kind") else { return Vec::new() };
    let Some((_, way, field)) = UNFIT.iter().find(|(unfit, ..)| *unfit == kind) else {
        return Vec::new();
    };
    let Some(at) = root.at(way) else { return Vec::new() };
    let lists = at.items().chain([at]);
    let ours = lists.filter_map(|holder| Some((holder, holder.entry(field)?)));
    ours.filter(|(_, entry)| entry.value.get("providers").is_some())
        .map(|(holder, entry)| {
            reporter.error(
                holder.mark,
                way.join("."),
                format_args!(
                    "{kind} has no field for `allow_on_headers_stop_iteration`, without which every request with a body \
                     hangs: insert the filter with an EnvoyFilter or an EnvoyPatchPolicy"
                ),
            );
            Plugin {
                path: Path::default(),
                carrier: Carrier::Unfit,
                configuration: Some(Written {
                    tree: Rc::clone(&entry.value),
                    dialect: Dialect::Kubernetes,
                    stands_alone: false,
                    inside: None,
                }),
            }
        })
        .collect()
}
