//! Why a request goes where it goes, step by step.
//!
//! Each step asks what the router asks, and what comes out is what the router says: nothing here decides anything.

mod told;

use std::rc::Rc;
use std::time::SystemTime;

use super::select::Candidate;
use super::{Decision, ModelRequest, Router};
use crate::catalog::{Destination, Resolution};
use crate::credential::Authorization;
use crate::endpoint::Operation;
use crate::exchange::Exchange;
use crate::header::HeaderEdit;
use crate::host::Host;
use crate::identity::MetadataPath;
use crate::provider::Provider;
use crate::provider_data::ProviderData;
use crate::reject::Reject;
use crate::team::{Attributes, Caller, Team};

pub use told::{Access, Dropped, Explanation, Fate, Question, Sent, Shown, Unknown, Weighed};

impl Router {
    /// Explains where a request goes.
    ///
    /// # Errors
    ///
    /// [`Unknown`] for a question about a team, key or endpoint that there is not.
    pub fn explain(self: &Rc<Self>, question: &Question) -> Result<Explanation, Unknown> {
        let operation = operation(&question.endpoint)?;
        let team = self.known_team(&question.team)?;
        let caller = self.known_caller(team, question)?;
        let host = Nowhere { now: question.now };
        // Who a key that is no longer good belongs to is all the same known here.
        let stand_in = caller.clone().unwrap_or_else(|_| Caller::of_team(Rc::clone(team)));
        let asked = &*question.model;
        let own = ProviderData::default();
        let found = self.catalog.find(&team.aliases, asked);
        let decision = match &caller {
            Ok(caller) => {
                let client_keys = &own;
                let request = ModelRequest { operation, asked, client_keys, needs_permission: &[] };
                self.route(caller, &request, &host).ok()
            }
            Err(_) => None,
        };
        let access = self.access(&stand_in, found.as_ref().map(|(_, found)| found), asked);
        let targets = match (&found, access) {
            (Some((_, found)), Access::Allowed) => self.weigh(&stand_in, found, decision.as_ref()),
            _ => Vec::new(),
        };
        let outcome = Exchange::rehearse(self, caller, operation, asked, &host);
        let path = self.settings.base_paths.usual_path(operation);
        let mut explanation = Explanation {
            rule: found.as_ref().map(|(rule, _)| *rule),
            alias_of: None,
            registered: None,
            captured: None,
            pinned_to: None,
            access,
            targets,
            outcome: outcome.and_then(|rewrite| {
                let decision = decision.ok_or_else(|| Exchange::new(Rc::clone(self)).fail())?;
                Ok(sent(&decision, &rewrite.headers, path, &self.settings.cluster_header))
            }),
        };
        if let Some((_, found)) = &found {
            let names = found.names();
            explanation.alias_of =
                (names.meant != names.without_pin).then(|| names.meant.to_owned());
            explanation.pinned_to = found.pinned_to().map(|provider| provider.name.to_string());
            if let Destination::Registered { model, captured } = found.destination {
                explanation.registered = Some(model.name.to_string());
                explanation.captured = captured.map(str::to_owned);
            }
        }
        Ok(explanation)
    }

    fn known_team(&self, name: &str) -> Result<&Rc<Team>, Unknown> {
        self.teams.get(name).ok_or_else(|| Unknown::Team {
            name: name.to_owned(),
            known: self.teams.keys().map(ToString::to_string).collect(),
        })
    }

    fn known_caller(
        &self,
        team: &Rc<Team>,
        question: &Question,
    ) -> Result<Result<Caller, Reject>, Unknown> {
        let Some(id) = &question.key else {
            return Ok(Ok(Caller::of_team(Rc::clone(team)).with_attributes(attributes(question))));
        };
        let keys = || self.keys.iter().filter(|key| Rc::ptr_eq(&key.team, team));
        let Some(key) = keys().find(|key| *key.id == **id) else {
            let mut known: Vec<_> = keys().map(|key| key.id.to_string()).collect();
            known.sort();
            return Err(Unknown::Key { team: team.name.to_string(), id: id.clone(), known });
        };
        let host = Nowhere { now: question.now };
        let holder = self.holder(key, &host);
        Ok(holder.map(|caller| caller.with_attributes(attributes(question))))
    }

    fn access(&self, caller: &Caller, found: Option<&Resolution<'_>>, asked: &str) -> Access {
        let Some(found) = found else { return Access::NoSuchModel };
        if !found.names().all().iter().any(|name| caller.team().access.allows(name)) {
            return Access::NotForTeam;
        }
        if !caller.may_call(&found.names().all()) {
            return Access::NotForKey;
        }
        match self.permitted(caller, asked) {
            Err(Reject::ModelNotFound { .. }) => Access::Restricted,
            _ => Access::Allowed,
        }
    }

