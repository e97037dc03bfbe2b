//! The endpoints of the API: which there are, and which one a request is for.

mod form;
mod path;
mod resource;
mod set;

use crate::model_type::Type;

pub use form::Form;
#[cfg(test)]
pub use form::PathModel;
pub use path::{BasePaths, RequestPath};
pub use resource::Resource;
pub use set::Endpoints;

/// Where a request names its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelSource {
    /// In a JSON body.
    Json,
    /// In a part of a multipart/form-data body.
    Form,
    /// In a JSON body or in a form: the content-type says which it is.
    JsonOrForm,
    /// In the member `session` of a JSON body.
    JsonSession,
    /// In the query; there is no body, for the connection becomes a WebSocket.
    Query,
    /// In the path, as Gemini's own API has it; its JSON body may repeat it.
    GeminiPath,
    /// In the path, as Bedrock's own API has it; its JSON body may repeat it.
    BedrockPath,
}

/// Declares the endpoints that call a model. A new endpoint is one line here.
macro_rules! operations {
    ($($name:ident: $path:literal, $source:ident, [$($model_type:ident),*];)*) => {
        /// An endpoint that calls a model.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each is the endpoint of its path")]
        pub enum Operation { $($name,)* }

        impl Operation {
            /// Every operation.
            pub const ALL: [Self; [$($path),*].len()] = [$(Self::$name,)*];

            /// The endpoint of this path below the base path.
            #[must_use]
            pub fn at(path: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|operation| operation.path() == path)
            }

            /// The path below the base path.
            #[must_use]
            pub fn path(self) -> &'static str {
                match self { $(Self::$name => $path,)* }
            }

            /// Where it names its model.
            #[must_use]
            pub fn model_source(self) -> ModelSource {
                match self { $(Self::$name => ModelSource::$source,)* }
            }

            /// The types of the models that it is for.
            #[must_use]
            pub fn model_types(self) -> &'static [Type] {
                match self { $(Self::$name => &[$(Type::$model_type),*],)* }
            }
        }
    };
}

operations! {
    ChatCompletions: "chat/completions", Json, [Chat];
    Completions: "completions", Json, [Completion];
    Embeddings: "embeddings", Json, [Embedding];
    Responses: "responses", Json, [Chat];
    CompactResponse: "responses/compact", Json, [Chat];
    CountInputTokens: "responses/input_tokens", Json, [Chat];
    Messages: "messages", Json, [Chat];
    CountTokens: "messages/count_tokens", Json, [Chat];
    Rerank: "rerank", Json, [Rerank];
    Moderations: "moderations", Json, [Moderation];
    ImageGenerations: "images/generations", Json, [Image];
    Speech: "audio/speech", Json, [Audio];
    Transcriptions: "audio/transcriptions", Form, [Audio];
    Translations: "audio/translations", Form, [Audio];
    ImageEdits: "images/edits", JsonOrForm, [Image];
    ImageVariations: "images/variations", JsonOrForm, [Image];
    // There is no type for videos: those who declare one call it an image.
    Videos: "videos", JsonOrForm, [Image];
    Realtime: "realtime", Query, [Chat, Audio];
    ClientSecrets: "realtime/client_secrets", JsonSession, [Chat, Audio];
    Tokenize: "tokenize", Json, [Chat, Completion, Embedding];
    // Nor is there one for text read from pictures.
    Ocr: "ocr", Json, [Chat, Image];
    // Gemini's own API: ai.google.dev/api/generate-content, .../tokens and .../embeddings.
    GenerateContent: "generateContent", GeminiPath, [Chat, Image, Audio];
    StreamGenerateContent: "streamGenerateContent", GeminiPath, [Chat, Image, Audio];
    CountContentTokens: "countTokens", GeminiPath, [Chat, Image, Audio];
    EmbedContent: "embedContent", GeminiPath, [Embedding];
    BatchEmbedContents: "batchEmbedContents", GeminiPath, [Embedding];
    // Bedrock's own API: docs.aws.amazon.com/bedrock/latest/APIReference.
    Invoke: "invoke", BedrockPath, [Chat, Completion, Embedding, Image, Audio, Rerank];
    InvokeStream: "invoke-with-response-stream", BedrockPath, [Chat, Completion];
    Converse: "converse", BedrockPath, [Chat];
    ConverseStream: "converse-stream", BedrockPath, [Chat];
}

/// What a request wants of the router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A model is called.
    Call(Operation),
    /// The list of models.
    ListModels,
    /// One model, by its name.
    RetrieveModel(String),
}

/// Whose shape errors have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Dialect {
    /// OpenAI's.
    #[default]
    OpenAi,
    /// Anthropic's, under `messages`.
    Anthropic,
    /// Google's, in Gemini's own API.
    Google,
    /// Amazon's, in Bedrock's own API.
    Amazon,
}

#[cfg(test)]
mod tests;
