//! Members of a body that this filter acts on, beside `model`: for JSON bodies and for forms.

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

/// Whether a provider has to allow a member of this name.
#[must_use]
pub fn needs_permission(name: &str) -> bool {
    FIELDS.iter().any(|(known, rule)| {
        *known == name && matches!(rule, Rule::ChoosesModels | Rule::ChoosesModelsAtSomeKinds)
    })
}
