//! A request that goes to a pool, where the filter that stands there makes it a provider's.

use std::borrow::Cow;
use std::rc::Rc;

use super::body::Contents;
use super::{Exchange, Rewrite};
use crate::catalog::Pool;
use crate::failover::{is_unwanted, Mandate, Place, ENVOY_FIELDS};
use crate::header::{HeaderEdit, Headers, Name, FRAMING_HEADERS};
use crate::provider::{self, Provider, RequestPath};
use crate::reject::{Reject, Reply};
use crate::router::{Decision, Settings};
use crate::team::Caller;

/// The changes with which a request goes to its pool, and the pool; `None` if it has none or is one that cannot be handed
/// over, and goes to one provider alone.
pub fn to_pool(
    settings: &Settings,
    decision: &Decision,
    caller: &Caller,
    headers: &Headers,
    path: RequestPath<'_>,
    body: &Contents,
) -> Option<(Rewrite, Rc<Pool>)> {
    let failover = decision.failover.as_ref()?;
    let text = |name: &str| std::str::from_utf8(headers.first(name)?).ok();
    let mut mandate =
        Mandate::new(text(":path")?, text(":authority").unwrap_or_default(), body.len);
    mandate.team = caller.team().name.to_string();
    mandate.key = caller.key_id().map(ToString::to_string);
    mandate.model = failover.places.first()?.registered.as_ref()?.name.to_string();
    for decision in &failover.places {
        mandate.places.push(place(decision, path, body)?);
    }
    let providers: Vec<&Provider> =
        failover.places.iter().map(|decision| &*decision.provider).collect();
    let mut edits: Vec<HeaderEdit> = Vec::new();
    for (name, value) in headers.iter() {
        let Some(name) = lower_case(name) else { continue };
        if name.starts_with(':') || FRAMING_HEADERS.contains(&&*name) {
            continue;
        }
        if settings.stripped_headers.contains(name.as_bytes()) || name.starts_with(ENVOY_FIELDS) {
            let edit = HeaderEdit::Remove(Name::Shared(name.into()));
            if !edits.contains(&edit) {
                edits.push(edit);
            }
        } else if providers.iter().any(|provider| is_unwanted(provider, &name)) {
            let edit = HeaderEdit::Remove(Name::Shared((&*name).into()));
            // What is there twice could not be given back as it was.
            if edits.contains(&edit) {
                return None;
            }
            edits.push(edit);
            mandate.fields.push((name.into_owned(), std::str::from_utf8(value).ok()?.to_owned()));
        }
    }
    let mut set =
        |name: &Rc<str>, value: &[u8]| edits.push(HeaderEdit::Set(name.into(), value.to_vec()));
    if let Some(header) = &settings.subset_header {
        set(header, subset(&providers).as_bytes());
    }
    set(&settings.cluster_header, failover.pool.cluster.as_bytes());
    // Envoy sends nothing that has no method: not before the pool's filter has put it back.
    edits.push(HeaderEdit::Remove(":method".into()));
    let rewrite = Rewrite { headers: edits, body: Vec::new(), mandate: Some(mandate.encode()?) };
    Some((rewrite, Rc::clone(&failover.pool)))
}

/// A field's name in lower case, which it usually is already. No name that is not UTF-8 is one that anybody looks for.
fn lower_case(name: &[u8]) -> Option<Cow<'_, str>> {
    let name = std::str::from_utf8(name).ok()?;
    let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
    Some(if is_lower { Cow::Borrowed(name) } else { Cow::Owned(name.to_ascii_lowercase()) })
}

/// The providers' names as the endpoints' metadata has them.
fn subset(providers: &[&Provider]) -> String {
    provider::names(providers.iter().copied()).join("+")
}

fn place(decision: &Decision, path: RequestPath<'_>, body: &Contents) -> Option<Place> {
    let provider = &decision.provider;
    let is_needed = !provider.path.names_the_model(path);
    let splices = body.naming(&decision.upstream_model, is_needed).ok()?;
    let edits = splices.into_iter().map(|splice| {
        let text = String::from_utf8(splice.replacement).ok()?;
        Some((splice.range.start, splice.range.end, text))
    });
    Some(Place {
        provider: provider.name.to_string(),
        model: decision.upstream_model.clone(),
        credential: provider.name_of(&decision.grant).map(str::to_owned),
        edits: edits.collect::<Option<_>>()?,
    })
}

impl Exchange {
    /// The cluster of the pool that the request was sent to.
    #[must_use]
    pub fn pool(&self) -> Option<&str> {
        self.record.pool.as_ref().map(|pool| &*pool.cluster)
    }

    /// The field that tells a client which providers were tried, where one is configured.
    #[must_use]
    pub fn tried_field(&self) -> Option<(&str, String)> {
        let name = self.router.settings.tried_header.as_deref()?;
        let alone = self.record.provider.iter().filter(|_| self.record.pool.is_none());
        let tried: Vec<&str> = self.record.tried.iter().chain(alone).map(|name| &**name).collect();
        Some((name, tried.join(", ")))
    }

    /// Whether the request was sent to a pool.
    #[must_use]
    pub fn is_in_pool(&self) -> bool {
        self.record.pool.is_some()
    }

    /// Takes the names of the providers that were tried, separated by commas.
    pub fn tried(&mut self, names: &[u8]) {
        let providers = &self.router.catalog.providers;
        let names = std::str::from_utf8(names).unwrap_or_default().split(',');
        self.record.tried =
            names.filter_map(|name| providers.get(name)).map(|p| Rc::clone(&p.name)).collect();
        self.record.provider = self.record.tried.last().map(Rc::clone);
    }

    /// The answer for a request that no provider was sent, because the pool's filter did not let it, or is not there.
    pub fn unsent(&mut self) -> Reply {
        self.reject(&Reject::Internal)
    }
}
