//! What to write in the place of words that other gateways' configurations have, or that people try first.

use super::at::At;

/// The kinds of providers by other names, such as LiteLLM's prefixes. Some look like another company's, which must not be
/// suggested: keys would go there.
const KINDS: &[(&[&str], &str)] = &[
    (&["azure", "azure_openai", "azureopenai", "azure_ai", "azure-ai"], "azure-openai"),
    (
        &[
            "aws",
            "aws-bedrock",
            "aws_bedrock",
            "amazon",
            "amazon-bedrock",
            "amazon_bedrock",
            "bedrock_converse",
        ],
        "bedrock",
    ),
    (
        &[
            "google",
            "google-ai",
            "google_ai",
            "googleai",
            "google-genai",
            "google_genai",
            "google_ai_studio",
            "palm",
        ],
        "gemini",
    ),
    (&["vertex_ai", "vertex-ai", "vertexai", "google-vertex"], "vertex"),
    (&["claude"], "anthropic"),
    (&["gpt", "chatgpt", "open_ai", "open-ai"], "openai"),
    (&["togetherai", "together_ai", "together-ai", "together.ai", "together.xyz"], "together"),
    (&["fireworks_ai", "fireworks-ai", "fireworksai", "fireworks.ai"], "fireworks"),
    (&["mistralai", "mistral_ai", "mistral-ai"], "mistral"),
    (&["grok", "x.ai", "x_ai", "x-ai"], "xai"),
    (&["kimi", "moonshotai", "moonshot_ai", "moonshot-ai"], "moonshot"),
    (&["dashscope", "alibaba", "aliyun", "tongyi"], "qwen"),
    (&["bigmodel", "chatglm", "zhipuai", "zhipu_ai"], "zhipu"),
    (&["z.ai", "z_ai", "z-ai"], "zai"),
    (&["pplx", "sonar", "perplexityai", "perplexity_ai"], "perplexity"),
    (&["hosted_vllm", "hosted-vllm"], "vllm"),
    (&["ollama_chat", "ollama-chat"], "ollama"),
    (&["nvidia_nim", "nvidia-nim", "nim"], "nvidia"),
    (&["hf", "hugging_face", "hugging-face"], "huggingface"),
    (&["cohere_chat"], "cohere"),
    (&["workers-ai", "cloudflare-workers-ai"], "cloudflare"),
    (&["lm_studio", "lm-studio"], "lmstudio"),
    (&["llama.cpp", "llama_cpp", "llama-cpp"], "llamacpp"),
];

/// The name that is meant by one that is known elsewhere; `None`: it is nobody's usual name for anything.
pub fn synonym(what: &str, name: &str) -> Option<&'static str> {
    if what != "kind" {
        return None;
    }
    let name = name.to_ascii_lowercase();
    KINDS.iter().find(|(others, _)| others.contains(&name.as_str())).map(|(_, meant)| *meant)
}

/// The objects of a configuration whose fields people get wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Object {
    Whole,
    Provider,
    Model,
    Target,
    Credential,
    Team,
    Key,
    /// One whose keys are names.
    Named,
    Other,
}

impl Object {
    fn at(at: At<'_>) -> Self {
        match at {
            At::Root => Self::Whole,
            At::Key(At::Root, "providers" | "models" | "credentials" | "teams") => Self::Named,
            At::Key(At::Key(At::Root, list), _) => match *list {
                "providers" => Self::Provider,
                "models" => Self::Model,
                "credentials" => Self::Credential,
                "teams" => Self::Team,
                _ => Self::Other,
            },
            At::Index(At::Key(At::Key(At::Key(At::Root, list), _), field), _) => {
                match (*list, *field) {
                    ("models", "targets") => Self::Target,
                    ("teams", "keys") => Self::Key,
                    _ => Self::Other,
                }
            }
            At::Key(..) | At::Index(..) => Self::Other,
        }
    }
}

use Object::{Credential, Key, Model, Provider, Target, Team, Whole};

const TIMEOUTS: &str =
    "timeouts and retries are the route's: `timeout` and `retry_policy` in Envoy's file";
const LIMITS: &str =
    "limits are a team's or a key's: `limits: [{ requests: 100, per: minute, models: [NAME] }]`";
const BUDGETS: &str =
    "limits are a team's or a key's: `limits: [{ usd: 50, per: day }]`, by the targets' `price`";

