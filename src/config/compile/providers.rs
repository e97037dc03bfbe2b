//! Providers, each with the credential_store of its credentials.

mod address;

use std::rc::Rc;

use super::settings::{check_name, cluster_header};
use super::{credentials, entries, is_known, items, CredentialHandles, Providers};
use crate::body_field;
use crate::config::raw::{Auth, AuthHeader, Configuration, Provider as RawProvider};
use crate::config::report::{unknown, At, Report};
use crate::credential::CredentialHandle;
use crate::header::{self, CREDENTIAL_HEADERS};
use crate::id::ProviderId;
use crate::pattern::Pattern;
use crate::provider::{may_be_removed, AuthStyle, Kind, Provider, RemovedHeaders, BEARER};

/// Compiles the providers and, into their keyrings, the credentials.
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

struct Builder<'a, 'p> {
    raw: &'a Configuration,
    name: &'a str,
    provider: &'a RawProvider,
    kind: Option<&'static Kind>,
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
        let auth = self.auth(report);
        let prefix = auth.as_ref().map(|(_, prefix)| prefix.as_str());
        let authority = self.authority(report).map(String::into_boxed_str);
        let place = credentials::Place {
            provider: self.name,
            id: self.id,
            cluster: self.provider.cluster.as_deref().unwrap_or_default(),
            authority: authority.as_deref().unwrap_or_default(),
            is_sent: auth.is_some(),
        };
        let credentials = credentials::store(self.raw, place, environment, handles, report);
        let set_headers = self.set_headers(report);
        let default_headers = (self.kind.iter())
            .flat_map(|kind| kind.default_headers())
            .filter(|(name, _)| !set_headers.iter().any(|(given, _)| **given == **name))
            .map(|(name, value)| (Rc::from(*name), Box::from(*value)))
            .collect();
        Provider {
            id: self.id,
            name: self.name.into(),
            cluster: self.cluster(report).into(),
            client_credentials: self.client_credentials(auth.is_some(), report),
            credential_prefix: prefix.unwrap_or_default().into(),
            credential_header: auth.as_ref().map(|(header, _)| header.as_str().into()),
            path: self.path(report),
            authority,
            set_headers,
            default_headers,
            removed_headers: self.removed_headers(report),
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

    fn cluster(&self, report: &mut Report) -> &'a str {
        // One that is missing was reported when it was read.
        let Some(cluster) = self.provider.cluster.as_deref() else { return "" };
        if cluster.is_empty() || !header::is_value(cluster) {
            report.error(
                self.at.key("cluster"),
                "a cluster's name is not empty and fits in a header",
            );
        }
        cluster
    }

    /// The credential header and what precedes the secret in it; `None` if no credential is sent.
    fn auth(&self, report: &mut Report) -> Option<(String, String)> {
        let of_kind = self.kind.map_or(Some(BEARER), Kind::auth);
        let default = |style: AuthStyle| (style.header.to_owned(), style.prefix.to_owned());
        let AuthHeader { header, prefix } = match &self.provider.auth {
            None => return of_kind.map(default),
            Some(Auth::None) => return None,
            Some(Auth::Header(given)) => given,
        };
        let at = self.at.key("auth");
        let style = of_kind.unwrap_or(BEARER);
        let name = header.as_deref().unwrap_or(style.header).to_ascii_lowercase();
        check_name(&name, at.key("header"), report);
        if name == cluster_header(self.raw) {
            report
                .error(at.key("header"), "this is the cluster header, which is not sent upstream");
        }
        let usual = match name.as_str() {
            _ if name == style.header => style.prefix,
            "authorization" => BEARER.prefix,
            _ => "",
        };
        let prefix = prefix.as_deref().unwrap_or(usual);
        // A space after the scheme belongs to it.
        if !header::is_value(prefix.trim_end_matches(' ')) {
            report.error(at.key("prefix"), "this cannot stand in a header");
        }
        Some((name, prefix.to_owned()))
    }

    fn client_credentials(&self, is_sent_a_credential: bool, report: &mut Report) -> bool {
        let allowed = self.provider.client_credentials.unwrap_or(false);
        if allowed && !is_sent_a_credential {
            report.error(
                self.at.key("client_credentials"),
                "a caller's key cannot be sent: this provider has `auth: none`",
            );
        }
        allowed
    }

    fn set_headers(&self, report: &mut Report) -> Vec<(Rc<str>, Box<str>)> {
        let list = self.at.key("headers");
        let mut headers: Vec<(Rc<str>, Box<str>)> = Vec::new();
        for (name, value) in entries(&self.provider.headers) {
            let at = list.key(name);
            let name = name.to_ascii_lowercase();
            check_name(&name, at, report);
            if headers.iter().any(|(known, _)| **known == *name) {
                report.error(at, "this header is given twice");
            }
            if !header::is_value(value) {
                report.error(at, "this value cannot stand in a header");
            }
            if CREDENTIAL_HEADERS.contains(&name.as_str()) {
                report.error(at, "this header carries credentials: use `auth` and `credentials`");
            } else if name == cluster_header(self.raw) {
                report.error(at, "this is the cluster header: use `cluster`");
            }
            headers.push((name.into(), value.as_str().into()));
        }
        headers
    }

    fn removed_headers(&self, report: &mut Report) -> RemovedHeaders {
        let mut removed = RemovedHeaders::default();
        let of_kind = self.kind.iter().flat_map(|kind| kind.removed_headers.iter());
        for pattern in of_kind.filter_map(|name| Pattern::parse(name).ok()) {
            removed.add(pattern);
        }
        let list = self.at.key("remove_headers");
        for (index, name) in items(&self.provider.remove_headers) {
            let at = list.index(index);
            if let Some(pattern) = header_pattern(name, at, report) {
                if pattern.literal().is_some_and(|name| !may_be_removed(name)) {
                    report.error(at, "a request is nothing without this header, or Envoy needs it");
                }
                removed.add(pattern);
            }
        }
        let list = self.at.key("keep_headers");
        for (index, name) in items(&self.provider.keep_headers) {
            if let Some(pattern) = header_pattern(name, list.index(index), report) {
                removed.keep(pattern);
            }
        }
        removed
    }

    fn allowed_fields(&self, report: &mut Report) -> Vec<Box<str>> {
        let list = self.at.key("allowed_fields");
        let mut fields = Vec::new();
        for (index, name) in items(&self.provider.allowed_fields) {
            if body_field::needs_permission(name) {
                fields.push(name.as_str().into());
            } else {
                let known = body_field::FIELDS.iter().map(|(name, _)| *name);
                let known = known.filter(|name| body_field::needs_permission(name));
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
