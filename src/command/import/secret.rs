//! Secrets, as they can stand in a configuration.

/// A secret: where it is, or itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// In a variable of the environment.
    Env(String),
    /// In plain sight.
    Value(String),
}

impl Secret {
    /// A secret in plain sight.
    ///
    /// # Errors
    ///
    /// Why the filter would refuse it.
    pub fn value(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("it is empty".to_owned());
        }
        if text.chars().any(char::is_control) || text.trim() != text {
            return Err("it begins or ends with a space, or holds a control character".to_owned());
        }
        if text.contains("${") || text == "<no value>" {
            return Err("it was never filled in".to_owned());
        }
        Ok(Self::Value(text.to_owned()))
    }
}
