//! Llama Stack's types of inference providers: where it sends them, and what it reads their key from when the file does
//! not say (`providers/remote/inference/*/config.py` of its repository).

use super::{row, Row, Style};

/// A server whose place is written in each configuration.
const fn own(name: &'static str) -> Row {
    row(name, "", &[], &[]).style(Style::OwnServer)
}

/// A provider whose API is its own.
const fn other(name: &'static str) -> Row {
    row(name, "", &[], &[]).style(Style::Other)
}

/// All of them. A type that is not among them runs inside of the Llama Stack.
pub const TYPES: &[Row] = &[
    row("remote::openai", "https://api.openai.com/v1", &[], &[]).kind("openai"),
    row("remote::azure", "", &[], &[]).kind("azure-openai").style(Style::Azure),
    row("remote::anthropic", "https://api.anthropic.com/v1", &[], &[])
        .kind("anthropic")
        .style(Style::Anthropic),
    row("remote::gemini", "https://generativelanguage.googleapis.com/v1beta/openai", &[], &[])
        .kind("gemini"),
    row("remote::bedrock", "", &[], &[]).kind("bedrock").style(Style::Bedrock),
    row("remote::together", "https://api.together.xyz/v1", &[], &[])
        .kind("together")
        .hosts(&["api.together.ai"]),
    row("remote::cerebras", "https://api.cerebras.ai/v1", &[], &[]).kind("cerebras"),
    row("remote::groq", "https://api.groq.com/openai/v1", &[], &[]).kind("groq"),
    row("remote::fireworks", "https://api.fireworks.ai/inference/v1", &[], &[]).kind("fireworks"),
    row("remote::sambanova", "https://api.sambanova.ai/v1", &[], &[]).kind("sambanova"),
    row("remote::sambanova-openai-compat", "https://api.sambanova.ai/v1", &[], &[])
        .kind("sambanova"),
    row("remote::nvidia", "https://integrate.api.nvidia.com/v1", &[], &[]).kind("nvidia"),
    row("remote::llama-openai-compat", "https://api.llama.com/compat/v1", &[], &[]),
    row("remote::groq-openai-compat", "https://api.groq.com/openai/v1", &[], &[]).kind("groq"),
    row("remote::together-openai-compat", "https://api.together.xyz/v1", &[], &[])
        .kind("together")
        .hosts(&["api.together.ai"]),
    row("remote::fireworks-openai-compat", "https://api.fireworks.ai/inference/v1", &[], &[])
        .kind("fireworks"),
    row("remote::cerebras-openai-compat", "https://api.cerebras.ai/v1", &[], &[]).kind("cerebras"),
    row("remote::databricks", "", &[], &[]).style(Style::Databricks),
    row("remote::vertexai", "", &[], &[]).style(Style::Vertex),
    own("remote::ollama").kind("ollama").style(Style::Ollama),
    own("remote::vllm").kind("vllm"),
    own("remote::llama-cpp-server").kind("llamacpp"),
    own("remote::tgi").kind("tgi"),
    own("remote::runpod"),
    own("remote::passthrough"),
    other("remote::hf::serverless"),
    other("remote::hf::endpoint"),
    other("remote::oci"),
    other("remote::watsonx"),
    other("remote::sample"),
];
