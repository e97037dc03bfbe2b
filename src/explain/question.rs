//! Questions about where requests go.

use std::time::SystemTime;

use thiserror::Error;

use crate::team::Attributes;

/// A request that is to be explained.
#[derive(Debug, Clone)]
pub struct Question {
    /// When it is made.
    pub now: SystemTime,
    /// The caller's team.
    pub team: String,
    /// The id of the caller's virtual key; `None`: a caller who is recognised without one.
    pub key: Option<String>,
    /// The endpoint, below its base path.
    pub endpoint: String,
    /// The model, as it is asked for.
    pub model: String,
    /// What an earlier filter says of the caller.
    pub attributes: GivenAttributes,
}

/// What an earlier filter says of a caller.
#[derive(Debug, Clone, Default)]
pub struct GivenAttributes {
    /// Roles.
    pub roles: Vec<String>,
    /// Projects.
    pub projects: Vec<String>,
    /// Namespaces.
    pub namespaces: Vec<String>,
}

/// A name in a question that the configuration does not have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnknownName {
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

impl GivenAttributes {
    pub(super) fn attributes(&self) -> Attributes {
        let set = |names: &[String]| names.iter().map(|name| Box::from(&**name)).collect();
        Attributes {
            roles: set(&self.roles),
            projects: set(&self.projects),
            namespaces: set(&self.namespaces),
        }
    }
}
