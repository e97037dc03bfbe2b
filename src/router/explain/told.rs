//! What is asked about a request's way, and what is told.

use std::time::SystemTime;

use thiserror::Error;

use crate::catalog::Rule;
use crate::credential::CredentialOwner;
use crate::reject::Reply;

/// A request whose way is to be explained.
#[derive(Debug, Clone)]
pub struct Question {
    /// When it is made.
    pub now: SystemTime,
    /// The caller's team.
    pub team: String,
    /// The id of the virtual key that is shown; `None`: a caller who is recognised without one.
    pub key: Option<String>,
    /// The endpoint, below its base path.
    pub endpoint: String,
    /// The model, as it is asked for.
    pub model: String,
    /// What an earlier filter says that the caller is.
    pub roles: Vec<String>,
    /// Likewise, its projects.
    pub projects: Vec<String>,
    /// Likewise, its namespaces.
    pub namespaces: Vec<String>,
}

/// A question about something that the configuration does not know.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unknown {
    /// The team.
    #[error("there is no team {name:?}; there are: {}", known.join(", "))]
    Team {
        /// Its name.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// The key.
    #[error("team {team:?} has no key {id:?}; it has: {}", known.join(", "))]
    Key {
        /// The team.
        team: String,
        /// The key's id.
        id: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// The endpoint.
    #[error("there is no endpoint {name:?}; there are: {}", known.join(", "))]
    Endpoint {
        /// Its path.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
}

/// The way of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Which rule knew the model; `None`: no rule did.
    pub rule: Option<Rule>,
    /// What an alias stands for, if it was one.
    pub alias_of: Option<String>,
    /// The registered model or pattern that this led to, if it is one.
    pub registered: Option<String>,
    /// What the pattern's `*` stands for.
    pub captured: Option<String>,
    /// The provider that it is pinned to.
    pub pinned_to: Option<String>,
    /// Whether the caller may have it.
    pub access: Access,
    /// Every place where it is served, and what became of it.
    pub targets: Vec<Weighed>,
    /// What is sent, or what the caller is answered.
    pub outcome: Result<Sent, Reply>,
}

/// Whether a caller may have a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// There is no such model.
    NoSuchModel,
    /// The team's `models` do not name it.
    NotForTeam,
    /// The key's `models` do not name it.
    NotForKey,
    /// The model's `teams`, `roles`, `projects` or `namespaces` keep the caller out.
    Restricted,
    /// It may.
    Allowed,
}

/// A place where the model is served.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed {
    /// The provider.
    pub provider: String,
    /// The model's name there.
    pub model: String,
    /// Its rank.
    pub priority: i64,
    /// What it costs; `None`: not known.
    pub cost: Option<f64>,
    /// Its share among equals.
    pub weight: u32,
    /// The credential that it would be sent with, and whose that is.
    pub credential: Option<(String, CredentialOwner)>,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is the one, or one of those between which chance decides.
    Chosen,
    /// It ranks behind the one that was chosen.
    Outranked,
    /// It cannot be.
    Dropped(Dropped),
}

/// Why a place cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// There is no credential for this caller.
    NoCredential,
    /// The model is pinned to another provider.
    PinnedElsewhere,
    /// What is served there is registered by its own name, for others.
    Restricted,
    /// The request is refused altogether.
    Refused,
}

/// What is sent upstream.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// The provider.
    pub provider: String,
    /// Envoy's cluster.
    pub cluster: String,
    /// The model's name there.
    pub model: String,
    /// The path.
    pub path: String,
    /// The host; `None`: the client's.
    pub authority: Option<String>,
    /// The headers that are set.
    pub headers: Vec<(String, Shown)>,
}

/// A header's value, as far as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// It is no secret.
    Plain(String),
    /// The credential of this name, after this prefix.
    Credential {
        /// What precedes it.
        prefix: String,
        /// Its name.
        name: String,
    },
}
