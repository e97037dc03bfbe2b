//! The request as a provider gets it: the one place where it is made.
//!
//! What a provider gets depends on the client's request, the provider and the authorization, and on nothing else. So a
//! request that goes to one provider alone and the n-th attempt of a request in a pool are made here, by the same
//! functions from the same values:
//!
//! - [`ClientRequest`] is the client's request. Alone, its header fields are those that the host holds. In a pool they
//!   are the fields in which the pool's providers differ, as the failover context carries them; the others stay with
//!   the host and are every provider's.
//! - [`ProviderRequest::new`] makes the fields, the path and the changes to the body.
//! - [`ProviderRequest::edits`] is the difference between what the host holds and that.

mod fields;
mod path;
mod subprotocol;

use std::borrow::Cow;

use crate::body::{resulting_len, BodyChanges, BodyLayout, Splice};
use crate::credential::Authorization;
use crate::endpoint::{Form, Operation, RequestPath};
use crate::header::{HeaderEdit, HeaderField, HeaderName, Headers, Name};
use crate::identity::ShownKeys;
use crate::parameters::Parameters;
use crate::provider::{Api, Place, Provider};
use crate::reject::Reject;
use crate::settings::Settings;

pub use fields::{is_forwardable, treats_specially};
pub use path::forwardable_path;

/// A client's request, as far as the requests of providers depend on it.
#[derive(Debug, Clone, Copy)]
pub struct ClientRequest<'a> {
    /// The API that it is for.
    pub api: Api,
    /// The endpoint that it is for; `None` for one of what is stored at a provider.
    pub operation: Option<Operation>,
    /// Its path, taken apart.
    pub path: RequestPath<'a>,
    /// Its `:authority`.
    pub authority: &'a [u8],
    /// Its header fields.
    pub fields: ClientFields<'a>,
    /// The keys that it shows.
    pub shown_keys: &'a ShownKeys,
    /// Its body; `None` for one that has none.
    pub body: Option<&'a BodyLayout>,
}

/// The header fields of a client's request.
#[derive(Debug, Clone, Copy)]
pub enum ClientFields<'a> {
    /// All of them, which the host holds.
    WithHost(&'a Headers),
    /// Those in which the providers of a pool differ. They were taken from the host: see [`crate::failover`].
    Carried(&'a [(String, String)]),
}

/// Where a request goes, and what the configuration does to it for that.
#[derive(Debug, Clone, Copy)]
pub struct Destination<'a> {
    /// The provider.
    pub provider: &'a Provider,
    /// The model's name there.
    pub model: &'a str,
    /// With what it is sent.
    pub authorization: &'a Authorization,
    /// What the target does to other members of the body.
    pub parameters: Option<&'a Parameters>,
}

/// The request that one provider gets.
#[derive(Debug)]
pub struct ProviderRequest<'a> {
    provider: &'a Provider,
    /// Where the provider has the API of the endpoint.
    place: &'a Place,
    authorization: &'a Authorization,
    client: ClientRequest<'a>,
    /// The fields that are this provider's, each once.
    fields: Vec<OwnField<'a>>,
    /// [`HeaderName::bit`] of each of their names.
    names: u64,
    /// The changes to the body, in the order of their places; none of them overlaps another.
    body: Vec<Splice>,
}

/// A field that is a provider's.
#[derive(Debug)]
struct OwnField<'a> {
    name: Name,
    /// The hash of the name.
    hash: u32,
    value: Cow<'a, [u8]>,
    present: Present,
}

/// What the host holds of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Present {
    /// None.
    No,
    /// One, with the same value.
    Same,
    /// One with another value.
    Other,
    /// Several.
    Several,
}

/// The changes that make the request that a host holds a provider's.
#[derive(Debug)]
pub struct Edits {
    /// To the header fields, in this order.
    pub headers: Vec<HeaderEdit>,
    /// To the body.
    pub body: Vec<Splice>,
}

