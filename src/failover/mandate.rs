//! What the listener's filter hands over to the pool's.

mod members;

use serde::Serialize;

use crate::exchange::Splice;
use crate::node::Node;
use members::{array, number, text, Members};

/// What was decided of a request before Envoy chose a provider for it.
///
/// It travels as filter state, which no client can write and no provider sees. Access logs can show filter state: so
/// there is no credential in it, only names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mandate {
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
    /// The length of the client's body, in bytes.
    pub length: usize,
    /// The client's fields that some of the providers are sent and some are not.
    pub fields: Vec<(String, String)>,
    /// Where the request may go.
    pub places: Vec<Place>,
}

/// A provider that may serve the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The provider's name.
    pub provider: String,
    /// The model's name there.
    pub model: String,
    /// The name of the credential; absent for a provider that is sent none.
    pub credential: Option<String>,
    /// The changes to the body, in the order of their places: from, to, and what comes there.
    pub edits: Vec<(usize, usize, String)>,
}

const VERSION: usize = 1;

/// More than any request's: a path and a few header fields, which Envoy limits to 60 KiB in all.
const MAX_LENGTH: usize = 256 * 1024;

impl Mandate {
    /// A mandate with no place in it yet, for a request to `path` at `authority` with a body of `length` bytes.
    #[must_use]
    pub fn new(path: &str, authority: &str, length: usize) -> Self {
        Self {
            version: VERSION,
            team: String::new(),
            key: None,
            model: String::new(),
            path: path.to_owned(),
            authority: authority.to_owned(),
            length,
            fields: Vec::new(),
            places: Vec::new(),
        }
    }

    /// The mandate as it travels: JSON.
    #[must_use]
    pub fn encode(&self) -> Option<String> {
        serde_json::to_string(self).ok().filter(|text| text.len() <= MAX_LENGTH)
    }

    /// Reads what travelled; `None` for what this version of the filter did not write.
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
            length: members.number("length")?,
            fields: members.list("fields", field)?,
            places: members.list("places", Place::read)?,
        };
        let is_sound = members.is_empty()
            && read.places.iter().all(|place| are_in_order(&place.edits, read.length));
        is_sound.then_some(read)
    }

    /// The place at `provider`.
    #[must_use]
    pub fn place(&self, provider: &str) -> Option<&Place> {
        self.places.iter().find(|place| place.provider == provider)
    }
}

impl Place {
    fn read(node: Node) -> Option<Self> {
        let mut members = Members::of(node)?;
        let read = Self {
            provider: members.text("provider")?,
            model: members.text("model")?,
            credential: members.text_or_null("credential")?,
            edits: members.list("edits", edit)?,
        };
        members.is_empty().then_some(read)
    }

    /// The changes to the body.
    #[must_use]
    pub fn splices(&self) -> Vec<Splice> {
        self.edits.iter().map(|(from, to, text)| Splice::new(*from..*to, text.as_bytes())).collect()
    }
}

fn field(node: Node) -> Option<(String, String)> {
    let [name, value] = array(node)?;
    Some((text(name)?, text(value)?))
}

fn edit(node: Node) -> Option<(usize, usize, String)> {
    let [from, to, there] = array(node)?;
    Some((number(from)?, number(to)?, text(there)?))
}

/// Whether the edits lie in a body of `length` bytes, one after the other.
fn are_in_order(edits: &[(usize, usize, String)], length: usize) -> bool {
    let mut last = 0;
    edits.iter().all(|(from, to, _)| {
        let fits = last <= *from && from <= to && *to <= length;
        last = *to;
        fits
    })
}
