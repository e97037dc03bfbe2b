//! Servers that one runs oneself. They are where the cluster leads, and most want no credential; with `auth` they get one.

use super::{Authority, Kind, KnownPlace};
use crate::endpoint::Operation::{
    ChatCompletions, Completions, CountTokens, Embeddings, ImageEdits, ImageGenerations,
    ImageVariations, Messages, Moderations, Realtime, Rerank, Responses, Speech, Transcriptions,
    Translations, Videos,
};

/// OpenAI's API without a credential.
const fn openai(endpoints: &'static [crate::endpoint::Operation]) -> KnownPlace {
    KnownPlace { auth: None, ..KnownPlace::openai("/v1/{endpoint}", endpoints) }
}

/// Anthropic's API without a credential.
const fn anthropic(endpoints: &'static [crate::endpoint::Operation]) -> KnownPlace {
    KnownPlace { auth: None, ..KnownPlace::anthropic("/v1/{endpoint}", endpoints) }
}

pub(super) const KINDS: &[Kind] = &[
    // Source: docs.ollama.com/api/openai-compatibility and .../anthropic-compatibility (0.40).
    Kind::new(
        "ollama",
        Authority::AsSent,
        &[
            openai(&[ChatCompletions, Completions, Embeddings, Responses, Speech, Transcriptions]),
            anthropic(&[Messages]),
        ],
    ),
    // Source: docs.vllm.ai/en/stable/serving/online_serving.
    Kind::new(
        "vllm",
        Authority::AsSent,
        &[
            openai(&[
                ChatCompletions,
                Completions,
                Embeddings,
                Responses,
                Rerank,
                Transcriptions,
                Translations,
                Realtime,
            ]),
            anthropic(&[Messages, CountTokens]),
        ],
    ),
    // Source: lmstudio.ai/docs/developer/rest (Responses since 0.3.29, messages since 0.4.1).
    Kind::new(
        "lmstudio",
        Authority::AsSent,
        &[openai(&[ChatCompletions, Completions, Embeddings, Responses]), anthropic(&[Messages])],
    ),
    // Source: ggml-org/llama.cpp, tools/server/README.md.
    Kind::new(
        "llamacpp",
        Authority::AsSent,
        &[
            openai(&[ChatCompletions, Completions, Embeddings, Responses, Rerank]),
            anthropic(&[Messages, CountTokens]),
        ],
    ),
    // Source: docs.sglang.io, "OpenAI-Compatible APIs" and "Native APIs" (/v1/rerank).
    Kind::new(
        "sglang",
        Authority::AsSent,
        &[openai(&[ChatCompletions, Completions, Embeddings, Responses, Rerank])],
    ),
    // Source: huggingface.co/docs/text-generation-inference, "Messages API", which is chat/completions.
    Kind::new("tgi", Authority::AsSent, &[openai(&[ChatCompletions, Completions])]),
    // Source: docs.litellm.ai, "Supported Endpoints". It has keys of its own, so its host must be configured.
    Kind::new(
        "litellm",
        Authority::Configured,
        &[
            KnownPlace::openai(
                "/v1/{endpoint}",
                &[
                    ChatCompletions,
                    Completions,
                    Embeddings,
                    Responses,
                    Rerank,
                    Moderations,
                    ImageGenerations,
                    ImageEdits,
                    ImageVariations,
                    Speech,
                    Transcriptions,
                    Translations,
                    Videos,
                    Realtime,
                ],
            ),
            KnownPlace::anthropic("/v1/{endpoint}", &[Messages, CountTokens]),
        ],
    ),
];
