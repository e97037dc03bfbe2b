//! A request is sent on: to one provider, or to a pool in which Envoy chooses one.

use std::rc::Rc;
use std::time::SystemTime;

use super::{Exchange, Rewrite, Stage};
use crate::catalog::{Model, Pool};
use crate::credential::Authorization;
use crate::failover::{ContextTarget, FailoverContext};
use crate::header::{HeaderEdit, Headers, Name, FRAMING_HEADERS};
use crate::provider::{self, Provider};
use crate::provider_request::{
    forwardable_path, is_forwardable, lower_case, treats_specially, ClientRequest, ProviderRequest,
};
use crate::reject::{Quoted, Reject};
use crate::router::{cooldown_key, Decision, Failover};
use crate::team::Caller;
use crate::usage;

/// What is remembered of a request while its answer is awaited. The credential is not among it.
pub(super) struct Sent {
    pub to: SentTo,
    /// When it was sent.
    pub at: SystemTime,
    /// The registered model that was called; `None` for one that nobody registered.
    pub registered: Option<Rc<Model>>,
    /// Counts the tokens of the answer as it passes.
    pub usage: Option<usage::Reader>,
}

/// Where a request was sent.
pub(super) enum SentTo {
    /// To one provider.
    Provider(ToProvider),
    /// To a pool.
    Pool {
        /// The pool.
        pool: Rc<Pool>,
        /// The providers that were tried, in their order.
        tried: Vec<Rc<str>>,
    },
}

/// A request that one provider gets.
pub(super) struct ToProvider {
    pub provider: Rc<Provider>,
    /// The model's name there.
    pub upstream_model: String,
    /// Under what name all workers remember how this credential fares; `None` if nothing is.
    pub cooldown_key: Option<String>,
    /// Whether the caller brought the key.
    pub with_callers_key: bool,
}

impl Exchange {
    /// The changes with which a request is sent on, and what is remembered of it.
    pub(super) fn send(
        &self,
        caller: &Caller,
        decision: Decision,
        client: ClientRequest<'_>,
        headers: &Headers,
        now: SystemTime,
    ) -> Result<(Rewrite, Sent), Reject> {
        if let Some(failover) = decision.failover.as_ref().filter(|_| self.uses_pools) {
            if let Some(rewrite) = self.to_pool(caller, failover, client, headers) {
                let to = SentTo::Pool { pool: Rc::clone(&failover.pool), tried: Vec::new() };
                let registered = decision.registered;
                return Ok((rewrite, Sent { to, at: now, registered, usage: None }));
            }
        }
        let rewrite = self.to_provider(&decision, client, headers)?;
        let Decision { provider, upstream_model, authorization, registered, .. } = decision;
        // Where there is never another choice nobody would read it.
        let matters = self.router.catalog.alternatives.contains(&provider.id);
        let cooldown_key =
            matters.then(|| cooldown_key(caller, &provider, &authorization)).flatten();
        let with_callers_key = matches!(authorization, Authorization::CallersKey { .. });
        let to = ToProvider { provider, upstream_model, cooldown_key, with_callers_key };
        Ok((rewrite, Sent { to: SentTo::Provider(to), at: now, registered, usage: None }))
    }

    /// Remembers a request that is sent on.
    pub(super) fn note_sent(&mut self, sent: Sent) {
        if let SentTo::Provider(to) = &sent.to {
            self.record.provider = Some(Rc::clone(&to.provider.name));
            self.record.upstream_model = Some(Quoted::new(&to.upstream_model));
        }
        self.record.registered = sent.registered.as_ref().map(|model| Rc::clone(&model.name));
        self.record.code = "ok";
        self.stage = Stage::Sent(Box::new(sent));
    }

    fn to_provider(
        &self,
        decision: &Decision,
        client: ClientRequest<'_>,
        headers: &Headers,
    ) -> Result<Rewrite, Reject> {
        let settings = &self.router.settings;
        let Decision { provider, upstream_model, authorization, .. } = decision;
        let mut request =
            ProviderRequest::new(settings, provider, upstream_model, authorization, client)?;
        request.set((&settings.cluster_header).into(), provider.cluster.as_bytes());
        let edits = request.edits(settings, headers, &|_| false);
        Ok(Rewrite { headers: edits, body: request.body, failover_context: None })
    }

