//! The places of a provider's APIs: what the configuration writes, over what the kind knows.

use std::rc::Rc;

use super::address::Paths;
use super::clients_host::ClientsHost;
use super::written::{Written, WrittenAuth, WrittenAuthority};
use super::Builder;
use crate::config::compile::entries;
use crate::config::raw::ApiPlace;
use crate::config::report::{unknown, Report};
use crate::pattern::Pattern;
use crate::provider::{Api, Field, KnownPlace, PathRule, Place, Places, RemovedHeaders, BEARER};

/// What is known of the place of one API.
struct Sources<'a> {
    /// What the kind knows of it.
    known: Option<&'static KnownPlace>,
    /// The kind's host.
    host: Option<&'a str>,
    /// What is written of the provider, which holds for all of its APIs.
    own: &'a Written<'a>,
    /// What is written of this API alone.
    api: Option<&'a Written<'a>>,
}

impl<'a> Sources<'a> {
    /// Whose host the configuration writes, if it does.
    fn authority(&self) -> Option<WrittenAuthority<'a>> {
        self.api.and_then(|api| api.authority).or(self.own.authority)
    }
}

impl Builder<'_, '_> {
    /// The places of all APIs.
    pub(super) fn places(&self, report: &mut Report) -> Places {
        let own = self.written(self.provider.into(), self.at, report);
        let host = self.host(report);
        let at = self.at.key("apis");
        for (name, _) in entries(&self.provider.apis) {
            if Api::named(name).is_none() {
                report.error(at.key(name), unknown("API", name, Api::ALL.map(Api::as_str)));
            }
        }
        let mut missing = Vec::new();
        let mut clients_hosts = Vec::new();
        let mut place = |api: Option<Api>, known: Option<&'static KnownPlace>| {
            let name = api.map_or("", Api::as_str);
            let given = api.and_then(|api| self.written_of(api));
            let api = given.map(|given| self.written(given.into(), at.key(name), report));
            let (host, own, api) = (host.as_deref(), &own, api.as_ref());
            let sources = Sources { known, host, own, api };
            let paths = self.paths(&sources, &mut missing);
            if paths.is_none() {
                let message = "the kind does not have this API: say where the provider has it";
                report.error(at.key(name).key("path"), message);
            }
            let place = self.place(&sources, paths.unwrap_or((PathRule::AsSent, Vec::new())));
            if place.credential_header.is_some() && place.authority.is_none() {
                let at = given.map_or(self.at, |_| at.key(name));
                let is_written = sources.authority().is_some();
                clients_hosts.push(ClientsHost { at, is_written });
            }
            place
        };
        let known = self.known_places();
        let first = known.first();
        let usual = place(first.map(|known| known.api), first);
        let others = known.iter().skip(1).map(|known| (known.api, Some(known)));
        let added = self.added_apis().map(|api| (api, None));
        let of_apis = others.chain(added).map(|(api, known)| (api, place(Some(api), known)));
        let places = Places { usual, of_apis: of_apis.collect() };
        for field in Field::ALL.into_iter().filter(|field| missing.contains(field)) {
            report.error(self.at.key(field.as_str()), "this kind needs it, for its paths");
        }
        self.check_hosts(&clients_hosts, report);
        places
    }

    /// Where the kind has its APIs.
    pub(super) fn known_places(&self) -> &'static [KnownPlace] {
        let has_version = self.provider.api_version.is_some();
        self.kind.map_or(&[], |kind| kind.places(has_version))
    }

    /// The APIs that the configuration has a place for and the kind has not.
    pub(super) fn added_apis(&self) -> impl Iterator<Item = Api> + '_ {
        let is_known = |api: Api| self.known_places().iter().any(|known| known.api == api);
        Api::ALL.into_iter().filter(move |api| self.written_of(*api).is_some() && !is_known(*api))
    }

    /// What is written of an API.
    fn written_of(&self, api: Api) -> Option<&ApiPlace<'_>> {
        self.provider.apis.as_ref()?.get(api.as_str())
    }

    /// The paths of an API; `None` where nothing tells them.
    fn paths(&self, sources: &Sources<'_>, missing: &mut Vec<Field>) -> Option<Paths> {
        let Sources { known, own, api, .. } = sources;
        // What is written of the provider is the path of the kind's first API, and of those that share it.
        let first = self.known_places().first().map(|first| first.path);
        let (of_provider, of_api) = (own.path.as_ref(), api.and_then(|api| api.path.as_ref()));
        let whole = |path: &PathRule| Some((path.clone(), Vec::new()));
        match (of_api, of_provider, known) {
            (Some(path), ..) => whole(path),
            (None, Some(path), Some(known)) if first == Some(known.path) => whole(path),
            (None, _, Some(known)) => Some(self.known_paths(known, missing)),
            (None, _, None) if self.kind.is_some() => None,
            (None, path, None) => whole(path.unwrap_or(&PathRule::AsSent)),
        }
    }

    fn place(&self, sources: &Sources<'_>, (path, own_paths): Paths) -> Place {
        let Sources { known, host, own, api } = sources;
        let style = match (known, self.kind) {
            (Some(known), _) => known.auth,
            (None, Some(kind)) => kind.auth(),
            (None, None) => Some(BEARER),
        };
        let auth = api.and_then(|api| api.auth.as_ref()).or(own.auth.as_ref());
        let (credential_header, prefix) = WrittenAuth::over(auth, style).unzip();
        let cluster = api.and_then(|api| api.cluster).or(own.cluster);
        let authority = match sources.authority() {
            Some(WrittenAuthority::Host(host)) => Some(host),
            Some(WrittenAuthority::Client) => None,
            None => *host,
        };
        let mut set_headers = api.map_or(Vec::new(), |api| api.headers.clone());
        for (name, value) in &own.headers {
            if !set_headers.iter().any(|(known, _)| known == name) {
                set_headers.push((Rc::clone(name), value.clone()));
            }
        }
        let is_set = |name: &str| set_headers.iter().any(|(set, _)| **set == *name);
        let defaults = known.map_or(&[][..], |known| known.default_headers).iter();
        let defaults = defaults.filter(|(name, _)| !is_set(name));
        let default_headers = defaults.map(|(name, value)| ((*name).into(), (*value).into()));
        Place {
            // One that is missing was reported when it was read.
            cluster: cluster.unwrap_or_default().into(),
            authority: authority.map(Box::from),
            path,
            own_paths,
            credential_header,
            credential_prefix: prefix.unwrap_or_default(),
            default_headers: default_headers.collect(),
            removed_headers: self.removed_headers(sources),
            set_headers,
        }
    }

    fn removed_headers(&self, sources: &Sources<'_>) -> RemovedHeaders {
        let mut removed = RemovedHeaders::default();
        let of_kind = self.kind.iter().flat_map(|kind| kind.removed_headers.iter());
        for pattern in of_kind.filter_map(|name| Pattern::parse(name).ok()) {
            removed.add(pattern);
        }
        for written in std::iter::once(sources.own).chain(sources.api) {
            written.removed_headers.iter().for_each(|pattern| removed.add(pattern.clone()));
        }
        self.kept_headers.iter().for_each(|pattern| removed.keep(pattern.clone()));
        removed
    }
}
