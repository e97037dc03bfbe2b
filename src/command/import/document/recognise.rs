//! Whose configuration a document is.

use crate::yaml::{Value, Yaml};

/// A gateway whose configurations can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A LiteLLM proxy.
    Litellm,
    /// A Llama Stack.
    LlamaStack,
}

/// Whose a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gateway {
    /// One that can be imported.
    Known(Wanted),
    /// Plano, or Arch as it was called.
    Plano,
    /// The filter itself.
    Own,
    /// Envoy.
    Envoy,
}

impl Wanted {
    /// How it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Litellm => "a LiteLLM proxy",
            Self::LlamaStack => "a Llama Stack",
        }
    }
}

impl Gateway {
    /// Whether it is the wanted one.
    pub fn is(self, wanted: Wanted) -> bool {
        self == Self::Known(wanted)
    }

    /// What to do with it instead.
    pub fn advice(self, wanted: Wanted) -> String {
        let wanted = wanted.name();
        match self {
            Self::Known(Wanted::Litellm) => format!(
                "this is the configuration of a LiteLLM proxy, not of {wanted}: llm-router import litellm"
            ),
            Self::Known(Wanted::LlamaStack) => format!(
                "this is the configuration of a Llama Stack, not of {wanted}: llm-router import llama-stack"
            ),
            Self::Plano => {
                format!("this is a configuration of Plano, not of {wanted}; there is no import for it")
            }
            Self::Own => format!(
                "this is a configuration of the filter, not of {wanted}: it needs no import (llm-router check)"
            ),
            Self::Envoy => format!("this is a configuration of Envoy, not of {wanted}"),
        }
    }
}

/// Whose configuration a document is, if that can be seen.
pub fn gateway(document: &Yaml) -> Option<Gateway> {
    let has = |name: &str| document.entries().iter().any(|entry| entry.key == name);
    let any = |names: &[&str]| names.iter().any(|name| has(name));
    let is_list = |yaml: &Yaml| matches!(yaml.value, Value::List(_));
    let apis = document.get("providers").filter(|apis| !apis.entries().is_empty());
    let of_apis = apis.is_some_and(|apis| apis.entries().iter().all(|entry| is_list(&entry.value)));
    let of_clusters = apis.is_some_and(|providers| {
        providers.entries().iter().any(|entry| entry.value.get("cluster").is_some())
    });
    if any(&["static_resources", "resources", "dynamic_resources"]) {
        Some(Gateway::Envoy)
    } else if of_clusters {
        Some(Gateway::Own)
    } else if of_apis || any(&["registered_resources", "distro_name"]) {
        Some(Gateway::Known(Wanted::LlamaStack))
    } else if any(&["model_list", "litellm_settings", "router_settings", "general_settings"])
        || any(&["credential_list", "include"])
    {
        Some(Gateway::Known(Wanted::Litellm))
    } else if any(&["llm_providers", "model_providers", "prompt_targets", "overrides"]) {
        Some(Gateway::Plano)
    } else if any(&["image_name", "apis"]) {
        Some(Gateway::Known(Wanted::LlamaStack))
    } else {
        None
    }
}
