//! The endpoints of the API: which there are, and which one a request is for.

mod path;
mod resource;
mod set;

use crate::model_type::Type;

pub use path::{BasePaths, RequestPath, DEPLOYMENTS};
pub use resource::Resource;
pub use set::Endpoints;

/// Where a request names its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelSource {
    /// In a JSON body.
    Json,
    /// In a part of a multipart/form-data body.
    Form,
    /// In the query; there is no body, for the connection becomes a WebSocket.
    Query,
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
    Messages: "messages", Json, [Chat];
    CountTokens: "messages/count_tokens", Json, [Chat];
    Rerank: "rerank", Json, [Rerank];
    Moderations: "moderations", Json, [Moderation];
    ImageGenerations: "images/generations", Json, [Image];
    Speech: "audio/speech", Json, [Audio];
    Transcriptions: "audio/transcriptions", Form, [Audio];
    Translations: "audio/translations", Form, [Audio];
    ImageEdits: "images/edits", Form, [Image];
    ImageVariations: "images/variations", Form, [Image];
    // There is no type for videos: those who declare one call it an image.
    Videos: "videos", Form, [Image];
    Realtime: "realtime", Query, [Chat, Audio];
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
}

#[cfg(test)]
mod tests;
