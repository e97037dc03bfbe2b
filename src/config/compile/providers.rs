//! Providers, each with the store of its credentials.

mod address;
mod clients_host;
mod places;
mod served;
mod written;

use std::rc::Rc;

use super::settings::check_name;
use super::{credentials, entries, is_known, items, CredentialHandles, Providers};
use crate::body_field;
use crate::config::raw::{Configuration, Provider as RawProvider};
use crate::config::report::{unknown, At, Report};
use crate::credential::CredentialHandle;
use crate::id::ProviderId;
use crate::pattern::Pattern;
use crate::provider::{Kind, Place, Places, Provider};

pub use served::listed;

/// Compiles the providers, and the credentials into the stores of their providers.
pub fn compile<'a>(
    raw: &'a Configuration,
    environment: &dyn Fn(&str) -> Option<String>,
    report: &mut Report,
) -> (Providers, CredentialHandles<'a>) {
    let root = At::Root;
    let list = root.key("providers");
    if raw.providers.as_ref().is_some_and(|providers| providers.is_empty()) {
        report.error(list, "there is no provider to route to");
    }
    let mut handles = CredentialHandles::new();
    let mut providers = Providers::new();
    for (index, (name, provider)) in entries(&raw.providers).enumerate() {
        let builder = Builder {
            raw,
            name,
            provider,
            kind: kind(provider, list.key(name), report),
            kept_headers: kept_headers(provider, list.key(name), report),
            id: ProviderId::new(index),
            at: list.key(name),
        };
        let compiled = Rc::new(builder.build(environment, &mut handles, report));
        providers.insert(Rc::clone(&compiled.name), compiled);
    }
    credentials::check_the_rest(raw, environment, report);
    (providers, handles)
}

fn kind(provider: &RawProvider, at: At<'_>, report: &mut Report) -> Option<&'static Kind> {
    let name = provider.kind.as_deref()?;
    let kind = Kind::named(name);
    if kind.is_none() {
        report.error(at.key("kind"), unknown("kind", name, Kind::names()));
    }
    kind
}

fn kept_headers(provider: &RawProvider, at: At<'_>, report: &mut Report) -> Vec<Pattern> {
    let list = at.key("keep_headers");
    let kept = items(&provider.keep_headers);
    kept.filter_map(|(index, name)| header_pattern(name, list.index(index), report)).collect()
}

struct Builder<'a, 'p> {
    raw: &'a Configuration<'a>,
    name: &'a str,
    provider: &'a RawProvider<'a>,
    kind: Option<&'static Kind>,
    /// Headers that are kept though they tell who the caller is.
    kept_headers: Vec<Pattern>,
    id: ProviderId,
    at: At<'p>,
}

impl<'a> Builder<'a, '_> {
    fn build(
        &self,
        environment: &dyn Fn(&str) -> Option<String>,
        handles: &mut CredentialHandles<'a>,
        report: &mut Report,
    ) -> Provider {
        self.check_id(report);
        self.check_fields(report);
        let places = self.places(report);
        self.warn_of_required_headers(&places, report);
        let endpoints = self.endpoints(report);
        self.check_native_paths(&places, endpoints, report);
        let owner = credentials::Owner { name: self.name, id: self.id, places: &places };
        let credentials = credentials::store(self.raw, owner, environment, handles, report);
        Provider {
            id: self.id,
            name: self.name.into(),
            endpoints,
            families: self.kind.map_or(&[], |kind| kind.families),
            client_credentials: self.client_credentials(&places, report),
            places,
            keeps_openai_headers: self.kind.is_some_and(|kind| kind.keeps_openai_headers),
            allowed_fields: self.allowed_fields(report),
            reads_plugins: self.kind.is_some_and(|kind| kind.forbidden_fields.contains(&"plugins")),
            stream_usage: self.provider.stream_usage.unwrap_or_default(),
            invalid_key_texts: self.kind.map_or(&[], |kind| kind.invalid_key_texts),
            unregistered_models: self.provider.unregistered_models.unwrap_or(true),
            default_credential: self.default_credential(handles, report),
            credentials,
        }
    }

    fn check_id(&self, report: &mut Report) {
        let allowed =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        if self.name.is_empty() || !self.name.bytes().all(allowed) {
            report.error(self.at, "a provider's id holds only a-z, 0-9, `.`, `_` and `-`");
        }
    }

    /// Warns of headers that the kind refuses requests without, and that are not configured.
    fn warn_of_required_headers(&self, places: &Places, report: &mut Report) {
        for name in self.kind.map_or(&[][..], |kind| kind.required_headers) {
            let is_set = |place: &Place| place.set_headers.iter().any(|(set, _)| **set == **name);
            if !places.iter().all(is_set) {
                report.warn(
                    self.at.key("headers"),
                    format_args!("this kind refuses requests without a header {name:?}"),
                );
            }
        }
    }

    fn client_credentials(&self, places: &Places, report: &mut Report) -> bool {
        let allowed = self.provider.client_credentials.unwrap_or(false);
        if allowed && !places.iter().any(|place| place.credential_header.is_some()) {
            report.error(
                self.at.key("client_credentials"),
                "a caller's key cannot be sent: this provider has `auth: none`",
            );
        }
        allowed
    }

    fn allowed_fields(&self, report: &mut Report) -> Vec<Box<str>> {
        let list = self.at.key("allowed_fields");
        let mut fields = Vec::new();
        for (index, name) in items(&self.provider.allowed_fields) {
            if body_field::needs_permission(name) {
                fields.push(name.as_str().into());
            } else {
                let known = body_field::NEED_PERMISSION;
                report
                    .error(list.index(index), unknown("field that could be allowed", name, known));
            }
        }
        fields
    }

    fn default_credential(
        &self,
        handles: &CredentialHandles<'_>,
        report: &mut Report,
    ) -> Option<CredentialHandle> {
        let name = self.provider.default_credential.as_deref()?;
        let at = self.at.key("default_credential");
        if !is_known(name, &self.raw.credentials, "credential", at, report) {
            return None;
        }
        let owner = self.raw.credentials.as_ref()?.get(name)?.provider.as_deref()?;
        if owner != self.name {
            report.error(
                at,
                format_args!("credential {name:?} is for provider {owner:?}, not for this one"),
            );
            return None;
        }
        handles.get(name).copied()
    }
}

/// A header's name with at most one `*`.
fn header_pattern(name: &str, at: At<'_>, report: &mut Report) -> Option<Pattern> {
    let name = name.to_ascii_lowercase();
    check_name(&name, at, report);
    Pattern::parse(&name).map_err(|error| report.error(at, error)).ok()
}
