//! Secrets, as other gateways write them.

/// A secret: where it is, or itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// In a variable of the environment.
    Env(String),
    /// In plain sight.
    Value(String),
}

impl Secret {
    /// LiteLLM's way: `os.environ/NAME`.
    pub fn of_litellm(text: &str) -> Self {
        match text.strip_prefix("os.environ/") {
            Some(name) => Self::Env(name.to_owned()),
            None => Self::Value(text.to_owned()),
        }
    }

    /// Llama Stack's way: `${env.NAME}`, with what stands for it if it is not set after `:`, `:=` or `:+`. `None` if
    /// nothing is left.
    pub fn of_llama_stack(text: &str) -> Option<Self> {
        match reference(text) {
            Some((name, _)) => Some(Self::Env(name.to_owned())),
            None => {
                Some(text).filter(|text| !text.is_empty()).map(|text| Self::Value(text.to_owned()))
            }
        }
    }
}

/// The variable that all of a text stands for, and what is told after it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix("${env.")?.strip_suffix('}')?;
    Some(inner.split_once(':').unwrap_or((inner, "")))
}

/// A text of Llama Stack's with what is told for the case that its variable is not set (`:=`), or that it is (`:+`). `None`
/// where that leaves nothing.
pub fn expanded(text: &str) -> Option<String> {
    let Some((name, otherwise)) = reference(text) else {
        return Some(text.to_owned()).filter(|text| !text.is_empty());
    };
    let told = otherwise.strip_prefix('=').or_else(|| otherwise.strip_prefix('+'));
    let known = std::env::var(name).ok().filter(|_| !otherwise.starts_with('+'));
    known.or_else(|| Some(told.unwrap_or(otherwise).to_owned())).filter(|text| !text.is_empty())
}
