//! Clouds, where a customer has a resource, a region, an account or a project.

use super::{Api, Authority, Family, Kind, KnownPlace, API_KEY, GOOGLES_OWN, X_API_KEY};
use crate::endpoint::Operation::{
    ChatCompletions, ClientSecrets, Completions, Converse, ConverseStream, CountContentTokens,
    CountTokens, Embeddings, GenerateContent, ImageEdits, ImageGenerations, Invoke, InvokeStream,
    Messages, Realtime, Responses, Speech, StreamGenerateContent, Transcriptions, Translations,
};

pub(super) const KINDS: &[Kind] = &[
    // Source: learn.microsoft.com, "Azure OpenAI v1 API"; with an `api_version`: openai 3.57.0, lib/azure.py, whose
    // `_deployments_endpoints` are the ones that have the deployment in the path.
    Kind {
        versioned: &[KnownPlace {
            auth: Some(API_KEY),
            elsewhere: &[
                (Responses, "/openai/responses?api-version={api_version}"),
                (Realtime, "/openai/realtime?api-version={api_version}&deployment={model}"),
            ],
            ..KnownPlace::openai(
                "/openai/deployments/{model}/{endpoint}?api-version={api_version}",
                &[
                    ChatCompletions,
                    Completions,
                    Embeddings,
                    ImageGenerations,
                    ImageEdits,
                    Speech,
                    Transcriptions,
                    Translations,
                ],
            )
        }],
        ..Kind::new(
            "azure-openai",
            Authority::Configured,
            &[KnownPlace {
                auth: Some(API_KEY),
                ..KnownPlace::openai(
                    "/openai/v1/{endpoint}",
                    &[
                        ChatCompletions,
                        Completions,
                        Embeddings,
                        Responses,
                        ImageGenerations,
                        ImageEdits,
                        Speech,
                        Transcriptions,
                        Translations,
                        Realtime,
                        ClientSecrets,
                    ],
                )
            }],
        )
    },
    // Source: anthropic 2.14.0, lib/foundry.py ({resource}.services.ai.azure.com); it says that the endpoint authenticates by
    // `x-api-key`. A model is named as its deployment is.
    Kind::new(
        "azure-anthropic",
        Authority::Configured,
        &[KnownPlace {
            auth: Some(X_API_KEY),
            ..KnownPlace::anthropic("/anthropic/v1/{endpoint}", &[Messages, CountTokens])
        }],
    ),
    // Source: docs.aws.amazon.com/bedrock/latest/userguide/inference-messages-api.html (bedrock-runtime.{region}/anthropic,
    // "recommended for new applications", by SigV4 or an API key as bearer token; its translations are older and say the
    // opposite), .../inference-responses-api.html, .../inference-chat-completions.html and .../api-keys.html. Claude is served at
    // messages and in the native API alone, by the names of inference profiles (us.anthropic.…, global.anthropic.…: those
    // who use the endpoint write them; AWS's page itself was not read to the end). The partitions' domains: openai 3.57.0,
    // providers/bedrock.py.
    Kind {
        families: &[
            Family { part: "anthropic.claude", not_served_at: &[ChatCompletions, Responses] },
            Family { part: "amazon.nova", not_served_at: &[ChatCompletions, Responses, Messages] },
            Family { part: "meta.llama", not_served_at: &[ChatCompletions, Responses, Messages] },
            Family { part: "openai.gpt-oss", not_served_at: &[Responses, Messages] },
        ],
        ..Kind::new(
            "bedrock",
            Authority::Regional {
                default: None,
                hosts: &[
                    ("cn-*", "bedrock-runtime.{region}.amazonaws.com.cn"),
                    ("eusc-*", "bedrock-runtime.{region}.amazonaws.eu"),
                    ("*", "bedrock-runtime.{region}.amazonaws.com"),
                ],
            },
            &[
                KnownPlace::openai("/openai/v1/{endpoint}", &[ChatCompletions, Responses]),
                KnownPlace::anthropic("/anthropic/v1/{endpoint}", &[Messages]),
                KnownPlace {
                    api: Api::Bedrock,
                    ..KnownPlace::openai(
                        "/model/{model}/{endpoint}",
                        &[Invoke, InvokeStream, Converse, ConverseStream],
                    )
                },
            ],
        )
    },
    // Source: docs.aws.amazon.com/bedrock, "Responses API": most models are below /v1, some below /openai/v1 (GPT, Gemma 4), and
    // the wrong one is refused: a second provider with `path` has the others. anthropic 2.14.0, lib/bedrock/_mantle.py:
    // messages, count_tokens, by a bearer token. Claude has its bare names there (anthropic.claude-…).
    Kind {
        families: &[Family {
            part: "anthropic.claude",
            not_served_at: &[ChatCompletions, Responses],
        }],
        ..Kind::new(
            "bedrock-mantle",
            Authority::Regional {
                default: None,
                hosts: &[("*", "bedrock-mantle.{region}.api.aws")],
            },
            &[
                KnownPlace::openai("/v1/{endpoint}", &[ChatCompletions, Responses]),
                KnownPlace::anthropic("/anthropic/v1/{endpoint}", &[Messages, CountTokens]),
            ],
        )
    },
    // Source: anthropic 2.14.0, lib/aws: Anthropic's own platform, sold by AWS, with Anthropic's own names of models. Requests
    // name the workspace.
    Kind {
        removed_headers: &["openai-*"],
        required_headers: &["anthropic-workspace-id"],
        ..Kind::new(
            "claude-aws",
            Authority::Regional {
                default: None,
                hosts: &[("*", "aws-external-anthropic.{region}.api.aws")],
            },
            &[KnownPlace {
                auth: Some(X_API_KEY),
                ..KnownPlace::anthropic("/v1/{endpoint}", &[Messages, CountTokens])
            }],
        )
    },
    // Source: cloud.google.com/vertex-ai, "OpenAI compatibility"; anthropic 2.14.0, lib/vertex/_client.py (hosts). The token is
    // Google's, for an hour: `auth: none`, and something of Envoy's that adds it. Claude is not reachable there without
    // translation: the verb in the path says whether it streams, and the body has no model. Gemini's own API has its models by
    // their bare names there.
    Kind {
        removed_headers: GOOGLES_OWN,
        ..Kind::new(
        "vertex",
        Authority::Regional {
            default: None,
            hosts: &[
                ("global", "aiplatform.googleapis.com"),
                ("us", "aiplatform.us.rep.googleapis.com"),
                ("eu", "aiplatform.eu.rep.googleapis.com"),
                ("*", "{region}-aiplatform.googleapis.com"),
            ],
        },
        &[KnownPlace::openai(
            "/v1/projects/{project}/locations/{region}/endpoints/openapi/{endpoint}",
            &[ChatCompletions],
        ),
        KnownPlace {
            api: Api::Gemini,
            ..KnownPlace::openai(
                "/v1/projects/{project}/locations/{region}/publishers/google/models/{model}:{endpoint}",
                &[GenerateContent, StreamGenerateContent, CountContentTokens],
            )
        }],
    )},
    // Source: developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility.
    Kind::new(
        "cloudflare",
        Authority::Fixed("api.cloudflare.com"),
        &[
            KnownPlace::openai(
                "/client/v4/accounts/{account}/ai/v1/{endpoint}",
                &[ChatCompletions, Embeddings, Responses],
            ),
            KnownPlace::anthropic("/client/v4/accounts/{account}/ai/v1/{endpoint}", &[Messages]),
        ],
    ),
    // Source: docs.databricks.com, "Query with the Anthropic Messages API"; litellm 1.110.2, llms/databricks. Its AI gateway has
    // other paths, below /ai-gateway: `path`.
    Kind::new(
        "databricks",
        Authority::Configured,
        &[
            KnownPlace::openai("/serving-endpoints/{endpoint}", &[ChatCompletions, Embeddings]),
            KnownPlace::anthropic("/serving-endpoints/anthropic/v1/{endpoint}", &[Messages]),
        ],
    ),
];
