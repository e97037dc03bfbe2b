//! Recognises the configurations of other gateways, which `check` is given by mistake.

use crate::yaml::{Value, Yaml};

/// What to do with a document that is the configuration of another gateway; `None` if it is none that is known.
pub fn recognise(root: &Yaml, file: &str) -> Option<String> {
    // LiteLLM's Helm chart has its configuration under `proxy_config`.
    let is_litellm = |yaml: &Yaml| {
        yaml.get("model_list").is_some_and(is_list)
            || ["litellm_settings", "general_settings", "router_settings"]
                .iter()
                .any(|section| yaml.get(section).is_some())
    };
    if is_litellm(root) || root.get("proxy_config").is_some_and(is_litellm) {
        return Some(format!(
            "this is a configuration of LiteLLM: import it, with `llm-router import litellm {file}`"
        ));
    }
    if is_llama_stack(root) {
        return Some(format!(
            "this is a run configuration of Llama Stack: import it, with `llm-router import llama-stack {file}`"
        ));
    }
    if ["model_providers", "llm_providers"].iter().any(|list| root.get(list).is_some_and(is_list)) {
        return Some(
            "this is a configuration of Plano (archgw), for which there is no import: write its providers under \
             `providers`, its models under `models`, and who may call them under `teams`"
                .to_owned(),
        );
    }
    None
}

/// Its providers are lists by API, each with a `provider_type`.
fn is_llama_stack(root: &Yaml) -> bool {
    let providers = root.get("providers").map(Yaml::entries).unwrap_or_default();
    let mut listed = providers.iter().flat_map(|api| api.value.items());
    root.get("image_name").is_some() || listed.any(|one| one.get("provider_type").is_some())
}

fn is_list(yaml: &Yaml) -> bool {
    matches!(yaml.value, Value::List(_))
}
