//! What the listener's filter passes on to the pool's.

mod layout;
mod members;

use serde::Serialize;

use crate::body::BodyLayout;
use crate::node::Node;
use members::{array, text, Members};

/// What was decided of a request before Envoy chose a provider for it, and the client's request as far as the requests
/// of the providers differ: the rest of it is with Envoy.
///
/// Access logs can show it: there is no credential in it, and no key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailoverContext {
    version: usize,
    /// The caller's team.
    pub team: String,
    /// The id of the caller's key; absent for a caller who was recognised otherwise.
    pub key: Option<String>,
    /// The registered model or pattern.
    pub model: String,
    /// The client's path, with its query.
    pub path: String,
    /// The client's `:authority`.
    pub authority: String,
    /// The client's fields in which the providers differ.
    pub fields: Vec<(String, String)>,
    /// Where in the client's body the parts lie that the providers differ in.
    pub body: BodyLayout,
    /// Where the request may go.
    pub targets: Vec<ContextTarget>,
}

/// A provider that may serve the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContextTarget {
    /// The provider's name.
    pub provider: String,
    /// The model's name there.
    pub model: String,
}

const VERSION: usize = 4;

/// More than any request's: a path and a few header fields, which Envoy limits to 60 KiB in all, and a model's name.
const MAX_LENGTH: usize = 256 * 1024;

impl FailoverContext {
    /// A context without targets yet.
    #[must_use]
    pub fn new(team: &str, key: Option<&str>, model: &str, body: BodyLayout) -> Self {
        Self {
            version: VERSION,
            team: team.to_owned(),
            key: key.map(str::to_owned),
            model: model.to_owned(),
            path: String::new(),
            authority: String::new(),
            fields: Vec::new(),
            body,
            targets: Vec::new(),
        }
    }

    /// As it is passed on: JSON. `None` if it is too long.
    #[must_use]
    pub fn encode(&self) -> Option<String> {
        serde_json::to_string(self).ok().filter(|text| text.len() <= MAX_LENGTH)
    }

    /// Reads what was passed on; `None` for what this version of the filter did not write.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_LENGTH {
            return None;
        }
        let mut members = Members::of(serde_json::from_slice(bytes).ok()?)?;
        if members.number("version")? != VERSION {
            return None;
        }
        let read = Self {
            version: VERSION,
            team: members.text("team")?,
            key: members.text_or_null("key")?,
            model: members.text("model")?,
            path: members.text("path")?,
            authority: members.text("authority")?,
            fields: members.list("fields", field)?,
            body: layout::read(members.take("body")?)?,
            targets: members.list("targets", ContextTarget::read)?,
        };
        members.is_empty().then_some(read)
    }

    /// The target at `provider`.
    #[must_use]
    pub fn target(&self, provider: &str) -> Option<&ContextTarget> {
        self.targets.iter().find(|target| target.provider == provider)
    }
}

impl ContextTarget {
    fn read(node: Node) -> Option<Self> {
        let mut members = Members::of(node)?;
        let read = Self { provider: members.text("provider")?, model: members.text("model")? };
        members.is_empty().then_some(read)
    }
}

fn field(node: Node) -> Option<(String, String)> {
    let [name, value] = array(node)?;
    Some((text(name)?, text(value)?))
}
