//! What a caller is, and what a model asks for.

use std::collections::BTreeSet;

/// A caller's roles, projects and namespaces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Roles.
    pub roles: BTreeSet<Box<str>>,
    /// Projects.
    pub projects: BTreeSet<Box<str>>,
    /// Namespaces.
    pub namespaces: BTreeSet<Box<str>>,
}

impl Attributes {
    /// These and those.
    #[must_use]
    pub fn with(&self, more: &Self) -> Self {
        let mut all = self.clone();
        all.roles.extend(more.roles.iter().cloned());
        all.projects.extend(more.projects.iter().cloned());
        all.namespaces.extend(more.namespaces.iter().cloned());
        all
    }
}

/// Who may use a model: every list that is given must share an entry with what the caller is. `None` is no
/// constraint, an empty list shuts everybody out.
#[derive(Debug, Default)]
pub struct Restriction {
    /// Teams.
    pub teams: Option<BTreeSet<Box<str>>>,
    /// Roles.
    pub roles: Option<BTreeSet<Box<str>>>,
    /// Projects.
    pub projects: Option<BTreeSet<Box<str>>>,
    /// Namespaces.
    pub namespaces: Option<BTreeSet<Box<str>>>,
}

impl Restriction {
    /// Whether a caller of `team` who is all of this is let through.
    #[must_use]
    pub fn admits(&self, team: &str, caller: [&Attributes; 2]) -> bool {
        let shares = |wanted: &Option<BTreeSet<Box<str>>>,
                      have: fn(&Attributes) -> &BTreeSet<Box<str>>| {
            wanted.as_ref().is_none_or(|wanted| {
                caller.iter().any(|attributes| !wanted.is_disjoint(have(attributes)))
            })
        };
        self.teams.as_ref().is_none_or(|teams| teams.contains(team))
            && shares(&self.roles, |attributes| &attributes.roles)
            && shares(&self.projects, |attributes| &attributes.projects)
            && shares(&self.namespaces, |attributes| &attributes.namespaces)
    }

    /// Whether nobody is shut out.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.teams.is_none()
            && self.roles.is_none()
            && self.projects.is_none()
            && self.namespaces.is_none()
    }
}
