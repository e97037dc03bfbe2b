//! Teams and their virtual keys: who calls, what they may call, and with which credentials.

mod access;
mod attributes;
mod keys;

use std::collections::HashMap;
use std::rc::Rc;
use std::time::SystemTime;

use crate::catalog::{Aliases, Model, ModelId};
use crate::credential::{Slot, Wallet};
use crate::pattern::Pattern;
use crate::provider::{Grant, Provider, ProviderId};
use crate::provider_data::ProviderData;

pub use access::AccessList;
pub use attributes::{Attributes, Restriction};
pub use keys::VirtualKeys;

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
    pub wallets: Wallets,
    /// What it is.
    pub attributes: Attributes,
}

/// A virtual key: what a caller shows instead of a provider's credential.
#[derive(Debug)]
pub struct VirtualKey {
    /// How it is called in logs.
    pub id: Rc<str>,
    /// Whose key it is.
    pub team: Rc<Team>,
    /// What it may call of all that its team may; `None`: all of it.
    pub access: Option<AccessList>,
    /// When it ends; `None`: never.
    pub expires_at: Option<SystemTime>,
    /// Whether it is out of use.
    pub disabled: bool,
    /// Its own credentials, before the team's.
    pub wallets: Wallets,
    /// What its holder is: its own attributes and the team's.
    pub attributes: Attributes,
}

impl VirtualKey {
    /// Whether it adds nothing to its team and takes nothing away.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.access.is_none()
            && self.wallets == Wallets::default()
            && self.attributes == self.team.attributes
    }
}

/// The credentials of a team or of a key.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wallets {
    /// For every model.
    pub common: Wallet,
    /// For single registered models, before the common one.
    pub of_models: HashMap<ModelId, Wallet>,
}

impl Wallets {
    /// The credential for `provider`, when `model` is what is called, and in which of the lists it is.
    fn slot(&self, provider: ProviderId, model: Option<ModelId>) -> Option<(List, Slot)> {
        (model.and_then(|model| self.of_models.get(&model)?.slot(provider)))
            .map(|slot| (List::OfModel, slot))
            .or_else(|| self.common.slot(provider).map(|slot| (List::Common, slot)))
    }
}

/// A list of credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// `credentials`
    Common,
    /// `model_credentials`
    OfModel,
}

/// Who holds the credential that a caller is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// The virtual key.
    Key(List),
    /// The team.
    Team(List),
    /// The provider, for all who have none.
    Provider,
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

    /// This caller, who is also this.
    #[must_use]
    pub fn who_is(self, attributes: Attributes) -> Self {
        Self { attributes, ..self }
    }

    /// The caller's team.
    #[must_use]
    pub fn team(&self) -> &Rc<Team> {
        &self.team
    }

    /// The key's id, if a key was shown.
    #[must_use]
    pub fn key_id(&self) -> Option<&Rc<str>> {
        self.key.as_ref().map(|key| &key.id)
    }

    /// Whether the team's list and the key's both allow one of the names that a request goes by.
    #[must_use]
    pub fn may_call(&self, names: &[&str]) -> bool {
        self.lists().all(|list| names.iter().any(|name| list.allows(name)))
    }

    /// Whether the lists allow some name that `pattern` stands for.
    #[must_use]
    pub fn may_call_some_of(&self, pattern: &Pattern) -> bool {
        self.lists().all(|list| list.overlaps(pattern))
    }

    /// Whether a model's restriction lets this caller through.
    #[must_use]
    pub fn passes(&self, restriction: &Restriction) -> bool {
        let configured = self.key.as_ref().map_or(&self.team.attributes, |key| &key.attributes);
        restriction.admits(&self.team.name, [configured, &self.attributes])
    }

    /// The names that the caller's access lists spell out, without any `*`.
    pub fn names_spelled_out(&self) -> impl Iterator<Item = &str> {
        self.lists().flat_map(AccessList::literals)
    }

    /// What this caller may be sent to `provider` with, when `model` is what is called: its own key where it brought one
    /// and may, the key's credential for the model, the key's, the team's for the model, the team's, the provider's
    /// default. `None`: there is none, and nothing may be sent.
    #[must_use]
    pub fn grant(
        &self,
        provider: &Provider,
        model: Option<&Model>,
        own: &ProviderData,
    ) -> Option<Grant> {
        if provider.credential_header.is_none() {
            return Some(Grant::NotNeeded(provider.id));
        }
        if let Some(key) = own.key_for(&provider.name).filter(|_| provider.client_credentials) {
            return Some(provider.accept(key));
        }
        self.held(provider, model).map(|(_, slot)| Grant::Credential(slot))
    }

    /// The configured credential that this caller may be sent to `provider` with, and whose it is.
    #[must_use]
    pub fn held(&self, provider: &Provider, model: Option<&Model>) -> Option<(Holder, Slot)> {
        let model = model.map(|model| model.id);
        let of_key = || {
            let (list, slot) = self.key.as_ref()?.wallets.slot(provider.id, model)?;
            Some((Holder::Key(list), slot))
        };
        let of_team = || {
            let (list, slot) = self.team.wallets.slot(provider.id, model)?;
            Some((Holder::Team(list), slot))
        };
        of_key()
            .or_else(of_team)
            .or_else(|| provider.default_credential.map(|slot| (Holder::Provider, slot)))
    }

    fn lists(&self) -> impl Iterator<Item = &AccessList> {
        [&self.team.access].into_iter().chain(self.key.as_ref().and_then(|key| key.access.as_ref()))
    }
}
