//! Those who pass requests on to the providers of others.

use super::{Authority, Kind, KnownPlace};
use crate::endpoint::Operation::{
    ChatCompletions, Completions, Embeddings, ImageGenerations, Messages, Rerank, Responses,
    Speech, Transcriptions, Videos,
};

pub(super) const KINDS: &[Kind] = &[
    // Source: openrouter.ai/docs/api; openrouter 1.3.84 (images, embeddings, rerank, audio, videos). `plugins` can call further
    // models, as `models`, `route` and `preset` do, which no provider is sent.
    Kind {
        forbidden_fields: &["plugins"],
        ..Kind::new(
            "openrouter",
            Authority::Fixed("openrouter.ai"),
            &[
                KnownPlace {
                    elsewhere: &[(ImageGenerations, "/api/v1/images")],
                    ..KnownPlace::openai(
                        "/api/v1/{endpoint}",
                        &[
                            ChatCompletions,
                            Completions,
                            Embeddings,
                            Responses,
                            Rerank,
                            Speech,
                            Transcriptions,
                            Videos,
                        ],
                    )
                },
                KnownPlace::anthropic("/api/v1/{endpoint}", &[Messages]),
            ],
        )
    },
    // Source: huggingface.co/docs/inference-providers, "Responses API" and "Claude Code".
    Kind::new(
        "huggingface",
        Authority::Fixed("router.huggingface.co"),
        &[
            KnownPlace::openai("/v1/{endpoint}", &[ChatCompletions, Responses]),
            KnownPlace::anthropic("/v1/{endpoint}", &[Messages]),
        ],
    ),
    // Source: vercel.com/docs/ai-gateway/sdks-and-apis.
    Kind::new(
        "vercel",
        Authority::Fixed("ai-gateway.vercel.sh"),
        &[
            KnownPlace::openai("/v1/{endpoint}", &[ChatCompletions, Embeddings, Responses]),
            KnownPlace::anthropic("/v1/{endpoint}", &[Messages]),
        ],
    ),
    // Source: docs.requesty.ai; any-llm-sdk 1.40.2, providers/requesty.
    Kind::new(
        "requesty",
        Authority::Fixed("router.requesty.ai"),
        &[KnownPlace::openai("/v1/{endpoint}", &[ChatCompletions])],
    ),
];
