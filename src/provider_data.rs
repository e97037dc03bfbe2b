//! Callers' own provider keys.
//!
//! A caller may bring its own key for a provider that allows it: in the body member `provider_data` or in a header. It
//! is used for that provider alone and for this request alone, and is never forwarded in the form that it came in.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::json::MAX_KEPT;
use crate::node::Node;
use crate::secret::{Secret, SecretError};

/// The body member that may hold provider data.
pub const MEMBER: &str = "provider_data";

/// The keys that a caller brought, by the name of the provider that each is for.
#[derive(Debug, Clone, Default)]
pub struct ProviderData(BTreeMap<String, Secret>);

impl ProviderData {
    /// Adds what a JSON object holds, in either of its forms: `{"anthropic": {"api_key": "…"}}`, or
    /// `{"anthropic_api_key": "…"}`.
    ///
    /// # Errors
    ///
    /// What is wrong, without repeating any of it.
    pub fn add(&mut self, json: &[u8]) -> Result<(), InvalidProviderData> {
        let entries = match serde_json::from_slice(json) {
            Ok(Node::Map(entries)) => entries,
            _ => return Err(InvalidProviderData::NotAnObject),
        };
        for (name, value) in entries {
            match value {
                Node::Map(fields) => {
                    for (field, value) in fields {
                        match (field.as_str(), value) {
                            (API_KEY, Node::Text(key)) => self.insert(&name, &key)?,
                            (API_KEY, _) => return Err(InvalidProviderData::NotAString),
                            // Other settings of the provider's are no business of a gateway.
                            _ => {}
                        }
                    }
                }
                Node::Text(key) => match name.strip_suffix(FLAT_SUFFIX) {
                    Some(provider) if !provider.is_empty() => self.insert(provider, &key)?,
                    _ => return Err(InvalidProviderData::NotAnEntry),
                },
                _ => return Err(InvalidProviderData::NotAnEntry),
            }
        }
        Ok(())
    }

    /// The caller's key for `provider`.
    #[must_use]
    pub fn key_for(&self, provider: &str) -> Option<&Secret> {
        self.0.get(provider)
    }

    /// Whether the caller brought none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn insert(&mut self, provider: &str, key: &str) -> Result<(), InvalidProviderData> {
        let key = Secret::parse(key).map_err(InvalidProviderData::NotAKey)?;
        match self.0.get(provider) {
            Some(other) if *other != key => Err(InvalidProviderData::TwoKeys),
            _ => {
                self.0.insert(provider.to_owned(), key);
                Ok(())
            }
        }
    }
}

const API_KEY: &str = "api_key";
const FLAT_SUFFIX: &str = "_api_key";

/// Provider data that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidProviderData {
    /// Not a JSON object.
    #[error("it must be a JSON object")]
    NotAnObject,
    /// An entry of neither form.
    #[error(
        "an entry must be \"<provider>\": {{\"api_key\": \"…\"}} or \"<provider>_api_key\": \"…\""
    )]
    NotAnEntry,
    /// A key that is no string.
    #[error("an `api_key` must be a string")]
    NotAString,
    /// A key that no provider can have given out.
    #[error("{0}")]
    NotAKey(SecretError),
    /// More than is kept of a body's member.
    #[error("it must not be longer than {max} bytes", max = MAX_KEPT)]
    TooLong,
    /// Two different keys for one provider.
    #[error("it holds two different keys for one provider")]
    TwoKeys,
}

#[cfg(test)]
mod tests;
