//! Credentials: out of the configuration or the environment, into the store of their provider.

use super::{entries, is_known, CredentialHandles};
use crate::config::raw::{Configuration, Credential as RawCredential};
use crate::config::report::{At, Report};
use crate::credential::{Credential, CredentialStore};
use crate::id::ProviderId;
use crate::provider::Places;
use crate::secret::Secret;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The provider that the credentials of a store belong to.
#[derive(Clone, Copy)]
pub struct Owner<'a> {
    /// Its name.
    pub name: &'a str,
    /// The provider.
    pub id: ProviderId,
    /// Where they are sent.
    pub places: &'a Places,
}

/// All credentials of `owner`.
pub fn store<'a>(
    raw: &'a Configuration,
    owner: Owner<'_>,
    environment: &dyn Fn(&str) -> Option<String>,
    handles: &mut CredentialHandles<'a>,
    report: &mut Report,
) -> CredentialStore {
    let mut store = CredentialStore::new(owner.id);
    let root = At::Root;
    let list = root.key("credentials");
    let own =
        entries(&raw.credentials).filter(|(_, raw)| raw.provider.as_deref() == Some(owner.name));
    for (name, raw) in own {
        let Some(secret) = secret_of(raw, list.key(name), environment, report) else {
            continue;
        };
        if owner.places.iter().all(|place| place.credential_header.is_none()) {
            let provider = owner.name;
            report.warn(
                list.key(name),
                format_args!("it is never sent: provider {provider:?} has `auth: none`"),
            );
        }
        let fingerprint = fingerprint(owner.places, &secret);
        handles
            .insert(name, store.add(Credential { name: name.into(), value: secret, fingerprint }));
    }
    store
}

/// Tells one secret at its places from all others. It is stored beside what workers remember of the secret, so it is 64 bits
/// of a digest, of which nobody can find the secret.
fn fingerprint(places: &Places, secret: &Secret) -> Box<str> {
    let mut digest = Sha256::new();
    let places = places.iter();
    let parts =
        places.flat_map(|place| [&*place.cluster, place.authority.as_deref().unwrap_or("")]);
    for part in parts.chain([secret.expose()]) {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    crate::identity::hex_of_half(&digest.finalize().into())
}

/// Reports what is wrong with credentials that are in no store because their provider is unknown.
pub fn check_the_rest(
    raw: &Configuration,
    environment: &dyn Fn(&str) -> Option<String>,
    report: &mut Report,
) {
    let root = At::Root;
    let list = root.key("credentials");
    for (name, credential) in entries(&raw.credentials) {
        let Some(provider) = credential.provider.as_deref() else {
            secret_of(credential, list.key(name), environment, report);
            continue;
        };
        if !is_known(provider, &raw.providers, "provider", list.key(name).key("provider"), report) {
            secret_of(credential, list.key(name), environment, report);
        }
    }
}

fn secret_of(
    raw: &RawCredential,
    at: At<'_>,
    environment: &dyn Fn(&str) -> Option<String>,
    report: &mut Report,
) -> Option<Secret> {
    match (&raw.value, &raw.env) {
        (Some(value), None) => parse(value, at.key("value"), report),
        (None, Some(variable)) => from_environment(variable, at.key("env"), environment, report),
        _ => {
            report.error(at, "give exactly one of `value` and `env`");
            None
        }
    }
}

/// The secret in a variable of the VM's environment.
pub fn from_environment(
    variable: &str,
    at: At<'_>,
    environment: &dyn Fn(&str) -> Option<String>,
    report: &mut Report,
) -> Option<Secret> {
    match environment(variable) {
        Some(value) => parse(&Zeroizing::new(value), at, report),
        None => {
            report.error(
                at,
                format_args!("{variable:?} is not set in the VM's environment (vm_config.environment_variables)"),
            );
            None
        }
    }
}

fn parse(value: &str, at: At<'_>, report: &mut Report) -> Option<Secret> {
    Secret::parse(value).map_err(|error| report.error(at, error)).ok()
}
