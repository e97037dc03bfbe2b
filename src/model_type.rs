//! What a registered model does, so that it is called at fitting endpoints only.

use std::fmt;

/// What a model does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Answers messages.
    Chat,
    /// Continues a prompt.
    Completion,
    /// Turns text into vectors.
    Embedding,
    /// Makes images.
    Image,
    /// Speaks or listens.
    Audio,
    /// Judges content.
    Moderation,
    /// Ranks documents.
    Rerank,
}

impl Type {
    /// Every type.
    pub const ALL: [Self; 7] = [
        Self::Chat,
        Self::Completion,
        Self::Embedding,
        Self::Image,
        Self::Audio,
        Self::Moderation,
        Self::Rerank,
    ];

    /// The word for it in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Completion => "completion",
            Self::Embedding => "embedding",
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Moderation => "moderation",
            Self::Rerank => "rerank",
        }
    }

    /// The type that the configuration calls `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
