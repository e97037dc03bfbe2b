//! What the configuration says of a place: of the provider's own, and of those of its single APIs.

use std::rc::Rc;

use super::{header_pattern, Builder};
use crate::config::compile::settings::{check_name, cluster_header};
use crate::config::compile::{entries, items};
use crate::config::named::Named;
use crate::config::raw::{ApiPlace, Auth, AuthHeader, Path, Provider};
use crate::config::read::List;
use crate::config::reader::Text;
use crate::config::report::{At, Report};
use crate::header::{self, CREDENTIAL_HEADERS};
use crate::pattern::Pattern;
use crate::provider::{may_be_removed, AuthStyle, PathRule, BEARER};

/// What is written of a place. What is absent is the provider's, or the kind's.
pub struct Written<'a> {
    pub cluster: Option<&'a str>,
    pub authority: Option<WrittenAuthority<'a>>,
    pub path: Option<PathRule>,
    pub auth: Option<WrittenAuth>,
    pub headers: Vec<(Rc<str>, Box<str>)>,
    pub removed_headers: Vec<Pattern>,
}

/// Whose host is sent.
#[derive(Clone, Copy)]
pub enum WrittenAuthority<'a> {
    /// The client's: the configuration says `client`.
    Client,
    /// This one.
    Host(&'a str),
}

impl<'a> From<&'a str> for WrittenAuthority<'a> {
    fn from(written: &'a str) -> Self {
        match written {
            "client" => Self::Client,
            host => Self::Host(host),
        }
    }
}

/// How the credential is sent.
pub enum WrittenAuth {
    /// Not at all.
    None,
    /// In a header.
    Header { name: Option<String>, prefix: Option<String> },
}

/// The fields that a provider and its single APIs have in common.
pub struct Fields<'a> {
    cluster: &'a Option<Text<'a>>,
    authority: &'a Option<Text<'a>>,
    path: &'a Option<Path<'a>>,
    auth: &'a Option<Auth<'a>>,
    headers: &'a Option<Named<'a, Text<'a>>>,
    remove_headers: &'a Option<List<Text<'a>>>,
}

impl<'a> From<&'a Provider<'a>> for Fields<'a> {
    fn from(provider: &'a Provider<'a>) -> Self {
        let Provider { cluster, authority, path, auth, headers, remove_headers, .. } = provider;
        Self { cluster, authority, path, auth, headers, remove_headers }
    }
}

impl<'a> From<&'a ApiPlace<'a>> for Fields<'a> {
    fn from(place: &'a ApiPlace<'a>) -> Self {
        let ApiPlace { cluster, authority, path, auth, headers, remove_headers, .. } = place;
        Self { cluster, authority, path, auth, headers, remove_headers }
    }
}

impl<'a> Builder<'a, '_> {
    /// What these fields say, each checked.
    pub(super) fn written(
        &self,
        fields: Fields<'a>,
        at: At<'_>,
        report: &mut Report,
    ) -> Written<'a> {
        let cluster = fields.cluster.as_deref();
        if cluster.is_some_and(|cluster| cluster.is_empty() || !header::is_value(cluster)) {
            report.error(at.key("cluster"), "a cluster's name is not empty and fits in a header");
        }
        let authority = fields.authority.as_deref();
        let is_part = |byte: u8| byte.is_ascii_graphic() && byte != b'/';
        if authority.is_some_and(|host| host.is_empty() || !host.bytes().all(is_part)) {
            let message = "this is no authority (a host, and a port if need be)";
            report.error(at.key("authority"), message);
        }
        let path =
            fields.path.as_ref().map(|path| super::address::rule(path, at.key("path"), report));
        let auth = fields.auth.as_ref().map(|auth| self.written_auth(auth, at, report));
        let headers = self.headers(fields.headers, at, report);
        let removed_headers = removed_headers(fields.remove_headers, at, report);
        let authority = authority.map(WrittenAuthority::from);
        Written { cluster, authority, path, auth, headers, removed_headers }
    }

    fn written_auth(&self, auth: &Auth, at: At<'_>, report: &mut Report) -> WrittenAuth {
        let AuthHeader { header, prefix, .. } = match auth {
            Auth::None => return WrittenAuth::None,
            Auth::Header(given) => given,
        };
        let at = at.key("auth");
        let name = header.as_ref().map(|name| name.to_ascii_lowercase());
        if let Some(name) = &name {
            check_name(name, at.key("header"), report);
            if *name == cluster_header(self.raw) {
                let message = "this is the cluster header, which is not sent upstream";
                report.error(at.key("header"), message);
            }
        }
        // A space after the scheme belongs to it.
        if prefix.as_ref().is_some_and(|prefix| !header::is_value(prefix.trim_end_matches(' '))) {
            report.error(at.key("prefix"), "this cannot stand in a header");
        }
        WrittenAuth::Header { name, prefix: prefix.as_deref().map(str::to_owned) }
    }

    fn headers(
        &self,
        given: &Option<Named<Text>>,
        at: At<'_>,
        report: &mut Report,
    ) -> Vec<(Rc<str>, Box<str>)> {
        let list = at.key("headers");
        let mut headers: Vec<(Rc<str>, Box<str>)> = Vec::new();
        for (name, value) in entries(given) {
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
}

fn removed_headers(given: &Option<List<Text>>, at: At<'_>, report: &mut Report) -> Vec<Pattern> {
    let list = at.key("remove_headers");
    let mut removed = Vec::new();
    for (index, name) in items(given) {
        let at = list.index(index);
        if let Some(pattern) = header_pattern(name, at, report) {
            if pattern.literal().is_some_and(|name| !may_be_removed(name)) {
                report.error(at, "a request is nothing without this header, or Envoy needs it");
            }
            removed.push(pattern);
        }
    }
    removed
}

impl WrittenAuth {
    /// The credential header and what precedes the secret in it, where `style` is the kind's; `None` if no credential is
    /// sent.
    pub fn over(given: Option<&Self>, style: Option<AuthStyle>) -> Option<(Rc<str>, Box<str>)> {
        let (name, prefix) = match given {
            None => return style.map(|style| (style.header.into(), style.prefix.into())),
            Some(Self::None) => return None,
            Some(Self::Header { name, prefix }) => (name, prefix),
        };
        let style = style.unwrap_or(BEARER);
        let name = name.as_deref().unwrap_or(style.header);
        let usual = match name {
            _ if name == style.header => style.prefix,
            "authorization" => BEARER.prefix,
            _ => "",
        };
        Some((name.into(), prefix.as_deref().unwrap_or(usual).into()))
    }
}
