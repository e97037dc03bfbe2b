//! Known providers: where their documentation says that each of their APIs is, and what a request to it looks like.
//!
//! The kinds are data, in the files below. To add one, add its entry there and its vector in `tests/vectors.json`, and run
//! `UPDATE_KINDS=1 cargo test --lib provider::kind`, which writes `tests/kinds.txt` and the table in `envoy/reference.md`.

mod api;
mod authority;
mod clouds;
mod family;
mod field;
mod gateways;
mod hosts;
mod makers;
mod own;

use crate::endpoint::Operation;

pub use api::Api;
pub use authority::{Authority, NoHost};
pub use family::Family;
pub use field::Field;

/// A provider whose APIs are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Its name, as the configuration's `kind` has it.
    pub name: &'static str,
    /// Its host, which all of its APIs have in common.
    pub authority: Authority,
    /// Where its APIs are, each at most once.
    pub apis: &'static [KnownPlace],
    /// Where they are for a configuration with an `api_version`; empty where there are no versions.
    pub versioned: &'static [KnownPlace],
    /// Models that it does not serve at all endpoints of its.
    pub families: &'static [Family],
    /// Whether OpenAI's own headers go there.
    pub keeps_openai_headers: bool,
    /// Further headers that are dropped.
    pub removed_headers: &'static [&'static str],
    /// Headers without which it refuses requests, and whose values only the configuration knows.
    pub required_headers: &'static [&'static str],
    /// Top-level members of bodies that choose further models there.
    pub forbidden_fields: &'static [&'static str],
    /// What the body of a 400 holds, any of these, where the provider says with a 400 that a credential is invalid.
    pub invalid_key_texts: &'static [&'static str],
}

/// Where a provider has an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownPlace {
    /// The API.
    pub api: Api,
    /// The path of its endpoints. `{endpoint}` is what the client's path has below its base path, `{model}` the model; the
    /// other names in braces are fields of the configuration, see [`Field`].
    pub path: &'static str,
    /// The endpoints that it serves there.
    pub endpoints: &'static [Operation],
    /// The endpoints that it serves at paths of their own, which are written like `path`.
    pub elsewhere: &'static [(Operation, &'static str)],
    /// How the credential is sent; `None` if none is.
    pub auth: Option<AuthStyle>,
    /// Headers that are sent where the client sent none.
    pub default_headers: &'static [(&'static str, &'static str)],
}

/// How a provider is sent its credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthStyle {
    /// The header.
    pub header: &'static str,
    /// What precedes the secret.
    pub prefix: &'static str,
}

/// `authorization: Bearer …` (RFC 6750, section 2.1).
pub const BEARER: AuthStyle = AuthStyle { header: "authorization", prefix: "Bearer " };

/// What Anthropic's own API takes.
const X_API_KEY: AuthStyle = AuthStyle { header: "x-api-key", prefix: "" };

/// What Azure takes.
const API_KEY: AuthStyle = AuthStyle { header: "api-key", prefix: "" };

/// What Gemini's own API takes.
const X_GOOG_API_KEY: AuthStyle = AuthStyle { header: "x-goog-api-key", prefix: "" };

/// What Google's servers read beside a request, which could leave out its tokens (`x-goog-fieldmask`), charge another project for
/// it, or choose another method (cloud.google.com/apis/docs/system-parameters).
const GOOGLES_OWN: &[&str] = &["x-goog-*", "x-http-method-override"];

/// The version of Anthropic's API that clients are taken to mean who name none. Those after it refuse `temperature`, `top_p`
/// and `top_k`.
const ANTHROPIC_VERSION: &[(&str, &str)] = &[("anthropic-version", "2023-06-01")];

impl Kind {
    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().find(|kind| kind.name == name)
    }

    /// The names of all kinds.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::all().map(|kind| kind.name)
    }

    /// All kinds.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        [makers::KINDS, clouds::KINDS, hosts::KINDS, gateways::KINDS, own::KINDS]
            .into_iter()
            .flatten()
    }

    /// Where its APIs are, for a configuration with or without an `api_version`, which not every kind has.
    #[must_use]
    pub fn places(&self, has_version: bool) -> &'static [KnownPlace] {
        if has_version && !self.versioned.is_empty() {
            self.versioned
        } else {
            self.apis
        }
    }

    /// The fields of the configuration that it has a use for.
    pub fn fields(&self) -> impl Iterator<Item = Field> + '_ {
        let paths = || self.apis.iter().chain(self.versioned).flat_map(KnownPlace::paths);
        Field::ALL.into_iter().filter(move |field| {
            (*field == Field::Region && self.authority.has_regions())
                || paths().any(|path| path.contains(field.placeholder()))
        })
    }

    /// What takes the place of the client's base path in its first API; `None` where more than that is rewritten.
    #[must_use]
    pub fn prefix(&self) -> Option<&'static str> {
        self.apis.first()?.prefix()
    }

    /// How the credential is sent in its first API.
    #[must_use]
    pub fn auth(&self) -> Option<AuthStyle> {
        self.apis.first()?.auth
    }

    /// A kind that has nothing of its own but its host and the places of its APIs.
    const fn new(name: &'static str, authority: Authority, apis: &'static [KnownPlace]) -> Self {
        Self {
            name,
            authority,
            apis,
            versioned: &[],
            families: &[],
            keeps_openai_headers: false,
            removed_headers: &[],
            required_headers: &[],
            forbidden_fields: &[],
            invalid_key_texts: &[],
        }
    }
}

impl KnownPlace {
    /// Whether it serves `operation`.
    #[must_use]
    pub fn serves(&self, operation: Operation) -> bool {
        self.served().any(|served| served == operation)
    }

    /// The endpoints that it serves.
    pub fn served(&self) -> impl Iterator<Item = Operation> {
        self.endpoints.iter().copied().chain(self.elsewhere.iter().map(|(operation, _)| *operation))
    }

    /// The path of `operation`, to be filled in.
    #[must_use]
    pub fn path_of(&self, operation: Operation) -> &'static str {
        let own = self.elsewhere.iter().find(|(served, _)| *served == operation);
        own.map_or(self.path, |(_, path)| *path)
    }

    /// What takes the place of the client's base path; `None` where more than that is rewritten.
    #[must_use]
    pub fn prefix(&self) -> Option<&'static str> {
        self.path.strip_suffix("/{endpoint}").filter(|prefix| !prefix.contains('{'))
    }

    fn paths(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.path).chain(self.elsewhere.iter().map(|(_, path)| *path))
    }

    /// OpenAI's API, for which the credential is a bearer token.
    const fn openai(path: &'static str, endpoints: &'static [Operation]) -> Self {
        let (api, auth) = (Api::OpenAi, Some(BEARER));
        Self { api, path, endpoints, elsewhere: &[], auth, default_headers: &[] }
    }

    /// Anthropic's API, for which the credential is a bearer token.
    const fn anthropic(path: &'static str, endpoints: &'static [Operation]) -> Self {
        let (api, default_headers) = (Api::Anthropic, ANTHROPIC_VERSION);
        Self { api, default_headers, ..Self::openai(path, endpoints) }
    }
}

#[cfg(test)]
mod tests;
