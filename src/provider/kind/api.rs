//! Families of endpoints.

use crate::endpoint::{Form, Operation, Resource};

/// An API: a family of endpoints that a provider has in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// OpenAI's, and what others have added to it.
    OpenAi,
    /// Anthropic's Messages.
    Anthropic,
    /// Gemini's own.
    Gemini,
    /// Bedrock's own.
    Bedrock,
}

impl Api {
    /// Every API.
    pub const ALL: [Self; 4] = [Self::OpenAi, Self::Anthropic, Self::Gemini, Self::Bedrock];

    /// The API that `operation` belongs to.
    #[must_use]
    pub fn of(operation: Operation) -> Self {
        match (operation, Form::native(operation)) {
            (Operation::Messages | Operation::CountTokens, _) => Self::Anthropic,
            (_, Some(Form::Gemini)) => Self::Gemini,
            (_, Some(Form::Bedrock)) => Self::Bedrock,
            _ => Self::OpenAi,
        }
    }

    /// The API that what is stored at a provider belongs to.
    #[must_use]
    pub fn of_resource(resource: Resource) -> Self {
        match resource {
            Resource::MessageBatches => Self::Anthropic,
            _ => Self::OpenAi,
        }
    }

    /// The API of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|api| api.as_str() == name)
    }

    /// Its name, as the configuration's `apis` has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Bedrock => "bedrock",
        }
    }
}
