//! What a request row expects.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::request::Text;

/// What must come of a request. The members of a row's `expect` tell which of these it is.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Expectation {
    /// It is sent to a provider.
    Upstream(Sent),
    /// It is answered with an error.
    Refused(Refused),
    /// It is answered with a list of models.
    Listed {
        /// Their ids, in this order.
        models: Vec<String>,
    },
    /// It is answered with one model.
    Retrieved {
        /// Its id.
        retrieved: String,
        /// Text that the answer holds besides.
        contains: Option<String>,
    },
    /// It is left to Envoy's own routes, as it came but for the cluster header.
    Passed {
        /// Always true: it makes the row readable.
        passed: bool,
    },
}

/// What a provider receives. What is not named here is as the client sent it, except that every header in which
/// callers send credentials must be gone, and that `content-length` is exact.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// The cluster, which has the provider's name.
    pub cluster: String,
    /// The path. Omitted: the client's.
    pub path: Option<String>,
    /// The host. Omitted: what the configuration writes as the provider's, else the client's.
    pub authority: Option<String>,
    /// Headers that are there once, with this value; null: not there at all.
    #[serde(default)]
    pub headers: BTreeMap<String, Option<String>>,
    /// The model in the body of a row that gives `model`.
    pub model: Option<String>,
    /// The body of a row that gives `body`, byte for byte.
    pub body: Option<Text>,
    /// What access logs see, besides what follows from the row itself.
    #[serde(default)]
    pub filter_state: BTreeMap<String, String>,
}

/// An error as a client receives it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// The error's code; it decides the type.
    pub code: String,
    /// The member that is at fault. Omitted: null or `model`.
    pub param: Option<String>,
    /// The whole message. Omitted: any that is not empty.
    pub message: Option<String>,
    /// Text that the message holds.
    pub message_contains: Option<String>,
    /// Text that the message does not hold.
    pub message_lacks: Option<String>,
    /// Rows with the same mark get the same message.
    pub same_message: Option<String>,
    /// Whose error shape it has. Omitted: OpenAI's.
    #[serde(default)]
    pub shape: Shape,
}

/// The shape of an error's body.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// `{"error":{"message","type","param","code"}}`
    #[default]
    OpenAi,
    /// `{"type":"error","error":{"type","message"}}`
    Anthropic,
    /// `{"error":{"code","message","status"}}`
    Google,
    /// `{"message"}`
    Amazon,
}
