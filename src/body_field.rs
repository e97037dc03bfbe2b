//! Members of a body that this filter acts on, beside `model`: for JSON bodies and for forms.

use crate::json::Inside;
use crate::provider_data;

/// What is done about a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// It is cut out before anything is sent, and read.
    CallersKeys,
    /// No provider is ever sent it: other gateways let a caller choose with it where a key is sent.
    Forbidden,
    /// It chooses further models, which nobody would have checked. A provider is sent it only where its
    /// `allowed_fields` says so.
    ChoosesModels,
    /// The same, at the kinds of providers that read it so.
    ChoosesModelsAtSomeKinds,
}

/// Every such member. OpenRouter documents `models`, `route`, `preset` and `plugins`; LiteLLM reads `fallbacks`.
pub const FIELDS: [(&str, Rule); 10] = [
    (provider_data::MEMBER, Rule::CallersKeys),
    ("api_key", Rule::Forbidden),
    ("api_base", Rule::Forbidden),
    ("base_url", Rule::Forbidden),
    ("user_config", Rule::Forbidden),
    ("models", Rule::ChoosesModels),
    ("fallbacks", Rule::ChoosesModels),
    ("route", Rule::ChoosesModels),
    ("preset", Rule::ChoosesModels),
    ("plugins", Rule::ChoosesModelsAtSomeKinds),
];

/// What names models in the bodies of Gemini's own API, whose path names the one that is called: as JSON has its names, and as
/// protocol buffers have them, for both are read (ai.google.dev/api; protobuf.dev, "ProtoJSON Format"). What has been cached was cached
/// for a model; Vertex routes to further ones, and ranks what it retrieves by them (cloud.google.com/vertex-ai,
/// "GenerationConfig.RoutingConfig" and "RagRetrievalConfig.Ranking").
pub const OF_GEMINI: &[(&str, Inside)] = &[
    ("model", Inside::Place),
    ("generateContentRequest", Inside::Into),
    ("generate_content_request", Inside::Into),
    ("requests", Inside::Into),
    ("generationConfig", Inside::Into),
    ("generation_config", Inside::Into),
    ("tools", Inside::Into),
    (CACHED_CONTENT, Inside::Notice(CACHED_CONTENT)),
    ("cached_content", Inside::Notice(CACHED_CONTENT)),
    (ROUTING_CONFIG, Inside::Notice(ROUTING_CONFIG)),
    ("routing_config", Inside::Notice(ROUTING_CONFIG)),
    (RETRIEVAL, Inside::Notice(RETRIEVAL)),
];

/// The same of Bedrock's own API: `modelId` is the path's, and the model's own parameters can have any name. Claude's tools can
/// be models.
pub const OF_BEDROCK: &[(&str, Inside)] = &[
    ("model", Inside::Place),
    ("modelId", Inside::Place),
    ("additionalModelRequestFields", Inside::Into),
    ("tools", Inside::Into),
];

const CACHED_CONTENT: &str = "cachedContent";
const ROUTING_CONFIG: &str = "routingConfig";
const RETRIEVAL: &str = "retrieval";

/// Whether a provider has to allow a member of this name.
#[must_use]
pub fn needs_permission(name: &str) -> bool {
    NEED_PERMISSION.contains(&name)
}

/// The names of the members that a provider has to allow: those of [`FIELDS`], and those that are noticed in APIs of their own.
pub const NEED_PERMISSION: [&str; 8] = [
    "models",
    "fallbacks",
    "route",
    "preset",
    "plugins",
    CACHED_CONTENT,
    ROUTING_CONFIG,
    RETRIEVAL,
];

#[cfg(test)]
mod tests {
    use super::{Rule, FIELDS, NEED_PERMISSION, OF_BEDROCK, OF_GEMINI};
    use crate::json::Inside;

    #[test]
    fn whatever_chooses_models_can_be_allowed_and_nothing_else() {
        let chooses = |rule| matches!(rule, Rule::ChoosesModels | Rule::ChoosesModelsAtSomeKinds);
        let usual = FIELDS.into_iter().filter(|(_, rule)| chooses(*rule)).map(|(name, _)| name);
        let noticed = OF_GEMINI.iter().chain(OF_BEDROCK).filter_map(|(_, meaning)| match meaning {
            Inside::Notice(name) => Some(*name),
            _ => None,
        });
        let mut all: Vec<&str> = usual.chain(noticed).collect();
        all.sort_unstable();
        all.dedup();
        let mut known = NEED_PERMISSION.to_vec();
        known.sort_unstable();
        assert_eq!(all, known);
    }
}