/// Fields that do not exist, and what does what they are meant to do.
const FIELDS: &[(&[Object], &[&str], &str)] = &[
    (&[Whole], &["model_list"], "that is LiteLLM's; `llm-router import litellm` makes a configuration of it"),
    (
        &[Whole],
        &["default_model", "default_provider", "fallback_model"],
        "there is no default: every request names its model, and `aliases` give models other names",
    ),
    (
        &[Whole, Model, Target, Provider],
        &["fallbacks", "fallback", "fallback_models", "context_window_fallbacks"],
        "list further `targets` of the model, with a `priority` each; `failover_cluster` tries the next one",
    ),
    (
        &[Whole, Provider, Model, Target],
        &["timeout", "request_timeout", "stream_timeout", "num_retries", "max_retries", "retries", "retry"],
        TIMEOUTS,
    ),
    (
        &[Whole],
        &["api_keys", "keys", "virtual_keys", "master_key"],
        "virtual keys are a team's: `teams: { NAME: { keys: [{ env: NAME }], models: [\"*\"] } }`",
    ),
    (&[Whole], &["aliases", "model_aliases", "model_group_alias"], "aliases are a model's or a team's field"),
    (&[Whole], &["clusters", "listeners", "routes"], "that belongs into Envoy's own file, around this configuration"),
    (
        &[Provider],
        &["api_base", "base_url", "api_url", "url", "endpoint", "host", "hostname", "address"],
        "the `cluster` says where it is; write the host as `authority`, and what stands before the endpoint as `path`",
    ),
    (
        &[Provider, Model, Target],
        &["api_key", "apikey", "key", "keys", "token", "secret", "env", "access_key", "credential", "credentials"],
        "write it under `credentials`, with `provider` and `env`, and name that in the provider's `default_credential` \
         or in a team's `credentials`",
    ),
    (&[Provider], &["type", "provider", "provider_type", "api_type"], "the known providers are a `kind`"),
    (&[Provider], &["aws_region", "aws_region_name", "location"], "write `region`"),
    (&[Provider], &["models", "model"], "models are registered under `models`, each with its `targets`"),
    (&[Provider], &["extra_headers", "default_headers", "custom_headers"], "write `headers`"),
    (&[Provider], &["organization"], "write `headers: { openai-organization: … }`"),
    (
        &[Model],
        &["provider", "providers", "model", "model_name", "litellm_params", "cluster", "upstream_model"],
        "say where it is served in `targets: [{ provider: …, model: … }]`",
    ),
    (&[Target], &["deployment", "upstream_model", "name", "model_name"], "write `model`"),
    (&[Target], &["order", "rank"], "write `priority`"),
    (&[Model, Target, Provider, Team, Key], &["rpm", "tpm", "rpm_limit", "tpm_limit", "rate_limit"], LIMITS),
    (&[Whole, Model, Target, Provider], &["limits", "limit"], LIMITS),
    (
        &[Model, Target, Provider, Team, Key],
        &["max_parallel_requests"],
        "how many run at once is the cluster's: `circuit_breakers` in Envoy's file",
    ),
    (&[Whole, Team, Key], &["max_budget", "budget", "budget_duration"], BUDGETS),
    (
        &[Credential],
        &["api_key", "apikey", "key", "token", "secret", "password", "access_key"],
        "write `env` with the name of a variable, or the secret itself as `value`",
    ),
    (&[Credential], &["env_var", "from_env", "variable", "environment"], "write `env`"),
    (&[Credential], &["teams", "team"], "a team lists its `credentials`"),
    (&[Credential], &["kind", "cluster"], "write `provider`, the name of the provider that it belongs to"),
    (
        &[Team],
        &["key", "api_key", "api_keys", "virtual_keys", "tokens", "env"],
        "write `keys: [{ env: NAME }]`, or `keys: [{ sha256: … }]`, which `llm-router hash-key` prints",
    ),
    (&[Team], &["allowed_models", "model", "access"], "write `models: […]`"),
    (&[Team, Key], &["roles", "role", "projects", "namespaces"], "write it in `attributes: { … }`"),
    (&[Team], &["default_model", "default_provider"], "there is no default: every request names its model"),
    (&[Team], &["members", "users"], "callers are known by the team's `keys`, or by `identity`"),
    (
        &[Key],
        &["key", "value", "token", "secret", "api_key"],
        "a virtual key is never written in the clear: write `env` with the name of a variable, or `sha256`, which \
         `llm-router hash-key` prints",
    ),
    (&[Key], &["name", "key_alias", "alias"], "write `id`"),
    (&[Key], &["expires", "expiry", "expiration", "valid_until"], "write `expires_at`"),
    (&[Key], &["enabled", "active", "blocked"], "write `disabled: true` or `disabled: false`"),
];

/// What to write instead of a field that the object at `at` does not have.
pub fn field(at: At<'_>, name: &str) -> Option<&'static str> {
    let object = Object::at(at);
    let row = FIELDS
        .iter()
        .find(|(objects, names, _)| objects.contains(&object) && names.contains(&name));
    row.map(|(.., advice)| *advice)
}

/// What to write where something of another shape is `expected`; `found` is the kind of what stands there.
pub fn shape(at: At<'_>, expected: &str, found: &str) -> Option<&'static str> {
    match (expected, found, Object::at(at)) {
        ("an object", "a string", Credential) => Some("write `{ provider: NAME, env: VARIABLE }`"),
        ("an object", "a string", Key) => Some("write `{ env: VARIABLE }` or `{ sha256: … }`"),
        ("an object", "a string", Target) => Some("write `{ provider: NAME, model: NAME }`"),
        ("an object", "a list", Object::Named) => {
            Some("its entries have names, `NAME: { … }`, not dashes")
        }
        ("a list", "a string", _) => Some("put it in brackets"),
        ("a list", "an object", _) => Some("put it in brackets, or begin each entry with a dash"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
