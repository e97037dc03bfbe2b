//! Those who make the models that they serve.

use super::{Api, Authority, Kind, KnownPlace, GOOGLES_OWN, X_API_KEY, X_GOOG_API_KEY};
use crate::endpoint::Operation::{
    BatchEmbedContents, ChatCompletions, ClientSecrets, CompactResponse, Completions,
    CountContentTokens, CountInputTokens, CountTokens, EmbedContent, Embeddings, GenerateContent,
    ImageEdits, ImageGenerations, ImageVariations, Messages, Moderations, Ocr, Realtime, Rerank,
    Responses, Speech, StreamGenerateContent, Tokenize, Transcriptions, Translations, Videos,
};

pub(super) const KINDS: &[Kind] = &[
    // Source: developers.openai.com/api/reference; openai 3.57.0, resources. Its videos (Sora) ended on 2026-09-24.
    Kind {
        keeps_openai_headers: true,
        ..Kind::new(
            "openai",
            Authority::Fixed("api.openai.com"),
            &[KnownPlace::openai(
                "/v1/{endpoint}",
                &[
                    ChatCompletions,
                    Completions,
                    Embeddings,
                    Responses,
                    ImageGenerations,
                    ImageEdits,
                    ImageVariations,
                    Speech,
                    Transcriptions,
                    Translations,
                    Moderations,
                    Realtime,
                    ClientSecrets,
                    CompactResponse,
                    CountInputTokens,
                ],
            )],
        )
    },
    // Source: platform.claude.com/docs/en/api/messages and .../docs/en/cli-sdks-libraries/libraries/openai-sdk ("not considered a
    // long-term or production-ready solution"): by OpenAI's SDK, hence a bearer token; of `x-api-key` it says nothing. A key for
    // several workspaces needs `anthropic-workspace-id` there: `headers`.
    Kind {
        removed_headers: &["openai-*"],
        ..Kind::new(
            "anthropic",
            Authority::Fixed("api.anthropic.com"),
            &[
                KnownPlace {
                    auth: Some(X_API_KEY),
                    ..KnownPlace::anthropic("/v1/{endpoint}", &[Messages, CountTokens])
                },
                KnownPlace::openai("/v1/{endpoint}", &[ChatCompletions]),
            ],
        )
    },
    // Source: ai.google.dev/gemini-api/docs/openai and ai.google.dev/api. A bad key is a 400 there: the first text is the
    // reason in its details, the second its message (litellm 1.110.2, exception_mapping_utils.py).
    Kind {
        invalid_key_texts: &["API_KEY_INVALID", "API key not valid"],
        removed_headers: GOOGLES_OWN,
        ..Kind::new(
            "gemini",
            Authority::Fixed("generativelanguage.googleapis.com"),
            &[
                KnownPlace::openai(
                    "/v1beta/openai/{endpoint}",
                    &[ChatCompletions, Embeddings, ImageGenerations, Videos],
                ),
                KnownPlace {
                    api: Api::Gemini,
                    auth: Some(X_GOOG_API_KEY),
                    ..KnownPlace::openai(
                        "/v1beta/models/{model}:{endpoint}",
                        &[
                            GenerateContent,
                            StreamGenerateContent,
                            CountContentTokens,
                            EmbedContent,
                            BatchEmbedContents,
                        ],
                    )
                },
            ],
        )
    },
    // Source: docs.mistral.ai/api (Responses: "in public preview"); mistralai 3.7.0. Completions are `fim/completions` there.
    Kind::new(
        "mistral",
        Authority::Fixed("api.mistral.ai"),
        &[KnownPlace::openai(
            "/v1/{endpoint}",
            &[ChatCompletions, Embeddings, Responses, Speech, Transcriptions, Moderations, Ocr],
        )],
    ),
    // Source: docs.x.ai, "Inference REST API". Its messages are "fully deprecated". A bad key is a 400 there (litellm 1.110.2,
    // exception_mapping_utils.py).
    Kind {
        invalid_key_texts: &["Incorrect API key provided"],
        ..Kind::new(
            "xai",
            Authority::Fixed("api.x.ai"),
            &[KnownPlace {
                elsewhere: &[(Videos, "/v1/videos/generations")],
                ..KnownPlace::openai(
                    "/v1/{endpoint}",
                    &[ChatCompletions, Responses, ImageGenerations, ImageEdits, Realtime],
                )
            }],
        )
    },
    // Source: platform.kimi.ai/docs/api/overview and .../guide/claude-code-kimi; platform.kimi.com for China, which has keys
    // of its own.
    Kind::new(
        "moonshot",
        Authority::Regional {
            default: Some("global"),
            hosts: &[("global", "api.moonshot.ai"), ("cn", "api.moonshot.cn")],
        },
        &[
            KnownPlace::openai("/v1/{endpoint}", &[ChatCompletions, Responses]),
            KnownPlace::anthropic("/anthropic/v1/{endpoint}", &[Messages]),
        ],
    ),
    // Source: api-docs.deepseek.com, "Your First API Call", "FIM Completion" (base URL with /beta), "Using the Anthropic API"
    // (`x-api-key`: fully supported) and the Responses guide, which Codex is set up by.
    Kind::new(
        "deepseek",
        Authority::Fixed("api.deepseek.com"),
        &[
            KnownPlace {
                elsewhere: &[(Completions, "/beta/completions")],
                ..KnownPlace::openai("/{endpoint}", &[ChatCompletions, Responses])
            },
            KnownPlace {
                auth: Some(X_API_KEY),
                ..KnownPlace::anthropic("/anthropic/v1/{endpoint}", &[Messages])
            },
        ],
    ),
    // Source: docs.perplexity.ai, "Agent API" (OpenAI's Responses) and "Embeddings". Sonar's chat/completions ended on
    // 2026-09-27. Its router, below /router/v1, is by invitation.
    Kind::new(
        "perplexity",
        Authority::Fixed("api.perplexity.ai"),
        &[KnownPlace::openai("/v1/{endpoint}", &[Responses, Embeddings])],
    ),
    // Source: alibabacloud.com/help/en/model-studio/base-url (keys are bound to a region), .../qwen-api-via-openai-responses and
    // .../anthropic-api-messages; dashscope 2.0.2, v2/_config.py; reranks: litellm 1.110.2, llms/dashscope/rerank. Workspaces
    // have hosts of their own: `authority`.
    Kind::new(
        "qwen",
        Authority::Regional {
            default: Some("cn-beijing"),
            hosts: &[
                ("cn-beijing", "dashscope.aliyuncs.com"),
                ("ap-southeast-1", "dashscope-intl.aliyuncs.com"),
                ("us-east-1", "dashscope-us.aliyuncs.com"),
                ("cn-hongkong", "cn-hongkong.dashscope.aliyuncs.com"),
            ],
        },
        &[
            KnownPlace {
                elsewhere: &[(Rerank, "/compatible-api/v1/reranks")],
                ..KnownPlace::openai(
                    "/compatible-mode/v1/{endpoint}",
                    &[ChatCompletions, Embeddings, Responses],
                )
            },
            KnownPlace::anthropic("/apps/anthropic/v1/{endpoint}", &[Messages]),
        ],
    ),
    // Source: docs.bigmodel.cn; zai-sdk 0.2.3, api_resource; litellm 1.110.2, llms/bigmodel (responses, messages).
    Kind::new(
        "zhipu",
        Authority::Fixed("open.bigmodel.cn"),
        &[
            KnownPlace {
                elsewhere: &[(Responses, "/api/v1/responses")],
                ..KnownPlace::openai(
                    "/api/paas/v4/{endpoint}",
                    &[
                        ChatCompletions,
                        Embeddings,
                        ImageGenerations,
                        Speech,
                        Transcriptions,
                        Moderations,
                    ],
                )
            },
            KnownPlace::anthropic("/api/anthropic/v1/{endpoint}", &[Messages]),
        ],
    ),
    // Source: docs.z.ai/guides; zai-sdk 0.2.3, _client.py. The same company's, for the rest of the world: with keys of its own.
    Kind::new(
        "zai",
        Authority::Fixed("api.z.ai"),
        &[
            KnownPlace::openai("/api/paas/v4/{endpoint}", &[ChatCompletions]),
            KnownPlace::anthropic("/api/anthropic/v1/{endpoint}", &[Messages]),
        ],
    ),
    // Source: platform.minimax.io/docs/api-reference, "Responses" and "Anthropic API". The one of China is another platform.
    Kind::new(
        "minimax",
        Authority::Fixed("api.minimax.io"),
        &[
            KnownPlace::openai("/v1/{endpoint}", &[ChatCompletions, Responses]),
            KnownPlace::anthropic("/anthropic/v1/{endpoint}", &[Messages]),
        ],
    ),
    // Source: docs.cohere.com/docs/compatibility-api; rerank and tokenize: cohere 7.3.1, `v2/rerank` and `v1/tokenize`.
    Kind::new(
        "cohere",
        Authority::Fixed("api.cohere.ai"),
        &[KnownPlace {
            elsewhere: &[(Rerank, "/v2/rerank"), (Tokenize, "/v1/tokenize")],
            ..KnownPlace::openai("/compatibility/v1/{endpoint}", &[ChatCompletions, Embeddings])
        }],
    ),
    // Source: docs.voyageai.com/reference; litellm 1.110.2, llms/voyage.
    Kind::new(
        "voyage",
        Authority::Fixed("api.voyageai.com"),
        &[KnownPlace::openai("/v1/{endpoint}", &[Embeddings, Rerank])],
    ),
    // Source: jina.ai/embeddings and jina.ai/reranker; litellm 1.110.2, llms/jina_ai.
    Kind::new(
        "jina",
        Authority::Fixed("api.jina.ai"),
        &[KnownPlace::openai("/v1/{endpoint}", &[Embeddings, Rerank])],
    ),
];
