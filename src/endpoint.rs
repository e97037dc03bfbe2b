//! Which endpoint of the API a request is for.

use percent_encoding::percent_decode;

use crate::catalog::Type;
use crate::provider::RequestPath;

/// An endpoint that takes a model in its JSON body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the endpoint of its path")]
pub enum Operation {
    ChatCompletions,
    Completions,
    Embeddings,
    Responses,
    Messages,
    CountTokens,
    Rerank,
    Moderations,
    ImageGenerations,
    Speech,
}

impl Operation {
    const ALL: [Self; 10] = [
        Self::ChatCompletions,
        Self::Completions,
        Self::Embeddings,
        Self::Responses,
        Self::Messages,
        Self::CountTokens,
        Self::Rerank,
        Self::Moderations,
        Self::ImageGenerations,
        Self::Speech,
    ];

    /// The path below the base path.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat/completions",
            Self::Completions => "completions",
            Self::Embeddings => "embeddings",
            Self::Responses => "responses",
            Self::Messages => "messages",
            Self::CountTokens => "messages/count_tokens",
            Self::Rerank => "rerank",
            Self::Moderations => "moderations",
            Self::ImageGenerations => "images/generations",
            Self::Speech => "audio/speech",
        }
    }

    /// The type of the models that it is for.
    #[must_use]
    pub fn model_type(self) -> Type {
        match self {
            Self::ChatCompletions | Self::Responses | Self::Messages | Self::CountTokens => {
                Type::Chat
            }
            Self::Completions => Type::Completion,
            Self::Embeddings => Type::Embedding,
            Self::Rerank => Type::Rerank,
            Self::Moderations => Type::Moderation,
            Self::ImageGenerations => Type::Image,
            Self::Speech => Type::Audio,
        }
    }
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

/// The paths under which the API lives on a listener.
#[derive(Debug, Default)]
pub struct BasePaths(Vec<Box<str>>);

impl BasePaths {
    /// Takes the base paths, each beginning with a slash and ending without one.
    #[must_use]
    pub fn new(mut paths: Vec<Box<str>>) -> Self {
        // The longest first, for one may begin another.
        paths.sort_by_key(|path| std::cmp::Reverse(path.len()));
        Self(paths)
    }

    /// Takes a client's path apart; `None` if it is below no base path.
    #[must_use]
    pub fn split<'a>(&'a self, path: &'a [u8]) -> Option<RequestPath<'a>> {
        let mut parts = path.splitn(2, |byte| *byte == b'?');
        let path = parts.next()?;
        let query = parts.next();
        self.0.iter().find_map(|base| {
            let rest = path.strip_prefix(base.as_bytes())?.strip_prefix(b"/")?;
            let endpoint = std::str::from_utf8(rest).ok()?;
            Some(RequestPath { path, base, endpoint, query })
        })
    }
}

impl RequestPath<'_> {
    /// The endpoint that a request with this method is for; `None` if there is none.
    #[must_use]
    pub fn endpoint(&self, method: &[u8]) -> Option<Endpoint> {
        match method {
            b"POST" => Operation::ALL
                .into_iter()
                .find(|operation| operation.path() == self.endpoint)
                .map(Endpoint::Call),
            b"GET" if self.endpoint == "models" => Some(Endpoint::ListModels),
            b"GET" => {
                let name = self.endpoint.strip_prefix("models/").filter(|name| !name.is_empty())?;
                let name = percent_decode(name.as_bytes()).decode_utf8().ok()?;
                Some(Endpoint::RetrieveModel(name.into_owned()))
            }
            _ => None,
        }
    }

    /// The shape of errors for this path.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.endpoint.strip_prefix("messages") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => Dialect::Anthropic,
            _ => Dialect::OpenAi,
        }
    }
}

#[cfg(test)]
mod tests;
