//! The filter's configuration as it is written in a file: as an object, or as text inside of one.

use std::rc::Rc;

use crate::finding::Reporter;
use crate::yaml::{self, Block, Dialect, Mark, Path, Yaml};

/// A configuration as it is written.
#[derive(Clone)]
pub struct Written {
    /// Its tree.
    pub tree: Rc<Yaml>,
    /// How its scalars are read.
    pub dialect: Dialect,
    /// Whether it is all that is in its document.
    pub stands_alone: bool,
    /// Its text, if that is JSON.
    pub json: Option<Rc<str>>,
    /// Where it is, if it is text inside of a document: the text's position, and that of its lines if they have any.
    inside: Option<(Mark, Option<Block>)>,
}

impl Written {
    /// A document that is a configuration.
    pub fn document(root: &Rc<Yaml>, dialect: Dialect) -> Self {
        Self { stands_alone: true, ..Self::object(root, dialect) }
    }

    /// An object inside of a document.
    pub fn object(tree: &Rc<Yaml>, dialect: Dialect) -> Self {
        Self { tree: Rc::clone(tree), dialect, stands_alone: false, json: None, inside: None }
    }

    /// The position in the file of a position in the configuration.
    pub fn position(&self, mark: Mark) -> Mark {
        match self.inside {
            None => mark,
            Some((_, Some(block))) => block.place(mark),
            Some((text, None)) => text,
        }
    }
}

/// The configuration in a `PluginConfig` at `path`.
pub fn in_plugin_config(
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
        (Some("google.protobuf.Struct"), Some(value)) => {
            Some(Written::object(&value.value, dialect))
        }
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
    let json = Some(scalar.text.as_str().into());
    let written = Written { inside, json, ..Written::object(&document.root, Dialect::Json) };
    for (mark, key) in &document.repeated {
        reporter.error(written.position(*mark), key, "this key is repeated");
    }
    Some(written)
}
