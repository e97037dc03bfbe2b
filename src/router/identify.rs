//! Who makes a request.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::Router;
use crate::header::Headers;
use crate::host::Host;
use crate::identity::{self, AttributesMetadata, MetadataPath};
use crate::reject::Reject;
use crate::team::{Attributes, Caller, Team, VirtualKey};

impl Router {
    /// Who makes a request with these headers.
    ///
    /// # Errors
    ///
    /// [`Reject::MissingApiKey`] and [`Reject::InvalidApiKey`].
    pub fn identify(&self, headers: &Headers, host: &dyn Host) -> Result<Caller, Reject> {
        identity::check_authorization(headers)?;
        let caller = match self.appointed_team(headers, host)? {
            Some(team) => Caller::of_team(team),
            None => match (self.identity.key(headers), &self.identity.anonymous_team) {
                (Ok(key), _) => {
                    let key = self.keys.shown(key).ok_or(Reject::InvalidApiKey)?;
                    self.holder(key, host)?
                }
                (Err(Reject::MissingApiKey), Some(team)) => Caller::of_team(self.team(team)?),
                (Err(reject), _) => return Err(reject),
            },
        };
        Ok(caller.who_is(self.appointed_attributes(host)))
    }

    /// The team that something in front of this filter has given the request.
    fn appointed_team(
        &self,
        headers: &Headers,
        host: &dyn Host,
    ) -> Result<Option<Rc<Team>>, Reject> {
        if let Some(path) = &self.identity.team_metadata {
            if let Some(value) = host.property(path).filter(|value| !value.is_empty()) {
                return identity::text(&value)
                    .ok_or(Reject::InvalidApiKey)
                    .and_then(|team| self.team(team))
                    .map(Some);
            }
        }
        let Some(name) = &self.identity.team_header else { return Ok(None) };
        let mut values = headers.all(name);
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(team), None) => identity::text(team)
                .ok_or(Reject::InvalidApiKey)
                .and_then(|team| self.team(team))
                .map(Some),
            // Whoever sets the header sets it once.
            (Some(_), Some(_)) => Err(Reject::InvalidApiKey),
        }
    }

    fn appointed_attributes(&self, host: &dyn Host) -> Attributes {
        let AttributesMetadata { roles, projects, namespaces } = &self.identity.attributes_metadata;
        let read = |path: &Option<MetadataPath>| {
            let value = path.as_ref().and_then(|path| host.property(path));
            let mut set = BTreeSet::new();
            set.extend(value.map(identity::texts).unwrap_or_default());
            set
        };
        Attributes { roles: read(roles), projects: read(projects), namespaces: read(namespaces) }
    }

    fn team(&self, name: &str) -> Result<Rc<Team>, Reject> {
        self.teams.get(name).map(Rc::clone).ok_or(Reject::InvalidApiKey)
    }

    /// The caller who shows this key, if it is good.
    pub(super) fn holder(&self, key: &Rc<VirtualKey>, host: &dyn Host) -> Result<Caller, Reject> {
        let expired = key.expires_at.is_some_and(|end| end <= host.now());
        if key.disabled || expired {
            return Err(Reject::InvalidApiKey);
        }
        Ok(Caller::holding(Rc::clone(key)))
    }
}
