//! LiteLLM's prefixes of models: where it sends them, and which variables it reads (its `get_llm_provider` and `main.py` of
//! version 1.110).

use super::{row, Row, Style};

/// A provider whose place is written in each configuration.
const fn configured(
    name: &'static str,
    base_variables: &'static [&'static str],
    key_variables: &'static [&'static str],
) -> Row {
    row(name, "", base_variables, key_variables)
}

/// A server of one's own.
const fn own(
    name: &'static str,
    base_variables: &'static [&'static str],
    key_variables: &'static [&'static str],
) -> Row {
    configured(name, base_variables, key_variables).style(Style::OwnServer)
}

/// A provider whose API is its own.
const fn other(name: &'static str) -> Row {
    configured(name, &[], &[]).style(Style::Other)
}

const OPENAI: Row = row(
    "openai",
    "https://api.openai.com/v1",
    &["OPENAI_BASE_URL", "OPENAI_API_BASE"],
    &["OPENAI_API_KEY"],
)
.kind("openai");

const DASHSCOPE: Row = row(
    "dashscope",
    "https://dashscope.aliyuncs.com/compatible-mode/v1",
    &["DASHSCOPE_API_BASE"],
    &["DASHSCOPE_API_KEY"],
)
.kind("qwen");

const OLLAMA: Row =
    own("ollama", &["OLLAMA_API_BASE"], &["OLLAMA_API_KEY"]).kind("ollama").style(Style::Ollama);

const VLLM: Row =
    own("hosted_vllm", &["HOSTED_VLLM_API_BASE"], &["HOSTED_VLLM_API_KEY"]).kind("vllm");

const COHERE: Row = row(
    "cohere",
    "https://api.cohere.ai/compatibility/v1",
    &["COHERE_API_BASE"],
    &["COHERE_API_KEY", "CO_API_KEY"],
)
.kind("cohere")
.hosts(&["api.cohere.com"])
.style(Style::Cohere);

const VERTEX: Row = configured("vertex_ai", &[], &[]).style(Style::Vertex);

