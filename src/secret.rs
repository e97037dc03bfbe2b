//! Strings that must never be printed.

use std::fmt;

use thiserror::Error;
use zeroize::Zeroize;

/// A credential as it will be sent to a provider, or a virtual key before it is hashed.
///
/// `Debug` prints `[redacted]` and there is no `Display`, so a secret cannot reach a log line, an error
/// or a metric by formatting. [`Secret::expose`] is the one way to its bytes.
///
/// Its bytes are wiped when it is dropped: a configuration that was replaced leaves none of its secrets in the VM's
/// memory. Envoy's own memory is another matter, and so are the headers of a request while there is one.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    /// Takes a secret from the configuration or the environment, refusing what cannot be one.
    ///
    /// # Errors
    ///
    /// A [`SecretError`] for a value that shows a mistake in the deployment: sent upstream it would only
    /// ever be refused there, or would break the header that carries it.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        if text.is_empty() {
            return Err(SecretError::Empty);
        }
        if text.trim().is_empty() {
            return Err(SecretError::Blank);
        }
        if text.chars().any(char::is_control) {
            return Err(SecretError::ControlCharacter);
        }
        if text.trim() != text {
            return Err(SecretError::SurroundingSpace);
        }
        // `os.environ/NAME` is how LiteLLM's configurations name a variable.
        let is_reference =
            text.starts_with("os.environ/") || text.strip_prefix('$').is_some_and(is_variable);
        if is_reference || text.contains("${") || text.contains("<no value>") || text.contains("{{")
        {
            return Err(SecretError::Unexpanded);
        }
        Ok(Self(text.into()))
    }

    /// The value of the header that carries this secret: `prefix` and the secret itself.
    #[must_use]
    pub fn prefixed(&self, prefix: &str) -> Self {
        // Of exactly this size: a string that grew would leave a part of the secret behind where it stood before.
        let mut value = String::with_capacity(prefix.len().saturating_add(self.0.len()));
        value.push_str(prefix);
        value.push_str(&self.0);
        Self(value.into())
    }

    /// The secret itself. What calls this writes to the upstream request or hashes; nothing else may.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Why a value cannot be a secret. The value itself is never part of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SecretError {
    /// The empty string.
    #[error("the secret is empty")]
    Empty,
    /// Nothing but white space.
    #[error("the secret is blank")]
    Blank,
    /// White space before or after, as a file's last newline or a copied blank leaves it.
    #[error("the secret begins or ends with white space")]
    SurroundingSpace,
    /// A control character, which no header may carry (RFC 9110, section 5.5).
    #[error("the secret contains a control character")]
    ControlCharacter,
    /// A placeholder that a templating step should have replaced.
    #[error("the secret is a placeholder that was never expanded")]
    Unexpanded,
}

/// Whether a text is the usual name of a variable of the environment. A secret that begins with `$` is hardly the rest
/// of one: it has small letters or other signs.
fn is_variable(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests;
