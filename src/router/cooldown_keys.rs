//! Under what names all workers remember how a provider answered a team's credential.

use std::hash::{BuildHasher, BuildHasherDefault};

use rustc_hash::FxHasher;

use crate::catalog::Model;
use crate::cooldown::CooldownKeys;
use crate::credential::Authorization;
use crate::provider::Provider;
use crate::team::Caller;

/// The names for `upstream_model` at `provider`. `None` for a key of the caller's own, of which nothing is ever remembered.
pub(crate) fn cooldown_keys(
    caller: &Caller,
    provider: &Provider,
    authorization: &Authorization,
    registered: Option<&Model>,
    upstream_model: &str,
) -> Option<CooldownKeys> {
    let credential = match authorization {
        Authorization::Credential(handle) => &*provider.credentials.get(*handle)?.fingerprint,
        Authorization::NotNeeded(_) => "",
        Authorization::CallersKey { .. } => return None,
    };
    let team = &*caller.team().name;
    let credential = ["llm_router.cooldown", team, &provider.name, credential].join("\0");
    let is_configured = |model: &Model| {
        model.targets.iter().any(|target| target.model.literal() == Some(upstream_model))
    };
    let model = match registered.is_some_and(is_configured) {
        true => [&*credential, upstream_model].join("\0"),
        // What is remembered must not grow with the names that clients make up: those share so many places.
        false => format!("{credential}\0\0{}", bucket(upstream_model)),
    };
    Some(CooldownKeys { credential, model })
}

fn bucket(model: &str) -> u64 {
    BuildHasherDefault::<FxHasher>::default().hash_one(model) & 0xff
}
