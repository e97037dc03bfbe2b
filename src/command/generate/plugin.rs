//! Envoy's `PluginConfig`: the filter, and what it is given.

use std::collections::BTreeSet;

use envoy_llm_router::Node;

use super::parameters::numbers_for_texts;
use super::template::fill;
use crate::arguments::{EnvoyArguments, Target};
use crate::check;
use crate::configuration::Configuration;
use crate::emit;
use crate::outcome::{remark, Trouble};
use crate::yaml::{self, Dialect};

/// The `PluginConfig` for a configuration.
pub fn render(
    configuration: &Configuration,
    arguments: &EnvoyArguments,
) -> Result<String, Trouble> {
    let variables: BTreeSet<String> =
        check::variables(&configuration.written.tree, |_| true).collect();
    let variables: Vec<_> =
        variables.iter().map(|name| format!("- {}", emit::quoted(name))).collect();
    let template = include_str!("plugin.yaml");
    let template = match variables.is_empty() {
        false => template.to_owned(),
        // Nothing is named with `env:`, so nothing is handed on.
        true => {
            let (front, rest) = template.split_once("  # The secrets").unwrap_or((template, ""));
            let (_, rest) = rest.split_once("{{variables}}\n").unwrap_or(("", rest));
            format!("{front}{rest}")
        }
    };
    // Envoy takes a large configuration faster as text.
    let is_text = arguments.format == Target::Ecds;
    let value = match is_text {
        true => {
            let written = &configuration.written;
            let json = match &written.json {
                Some(text) => text.trim().to_owned(),
                None => {
                    let mut node = written.tree.node(written.dialect);
                    numbers_for_texts(&mut node);
                    emit::json(&node)?
                }
            };
            fill("value: |\n  {{json}}", &[("json", &json)])
        }
        false => {
            let text = configuration_text(configuration)?;
            fill("value:\n  {{text}}", &[("text", &text)])
        }
    };
    Ok(fill(
        &template,
        &[
            ("vm_id", &vm_id(arguments)),
            ("code", &code(arguments)),
            ("variables", &variables.join("\n")),
            ("message", if is_text { "StringValue" } else { "Struct" }),
            ("value", &value),
        ],
    ))
}

/// Filters with one id share a virtual machine: what one gateway learns of the providers is not another's.
fn vm_id(arguments: &EnvoyArguments) -> String {
    match arguments.format {
        Target::Envoy | Target::Ecds | Target::Cds => "llm_router".to_owned(),
        Target::Istio | Target::Gateway => {
            emit::quoted(&format!("{}.{}", arguments.namespace, arguments.gateway))
        }
    }
}

fn code(arguments: &EnvoyArguments) -> String {
    let wasm = arguments.wasm.as_deref();
    match arguments.format {
        Target::Envoy | Target::Ecds | Target::Cds => {
            local(wasm.unwrap_or("target/envoy_llm_router.wasm"))
        }
        Target::Gateway => local(wasm.unwrap_or("/llm-router/plugin.wasm")),
        Target::Istio => {
            let image = wasm.unwrap_or("oci://registry.example/llm-router:0.1.0");
            format!(
                "remote:\n  # Istio's agent fetches it and gives Envoy a local file. Better than a tag: a digest, …@sha256:…\n  \
                 http_uri: {{ uri: {}, cluster: _, timeout: 30s }}\n  \
                 sha256: nil # not known: that of an image is in its reference",
                serde_json::Value::from(image)
            )
        }
    }
}

fn local(path: &str) -> String {
    format!("local: {{ filename: {} }}", emit::quoted(path))
}

/// The configuration as it was written, comments and all, where it was a file of its own and can be copied into another
/// one; else printed anew.
fn configuration_text(configuration: &Configuration) -> Result<String, Trouble> {
    let written = &configuration.written;
    let node = written.tree.node(written.dialect);
    if let Some(text) = &configuration.text {
        let copied = copied(text);
        if is_the_same(&copied, &node) {
            return Ok(copied);
        }
        remark("the configuration's comments are left out: its file cannot be copied into another one as it stands");
    }
    emit::yaml(&node)
}

/// The lines of a file, without those at its front that mean nothing inside of another one.
fn copied(text: &str) -> String {
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim_end);
    let own = lines.skip_while(|line| {
        line.is_empty() || *line == "---" || line.starts_with("# yaml-language-server:")
    });
    own.collect::<Vec<_>>().join("\n")
}

/// Whether lines that are put below a field mean what the configuration means. What begins or ends a document (`%YAML`,
/// `--- # …`, `...`) or is not indented like the rest does not.
fn is_the_same(lines: &str, node: &Node) -> bool {
    let inside = fill("configuration:\n  {{lines}}\n", &[("lines", lines)]);
    let Ok(documents) = yaml::read(&inside) else { return false };
    let [document] = documents.as_slice() else { return false };
    let found = document.root.get("configuration").map(|found| found.node(Dialect::Envoy));
    document.root.entries().len() == 1 && found.as_ref() == Some(node)
}
