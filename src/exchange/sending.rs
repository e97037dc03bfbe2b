//! A request is sent on: to one provider, or to a pool in which Envoy chooses one.

use std::borrow::Cow;
use std::rc::Rc;
use std::time::SystemTime;

use super::answer::Response;
use super::{Exchange, Rewrite, Stage};
use crate::catalog::Model;
use crate::cooldown::CooldownKeys;
use crate::credential::Authorization;
use crate::failover::{ContextTarget, FailoverContext, GUARD, GUARD_VALUE};
use crate::header::{HeaderEdit, HeaderField, Headers, Name, FRAMING_HEADERS};
use crate::price::Price;
use crate::provider::{self, Provider};
use crate::provider_request::{
    forwardable_path, is_forwardable, treats_specially, ClientRequest, Edits, ProviderRequest,
};
use crate::reject::{Quoted, Reject};
use crate::router::{cooldown_keys, Decision, Failover};
use crate::team::Caller;
use crate::usage;

/// What is remembered of a request while its answer is awaited. The credential is not among it.
pub(super) struct Sent {
    pub to: SentTo,
    /// When it was sent.
    pub at: SystemTime,
    /// The registered model that was called; `None` for one that nobody registered.
    pub registered: Option<Rc<Model>>,
    /// Whether the request had a body.
    pub has_body: bool,
    /// Whether the connection was to be upgraded.
    pub is_upgrade: bool,
    /// Whether the answer's tokens are used for this request. What is stored and fetched again was counted before.
    pub uses_tokens: bool,
    /// What has come back.
    pub response: Response,
    /// Counts the tokens of the answer as it passes.
    pub usage: Option<usage::Reader>,
}

/// Where a request was sent.
pub(super) enum SentTo {
    /// To one provider.
    Provider(ToProvider),
    /// To a pool.
    Pool {
        /// The pool, and the providers that Envoy may try there.
        failover: Failover,
        /// For whom.
        caller: Caller,
        /// The providers that were tried, in their order.
        tried: Vec<Rc<str>>,
    },
}

/// A request that one provider gets.
pub(super) struct ToProvider {
    pub provider: Rc<Provider>,
    /// Under what names all workers remember how this credential fares; `None` if nothing is.
    pub cooldown_keys: Option<CooldownKeys>,
    /// Whether the caller brought the key.
    pub with_callers_key: bool,
    /// What tokens cost there, if that is known.
    pub price: Option<Price>,
}

impl Sent {
    pub fn new(
        to: SentTo,
        at: SystemTime,
        registered: Option<Rc<Model>>,
        client: ClientRequest<'_>,
    ) -> Self {
        let has_body = client.body.is_some();
        Self {
            to,
            at,
            registered,
            has_body,
            is_upgrade: !has_body,
            uses_tokens: true,
            response: Response::Awaited,
            usage: None,
        }
    }
}

impl SentTo {
    /// What tokens cost at the provider that answered; in a pool that is the last one tried.
    pub fn price(&self) -> Option<Price> {
        match self {
            Self::Provider(to) => to.price,
            Self::Pool { .. } => self.answered()?.price(),
        }
    }

    /// Of a pool's targets the one that answered: the last one tried.
    fn answered(&self) -> Option<&Decision> {
        let Self::Pool { failover, tried, .. } = self else { return None };
        let answered = tried.last()?;
        failover.targets.iter().find(|target| target.provider.name == *answered)
    }

    /// Under what names all workers remember how the credential fares that was sent to whoever answered; `None` if nothing
    /// is.
    pub fn cooldown_keys(&self) -> Option<Cow<'_, CooldownKeys>> {
        match self {
            Self::Provider(to) => to.cooldown_keys.as_ref().map(Cow::Borrowed),
            Self::Pool { caller, .. } => {
                let Decision { provider, upstream_model, authorization, registered, .. } =
                    self.answered()?;
                let model = registered.as_deref();
                cooldown_keys(caller, provider, authorization, model, upstream_model)
                    .map(Cow::Owned)
            }
        }
    }
}

