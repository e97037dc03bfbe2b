//! Paths that name a model: how each of them is written.

use super::{ModelSource, Operation};

/// How a path names its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `deployments/{model}/{endpoint}`, as Azure's clients write it.
    Deployment,
    /// `models/{model}:{endpoint}`, of Gemini's own API.
    Gemini,
    /// `{model}/{endpoint}`, of Bedrock's own API.
    Bedrock,
}

/// A model that stands in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathModel<'a> {
    /// How it stands there.
    pub form: Form,
    /// The model, percent-encoded.
    pub name: &'a str,
}

/// What precedes a deployment below a base path.
const DEPLOYMENTS: &str = "deployments/";

/// What precedes a model of Gemini's.
const MODELS: &str = "models/";

impl Form {
    /// The form of the paths of an API of its own; `None` for an endpoint whose path is the same for all models.
    #[must_use]
    pub fn native(operation: Operation) -> Option<Self> {
        match operation.model_source() {
            ModelSource::GeminiPath => Some(Self::Gemini),
            ModelSource::BedrockPath => Some(Self::Bedrock),
            _ => None,
        }
    }

    /// Whether it is that of an API of its own, in which there is no other place for a model.
    #[must_use]
    pub fn is_native(self) -> bool {
        self != Self::Deployment
    }

    /// A path of this form below `front`. `model` is percent-encoded.
    #[must_use]
    pub fn path(self, front: &str, model: &str, endpoint: &str) -> String {
        let (before, after) = match self {
            Self::Deployment => (DEPLOYMENTS, "/"),
            Self::Gemini => (MODELS, ":"),
            Self::Bedrock => ("", "/"),
        };
        [front, "/", before, model, after, endpoint].concat()
    }
}

/// The model and the endpoint of what is written below a base path in Azure's form.
pub fn deployment(rest: &str) -> Option<(PathModel<'_>, &str)> {
    let (name, endpoint) = rest.strip_prefix(DEPLOYMENTS)?.split_once('/')?;
    Some((PathModel { form: Form::Deployment, name }, endpoint.trim_start_matches('/')))
}

/// The same in Gemini's form. A model may have a colon in its name: what follows the last one is the endpoint.
pub fn gemini(rest: &str) -> Option<(PathModel<'_>, &str)> {
    let (name, endpoint) = rest.strip_prefix(MODELS)?.rsplit_once(':')?;
    native(Form::Gemini, name, endpoint)
}

/// The same in Bedrock's form. What follows the last slash is the endpoint.
pub fn bedrock(rest: &str) -> Option<(PathModel<'_>, &str)> {
    let (name, endpoint) = rest.rsplit_once('/')?;
    native(Form::Bedrock, name, endpoint)
}

fn native<'a>(form: Form, name: &'a str, endpoint: &'a str) -> Option<(PathModel<'a>, &'a str)> {
    let is_known = Operation::at(endpoint).and_then(Form::native) == Some(form);
    is_known.then_some((PathModel { form, name }, endpoint))
}

/// Whether `rest` is in Azure's form, whatever its endpoint.
pub fn is_deployment(rest: &str) -> bool {
    rest.starts_with(DEPLOYMENTS)
}