/// All but those whose API is like OpenAI's and that nothing more is to be said of.
pub const NAMED: &[Row] = &[
    OPENAI,
    Row { name: "text-completion-openai", ..OPENAI },
    configured("azure", &["AZURE_API_BASE"], &["AZURE_API_KEY", "AZURE_OPENAI_API_KEY"])
        .kind("azure-openai")
        .style(Style::Azure),
    configured("azure_text", &["AZURE_API_BASE"], &["AZURE_API_KEY", "AZURE_OPENAI_API_KEY"])
        .kind("azure-openai")
        .style(Style::Azure),
    configured("azure_ai", &["AZURE_AI_API_BASE"], &["AZURE_AI_API_KEY"]).style(Style::AzureAi),
    row(
        "anthropic",
        "https://api.anthropic.com/v1",
        &["ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"],
        &["ANTHROPIC_API_KEY"],
    )
    .kind("anthropic")
    .style(Style::Anthropic),
    row(
        "gemini",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        &["GEMINI_API_BASE"],
        &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    )
    .kind("gemini")
    .style(Style::Gemini),
    configured("bedrock", &["AWS_BEDROCK_RUNTIME_ENDPOINT"], &["AWS_BEARER_TOKEN_BEDROCK"])
        .kind("bedrock")
        .style(Style::Bedrock),
    configured(
        "bedrock_mantle",
        &["BEDROCK_MANTLE_API_BASE"],
        &["BEDROCK_MANTLE_API_KEY", "AWS_BEARER_TOKEN_BEDROCK"],
    )
    .style(Style::Mantle),
    VERTEX,
    Row { name: "vertex_ai_beta", ..VERTEX },
    COHERE,
    Row { name: "cohere_chat", ..COHERE },
    row(
        "huggingface",
        "https://router.huggingface.co/v1",
        &["HF_API_BASE", "HUGGINGFACE_API_BASE"],
        &["HUGGINGFACE_API_KEY", "HF_TOKEN"],
    )
    .kind("huggingface")
    .style(Style::HuggingFace),
    row("cloudflare", "", &["CLOUDFLARE_API_BASE"], &["CLOUDFLARE_API_KEY"])
        .hosts(&["api.cloudflare.com"])
        .style(Style::Cloudflare),
    configured("databricks", &["DATABRICKS_API_BASE", "DATABRICKS_HOST"], &["DATABRICKS_API_KEY"])
        .kind("databricks")
        .style(Style::Databricks),
    row(
        "mistral",
        "https://api.mistral.ai/v1",
        &["MISTRAL_AZURE_API_BASE"],
        &["MISTRAL_API_KEY", "MISTRAL_AZURE_API_KEY"],
    )
    .kind("mistral"),
    row("xai", "https://api.x.ai/v1", &["XAI_API_BASE"], &["XAI_API_KEY"]).kind("xai"),
    row(
        "together_ai",
        "https://api.together.ai/v1",
        &["TOGETHER_AI_API_BASE"],
        &["TOGETHER_API_KEY", "TOGETHER_AI_API_KEY", "TOGETHERAI_API_KEY", "TOGETHER_AI_TOKEN"],
    )
    .kind("together")
    .hosts(&["api.together.xyz"]),
    row("cerebras", "https://api.cerebras.ai/v1", &["CEREBRAS_API_BASE"], &["CEREBRAS_API_KEY"])
        .kind("cerebras"),
    row("moonshot", "https://api.moonshot.ai/v1", &["MOONSHOT_API_BASE"], &["MOONSHOT_API_KEY"])
        .kind("moonshot"),
    row("groq", "https://api.groq.com/openai/v1", &["GROQ_API_BASE"], &["GROQ_API_KEY"])
        .kind("groq"),
    // LiteLLM itself uses https://api.deepseek.com/beta.
    row("deepseek", "https://api.deepseek.com", &["DEEPSEEK_API_BASE"], &["DEEPSEEK_API_KEY"])
        .kind("deepseek"),
    row(
        "perplexity",
        "https://api.perplexity.ai",
        &["PERPLEXITY_API_BASE"],
        &["PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"],
    )
    .kind("perplexity"),
    row(
        "fireworks_ai",
        "https://api.fireworks.ai/inference/v1",
        &["FIREWORKS_API_BASE"],
        &["FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY", "FIREWORKSAI_API_KEY", "FIREWORKS_AI_TOKEN"],
    )
    .kind("fireworks"),
    row(
        "openrouter",
        "https://openrouter.ai/api/v1",
        &["OPENROUTER_API_BASE"],
        &["OPENROUTER_API_KEY", "OR_API_KEY"],
    )
    .kind("openrouter"),
    row(
        "deepinfra",
        "https://api.deepinfra.com/v1/openai",
        &["DEEPINFRA_API_BASE"],
        &["DEEPINFRA_API_KEY"],
    )
    .kind("deepinfra"),
    DASHSCOPE,
    Row {
        name: "qwencloud",
        base: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        base_variables: &["QWENCLOUD_API_BASE"],
        key_variables: &["QWENCLOUD_API_KEY", "DASHSCOPE_API_KEY"],
        ..DASHSCOPE
    },
    Row {
        name: "qwen_ai_platform",
        base_variables: &["QWEN_AI_PLATFORM_API_BASE"],
        key_variables: &["QWEN_AI_PLATFORM_API_KEY", "DASHSCOPE_API_KEY"],
        ..DASHSCOPE
    },
    row("zai", "https://api.z.ai/api/paas/v4", &["ZAI_API_BASE"], &["ZAI_API_KEY"]).kind("zai"),
    row(
        "bigmodel",
        "https://open.bigmodel.cn/api/paas/v4",
        &["BIGMODEL_API_BASE"],
        &["BIGMODEL_API_KEY"],
    )
    .kind("zhipu"),
    OLLAMA,
    Row { name: "ollama_chat", ..OLLAMA },
    VLLM,
    Row { name: "vllm", ..VLLM },
    own("lm_studio", &["LM_STUDIO_API_BASE"], &["LM_STUDIO_API_KEY"]).kind("lmstudio"),
    own("litellm_proxy", &["LITELLM_PROXY_API_BASE"], &["LITELLM_PROXY_API_KEY"]).kind("litellm"),
    own("xinference", &["XINFERENCE_API_BASE"], &["XINFERENCE_API_KEY"]),
    own("infinity", &[], &["INFINITY_API_KEY"]),
    configured("custom_openai", &[], &[]),
    configured("aiohttp_openai", &[], &[]),
    configured("openai_like", &["OPENAI_LIKE_API_BASE"], &["OPENAI_LIKE_API_KEY"]),
    other("a2a"),
    other("a2a_agent"),
    other("anthropic_text"),
    other("assistants"),
    other("auto_router"),
    other("aws_polly"),
    other("aws_textract"),
    other("azure_speech"),
    other("bespoke"),
    other("black_forest_labs"),
    other("bytez"),
    other("chatgpt"),
    other("cursor"),
    other("custom"),
    other("databricks_agent"),
    other("datarobot"),
    other("deepgram"),
    other("dotprompt"),
    other("elevenlabs"),
    other("eu_jev"),
    other("fal_ai"),
    other("gdc"),
    other("gigachat"),
    other("github_copilot"),
    other("heroku"),
    other("humanloop"),
    other("langflow"),
    other("langfuse"),
    other("langgraph"),
    other("laya"),
    other("litellm_agent"),
    other("manus"),
    other("maritalk"),
    other("microsoft_365_copilot"),
    other("milvus"),
    other("mongodb"),
    other("nace"),
    other("nlp_cloud"),
    other("nvidia_riva"),
    other("oci"),
    other("oobabooga"),
    other("opensearch"),
    other("parallel_ai"),
    other("petals"),
    other("pg_vector"),
    other("predibase"),
    other("ragflow"),
    other("recraft"),
    other("reducto"),
    other("replicate"),
    other("runwayml"),
    other("s3_vectors"),
    other("sagemaker"),
    other("sagemaker_chat"),
    other("sagemaker_nova"),
    other("sap"),
    other("scaledown"),
    other("snowflake"),
    other("soniox"),
    other("stability"),
    other("strands_decider"),
    other("text-completion-codestral"),
    other("text-completion-inception"),
    other("topaz"),
    other("transcribe"),
    other("triton"),
    other("typesafe"),
    other("valkey"),
    other("watsonx"),
    other("watsonx_text"),
];