impl Exchange {
    /// The changes with which a request is sent on, and what is remembered of it.
    pub(super) fn send(
        &mut self,
        caller: &Caller,
        mut decision: Decision,
        client: ClientRequest<'_>,
        headers: &Headers,
        now: SystemTime,
    ) -> Result<(Rewrite, Sent), Reject> {
        if let Some(failover) = decision.failover.take().filter(|_| self.uses_pools) {
            if let Some(rewrite) = self.to_pool(caller, &failover, client, headers) {
                let to = SentTo::Pool { failover, caller: caller.clone(), tried: Vec::new() };
                return Ok((rewrite, Sent::new(to, now, decision.registered, client)));
            }
        }
        let rewrite = self.to_provider(&decision, client, headers)?;
        let price = decision.price();
        let Decision { provider, upstream_model, authorization, registered, .. } = decision;
        // Cooldowns are noted only of providers that are one of several for some model: nobody reads the others.
        let matters = self.router.catalog.alternatives.contains(&provider.id);
        let model = registered.as_deref();
        let keys = || cooldown_keys(caller, &provider, &authorization, model, &upstream_model);
        let cooldown_keys = matters.then(keys).flatten();
        let with_callers_key = matches!(authorization, Authorization::CallersKey { .. });
        self.record.provider = Some(Rc::clone(&provider.name));
        self.record.upstream_model = Some(Quoted::owned(upstream_model));
        let to = ToProvider { provider, cooldown_keys, with_callers_key, price };
        Ok((rewrite, Sent::new(SentTo::Provider(to), now, registered, client)))
    }

    /// Remembers a request that is sent on.
    pub(super) fn note_sent(&mut self, sent: Sent) {
        self.record.registered = sent.registered.as_ref().map(|model| Rc::clone(&model.name));
        self.stage = Stage::Sent(Box::new(sent));
    }

    pub(super) fn to_provider(
        &self,
        decision: &Decision,
        client: ClientRequest<'_>,
        headers: &Headers,
    ) -> Result<Rewrite, Reject> {
        let settings = &self.router.settings;
        let mut request = ProviderRequest::new(settings, decision.destination(), client)?;
        let cluster = request.cluster();
        request.set((&settings.cluster_header).into(), cluster.as_bytes());
        let Edits { headers, body } = request.edits(settings, headers, &|_| false);
        Ok(Rewrite { headers, body, failover_context: None })
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
        let api = client.api;
        for target in &failover.targets {
            // A request that one of them cannot be sent goes to one provider alone. In the pool it would be too late for that.
            ProviderRequest::new(settings, target.destination(), client).ok()?;
            context.targets.push(ContextTarget {
                provider: (*target.provider.name).to_owned(),
                model: target.upstream_model.clone(),
            });
        }
        let mut edits: Vec<HeaderEdit> = Vec::new();
        for HeaderField { name: field, value } in headers.fields() {
            let Some(name) = field.text() else { continue };
            if name.starts_with(':') || FRAMING_HEADERS.contains(&name) {
                continue;
            }
            let is_removed =
                |edits: &[HeaderEdit]| edits.contains(&HeaderEdit::Remove(shared_name(name)));
            if !is_forwardable(settings, client.shown_keys, field, value) {
                if !is_removed(&edits) {
                    edits.push(HeaderEdit::Remove(shared_name(name)));
                }
            } else if providers.iter().any(|provider| treats_specially(provider.place(api), field))
            {
                // The context keeps one value of a field, so a field with two could not be restored.
                if is_removed(&edits) {
                    return None;
                }
                edits.push(HeaderEdit::Remove(shared_name(name)));
                context.fields.push((name.to_owned(), std::str::from_utf8(value).ok()?.to_owned()));
            }
        }
        if let Some(header) = &settings.subset_header {
            edits.push(HeaderEdit::Set(header.into(), subset(&providers).into_bytes()));
        }
        if let (Some(header), Some(session)) = (&settings.session_header, failover.session) {
            edits.push(HeaderEdit::Set(header.into(), session.digits().into_bytes()));
        }
        let cluster = failover.pool.cluster.as_bytes().to_vec();
        edits.push(HeaderEdit::Set((&settings.cluster_header).into(), cluster));
        edits.push(HeaderEdit::Set(GUARD.into(), GUARD_VALUE.to_vec()));
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
                SentTo::Pool { failover, .. } => Some(&failover.pool.cluster),
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
            SentTo::Pool { tried, .. } => joined(tried, ", "),
            SentTo::Provider(to) => (*to.provider.name).to_owned(),
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

fn shared_name(name: &str) -> Name {
    Name::Shared(name.into())
}

/// The providers' names as the endpoints' metadata has them.
fn subset(providers: &[&Provider]) -> String {
    joined(&provider::names(providers.iter().copied()), "+")
}

/// Names with a separator between them. The standard library's `join` can panic by its code, and a
/// request reaches this.
fn joined(names: &[Rc<str>], separator: &str) -> String {
    names.iter().fold(String::new(), |mut all, name| {
        if !all.is_empty() {
            all.push_str(separator);
        }
        all.push_str(name);
        all
    })
}
