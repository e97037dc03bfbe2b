//! Why a request goes where it goes, step by step.
//!
//! Each step calls the function that the router or the exchange itself calls: nothing is decided here. It stands above
//! both, so that neither of them needs the other's owner.

mod explanation;
mod limits;
mod new_host;
mod overview;
mod question;
mod resources;
mod targets;

use std::rc::Rc;

use crate::body::STREAM_OPTIONS;
use crate::catalog::{Destination, Resolution};
use crate::endpoint::Operation;
use crate::exchange::Exchange;
use crate::header::HeaderEdit;
use crate::provider::{Api, Place};
use crate::provider_data::ProviderData;
use crate::reject::Reject;
use crate::router::{Decision, ModelRequest, Router};
use crate::team::{Caller, Team};

use new_host::NewHost;

pub use explanation::{
    Access, Exclusion, ExplainedLimit, ExplainedTarget, Explanation, HeaderValue, MemberChange,
    TargetStatus, UpstreamRequest,
};
pub use overview::{Overview, OverviewCaller, OverviewLimit, OverviewModel, Reach};
pub use question::{GivenAttributes, Question, UnknownName};
pub use resources::OverviewResources;

impl Router {
    /// Explains where a request goes.
    ///
    /// # Errors
    ///
    /// [`UnknownName`] for a team, key or endpoint that does not exist.
    pub fn explain(self: &Rc<Self>, question: &Question) -> Result<Explanation, UnknownName> {
        let operation = operation(&question.endpoint)?;
        let team = self.known_team(&question.team)?;
        let caller = self.known_caller(team, question)?;
        let host = NewHost { now: question.now };
        // The team of a key that has expired or is disabled is known all the same.
        let assumed = caller.clone().unwrap_or_else(|_| Caller::of_team(Rc::clone(team)));
        let asked = &*question.model;
        let own = ProviderData::default();
        let found = self.catalog.find(&team.aliases, asked);
        let decision = match &caller {
            Ok(caller) => {
                let client_keys = &own;
                let needs_permission = &[];
                let request =
                    ModelRequest { operation, asked, client_keys, needs_permission, session: None };
                self.route(caller, &request, &host).ok()
            }
            Err(_) => None,
        };
        let access = self.access(&assumed, found.as_ref().map(|(_, found)| found), asked);
        let targets = match (&found, access) {
            (Some((_, found)), Access::Allowed) => {
                self.explain_targets(&assumed, found, operation, decision.as_ref())
            }
            _ => Vec::new(),
        };
        let outcome = Exchange::rehearse(self, caller, operation, asked, &host);
        let path = self.settings.base_paths.usual_path(operation, asked);
        let tells_usage =
            self.settings.base_paths.split(path.as_bytes()).is_some_and(|p| p.has_stream_options());
        let mut explanation = Explanation {
            rule: found.as_ref().map(|(rule, _)| *rule),
            alias_of: None,
            registered: None,
            captured: None,
            pinned_to: None,
            access,
            targets,
            affinity: Vec::new(),
            limits: self.explain_limits(&assumed, asked, decision.as_ref()),
            outcome: outcome.and_then(|rewrite| {
                let decision = decision.ok_or_else(|| Exchange::new(Rc::clone(self)).fail())?;
                Ok(upstream_request(
                    &decision,
                    operation,
                    &rewrite.headers,
                    path,
                    &self.settings.cluster_header,
                    tells_usage,
                ))
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
                let sources = model.affinity.iter().flat_map(|affinity| &affinity.sources);
                explanation.affinity = sources.map(ToString::to_string).collect();
            }
        }
        Ok(explanation)
    }

    fn known_team(&self, name: &str) -> Result<&Rc<Team>, UnknownName> {
        self.teams.get(name).ok_or_else(|| UnknownName::Team {
            name: name.to_owned(),
            known: self.teams.keys().map(ToString::to_string).collect(),
        })
    }

    /// The names of the teams, in their order.
    #[must_use]
    pub fn team_names(&self) -> Vec<String> {
        self.teams.keys().map(ToString::to_string).collect()
    }

    /// The names of the team and of the virtual key that has this value.
    #[must_use]
    pub fn find_key(&self, value: &[u8]) -> Option<(String, String)> {
        let key = self.keys.shown(value)?;
        Some((key.team.name.to_string(), key.id.to_string()))
    }

    fn known_caller(
        &self,
        team: &Rc<Team>,
        question: &Question,
    ) -> Result<Result<Caller, Reject>, UnknownName> {
        let Some(id) = &question.key else {
            return Ok(Ok(
                Caller::of_team(Rc::clone(team)).with_attributes(question.attributes.attributes())
            ));
        };
        let mut keys = self.keys.iter().filter(|key| Rc::ptr_eq(&key.team, team));
        let Some(key) = keys.find(|key| *key.id == **id) else {
            return Err(self.unknown_key(team, id));
        };
        let host = NewHost { now: question.now };
        let caller = self.holder(key, &host);
        Ok(caller.map(|caller| caller.with_attributes(question.attributes.attributes())))
    }

    fn unknown_key(&self, team: &Rc<Team>, id: &str) -> UnknownName {
        let keys = self.keys.iter().filter(|key| Rc::ptr_eq(&key.team, team));
        let mut known: Vec<_> = keys.map(|key| key.id.to_string()).collect();
        known.sort();
        UnknownName::Key { team: team.name.to_string(), id: id.to_owned(), known }
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
}

fn operation(endpoint: &str) -> Result<Operation, UnknownName> {
    let found = Operation::ALL.iter().copied().find(|operation| operation.path() == endpoint);
    found.ok_or_else(|| UnknownName::Endpoint {
        name: endpoint.to_owned(),
        known: Operation::ALL.iter().map(|operation| operation.path().to_owned()).collect(),
    })
}

fn upstream_request(
    decision: &Decision,
    operation: Operation,
    edits: &[HeaderEdit],
    path: String,
    cluster_header: &str,
    tells_usage: bool,
) -> UpstreamRequest {
    let provider = &decision.provider;
    let place = provider.place(Api::of(operation));
    let mut request = UpstreamRequest {
        provider: provider.name.to_string(),
        cluster: place.cluster.to_string(),
        model: decision.upstream_model.clone(),
        path,
        authority: None,
        headers: Vec::new(),
        body: body_changes(decision, tells_usage),
    };
    for edit in edits {
        let HeaderEdit::Set(name, value) = edit else { continue };
        let text = || String::from_utf8_lossy(value).into_owned();
        match &**name {
            ":path" => request.path = text(),
            ":authority" => request.authority = Some(text()),
            "content-length" => {}
            // A pool's, where the request may fail over.
            name if name == cluster_header => request.cluster = text(),
            name => {
                request.headers.push((name.to_owned(), header_value(decision, place, name, text)))
            }
        }
    }
    request
}

/// What a target does to the members of a body, beside the model.
fn body_changes(decision: &Decision, tells_usage: bool) -> Vec<(String, MemberChange)> {
    let mut changes: Vec<(String, MemberChange)> = Vec::new();
    if let Some(parameters) = decision.parameters.as_deref() {
        let default = |(name, value): &(Box<str>, Box<str>)| {
            (name.to_string(), MemberChange::Default(value.to_string()))
        };
        let set = |(name, value): &(Box<str>, Box<str>)| {
            (name.to_string(), MemberChange::Set(value.to_string()))
        };
        changes.extend(parameters.default.iter().map(default));
        changes.extend(parameters.set.iter().map(set));
        let removed = parameters.remove.iter();
        changes.extend(removed.map(|name| (name.to_string(), MemberChange::Removed)));
    }
    let is_free = !changes.iter().any(|(name, _)| name == STREAM_OPTIONS);
    if decision.provider.stream_usage && tells_usage && is_free {
        changes.push((STREAM_OPTIONS.to_owned(), MemberChange::AsksForUsage));
    }
    changes
}

/// A header's value, with the credential's name in the place of its secret.
fn header_value(
    decision: &Decision,
    place: &Place,
    name: &str,
    text: impl Fn() -> String,
) -> HeaderValue {
    if place.credential_header.as_deref() != Some(name) {
        return HeaderValue::Plain(text());
    }
    let credential = decision.provider.credential_name(&decision.authorization);
    HeaderValue::Credential {
        prefix: place.credential_prefix.to_string(),
        name: credential.unwrap_or_default().to_owned(),
    }
}
