//! Those who serve open models on machines of theirs.

use super::{Authority, Kind, KnownPlace};
use crate::endpoint::Operation::{
    ChatCompletions, Completions, Embeddings, ImageEdits, ImageGenerations, ImageVariations,
    Messages, Rerank, Responses, Speech, Transcriptions, Translations, Videos,
};

pub(super) const KINDS: &[Kind] = &[
    // Source: docs.together.ai/reference; together 3.1.1, _client.py and resources.
    Kind::new(
        "together",
        Authority::Fixed("api.together.ai"),
        &[KnownPlace {
            elsewhere: &[(Videos, "/v2/videos")],
            ..KnownPlace::openai(
                "/v1/{endpoint}",
                &[
                    ChatCompletions,
                    Completions,
                    Embeddings,
                    Rerank,
                    ImageGenerations,
                    Speech,
                    Transcriptions,
                    Translations,
                ],
            )
        }],
    ),
    // Source: inference-docs.cerebras.ai/api-reference; cerebras-cloud-sdk 1.91.0.
    Kind::new(
        "cerebras",
        Authority::Fixed("api.cerebras.ai"),
        &[KnownPlace::openai("/v1/{endpoint}", &[ChatCompletions, Completions])],
    ),
    // Source: console.groq.com/docs/api-reference and .../responses-api; groq 1.7.0.
    Kind::new(
        "groq",
        Authority::Fixed("api.groq.com"),
        &[KnownPlace::openai(
            "/openai/v1/{endpoint}",
            &[ChatCompletions, Responses, Speech, Transcriptions, Translations],
        )],
    ),
    // Source: docs.fireworks.ai/api-reference; fireworks-ai 1.2.30 (messages); rerank: litellm 1.110.2, llms/fireworks_ai.
    Kind::new(
        "fireworks",
        Authority::Fixed("api.fireworks.ai"),
        &[
            KnownPlace::openai(
                "/inference/v1/{endpoint}",
                &[ChatCompletions, Completions, Embeddings, Responses, Rerank],
            ),
            KnownPlace::anthropic("/inference/v1/{endpoint}", &[Messages]),
        ],
    ),
    // Source: docs.deepinfra.com/api-reference/responses/openai-responses and .../chat-completions/anthropic-messages (base URL
    // api.deepinfra.com/anthropic).
    Kind::new(
        "deepinfra",
        Authority::Fixed("api.deepinfra.com"),
        &[
            KnownPlace {
                elsewhere: &[(Responses, "/v1/responses")],
                ..KnownPlace::openai(
                    "/v1/openai/{endpoint}",
                    &[
                        ChatCompletions,
                        Completions,
                        Embeddings,
                        ImageGenerations,
                        ImageEdits,
                        ImageVariations,
                        Speech,
                        Transcriptions,
                        Translations,
                    ],
                )
            },
            KnownPlace::anthropic("/anthropic/v1/{endpoint}", &[Messages]),
        ],
    ),
    // Source: docs.api.nvidia.com/nim; litellm 1.110.2, get_llm_provider_logic.py. Its rerankers have another host.
    Kind::new(
        "nvidia",
        Authority::Fixed("integrate.api.nvidia.com"),
        &[KnownPlace::openai("/v1/{endpoint}", &[ChatCompletions, Embeddings])],
    ),
    // Source: docs.tokenfactory.nebius.com/api-reference. Up to 2025 it was api.studio.nebius.ai.
    Kind::new(
        "nebius",
        Authority::Fixed("api.tokenfactory.nebius.com"),
        &[KnownPlace::openai("/v1/{endpoint}", &[ChatCompletions, Embeddings])],
    ),
    // Source: docs.sambanova.ai/cloud/api-reference; litellm 1.110.2, llms/sambanova.
    Kind::new(
        "sambanova",
        Authority::Fixed("api.sambanova.ai"),
        &[KnownPlace::openai("/v1/{endpoint}", &[ChatCompletions, Embeddings])],
    ),
    // Source: docs.baseten.co/reference/inference-api (messages: a preview).
    Kind::new(
        "baseten",
        Authority::Fixed("inference.baseten.co"),
        &[
            KnownPlace::openai("/v1/{endpoint}", &[ChatCompletions]),
            KnownPlace::anthropic("/v1/{endpoint}", &[Messages]),
        ],
    ),
    // Source: scaleway.com/en/developers/api/generative-apis; litellm 1.110.2, llms/scaleway.
    Kind::new(
        "scaleway",
        Authority::Fixed("api.scaleway.ai"),
        &[KnownPlace::openai(
            "/v1/{endpoint}",
            &[ChatCompletions, Embeddings, Rerank, Transcriptions],
        )],
    ),
    // Source: docs.siliconflow.com and api-docs.siliconflow.cn (messages), which has keys of its own.
    Kind::new(
        "siliconflow",
        Authority::Regional {
            default: Some("global"),
            hosts: &[("global", "api.siliconflow.com"), ("cn", "api.siliconflow.cn")],
        },
        &[
            KnownPlace::openai("/v1/{endpoint}", &[ChatCompletions, Embeddings, Rerank]),
            KnownPlace::anthropic("/v1/{endpoint}", &[Messages]),
        ],
    ),
    // Source: docs.ollama.com/api/openai-compatibility, "Direct cloud access", and .../anthropic-compatibility: `x-api-key`
    // alone is not accepted.
    Kind::new(
        "ollama-cloud",
        Authority::Fixed("ollama.com"),
        &[
            KnownPlace::openai("/v1/{endpoint}", &[ChatCompletions, Responses]),
            KnownPlace::anthropic("/v1/{endpoint}", &[Messages]),
        ],
    ),
];
