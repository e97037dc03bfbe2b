//! From the model string to a registered model or to a provider.
//!
//! The order of the rules is the contract with callers: the first that hits ends it, also when the hit is then
//! denied. Nothing is trimmed, folded or guessed, and there is no default provider.

use std::rc::Rc;

use super::{Catalog, Model};
use crate::endpoint::Operation;
use crate::model_type::Type;
use crate::provider::Provider;
use crate::team::Aliases;

/// A rule by which a model string is resolved, in the order in which they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// It is an alias, the team's or everybody's.
    Alias = 1,
    /// It is a registered name.
    Name,
    /// It is a name or an alias, and after its last `:` a provider.
    Pin,
    /// A registered pattern matches it.
    Pattern,
    /// Before its first `/` stands a provider.
    Provider,
}

/// What a model string means.
#[derive(Debug, Clone)]
pub struct Resolution<'a> {
    /// Where it leads.
    pub destination: Destination<'a>,
    /// The provider that the caller pinned it to by a `:provider` suffix.
    pub pinned_by_caller: Option<&'a Rc<Provider>>,
    /// The provider that an alias pins it to.
    pub pinned_by_alias: Option<&'a Rc<Provider>>,
    /// The names that it goes by, of which an access list must allow one.
    names: Names<'a>,
}

/// The names by which one model string goes.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// As it was asked for.
    pub asked: &'a str,
    /// The same without a `:provider` suffix.
    pub without_pin: &'a str,
    /// What an alias stands for; the same as `without_pin` where it is no alias.
    pub meant: &'a str,
    /// The registered name or pattern; the same as `meant` where it is not registered.
    pub registered: &'a str,
}

impl<'a> Names<'a> {
    fn same(name: &'a str) -> Self {
        Self { asked: name, without_pin: name, meant: name, registered: name }
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> [&'a str; 4] {
        [self.asked, self.without_pin, self.meant, self.registered]
    }
}

impl<'a> Resolution<'a> {
    /// The names that it goes by.
    #[must_use]
    pub fn names(&self) -> Names<'a> {
        self.names
    }

    /// The provider that the caller or an alias pins it to.
    #[must_use]
    pub fn pinned_to(&self) -> Option<&'a Rc<Provider>> {
        self.pinned_by_caller.or(self.pinned_by_alias)
    }

    /// Whether an endpoint is one for what was found; what is not registered fits everywhere.
    ///
    /// # Errors
    ///
    /// The model's type, if it is for other endpoints.
    pub fn fits(&self, operation: Operation) -> Result<(), Type> {
        match self.destination {
            Destination::Registered { model, .. } => match model.kind {
                Some(kind) if !operation.model_types().contains(&kind) => Err(kind),
                _ => Ok(()),
            },
            Destination::Unregistered { .. } => Ok(()),
        }
    }
}

/// Where a model string leads.
#[derive(Debug, Clone)]
pub enum Destination<'a> {
    /// To a registered model. `captured` is what a pattern's `*` stood for; `None` for a model registered by name.
    Registered {
        /// The model or pattern.
        model: &'a Rc<Model>,
        /// What the `*` stood for.
        captured: Option<&'a str>,
    },
    /// To a model of a provider that nobody registered.
    Unregistered {
        /// The provider.
        provider: &'a Rc<Provider>,
        /// The model's name there.
        model: &'a str,
        /// Another provider that the name ends on as if it were pinned to it: which one is meant is not known.
        other_provider: Option<&'a Rc<Provider>>,
    },
}

impl Catalog {
    /// What `asked` means to a team with these aliases; `None` if it is no name of anything.
    #[must_use]
    pub fn resolve<'a>(
        &'a self,
        team_aliases: &'a Aliases,
        asked: &'a str,
    ) -> Option<Resolution<'a>> {
        self.find(team_aliases, asked).map(|(_, found)| found)
    }

    /// What `asked` means, and the rule that says so.
    #[must_use]
    pub fn find<'a>(
        &'a self,
        team_aliases: &'a Aliases,
        asked: &'a str,
    ) -> Option<(Rule, Resolution<'a>)> {
        let known = |name| self.by_alias(team_aliases, name).or_else(|| self.by_name(name));
        let by = |rule: Rule| move |found| (rule, found);
        (self.by_alias(team_aliases, asked).map(by(Rule::Alias)))
            .or_else(|| self.by_name(asked).map(by(Rule::Name)))
            .or_else(|| self.by_pin(asked, known).map(by(Rule::Pin)))
            .or_else(|| self.by_pattern(asked).map(by(Rule::Pattern)))
            .or_else(|| self.by_provider(asked).map(by(Rule::Provider)))
    }

    /// The provider after the last `:` of `name`, and what precedes it.
    #[must_use]
    pub fn split_pin<'a>(&'a self, name: &'a str) -> Option<(&'a str, &'a Rc<Provider>)> {
        let (unpinned, provider) = name.rsplit_once(':')?;
        Some((unpinned, self.providers.get(provider)?))
    }

    /// One hop: what the alias stands for is resolved without aliases.
    fn by_alias<'a>(&'a self, team_aliases: &'a Aliases, asked: &'a str) -> Option<Resolution<'a>> {
        let meant = match team_aliases.get(asked) {
            Some(meant) => meant,
            None => self.aliases.get(asked)?,
        };
        let found = self
            .by_name(meant)
            .or_else(|| self.by_pin(meant, |name| self.by_name(name)))
            .or_else(|| self.by_pattern(meant))
            .or_else(|| self.by_provider(meant))?;
        let names = Names { meant, registered: found.names.registered, ..Names::same(asked) };
        Some(Resolution {
            destination: found.destination,
            pinned_by_caller: None,
            pinned_by_alias: found.pinned_by_caller,
            names,
        })
    }

    fn by_name<'a>(&'a self, asked: &'a str) -> Option<Resolution<'a>> {
        let model = self.models.get(asked)?;
        Some(Resolution {
            destination: Destination::Registered { model, captured: None },
            pinned_by_caller: None,
            pinned_by_alias: None,
            names: Names::same(asked),
        })
    }

    fn by_pin<'a>(
        &'a self,
        asked: &'a str,
        known: impl FnOnce(&'a str) -> Option<Resolution<'a>>,
    ) -> Option<Resolution<'a>> {
        let (unpinned, provider) = self.split_pin(asked)?;
        let found = known(unpinned)?;
        Some(Resolution {
            names: Names { asked, without_pin: unpinned, ..found.names },
            pinned_by_caller: Some(provider),
            ..found
        })
    }

    fn by_pattern<'a>(&'a self, asked: &'a str) -> Option<Resolution<'a>> {
        let (captured, model) = self
            .patterns
            .iter()
            .find_map(|(pattern, model)| Some((pattern.capture(asked)?, model)))?;
        Some(Resolution {
            destination: Destination::Registered { model, captured: Some(captured) },
            pinned_by_caller: None,
            pinned_by_alias: None,
            names: Names { registered: &model.name, ..Names::same(asked) },
        })
    }

    fn by_provider<'a>(&'a self, asked: &'a str) -> Option<Resolution<'a>> {
        let (provider, model) = asked.split_once('/')?;
        let provider =
            self.providers.get(provider).filter(|provider| provider.unregistered_models)?;
        if model.is_empty() || model.starts_with('/') {
            return None;
        }
        let other_provider =
            self.split_pin(model).map(|(_, other)| other).filter(|other| other.id != provider.id);
        Some(Resolution {
            destination: Destination::Unregistered { provider, model, other_provider },
            pinned_by_caller: None,
            pinned_by_alias: None,
            names: Names::same(asked),
        })
    }
}
