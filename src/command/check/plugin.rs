//! Checks the plugin configuration as the filter itself does when Envoy loads it.

use envoy_llm_router::{Diagnostic, Router};

use super::document::Plugin;
use super::summary::Summary;
use super::variables::{self, Variable};
use super::vm;
use super::written::Written;
use crate::environment::{is_variable_name, Environment, VmEnvironment};
use crate::finding::Reporter;
use crate::yaml::Dialect;

/// Checks a configuration, and returns what the other checks need of it.
pub fn check(
    plugin: &Plugin<'_>,
    environment: &Environment,
    reporter: &mut Reporter<'_>,
) -> Summary {
    let Some(written) = &plugin.configuration else { return Summary::of_unreadable() };
    let environment = VmEnvironment::new(environment, plugin.plugin_config().map(vm::handed_on));
    let tree = &written.tree;
    let loaded = Router::from_node(&tree.node(written.dialect), &|name| environment.lookup(name));
    let (upstreams, errors, warnings) = match loaded {
        Ok(loaded) => (Some(loaded.router.upstreams()), Vec::new(), loaded.warnings),
        Err(refusal) => (None, refusal.errors, refusal.warnings),
    };
    let variables = variables::by_path(tree);
    let at = |path: &str| written.position(tree.locate(path));
    report_errors(written, &errors, &environment, reporter);
    // A warning about an entry that holds an error is a consequence of it more often than not.
    let holds_an_error = |path: &str| {
        let rest = |error: &Diagnostic| error.path.strip_prefix(path).map(str::to_owned);
        errors.iter().filter_map(rest).any(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    for Diagnostic { path, message } in &warnings {
        if !holds_an_error(path) {
            reporter.warn(at(path), path, message);
        }
    }
    for (path, Variable { name, mark }) in &variables {
        if environment.is_unknown(name) {
            reporter.note(
                written.position(*mark),
                path,
                format_args!("{name:?} is not set here: Envoy will need it"),
            );
        }
    }
    if let Some(host) = plugin.plugin_config() {
        let used = variables.values().map(|variable| &*variable.name).collect();
        vm::note_unused(host, &used, &plugin.path, reporter);
    }
    Summary::of(written, upstreams)
}

/// Reports what the filter refuses, each error where it is in the file, with advice where the command knows more.
pub fn report_errors(
    written: &Written,
    errors: &[Diagnostic],
    environment: &VmEnvironment<'_>,
    reporter: &mut Reporter<'_>,
) {
    let tree = &written.tree;
    let variables = variables::by_path(tree);
    let at = |path: &str| written.position(tree.locate(path));
    for Diagnostic { path, message } in
        errors.iter().filter(|error| !is_a_consequence(error, errors))
    {
        if let Some(advice) = variables.get(path).and_then(|one| advice(&one.name, environment)) {
            reporter.error(at(path), path, advice);
        } else if let Some(name) = variables::named_as_a_value(tree, path) {
            let advice = format_args!("{message}: write `env: {name}` instead of `value`");
            reporter.error(at(path), path, advice);
        } else if written.dialect != Dialect::Json && is_unquoted(message) {
            let advice = "without quotes YAML takes yes, no, on, off, y, n and numbers for something else: quote it";
            reporter.error(at(path), path, format_args!("{message}; {advice}"));
        } else {
            reporter.error(at(path), path, message);
        }
    }
}

/// Whether a field is missed because it is there under another name, of which there is an error too.
fn is_a_consequence(error: &Diagnostic, all: &[Diagnostic]) -> bool {
    let is_inside = |other: &&Diagnostic| {
        let rest = other.path.strip_prefix(&error.path);
        rest.is_some_and(|rest| rest.starts_with('.')) && other.message.starts_with("unknown field")
    };
    error.message.starts_with("give exactly one of") && all.iter().any(|other| is_inside(&other))
}

/// Whether the filter found no text because of missing quotes.
fn is_unquoted(message: &str) -> bool {
    ["a boolean", "a number"]
        .iter()
        .any(|found| message == format!("expected a string, found {found}"))
}

/// What to do about a variable that the filter would not find.
fn advice(name: &str, environment: &VmEnvironment<'_>) -> Option<String> {
    if !is_variable_name(name) {
        // What is no reference may be the secret itself.
        return Some(match variables::bare_name(name) {
            Some(bare) => format!("{name:?} is not the name of a variable: write `env: {bare}`"),
            None => "this is not the name of a variable; the secret itself is a `value`".to_owned(),
        });
    }
    environment.is_withheld(name).then(|| {
        format!(
            "{name:?} is not handed on to the filter: add it to vm_config.environment_variables"
        )
    })
}