impl<'a> ProviderRequest<'a> {
    /// The request to a provider for a model of its.
    ///
    /// # Errors
    ///
    /// The model cannot stand where the provider wants it, or a member that is changed is there twice.
    pub fn new(
        settings: &Settings,
        destination: Destination<'a>,
        client: ClientRequest<'a>,
    ) -> Result<Self, Reject> {
        let Destination { provider, model, authorization, parameters } = destination;
        let place = provider.place(client.api);
        let path_rule = place.path(client.operation);
        let mut request = Self {
            provider,
            place,
            authorization,
            client,
            fields: Vec::with_capacity(8),
            names: 0,
            body: Vec::new(),
        };
        if let Some(body) = client.body {
            // Gemini's own API names models as resources.
            let is_resource = client.path.native() == Some(Form::Gemini);
            let name =
                if is_resource { ["models/", model].concat().into() } else { Cow::Borrowed(model) };
            request.body = body.splices(BodyChanges {
                model: &name,
                needs_model: !path_rule.names_the_model(client.path),
                parameters,
                tells_usage: provider.stream_usage && client.path.has_stream_options(),
            })?;
        }
        request.add_fields(settings)?;
        let authority = place.authority.as_deref().map_or(client.authority, str::as_bytes);
        request.add(":authority".into(), Cow::Borrowed(authority));
        let path = path::provider_path(path_rule, client.path, client.shown_keys, model)?;
        request.add(":path".into(), path);
        Ok(request)
    }

    /// Sets a further field, that of Envoy's route.
    pub fn set(&mut self, name: Name, value: &'a [u8]) {
        self.add(name, Cow::Borrowed(value));
    }

    fn add(&mut self, name: Name, value: Cow<'a, [u8]>) {
        let known = HeaderName::of(&name);
        let hash = known.hash();
        self.names |= known.bit();
        self.fields.push(OwnField { name, hash, value, present: Present::No });
    }

    /// The cluster that reaches the provider there.
    #[must_use]
    pub fn cluster(&self) -> &'a str {
        &self.place.cluster
    }

    /// The names of the fields that are this provider's.
    pub fn header_names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| &*field.name)
    }

    /// What must be done to `present`, the fields that the host holds, so that they are this request's. What the client
    /// did not send and this filter did not write stays: it is Envoy's. `is_left_over` tells of a name whether an
    /// earlier attempt wrote it.
    #[must_use]
    pub fn edits(
        mut self,
        settings: &Settings,
        present: &Headers,
        is_left_over: &dyn Fn(HeaderName<'_>) -> bool,
    ) -> Edits {
        let mut edits: Vec<HeaderEdit> = Vec::with_capacity(self.fields.len().saturating_add(4));
        let mut sent_length = None;
        for HeaderField { name, value } in present.fields() {
            let goes = match self.note_present(name, value) {
                // To replace a field that is there once is enough.
                Some(present) => present == Present::Several,
                None => match self.client.fields {
                    ClientFields::WithHost(_) => !self.passes(settings, name, value),
                    ClientFields::Carried(_) => is_left_over(name),
                },
            };
            if goes {
                remove(&mut edits, settings, name);
            }
            if sent_length.is_none() && name == CONTENT_LENGTH {
                sent_length = Some(value);
            }
        }
        if let (Some(body), Some(sent)) = (self.client.body, sent_length) {
            let length = resulting_len(body.len, &self.body);
            let is_told = std::str::from_utf8(sent).is_ok_and(|sent| sent.parse() == Ok(length));
            if !is_told {
                let length = itoa::Buffer::new().format(length).as_bytes().to_vec();
                edits.push(HeaderEdit::Set("content-length".into(), length));
            }
        }
        for OwnField { name, value, present, .. } in self.fields {
            if present != Present::Same {
                edits.push(HeaderEdit::Set(name, value.into_owned()));
            }
        }
        Edits { headers: edits, body: self.body }
    }

    /// Notes of a field that the host holds what it means for this provider's own of that name; `None` if there is none.
    fn note_present(&mut self, name: HeaderName<'_>, value: &[u8]) -> Option<Present> {
        if self.names & name.bit() == 0 {
            return None;
        }
        let is_own =
            |own: &&mut OwnField<'_>| HeaderName::hashed(own.name.as_bytes(), own.hash) == name;
        let own = self.fields.iter_mut().find(is_own)?;
        own.present = match own.present {
            Present::No if *own.value == *value => Present::Same,
            Present::No => Present::Other,
            Present::Same | Present::Other | Present::Several => Present::Several,
        };
        Some(own.present)
    }
}

/// Drops every field of this name, which one edit does.
fn remove(edits: &mut Vec<HeaderEdit>, settings: &Settings, name: HeaderName<'_>) {
    // Envoy has no field whose name is no text.
    let Some(text) = name.text() else { return };
    let is_done = |edit: &HeaderEdit| matches!(edit, HeaderEdit::Remove(done) if **done == *text);
    if !edits.iter().any(is_done) {
        edits.push(HeaderEdit::Remove(settings.never_forwarded.name_of(name, text)));
    }
}

const CONTENT_LENGTH: HeaderName<'_> = HeaderName::of("content-length");

#[cfg(test)]
mod tests;