    /// Every place, those that the router does not even consider among them.
    fn weigh(
        &self,
        caller: &Caller,
        found: &Resolution<'_>,
        decision: Option<&Decision>,
    ) -> Vec<Weighed> {
        let own = ProviderData::default();
        let considered = self.candidates(caller, found, &own);
        let chosen = decision.and_then(|decision| {
            considered.iter().find(|candidate| {
                candidate.provider.id == decision.provider.id
                    && candidate.upstream_model == decision.upstream_model
            })
        });
        let is_considered = |place: &Candidate<'_>| {
            considered.iter().any(|candidate| {
                candidate.provider.id == place.provider.id
                    && candidate.upstream_model == place.upstream_model
            })
        };
        let pin = found.pinned_to();
        let fate = |place: &Candidate<'_>| match (pin, chosen) {
            (Some(pin), _) if pin.id != place.provider.id => {
                Fate::Dropped(Dropped::PinnedElsewhere)
            }
            _ if !is_considered(place) => Fate::Dropped(Dropped::Restricted),
            _ if place.authorization.is_none() => Fate::Dropped(Dropped::NoCredential),
            (_, Some(chosen)) if place.ranks_with(chosen) => Fate::Chosen,
            (_, Some(_)) => Fate::Outranked,
            (_, None) => Fate::Dropped(Dropped::Refused),
        };
        let all: Vec<Candidate<'_>> = match found.destination {
            Destination::Registered { model, captured } => (model.targets.iter())
                .map(|target| {
                    let authorization =
                        caller.authorization(&target.provider, Some(model.id), &own);
                    Candidate::at(target, model, captured.unwrap_or_default(), authorization)
                })
                .collect(),
            Destination::Unregistered { .. } => self.candidates(caller, found, &own),
        };
        let mut weighed: Vec<_> =
            all.iter().map(|place| weighed(caller, place, fate(place))).collect();
        weighed.sort_by(|a, b| {
            let cost = |one: &Weighed| one.cost.unwrap_or(f64::INFINITY);
            a.priority.cmp(&b.priority).then(cost(a).total_cmp(&cost(b)))
        });
        weighed
    }
}

fn operation(endpoint: &str) -> Result<Operation, Unknown> {
    let found = Operation::ALL.iter().copied().find(|operation| operation.path() == endpoint);
    found.ok_or_else(|| Unknown::Endpoint {
        name: endpoint.to_owned(),
        known: Operation::ALL.iter().map(|operation| operation.path().to_owned()).collect(),
    })
}

fn attributes(question: &Question) -> Attributes {
    let mut attributes = Attributes::default();
    attributes.roles.extend(question.roles.iter().map(|name| Box::from(&**name)));
    attributes.projects.extend(question.projects.iter().map(|name| Box::from(&**name)));
    attributes.namespaces.extend(question.namespaces.iter().map(|name| Box::from(&**name)));
    attributes
}

fn weighed(caller: &Caller, place: &Candidate<'_>, fate: Fate) -> Weighed {
    let provider = place.provider;
    let held = match place.authorization {
        Some(Authorization::Credential(_)) => {
            caller.configured_credential(provider, place.registered.map(|model| model.id))
        }
        _ => None,
    };
    Weighed {
        provider: provider.name.to_string(),
        model: place.upstream_model.to_string(),
        priority: place.priority,
        cost: Some(place.cost).filter(|cost| cost.is_finite()),
        weight: place.weight,
        credential: held.and_then(|(holder, handle)| {
            Some((provider.credentials.get(handle)?.name.to_string(), holder))
        }),
        fate,
    }
}

fn sent(decision: &Decision, edits: &[HeaderEdit], path: String, cluster_header: &str) -> Sent {
    let provider = &decision.provider;
    let mut sent = Sent {
        provider: provider.name.to_string(),
        cluster: provider.cluster.to_string(),
        model: decision.upstream_model.clone(),
        path,
        authority: None,
        headers: Vec::new(),
    };
    for edit in edits {
        let HeaderEdit::Set(name, value) = edit else { continue };
        let text = || String::from_utf8_lossy(value).into_owned();
        match &**name {
            ":path" => sent.path = text(),
            ":authority" => sent.authority = Some(text()),
            "content-length" => {}
            // A pool's, where the request may fail over.
            name if name == cluster_header => sent.cluster = text(),
            name => sent.headers.push((name.to_owned(), shown(decision, name, text))),
        }
    }
    sent
}

/// A header's value, or in the place of a secret its name.
fn shown(decision: &Decision, name: &str, text: impl Fn() -> String) -> Shown {
    let Provider { credential_header, credential_prefix, credentials, .. } = &*decision.provider;
    if credential_header.as_deref() != Some(name) {
        return Shown::Plain(text());
    }
    let credential = match &decision.authorization {
        Authorization::Credential(handle) => {
            credentials.get(*handle).map(|credential| credential.name.to_string())
        }
        Authorization::NotNeeded(_) | Authorization::CallersKey { .. } => None,
    };
    Shown::Credential {
        prefix: credential_prefix.to_string(),
        name: credential.unwrap_or_default(),
    }
}

/// A world in which nothing has happened yet: no credential rests, and chance takes the first.
struct Nowhere {
    now: SystemTime,
}

impl Host for Nowhere {
    fn now(&self) -> SystemTime {
        self.now
    }

    fn random(&self) -> u64 {
        0
    }

    fn property(&self, _path: &MetadataPath) -> Option<Vec<u8>> {
        None
    }

    fn shared(&self, _key: &str) -> Option<Vec<u8>> {
        None
    }

    fn update_shared(&self, _key: &str, _change: &dyn Fn(&[u8]) -> Option<Vec<u8>>) {}
}
