//! Credentials: out of the configuration or the environment, into their provider's keyring.

use super::{entries, is_known, Slots};
use crate::config::raw::{Configuration, Credential as RawCredential};
use crate::config::report::{At, Report};
use crate::credential::{Credential, Keyring};
use crate::provider::ProviderId;
use crate::secret::Secret;
use zeroize::Zeroizing;

/// The keyring of the provider `name`, with all of its credentials. `prefix` precedes the secret in the header; `None`
/// if the provider is sent no credential.
pub fn keyring<'a>(
    raw: &'a Configuration,
    name: &str,
    id: ProviderId,
    prefix: Option<&str>,
    environment: &dyn Fn(&str) -> Option<String>,
    slots: &mut Slots<'a>,
    report: &mut Report,
) -> Keyring {
    let mut keyring = Keyring::new(id);
    let root = At::Root;
    let list = root.key("credentials");
    let own = entries(&raw.credentials).filter(|(_, raw)| raw.provider.as_deref() == Some(name));
    for (credential, raw) in own {
        let Some(secret) = secret_of(raw, list.key(credential), environment, report) else {
            continue;
        };
        if prefix.is_none() {
            report.warn(
                list.key(credential),
                format_args!("it is never sent: provider {name:?} has `auth: none`"),
            );
        }
        let header_value = secret.prefixed(prefix.unwrap_or_default());
        slots.insert(credential, keyring.add(Credential { name: credential.into(), header_value }));
    }
    keyring
}

/// Reports what is wrong with credentials that are in no keyring, for want of their provider.
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
