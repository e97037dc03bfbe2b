//! Teams and their virtual keys: who calls, what they may call, and with which credentials.

mod access;
mod attributes;
mod keys;
mod resources;

use std::collections::HashMap;
use std::rc::Rc;
use std::time::SystemTime;

use crate::credential::{
    Authorization, CredentialHandle, CredentialList, CredentialOwner, CredentialSets,
};
use crate::id::{ModelId, ProviderId};
use crate::limit::Limit;
use crate::pattern::Pattern;
use crate::provider::{Api, Provider};
use crate::provider_data::ProviderData;

pub use access::AccessList;
pub use attributes::{Attributes, Restriction};
pub use keys::VirtualKeys;
pub use resources::{Resources, CONTINUATIONS};

/// Names that stand for other names of models.
pub type Aliases = HashMap<Box<str>, Box<str>>;

/// Callers who share models and credentials.
#[derive(Debug)]
pub struct Team {
    /// Its name in the configuration.
    pub name: Rc<str>,
    /// What it may call.
    pub access: AccessList,
    /// Its own names, each for the name that is meant.
    pub aliases: Aliases,
    /// Its credentials.
    pub credentials: CredentialSets,
    /// What it is.
    pub attributes: Attributes,
    /// What it may do with what is stored at providers; `None`: nothing.
    pub resources: Option<Resources>,
    /// What it may use.
    pub limits: Vec<Rc<Limit>>,
}

/// A virtual key: what a caller shows instead of a provider's credential.
#[derive(Debug)]
pub struct VirtualKey {
    /// How it is called in logs.
    pub id: Rc<str>,
    /// Whose key it is.
    pub team: Rc<Team>,
    /// What it has of its own. Most keys have nothing, and there may be very many of them.
    pub own: Option<Box<OwnRules>>,
}

/// In what a virtual key differs from its team.
#[derive(Debug)]
pub struct OwnRules {
    /// Its place in the team's list.
    pub place: usize,
    /// When it ends; `None`: never.
    pub expires_at: Option<SystemTime>,
    /// Whether it is out of use.
    pub disabled: bool,
    /// What it may call of all that its team may; `None`: all of it.
    pub access: Option<AccessList>,
    /// Its own credentials, before the team's.
    pub credentials: CredentialSets,
    /// What its holder is: its own attributes and the team's.
    pub attributes: Attributes,
    /// What it may use, beside the limits of its team.
    pub limits: Vec<Rc<Limit>>,
}

impl VirtualKey {
    /// Whether it adds nothing to its team and takes nothing away.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.own.as_ref().is_none_or(|own| {
            own.access.is_none()
                && own.credentials == CredentialSets::default()
                && own.attributes == self.team.attributes
        })
    }

    /// When it ends; `None`: never.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.own.as_ref()?.expires_at
    }

    /// Whether it is out of use.
    #[must_use]
    pub fn is_disabled(&self) -> bool {
        self.own.as_ref().is_some_and(|own| own.disabled)
    }

    /// What its holder is.
    fn attributes(&self) -> &Attributes {
        self.own.as_ref().map_or(&self.team.attributes, |own| &own.attributes)
    }

    /// What it may use, beside the limits of its team.
    #[must_use]
    pub fn limits(&self) -> &[Rc<Limit>] {
        self.own.as_ref().map_or(&[], |own| &own.limits)
    }

    /// Its own credential for `provider` when `model` is called, and the list that it is from.
    #[must_use]
    pub fn credential(
        &self,
        provider: ProviderId,
        model: Option<ModelId>,
    ) -> Option<(CredentialList, CredentialHandle)> {
        self.own.as_ref()?.credentials.get(provider, model)
    }
}

/// Who makes a request.
#[derive(Debug, Clone)]
pub struct Caller {
    team: Rc<Team>,
    /// The key that was shown; `None` for a caller who was recognised otherwise.
    key: Option<Rc<VirtualKey>>,
    /// What an earlier filter says the caller is, added to what the configuration says.
    attributes: Attributes,
}

impl Caller {
    /// The holder of a virtual key.
    #[must_use]
    pub fn holding(key: Rc<VirtualKey>) -> Self {
        Self { team: Rc::clone(&key.team), key: Some(key), attributes: Attributes::default() }
    }

