//! Which endpoint of the API a request is for.

use percent_encoding::percent_decode;

use crate::catalog::Type;
use crate::provider::{RequestPath, DEPLOYMENTS};

/// An endpoint that calls a model.
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
    Transcriptions,
    Translations,
    ImageEdits,
    ImageVariations,
    Videos,
    Realtime,
}

/// Where a request names its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// In a JSON body.
    Json,
    /// In a part of a multipart/form-data body.
    Form,
    /// In the query; there is no body, for the connection becomes a WebSocket.
    Query,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 16] = [
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
        Self::Transcriptions,
        Self::Translations,
        Self::ImageEdits,
        Self::ImageVariations,
        Self::Videos,
        Self::Realtime,
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
            Self::Transcriptions => "audio/transcriptions",
            Self::Translations => "audio/translations",
            Self::ImageEdits => "images/edits",
            Self::ImageVariations => "images/variations",
            Self::Videos => "videos",
            Self::Realtime => "realtime",
        }
    }

    /// Where it names its model.
    #[must_use]
    pub fn carrier(self) -> Carrier {
        match self {
            Self::Transcriptions
            | Self::Translations
            | Self::ImageEdits
            | Self::ImageVariations
            | Self::Videos => Carrier::Form,
            Self::Realtime => Carrier::Query,
            _ => Carrier::Json,
        }
    }

    /// The types of the models that it is for. There is no type for videos: those who declare one call it an image.
    #[must_use]
    pub fn model_types(self) -> &'static [Type] {
        match self {
            Self::ChatCompletions | Self::Responses | Self::Messages | Self::CountTokens => {
                &[Type::Chat]
            }
            Self::Completions => &[Type::Completion],
            Self::Embeddings => &[Type::Embedding],
            Self::Rerank => &[Type::Rerank],
            Self::Moderations => &[Type::Moderation],
            Self::ImageGenerations | Self::ImageEdits | Self::ImageVariations | Self::Videos => {
                &[Type::Image]
            }
            Self::Speech | Self::Transcriptions | Self::Translations => &[Type::Audio],
            Self::Realtime => &[Type::Chat, Type::Audio],
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
pub struct BasePaths {
    /// The longest first, for one may begin another.
    paths: Vec<Box<str>>,
    /// The first in the configuration: what an Azure client's request has in the place of its own.
    usual: Box<str>,
}

impl BasePaths {
    /// Takes the base paths, each beginning with a slash and ending without one.
    #[must_use]
    pub fn new(given: Vec<Box<str>>) -> Self {
        let usual = given.first().cloned().unwrap_or_default();
        let mut paths: Vec<Box<str>> = Vec::with_capacity(given.len());
        for path in given {
            paths.insert(paths.partition_point(|other| other.len() >= path.len()), path);
        }
        Self { paths, usual }
    }

    /// The path of an endpoint, below the first of the base paths.
    #[cfg(feature = "cli")]
    #[must_use]
    pub fn usual_path(&self, operation: Operation) -> String {
        [&*self.usual, "/", operation.path()].concat()
    }

    /// Takes a client's path apart; `None` if it is below no base path.
    #[must_use]
    pub fn split<'a>(&'a self, path: &'a [u8]) -> Option<RequestPath<'a>> {
        let mut parts = path.splitn(2, |byte| *byte == b'?');
        let path = parts.next()?;
        let query = parts.next();
        if let Some(rest) = path.strip_prefix(DEPLOYMENTS.as_bytes()) {
            let (deployment, endpoint) = std::str::from_utf8(rest).ok()?.split_once('/')?;
            let deployment = Some(deployment);
            return Some(RequestPath { path, base: &self.usual, endpoint, deployment, query });
        }
        self.paths.iter().find_map(|base| {
            let rest = path.strip_prefix(base.as_bytes())?.strip_prefix(b"/")?;
            let endpoint = std::str::from_utf8(rest).ok()?;
            Some(RequestPath { path, base, endpoint, deployment: None, query })
        })
    }
}

impl RequestPath<'_> {
    /// The endpoint that a request with this method, and this `upgrade` field, is for; `None` if there is none.
    #[must_use]
    pub fn endpoint(&self, method: &[u8], upgrade: &[u8]) -> Option<Endpoint> {
        let operation =
            || Operation::ALL.into_iter().find(|operation| operation.path() == self.endpoint);
        match (method, self.deployment) {
            (b"POST", _) => {
                operation().filter(|_| !self.names_model_in_query()).map(Endpoint::Call)
            }
            (b"GET", None) if self.endpoint == "models" => Some(Endpoint::ListModels),
            (b"GET", None) if self.names_model_in_query() => operation()
                .filter(|_| upgrade.eq_ignore_ascii_case(b"websocket"))
                .map(Endpoint::Call),
            (b"GET", None) => {
                let name = self.endpoint.strip_prefix("models/").filter(|name| !name.is_empty())?;
                Some(Endpoint::RetrieveModel(decoded(name)?))
            }
            _ => None,
        }
    }

    /// Whether requests for this path have no body, and name their model in the query.
    #[must_use]
    pub fn names_model_in_query(&self) -> bool {
        self.endpoint == Operation::Realtime.path()
    }

    /// The model that an Azure client names in the path; `None` in the outer `Option` if it names none there.
    #[must_use]
    pub fn deployed_model(&self) -> Option<Option<String>> {
        self.deployment.map(decoded)
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

fn decoded(name: &str) -> Option<String> {
    percent_decode(name.as_bytes()).decode_utf8().ok().map(|name| name.into_owned())
}

#[cfg(test)]
mod tests;
