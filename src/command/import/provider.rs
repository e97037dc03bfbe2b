//! Providers by the names that other gateways have for them.

use super::plan::{Plan, Provider};

/// A provider that both sides know.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// What the other gateway calls it.
    pub name: &'static str,
    /// Its kind here; `None`: a server of one's own that speaks OpenAI's API.
    pub kind: Option<&'static str>,
    /// The variable in which its key is looked for when nothing else is said.
    pub variable: &'static str,
}

const fn known(name: &'static str, kind: &'static str, variable: &'static str) -> Known {
    Known { name, kind: Some(kind), variable }
}

const fn own_server(name: &'static str) -> Known {
    Known { name, kind: None, variable: "" }
}

/// LiteLLM's prefixes of models.
pub const LITELLM: &[Known] = &[
    known("openai", "openai", "OPENAI_API_KEY"),
    known("text-completion-openai", "openai", "OPENAI_API_KEY"),
    known("azure", "azure-openai", "AZURE_API_KEY"),
    known("anthropic", "anthropic", "ANTHROPIC_API_KEY"),
    known("gemini", "gemini", "GEMINI_API_KEY"),
    known("bedrock", "bedrock", "AWS_BEARER_TOKEN_BEDROCK"),
    known("mistral", "mistral", "MISTRAL_API_KEY"),
    known("xai", "xai", "XAI_API_KEY"),
    known("together_ai", "together", "TOGETHERAI_API_KEY"),
    known("cerebras", "cerebras", "CEREBRAS_API_KEY"),
    known("moonshot", "moonshot", "MOONSHOT_API_KEY"),
    known("groq", "groq", "GROQ_API_KEY"),
    known("deepseek", "deepseek", "DEEPSEEK_API_KEY"),
    known("perplexity", "perplexity", "PERPLEXITYAI_API_KEY"),
    known("fireworks_ai", "fireworks", "FIREWORKS_AI_API_KEY"),
    known("openrouter", "openrouter", "OPENROUTER_API_KEY"),
    known("deepinfra", "deepinfra", "DEEPINFRA_API_KEY"),
    known("dashscope", "qwen", "DASHSCOPE_API_KEY"),
    known("zai", "zai", "ZAI_API_KEY"),
    known("bigmodel", "zhipu", "BIGMODEL_API_KEY"),
    known("ollama", "ollama", ""),
    known("ollama_chat", "ollama", ""),
    known("hosted_vllm", "vllm", ""),
    known("vllm", "vllm", ""),
    own_server("custom_openai"),
    own_server("openai_like"),
    own_server("litellm_proxy"),
];

/// Llama Stack's types of inference providers.
pub const LLAMA_STACK: &[Known] = &[
    known("remote::openai", "openai", "OPENAI_API_KEY"),
    known("remote::azure", "azure-openai", "AZURE_API_KEY"),
    known("remote::anthropic", "anthropic", "ANTHROPIC_API_KEY"),
    known("remote::gemini", "gemini", "GEMINI_API_KEY"),
    known("remote::bedrock", "bedrock", "AWS_BEARER_TOKEN_BEDROCK"),
    known("remote::together", "together", "TOGETHER_API_KEY"),
    known("remote::cerebras", "cerebras", "CEREBRAS_API_KEY"),
    known("remote::groq", "groq", "GROQ_API_KEY"),
    known("remote::fireworks", "fireworks", "FIREWORKS_API_KEY"),
    known("remote::ollama", "ollama", ""),
    known("remote::vllm", "vllm", ""),
    own_server("remote::sambanova"),
    own_server("remote::nvidia"),
    own_server("remote::tgi"),
    own_server("remote::passthrough"),
    own_server("remote::llama-openai-compat"),
];

/// The provider at a base URL, or where its kind says; remarks tell what Envoy must know besides. `name` is its name and that
/// of its cluster, if there is no other of that name.
pub fn at(known: Known, name: &str, base_url: Option<&str>, plan: &mut Plan) -> Provider {
    let mut provider = Provider { kind: known.kind, ..Provider::default() };
    let Some(url) = base_url else { return provider };
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let (authority, path) = match rest.split_once('/') {
        Some((authority, path)) => (authority, format!("/{}", path.trim_end_matches('/'))),
        None => (rest, String::new()),
    };
    let path = if path == "/" { String::new() } else { path };
    provider.authority = Some(authority.to_owned());
    match known.kind {
        // The path is the kind's; what the URL has is the same in other words.
        Some("azure-openai" | "ollama" | "vllm" | "bedrock") => {}
        Some(_) if path.is_empty() => {}
        _ if path == "/v1" || path.is_empty() => {
            if known.kind.is_some() {
                provider.prefix = Some("/v1".to_owned());
            }
        }
        _ => provider.prefix = Some(path),
    }
    if scheme == "http" {
        plan.remark(format_args!(
            "{name} is reached without TLS: llm-router envoy … --endpoint {name}=http://{authority}"
        ));
    }
    provider
}

/// `name` as it may be a provider's: lower case, and nothing but letters, digits, `.`, `_` and `-`.
pub fn id(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    name.to_ascii_lowercase().chars().map(|c| if allowed(c) { c } else { '-' }).collect()
}
