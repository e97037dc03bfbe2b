//! Virtual keys.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::SystemTime;

use time::format_description::well_known::Rfc3339;
use time::OffsetDateTime;

use super::{attributes, Builder};
use crate::config::compile::credentials::from_environment;
use crate::config::compile::{items, names};
use crate::config::raw::Key;
use crate::config::read::List;
use crate::config::report::{At, Report};
use crate::identity::KeyDigest;
use crate::limit::Holder;
use crate::team::{OwnRules, Team, VirtualKey, VirtualKeys};

impl Builder<'_> {
    /// Whether callers can be this team's without showing a key.
    fn is_known_without_keys(&self, team: &str) -> bool {
        self.raw.identity.as_ref().is_some_and(|identity| {
            identity.team_metadata.is_some()
                || identity.team_header.is_some()
                || identity.anonymous_team.as_deref() == Some(team)
        })
    }

    /// Compiles the team's keys, and gives back the memory of what was written.
    pub(super) fn keys(
        &self,
        written: Option<List<Key>>,
        team: &Rc<Team>,
        environment: &dyn Fn(&str) -> Option<String>,
        keys: &mut VirtualKeys,
        report: &mut Report,
    ) {
        let list = self.at.key("keys");
        if written.as_ref().is_none_or(List::is_empty) && !self.is_known_without_keys(&team.name) {
            report.warn(self.at, "this team has no key: nobody can call as it");
        }
        let mut ids: BTreeSet<Rc<str>> = BTreeSet::new();
        for (index, key) in items(&written) {
            let at = list.index(index);
            let digest = digest(key, at, environment, report);
            let compiled = self.key(key, index, team, digest.as_ref(), at, report);
            if !ids.insert(Rc::clone(&compiled.id)) {
                report.error(at.key("id"), format_args!("the id {:?} is repeated", compiled.id));
            }
            if let Some(digest) = digest {
                if !keys.insert(digest, compiled) {
                    report.error(at, "this virtual key is given twice");
                }
            }
        }
    }

    fn key(
        &self,
        raw: &Key,
        index: usize,
        team: &Rc<Team>,
        digest: Option<&KeyDigest>,
        at: At<'_>,
        report: &mut Report,
    ) -> VirtualKey {
        let id = raw.id.as_deref().map_or_else(|| nameless(index), Cow::Borrowed);
        names::check(&id, "a key's id", at.key("id"), report);
        VirtualKey {
            id: Rc::from(&*id),
            team: Rc::clone(team),
            own: self.own_rules(raw, index, team, digest, at, report),
        }
    }

    /// What a key has of its own; `None` if that is nothing.
    fn own_rules(
        &self,
        raw: &Key,
        place: usize,
        team: &Team,
        digest: Option<&KeyDigest>,
        at: At<'_>,
        report: &mut Report,
    ) -> Option<Box<OwnRules>> {
        let Key { models, credentials, model_credentials, attributes: own, limits, .. } = raw;
        let is_plain = models.is_none()
            && raw.expires_at.is_none()
            && raw.disabled != Some(true)
            && credentials.is_none()
            && model_credentials.is_none()
            && own.is_none()
            && limits.is_none();
        if is_plain {
            return None;
        }
        let known_by = digest.map(KeyDigest::fingerprint).unwrap_or_default();
        let counter = [&*team.name, &*known_by];
        Some(Box::new(OwnRules {
            place,
            access: models.is_some().then(|| self.access(models, at.key("models"), report)),
            expires_at: raw
                .expires_at
                .as_deref()
                .and_then(|text| instant(text, at.key("expires_at"), report)),
            disabled: raw.disabled.unwrap_or(false),
            credentials: self.credential_sets(
                credentials,
                model_credentials.as_deref(),
                at,
                report,
            ),
            attributes: team.attributes.with(&attributes(own)),
            limits: self.limits(limits, Holder::Key, counter, &team.aliases, at, report),
        }))
    }
}

/// The id of a key that is given none: its place in the list.
fn nameless(index: usize) -> Cow<'static, str> {
    Cow::Owned(["keys[", itoa::Buffer::new().format(index), "]"].concat())
}

fn digest(
    raw: &Key,
    at: At<'_>,
    environment: &dyn Fn(&str) -> Option<String>,
    report: &mut Report,
) -> Option<KeyDigest> {
    match (&raw.sha256, &raw.env) {
        (Some(digits), None) => {
            let digest = KeyDigest::from_hex(digits);
            if digest.is_none() {
                report.error(
                    at.key("sha256"),
                    "expected 64 hexadecimal digits, the SHA-256 of the key",
                );
            }
            digest
        }
        (None, Some(variable)) => from_environment(variable, at.key("env"), environment, report)
            .map(|key| KeyDigest::of(key.expose().as_bytes())),
        _ => {
            report.error(at, "give exactly one of `sha256` and `env`");
            None
        }
    }
}

fn instant(text: &str, at: At<'_>, report: &mut Report) -> Option<SystemTime> {
    let parsed = OffsetDateTime::parse(text, &Rfc3339);
    if parsed.is_err() {
        report.error(
            at,
            format_args!("{text:?} is no time of RFC 3339, such as 2027-01-01T00:00:00Z"),
        );
    }
    parsed.ok().map(SystemTime::from)
}