    /// A member of a team, without a key.
    #[must_use]
    pub fn of_team(team: Rc<Team>) -> Self {
        Self { team, key: None, attributes: Attributes::default() }
    }

    /// This caller, with attributes that an earlier filter gave it.
    #[must_use]
    pub fn with_attributes(self, attributes: Attributes) -> Self {
        Self { attributes, ..self }
    }

    /// The caller's team.
    #[must_use]
    pub fn team(&self) -> &Rc<Team> {
        &self.team
    }

    /// When the key that was shown ends; `None`: never, or there is none.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.key.as_ref()?.expires_at()
    }

    /// The key's id, if a key was shown.
    #[must_use]
    pub fn key_id(&self) -> Option<&Rc<str>> {
        self.key.as_ref().map(|key| &key.id)
    }

    /// The limits that hold for its requests: the key's, and the team's.
    #[must_use]
    pub fn limits(&self) -> [&[Rc<Limit>]; 2] {
        [self.key.as_ref().map_or(&[], |key| key.limits()), &self.team.limits]
    }

    /// Whether any limit holds for its requests.
    #[must_use]
    pub fn has_limits(&self) -> bool {
        !self.team.limits.is_empty()
            || self.key.as_ref().is_some_and(|key| !key.limits().is_empty())
    }

    /// Whether the team's list and the key's both allow one of the names that a request goes by.
    #[must_use]
    pub fn may_call(&self, names: &[&str]) -> bool {
        self.access_lists().all(|list| names.iter().any(|name| list.allows(name)))
    }

    /// Whether the lists allow some name that `pattern` stands for.
    #[must_use]
    pub fn may_call_some_of(&self, pattern: &Pattern) -> bool {
        self.access_lists().all(|list| list.overlaps(pattern))
    }

    /// Whether a model's restriction lets this caller through.
    #[must_use]
    pub fn passes(&self, restriction: &Restriction) -> bool {
        let configured = self.key.as_ref().map_or(&self.team.attributes, |key| key.attributes());
        restriction.admits(&self.team.name, [configured, &self.attributes])
    }

    /// The names that the caller's access lists spell out, without any `*`.
    pub fn names_spelled_out(&self) -> impl Iterator<Item = &str> {
        self.access_lists().flat_map(AccessList::literals)
    }

    /// With what a request of this caller may be sent to an API of `provider` when `model` is called. The first that is found of:
    /// the caller's own key where the provider takes one, the virtual key's credential for the model, the virtual key's,
    /// the team's for the model, the team's, the provider's default. `None`: there is none, and nothing may be sent.
    #[must_use]
    pub fn authorization(
        &self,
        provider: &Provider,
        api: Api,
        model: Option<ModelId>,
        client_keys: &ProviderData,
    ) -> Option<Authorization> {
        if !provider.needs_credential(api) {
            return Some(Authorization::NotNeeded(provider.id));
        }
        if provider.client_credentials {
            if let Some(key) = client_keys.key_for(&provider.name) {
                return Some(provider.authorize_with(key));
            }
        }
        let (_, handle) = self.configured_credential(provider, model)?;
        Some(Authorization::Credential(handle))
    }

    /// The configured credential with which a request of this caller is sent to `provider`, and whose it is.
    #[must_use]
    pub fn configured_credential(
        &self,
        provider: &Provider,
        model: Option<ModelId>,
    ) -> Option<(CredentialOwner, CredentialHandle)> {
        let of_key = || {
            let (list, handle) = self.key.as_ref()?.credential(provider.id, model)?;
            Some((CredentialOwner::Key(list), handle))
        };
        let of_team = || {
            let (list, handle) = self.team.credentials.get(provider.id, model)?;
            Some((CredentialOwner::Team(list), handle))
        };
        let default = || Some((CredentialOwner::Provider, provider.default_credential?));
        of_key().or_else(of_team).or_else(default)
    }

    fn access_lists(&self) -> impl Iterator<Item = &AccessList> {
        let of_key = self.key.as_ref().and_then(|key| key.own.as_ref()?.access.as_ref());
        [&self.team.access].into_iter().chain(of_key)
    }
}
