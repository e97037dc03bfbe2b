//! Known providers: what their public documentation says a request to them looks like.

/// A provider whose paths, host and credential header are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Its name, as the configuration's `kind` has it.
    pub name: &'static str,
    /// Its host.
    pub authority: Authority,
    /// What takes the place of the client's base path (`/v1`).
    pub prefix: &'static str,
    /// How the credential is sent; `None` if none is.
    pub auth: Option<AuthStyle>,
    /// Headers that are sent where the client sent none.
    pub default_headers: &'static [(&'static str, &'static str)],
    /// Whether OpenAI's own headers go there.
    pub keeps_openai_headers: bool,
    /// Further headers that are dropped.
    pub removed_headers: &'static [&'static str],
}

impl Kind {
    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|kind| kind.name == name)
    }

    /// The names of all kinds.
    pub fn names() -> impl Iterator<Item = &'static str> {
        ALL.iter().map(|kind| kind.name)
    }
}

/// The host of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// Always this one.
    Fixed(&'static str),
    /// Different for every customer: it must be configured.
    Configured,
    /// This, with the configured region in the place of `{region}`.
    Regional(&'static str),
    /// Wherever the cluster leads: the client's is left alone.
    AsSent,
}

/// How a provider is sent its credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthStyle {
    /// The header.
    pub header: &'static str,
    /// What precedes the secret.
    pub prefix: &'static str,
}

/// `authorization: Bearer …` (RFC 6750, section 2.1).
pub const BEARER: AuthStyle = AuthStyle { header: "authorization", prefix: "Bearer " };

/// A provider that speaks OpenAI's API at `prefix` of a fixed host.
const fn compatible(name: &'static str, host: &'static str, prefix: &'static str) -> Kind {
    Kind {
        name,
        authority: Authority::Fixed(host),
        prefix,
        auth: Some(BEARER),
        default_headers: &[],
        keeps_openai_headers: false,
        removed_headers: &[],
    }
}

/// A server that is run by oneself, without a credential.
const fn local(name: &'static str) -> Kind {
    Kind { authority: Authority::AsSent, auth: None, ..compatible(name, "", "/v1") }
}

const ALL: &[Kind] = &[
    Kind { keeps_openai_headers: true, ..compatible("openai", "api.openai.com", "/v1") },
    Kind {
        auth: Some(AuthStyle { header: "x-api-key", prefix: "" }),
        default_headers: &[("anthropic-version", "2023-06-01")],
        removed_headers: &["openai-*"],
        ..compatible("anthropic", "api.anthropic.com", "/v1")
    },
    Kind {
        authority: Authority::Configured,
        auth: Some(AuthStyle { header: "api-key", prefix: "" }),
        ..compatible("azure-openai", "", "/openai/v1")
    },
    compatible("gemini", "generativelanguage.googleapis.com", "/v1beta/openai"),
    Kind {
        authority: Authority::Regional("bedrock-runtime.{region}.amazonaws.com"),
        ..compatible("bedrock", "", "/openai/v1")
    },
    compatible("mistral", "api.mistral.ai", "/v1"),
    compatible("xai", "api.x.ai", "/v1"),
    compatible("together", "api.together.xyz", "/v1"),
    compatible("cerebras", "api.cerebras.ai", "/v1"),
    compatible("moonshot", "api.moonshot.ai", "/v1"),
    compatible("groq", "api.groq.com", "/openai/v1"),
    compatible("deepseek", "api.deepseek.com", ""),
    compatible("perplexity", "api.perplexity.ai", ""),
    compatible("fireworks", "api.fireworks.ai", "/inference/v1"),
    compatible("openrouter", "openrouter.ai", "/api/v1"),
    compatible("deepinfra", "api.deepinfra.com", "/v1/openai"),
    compatible("qwen", "dashscope.aliyuncs.com", "/compatible-mode/v1"),
    compatible("zhipu", "open.bigmodel.cn", "/api/paas/v4"),
    local("ollama"),
    local("vllm"),
];
