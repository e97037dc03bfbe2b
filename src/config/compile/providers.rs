//! Providers, each with the keyring of its credentials.

mod address;

use std::rc::Rc;

use super::settings::{check_name, cluster_header};
use super::{credentials, entries, is_known, items, Providers, Slots};
use crate::config::raw::{Auth, AuthHeader, Configuration, Provider as RawProvider};
use crate::config::report::{unknown, At, Report};
use crate::credential::Slot;
use crate::header::{self, NameSet, CREDENTIAL_HEADERS, OPENAI_ONLY_HEADERS};
use crate::pattern::Pattern;
use crate::provider::{AuthStyle, Kind, Provider, ProviderId, BEARER};

/// Compiles the providers and, into their keyrings, the credentials.
pub fn compile<'a>(
    raw: &'a Configuration,
    environment: &dyn Fn(&str) -> Option<String>,
    report: &mut Report,
) -> (Providers, Slots<'a>) {
    let root = At::Root;
    let list = root.key("providers");
    if raw.providers.as_ref().is_some_and(|providers| providers.is_empty()) {
        report.error(list, "there is no provider to route to");
    }
    let mut slots = Slots::new();
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
        let compiled = Rc::new(builder.build(environment, &mut slots, report));
        providers.insert(Rc::clone(&compiled.name), compiled);
    }
    credentials::check_the_rest(raw, environment, report);
    (providers, slots)
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
        slots: &mut Slots<'a>,
        report: &mut Report,
    ) -> Provider {
        self.check_id(report);
        let auth = self.auth(report);
        let prefix = auth.as_ref().map(|(_, prefix)| prefix.as_str());
        let keyring =
            credentials::keyring(self.raw, self.name, self.id, prefix, environment, slots, report);
        let keeps_openai_headers = self.kind.is_some_and(|kind| kind.keeps_openai_headers);
        let of_openai = OPENAI_ONLY_HEADERS.into_iter().filter(|_| !keeps_openai_headers);
        let of_kind = self.kind.iter().flat_map(|kind| kind.removed_headers.iter().copied());
        let mut removed_headers: Vec<_> =
            of_openai.chain(of_kind).filter_map(|name| Pattern::parse(name).ok()).collect();
        removed_headers.extend(self.removed_headers(report));
        let headers = self.headers(report);
        let default_headers = (self.kind.iter())
            .flat_map(|kind| kind.default_headers())
            .filter(|(name, _)| !headers.iter().any(|(given, _)| **given == **name))
            .map(|(name, value)| (Rc::from(*name), Box::from(*value)))
            .collect();
        let mut dropped_headers = NameSet::default();
        for (name, _) in &headers {
            dropped_headers.insert(Rc::clone(name));
        }
        for name in removed_headers.iter().filter_map(Pattern::literal) {
            dropped_headers.insert(name.into());
        }
        Provider {
            id: self.id,
            name: self.name.into(),
            cluster: self.cluster(report).into(),
            client_credentials: self.client_credentials(auth.is_some(), report),
            credential_prefix: prefix.unwrap_or_default().into(),
            credential_header: auth.map(|(header, _)| header.into()),
            path: self.path(report),
            authority: self.authority(report).map(String::into_boxed_str),
            headers,
            default_headers,
            dropped_headers,
            removed_headers,
            unregistered_models: self.provider.unregistered_models.unwrap_or(true),
            default_credential: self.default_credential(slots, report),
            keyring,
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

    fn headers(&self, report: &mut Report) -> Vec<(Rc<str>, Box<str>)> {
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

    fn removed_headers(&self, report: &mut Report) -> Vec<Pattern> {
        let list = self.at.key("remove_headers");
        let mut patterns = Vec::new();
        for (index, name) in items(&self.provider.remove_headers) {
            let name = name.to_ascii_lowercase();
            check_name(&name, list.index(index), report);
            match Pattern::parse(&name) {
                Ok(pattern) => patterns.push(pattern),
                Err(error) => report.error(list.index(index), error),
            }
        }
        patterns
    }

    fn default_credential(&self, slots: &Slots<'_>, report: &mut Report) -> Option<Slot> {
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
        slots.get(name).copied()
    }
}
