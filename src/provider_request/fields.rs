//! The header fields that a provider is sent.

use std::borrow::Cow;

use super::{subprotocol, ClientFields, ProviderRequest};
use crate::credential::Authorization;
use crate::header::{HeaderName, Name, OPENAI_ONLY_HEADERS};
use crate::identity::{ShownKeys, SUBPROTOCOLS};
use crate::provider::{Place, Provider};
use crate::reject::Reject;
use crate::settings::Settings;

impl<'a> ProviderRequest<'a> {
    /// Adds the fields that are this provider's: those that it alone is sent, and those of the client's that were
    /// taken from the host and are its as well.
    pub(super) fn add_fields(&mut self, settings: &Settings) -> Result<(), Reject> {
        let Self { provider, place, authorization, client, .. } = *self;
        if let ClientFields::Carried(fields) = client.fields {
            for (name, value) in fields {
                let is_set = place.set_headers.iter().any(|(set, _)| **set == *name);
                if !is_set && self.passes(settings, HeaderName::of(name), value.as_bytes()) {
                    let name = Name::Shared(name.as_str().into());
                    self.add(name, Cow::Borrowed(value.as_bytes()));
                }
            }
        }
        for (name, value) in &place.set_headers {
            self.add(name.into(), Cow::Borrowed(value.as_bytes()));
        }
        for (name, value) in &place.default_headers {
            if !self.is_sent_by_client(settings, name) {
                self.add(name.into(), Cow::Borrowed(value.as_bytes()));
            }
        }
        if let ClientFields::WithHost(headers) = client.fields {
            if client.path.names_model_in_query() {
                let is_secret = |offer: &[u8]| client.shown_keys.are_in(offer);
                let keeps_account = keeps_account(provider, authorization);
                let offers: Vec<&[u8]> = headers.all(SUBPROTOCOLS).collect();
                let kept = subprotocol::kept(offers.into_iter(), &is_secret, keeps_account);
                if let Some(kept) = kept.filter(|kept| !kept.is_empty()) {
                    self.add(SUBPROTOCOLS.into(), Cow::Owned(kept));
                }
            }
        }
        let secret = provider.secret(client.api, authorization).map_err(|_| Reject::Internal)?;
        if let (Some(header), Some(secret)) = (&place.credential_header, secret) {
            let value = [&*place.credential_prefix, secret.expose()].concat();
            self.add(header.into(), Cow::Owned(value.into_bytes()));
        }
        Ok(())
    }

    /// Whether this provider is sent a field of the client's as it is.
    pub(super) fn passes(&self, settings: &Settings, name: HeaderName<'_>, value: &[u8]) -> bool {
        if name.bytes().starts_with(b":") {
            return true;
        }
        if name == OFFERS && self.client.path.names_model_in_query() {
            // An offer with a secret is written anew without it, see `add_fields`: only one without any passes as it is.
            return self.offers_nothing_secret(value);
        }
        is_forwardable(settings, self.client.shown_keys, name, value)
            && !self.place.removed_headers.contains(name)
            && (!OPENAI_ONLY.contains(&name) || keeps_account(self.provider, self.authorization))
    }

    fn offers_nothing_secret(&self, value: &[u8]) -> bool {
        let is_secret = |offer: &[u8]| self.client.shown_keys.are_in(offer);
        let keeps_account = keeps_account(self.provider, self.authorization);
        subprotocol::kept(std::iter::once(value), &is_secret, keeps_account).is_none()
    }

    fn is_sent_by_client(&self, settings: &Settings, name: &str) -> bool {
        match self.client.fields {
            ClientFields::WithHost(headers) => {
                headers.all(name).any(|value| self.passes(settings, HeaderName::of(name), value))
            }
            ClientFields::Carried(fields) => fields.iter().any(|(sent, value)| {
                sent == name && self.passes(settings, HeaderName::of(name), value.as_bytes())
            }),
        }
    }
}

/// Whether any provider may see this field of the client's. `name` is no pseudo-header field.
#[must_use]
pub fn is_forwardable(
    settings: &Settings,
    shown_keys: &ShownKeys,
    name: HeaderName<'_>,
    value: &[u8],
) -> bool {
    !settings.never_forwarded.contains(name) && name != OFFERS && !shown_keys.are_in(value)
}

/// Whether requests to `place` may differ from others in the field `name` of the client's.
#[must_use]
pub fn treats_specially(place: &Place, name: HeaderName<'_>) -> bool {
    let sets = place.set_headers.iter().chain(&place.default_headers);
    sets.into_iter().any(|(set, _)| HeaderName::of(set) == name)
        || place.removed_headers.contains(name)
        || OPENAI_ONLY.contains(&name)
}

/// Whether OpenAI is told the client's account there: only with the caller's own key, for the account of the gateway's
/// credential is none of the client's business.
fn keeps_account(provider: &Provider, authorization: &Authorization) -> bool {
    provider.keeps_openai_headers && matches!(authorization, Authorization::CallersKey { .. })
}

/// The names by which those fields are recognised in a request.
const OFFERS: HeaderName<'_> = HeaderName::of(SUBPROTOCOLS);
const OPENAI_ONLY: [HeaderName<'_>; 3] = {
    let [organization, project, account] = OPENAI_ONLY_HEADERS;
    [HeaderName::of(organization), HeaderName::of(project), HeaderName::of(account)]
};
