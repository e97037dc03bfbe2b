//! Files that Envoy would read because another one names them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::yaml::Yaml;

/// The file from which a bootstrap takes the resources of `config`.
pub fn watched_file<'a>(root: &'a Yaml, config: &str) -> Option<&'a str> {
    path_of(root.at(&["dynamic_resources", config])?)
}

/// The file from which a filter's configuration is taken (`config_discovery`).
pub fn discovered_file(config_discovery: &Yaml) -> Option<&str> {
    path_of(config_discovery.get("config_source")?)
}

fn path_of(config_source: &Yaml) -> Option<&str> {
    let nested = config_source.at(&["path_config_source", "path"]);
    nested.or_else(|| config_source.get("path"))?.text()
}

/// Where a file may be that another one names: as Envoy would look for it, in the directory that it is started in; else
/// relative to the file that names it; else beside that file, for what is mounted elsewhere where Envoy runs.
pub fn candidates(written: &str, named_in: &str) -> Vec<PathBuf> {
    let written = Path::new(written);
    let mut found = vec![written.to_owned()];
    if let Some(directory) = Path::new(named_in).parent() {
        if written.is_relative() {
            found.push(directory.join(written));
        }
        found.extend(written.file_name().map(|name| directory.join(name)));
    }
    found
}

/// The text of a file that another one names, and where it was found.
pub fn read_named(written: &str, named_in: &str) -> Option<(String, String)> {
    candidates(written, named_in).into_iter().find_map(|path| {
        let text = fs::read_to_string(&path).ok()?;
        Some((path.to_str()?.to_owned(), text))
    })
}
