//! One attempt: the request as one provider gets it.

use std::borrow::Cow;
use std::rc::Rc;
use std::time::SystemTime;

use super::mandate::{Mandate, Place};
use super::upstream::Unfit;
use crate::catalog::Model;
use crate::exchange::rewrite::{query_for, resulting_len};
use crate::exchange::{Record, Rewrite};
use crate::header::{HeaderEdit, Headers, Name, FRAMING_HEADERS};
use crate::host::Host;
use crate::provider::{Grant, Provider};
use crate::reject::Quoted;
use crate::router::{line, Router, Settings};
use crate::team::Caller;

/// An attempt that is about to be made. The credential is in `rewrite` and nowhere else.
#[derive(Debug)]
pub struct Attempt {
    /// The changes that make the request the provider's.
    pub rewrite: Rewrite,
    /// How long the body must be that is changed, in bytes.
    pub length: usize,
    /// The names of the fields that it writes, for the next attempt to take back.
    pub written: String,
    /// Whose it is, for metrics and logs.
    pub record: Record,
    /// Under what name all workers remember how the credential fares.
    line: Option<String>,
}

impl Attempt {
    /// The attempt at `provider`. Envoy gives each attempt the body as it came, but the header fields as the attempt
    /// before has left them: `written` names those that it had put there.
    #[allow(clippy::too_many_arguments, reason = "it is all that is known of a request")]
    pub(super) fn new(
        settings: &Settings,
        caller: &Caller,
        model: &Model,
        provider: &Provider,
        grant: &Grant,
        mandate: &Mandate,
        place: &Place,
        headers: &Headers,
        written: Option<&str>,
    ) -> Result<Self, Unfit> {
        let told = headers.first("content-length");
        let length = mandate.length.to_string();
        if written.is_none() && told.is_some_and(|told| told != length.as_bytes()) {
            return Err(Unfit::OtherBody);
        }
        let before: Vec<&str> = written.into_iter().flat_map(|names| names.split(',')).collect();
        let authorization = provider.authorization(grant).map_err(|_| Unfit::Unwritable)?;
        let splices = place.splices();

        let mut edits = removals(settings, provider, mandate, headers, &before);
        let mut names: Vec<&str> = Vec::new();
        for (name, value) in fields(provider, mandate, headers, &before) {
            names.push(name);
            edits.push(HeaderEdit::Set(shared(name), value.as_bytes().to_vec()));
        }
        if let Some((name, value)) = authorization {
            names.push(name);
            edits.push(HeaderEdit::Set(name.into(), value.expose().as_bytes().to_vec()));
        }
        let mut set = |name: &'static str, value: &[u8]| {
            edits.push(HeaderEdit::Set(name.into(), value.to_vec()));
        };
        if told.is_some() {
            let length = resulting_len(mandate.length, &splices).to_string();
            set("content-length", length.as_bytes());
        }
        set(":authority", provider.authority.as_deref().unwrap_or(&mandate.authority).as_bytes());
        set(":path", &path(settings, provider, mandate, place)?);
        // The one that the listener's filter has taken away: all that go to pools are of this method.
        set(":method", b"POST");
        Ok(Self {
            rewrite: Rewrite { headers: edits, body: splices, mandate: None },
            length: mandate.length,
            written: names.join(","),
            record: Record {
                team: Some(Rc::clone(&caller.team().name)),
                provider: Some(Rc::clone(&provider.name)),
                upstream_model: Some(Quoted::new(&place.model)),
                registered: Some(Rc::clone(&model.name)),
                ..Record::default()
            },
            line: line(caller, provider, grant),
        })
    }

    /// Notes how it ended: with an answer of this status, or with none. Whether the credential rests now.
    pub fn note(&self, router: &Router, answer: Option<(u16, &Headers)>, host: &dyn Host) -> bool {
        let cooldown = &router.settings.cooldown;
        let now: SystemTime = host.now();
        let failed = answer.is_none_or(|(status, _)| cooldown.is_failure(status));
        let asked_for = answer.and_then(|(_, headers)| headers.first("retry-after"));
        self.line.as_ref().is_some_and(|line| cooldown.note(line, failed, asked_for, now, host))
    }
}

/// The fields that this provider must not get: credentials, what it is not to see, and what was written for the one
/// before.
fn removals(
    settings: &Settings,
    provider: &Provider,
    mandate: &Mandate,
    headers: &Headers,
    before: &[&str],
) -> Vec<HeaderEdit> {
    let mut removed: Vec<HeaderEdit> = Vec::new();
    for name in headers.iter().filter_map(|(name, _)| std::str::from_utf8(name).ok()) {
        if name.starts_with(':') || FRAMING_HEADERS.contains(&name) {
            continue;
        }
        let unwanted = before.contains(&name)
            || settings.stripped_headers.contains(name.as_bytes())
            || mandate.fields.iter().any(|(field, _)| field == name)
            || is_unwanted(provider, name);
        let edit = HeaderEdit::Remove(shared(name));
        if unwanted && !removed.contains(&edit) {
            removed.push(edit);
        }
    }
    removed
}

/// A name that is nobody's yet.
fn shared(name: &str) -> Name {
    Name::Shared(name.into())
}

/// Whether a field of the client's goes to other providers, but not to this one.
pub fn is_unwanted(provider: &Provider, name: &str) -> bool {
    provider.headers.iter().any(|(set, _)| **set == *name)
        || provider.removed_headers.iter().any(|pattern| pattern.matches(name))
}

/// The fields that this provider gets and others do not, beside its credential.
fn fields<'a>(
    provider: &'a Provider,
    mandate: &'a Mandate,
    headers: &Headers,
    before: &[&str],
) -> Vec<(&'a str, &'a str)> {
    let pair = |(name, value): &'a (Rc<str>, Box<str>)| (&**name, &**value);
    let of_client = (mandate.fields.iter())
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| !is_unwanted(provider, name));
    let mut fields: Vec<_> = of_client.chain(provider.headers.iter().map(pair)).collect();
    for (name, value) in provider.default_headers.iter().map(pair) {
        let is_sent = headers.first(name).is_some() && !before.contains(&name);
        if !is_sent && !fields.iter().any(|(field, _)| *field == name) {
            fields.push((name, value));
        }
    }
    fields
}

fn path(
    settings: &Settings,
    provider: &Provider,
    mandate: &Mandate,
    place: &Place,
) -> Result<Vec<u8>, Unfit> {
    let path = (settings.base_paths.split(mandate.path.as_bytes()))
        .ok_or(Unfit::OtherConfiguration("it has other base paths"))?;
    let query = query_for(path, &place.model).map_err(|_| Unfit::Unwritable)?;
    let path = provider.path.rewrite(path, query.as_deref(), &place.model);
    path.map(Cow::into_owned).map_err(|_| Unfit::Unwritable)
}
