//! One attempt: the request as one provider of a pool gets it.

use std::rc::Rc;

use super::context::FailoverContext;
use super::pool_router::AttemptError;
use super::state::{AttemptState, GUARD};
use crate::body::Splice;
use crate::catalog::Model;
use crate::cooldown::{CooldownKeys, Signal};
use crate::endpoint::{Operation, RequestPath};
use crate::header::{HeaderEdit, HeaderName, Headers};
use crate::host::Host;
use crate::identity::ShownKeys;
use crate::provider::Api;
use crate::provider_request::{ClientFields, ClientRequest, Destination, Edits, ProviderRequest};
use crate::record::Record;
use crate::reject::Quoted;
use crate::router::{cooldown_keys, Router};
use crate::settings::Settings;
use crate::team::Caller;

/// An attempt that is about to be made. The credential is in `headers` and nowhere else.
#[derive(Debug)]
pub struct Attempt {
    /// The changes to the header fields that make the request the provider's.
    pub headers: Vec<HeaderEdit>,
    /// The changes to the body.
    pub body: Vec<Splice>,
    /// How long the body must be that is changed, in bytes.
    pub length: usize,
    /// What the next attempt must know of it.
    pub state: AttemptState,
    /// Whose it is, for metrics and logs.
    pub record: Record,
    /// Under what names all workers remember how the credential fares.
    cooldown_keys: Option<CooldownKeys>,
}

/// The request that an attempt is made of, as the listener's filter has handed it over, and where it goes.
#[derive(Clone, Copy)]
pub(super) struct AttemptParts<'a> {
    pub settings: &'a Settings,
    pub caller: &'a Caller,
    pub model: &'a Model,
    pub context: &'a FailoverContext,
    pub path: RequestPath<'a>,
    pub operation: Operation,
    pub destination: Destination<'a>,
}

impl Attempt {
    /// The attempt with a request that was handed over. Envoy gives each attempt the body as it came, but the header fields
    /// as the `previous` attempt has left them.
    pub(super) fn new(
        parts: AttemptParts<'_>,
        headers: &Headers,
        previous: Option<&AttemptState>,
    ) -> Result<Self, AttemptError> {
        let AttemptParts { settings, caller, model, context, path, operation, destination } = parts;
        let Destination { provider, model: upstream_model, authorization, .. } = destination;
        if previous.is_none() && length_of(headers).is_some_and(|length| length != context.body.len)
        {
            return Err(AttemptError::OtherBody);
        }
        // The listener has dropped what shows the caller's key.
        let shown_keys = ShownKeys::default();
        let client = ClientRequest {
            api: Api::of(operation),
            operation: Some(operation),
            path,
            authority: context.authority.as_bytes(),
            fields: ClientFields::Carried(&context.fields),
            shown_keys: &shown_keys,
            body: Some(&context.body),
        };
        let request = ProviderRequest::new(settings, destination, client)
            .map_err(|_| AttemptError::Unwritable)?;
        let is_left_over = |name: HeaderName<'_>| {
            settings.never_forwarded.contains(name)
                || context.fields.iter().any(|(field, _)| HeaderName::of(field) == name)
                || previous.is_some_and(|previous| previous.wrote(name))
        };
        let mut fields: Vec<String> = request.header_names().map(str::to_owned).collect();
        fields.retain(|name| !name.starts_with(':'));
        let Edits { headers: mut edits, body } = request.edits(settings, headers, &is_left_over);
        edits.push(HeaderEdit::Remove(GUARD.into()));
        Ok(Self {
            headers: edits,
            body,
            length: context.body.len,
            state: AttemptState { is_over: false, fields },
            record: Record {
                team: Some(Rc::clone(&caller.team().name)),
                provider: Some(Rc::clone(&provider.name)),
                upstream_model: Some(Quoted::new(upstream_model)),
                registered: Some(Rc::clone(&model.name)),
                ..Record::default()
            },
            cooldown_keys: cooldown_keys(
                caller,
                provider,
                authorization,
                Some(model),
                upstream_model,
            ),
        })
    }

    /// Notes for all workers the provider's answer. Whether it started a cooldown.
    pub fn note_answer(
        &self,
        router: &Router,
        status: u16,
        headers: &Headers,
        host: &dyn Host,
    ) -> bool {
        let now = host.now();
        let signal = router.settings.cooldown.signal(status, headers, now);
        signal.is_some_and(|signal| self.note(router, signal, host))
    }

    /// Notes for all workers that the provider could not be reached. Whether it started a cooldown.
    pub fn note_no_answer(&self, router: &Router, host: &dyn Host) -> bool {
        self.note(router, Signal::Failure { is_of_model: false, wait: None }, host)
    }

    fn note(&self, router: &Router, signal: Signal, host: &dyn Host) -> bool {
        let note = |keys| router.settings.cooldown.note(keys, signal, host.now(), host);
        self.cooldown_keys.as_ref().is_some_and(note)
    }
}

/// What `content-length` says; two spellings of one number are the same.
fn length_of(headers: &Headers) -> Option<usize> {
    std::str::from_utf8(headers.first("content-length")?).ok()?.parse().ok()
}