    /// The changes with which a request goes to its pool; `None` if it cannot be passed on as it is, and goes to one
    /// provider alone.
    fn to_pool(
        &self,
        caller: &Caller,
        failover: &Failover,
        client: ClientRequest<'_>,
        headers: &Headers,
    ) -> Option<Rewrite> {
        let settings = &self.router.settings;
        let model = failover.targets.first()?.registered.as_ref()?;
        let key = caller.key_id().map(|id| &**id);
        let mut context =
            FailoverContext::new(&caller.team().name, key, &model.name, client.body?.clone());
        context.path = String::from_utf8(forwardable_path(client.path, client.shown_keys)).ok()?;
        context.authority = std::str::from_utf8(client.authority).ok()?.to_owned();
        let providers: Vec<&Provider> =
            failover.targets.iter().map(|target| &*target.provider).collect();
        for target in &failover.targets {
            // What cannot be made any provider's is found out here, where there is another way.
            ProviderRequest::new(
                settings,
                &target.provider,
                &target.upstream_model,
                &target.authorization,
                client,
            )
            .ok()?;
            context.targets.push(ContextTarget {
                provider: target.provider.name.to_string(),
                model: target.upstream_model.clone(),
            });
        }
        let mut edits: Vec<HeaderEdit> = Vec::new();
        for (name, value) in headers.iter() {
            let Some(name) = lower_case(name) else { continue };
            if name.starts_with(':') || FRAMING_HEADERS.contains(&&*name) {
                continue;
            }
            let is_removed =
                |edits: &[HeaderEdit]| edits.contains(&HeaderEdit::Remove(shared(&name)));
            if !is_forwardable(settings, client.shown_keys, &name, value) {
                if !is_removed(&edits) {
                    edits.push(HeaderEdit::Remove(shared(&name)));
                }
            } else if providers.iter().any(|provider| treats_specially(provider, &name)) {
                // What is there twice could not be given back as it was.
                if is_removed(&edits) {
                    return None;
                }
                edits.push(HeaderEdit::Remove(shared(&name)));
                context
                    .fields
                    .push((name.into_owned(), std::str::from_utf8(value).ok()?.to_owned()));
            }
        }
        if let Some(header) = &settings.subset_header {
            edits.push(HeaderEdit::Set(header.into(), subset(&providers).into_bytes()));
        }
        let cluster = failover.pool.cluster.as_bytes().to_vec();
        edits.push(HeaderEdit::Set((&settings.cluster_header).into(), cluster));
        // Envoy sends nothing that has no method: not before the pool's filter has put it back.
        edits.push(HeaderEdit::Remove(":method".into()));
        Some(Rewrite {
            headers: edits,
            body: Vec::new(),
            failover_context: Some(context.encode()?),
        })
    }

    /// The cluster of the pool that the request was sent to; `None` if it went to one provider.
    #[must_use]
    pub fn pool(&self) -> Option<&str> {
        match &self.stage {
            Stage::Sent(sent) => match &sent.to {
                SentTo::Pool { pool, .. } => Some(&pool.cluster),
                SentTo::Provider(_) => None,
            },
            Stage::Idle | Stage::Held(_) => None,
        }
    }

    /// The field that tells a client which providers were tried, where one is configured.
    #[must_use]
    pub fn tried_field(&self) -> Option<(&str, String)> {
        let name = self.router.settings.tried_header.as_deref()?;
        let Stage::Sent(sent) = &self.stage else { return None };
        let tried = match &sent.to {
            SentTo::Pool { tried, .. } => tried.join(", "),
            SentTo::Provider(to) => to.provider.name.to_string(),
        };
        Some((name, tried))
    }

    /// Takes the names of the providers that were tried in the pool, separated by commas.
    pub fn note_tried(&mut self, names: &[u8]) {
        let Stage::Sent(sent) = &mut self.stage else { return };
        let SentTo::Pool { tried, .. } = &mut sent.to else { return };
        let providers = &self.router.catalog.providers;
        let names = std::str::from_utf8(names).unwrap_or_default().split(',');
        *tried = names.filter_map(|name| providers.get(name)).map(|p| Rc::clone(&p.name)).collect();
        self.record.provider = tried.last().map(Rc::clone);
    }
}

fn shared(name: &str) -> Name {
    Name::Shared(name.into())
}

/// The providers' names as the endpoints' metadata has them.
fn subset(providers: &[&Provider]) -> String {
    provider::names(providers.iter().copied()).join("+")
}
