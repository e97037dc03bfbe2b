//! Who makes a request.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::SystemTime;

use super::Router;
use crate::header::Headers;
use crate::host::Host;
use crate::identity::{self, AttributesMetadata, Elsewhere, MetadataPath, ShownKeys, ShownList};
use crate::reject::Reject;
use crate::team::{Attributes, Caller, Team, VirtualKey};

impl Router {
    /// Who makes a request with these headers, and the keys that it shows: in the configuration's fields, and `elsewhere`.
    ///
    /// # Errors
    ///
    /// [`Reject::MissingApiKey`], [`Reject::InvalidApiKey`] and [`Reject::SeveralApiKeys`].
    pub fn identify(
        &self,
        headers: &Headers,
        elsewhere: Elsewhere<'_>,
        host: &dyn Host,
    ) -> Result<(Caller, ShownKeys), Reject> {
        identity::check_authorization(headers)?;
        let shown = self.identity.shown(headers, elsewhere);
        let (caller, known) = match self.team_from_earlier_filter(headers, host)? {
            Some(team) => (Caller::of_team(team), None),
            None => match (shown.is_empty(), &self.identity.anonymous_team) {
                (true, Some(team)) => (Caller::of_team(self.team(team)?), None),
                (true, None) => return Err(Reject::MissingApiKey),
                (false, _) => {
                    let (key, virtual_key) = self.the_known_one(&shown)?;
                    (self.holder(virtual_key, host)?, Some(key))
                }
            },
        };
        let caller = caller.with_attributes(self.attributes_from_earlier_filter(host));
        Ok((caller, ShownKeys::of(&shown, known)))
    }

    /// The one virtual key among those that a request shows. Clients show a provider's key of their own beside it.
    fn the_known_one<'h>(
        &self,
        shown: &ShownList<'h>,
    ) -> Result<(&'h [u8], &Rc<VirtualKey>), Reject> {
        let mut known = (shown.iter().filter(|shown| shown.may_be_known))
            .filter_map(|shown| Some((shown.key, self.keys.shown(shown.key)?)));
        match (known.next(), known.next()) {
            (Some(only), None) => Ok(only),
            _ if !shown.are_several() => Err(Reject::InvalidApiKey),
            _ => {
                let mut fields: Vec<Box<str>> =
                    shown.iter().map(|shown| shown.field.into()).collect();
                fields.dedup();
                Err(Reject::SeveralApiKeys { fields })
            }
        }
    }

    /// The team that something in front of this filter has given the request.
    fn team_from_earlier_filter(
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

    fn attributes_from_earlier_filter(&self, host: &dyn Host) -> Attributes {
        let AttributesMetadata { roles, projects, namespaces } = &self.identity.attributes_metadata;
        let read = |path: &Option<MetadataPath>| {
            let mut set = BTreeSet::new();
            if let Some(path) = path {
                let is_list = |item: &[u8]| {
                    host.property(&path.first_item()).is_some_and(|first| first == item)
                };
                let value = host.property(path).unwrap_or_default();
                set.extend(identity::texts(value, &is_list));
            }
            set
        };
        Attributes { roles: read(roles), projects: read(projects), namespaces: read(namespaces) }
    }

    fn team(&self, name: &str) -> Result<Rc<Team>, Reject> {
        self.teams.get(name).map(Rc::clone).ok_or(Reject::InvalidApiKey)
    }

    /// The caller who shows this key, if it is good.
    pub(crate) fn holder(&self, key: &Rc<VirtualKey>, host: &dyn Host) -> Result<Caller, Reject> {
        if key.is_disabled() {
            return Err(Reject::InvalidApiKey);
        }
        check_expiry(key.expires_at(), host)?;
        Ok(Caller::holding(Rc::clone(key)))
    }
}

/// Refuses a key that has ended. A request is asked twice: when its headers have come, and when its body is whole, which may
/// be much later.
///
/// # Errors
///
/// [`Reject::InvalidApiKey`].
pub(crate) fn check_expiry(expires_at: Option<SystemTime>, host: &dyn Host) -> Result<(), Reject> {
    match expires_at.is_some_and(|end| end <= host.now()) {
        true => Err(Reject::InvalidApiKey),
        false => Ok(()),
    }
}
