//! The key of a deployment: its own, or the one in LiteLLM's environment, which is for the provider's own host alone.

use super::deployments::{Deployment, Served};
use super::params::Params;
use super::place::DeploymentPlace;
use super::teams::Teams;
use super::Settings;
use crate::import::plan::{Auth, Plan, Provider};
use crate::import::provider::{self, Row, Style};
use crate::import::secret::Secret;

/// What stands for a key that no credential of the file can be.
const TOKENS: [&str; 7] = [
    "azure_ad_token",
    "tenant_id",
    "client_id",
    "azure_username",
    "anthropic_federation_rule_id",
    "openai_identity_provider_id",
    "auth_token",
];

/// The name of the deployment's provider, with its key as everybody's.
pub fn with_key(
    row: &Row,
    place: &DeploymentPlace,
    params: &Params<'_>,
    settings: &Settings<'_>,
    teams: &Teams<'_>,
    model: &str,
    plan: &mut Plan,
) -> String {
    let mut provider = place.provider.clone();
    if provider.auth == Some(Auth::None) {
        return plan.provider(&place.name, provider);
    }
    if let Some(missing) = params.missing {
        return without_credential(missing, provider, &place.name, plan);
    }
    let token = TOKENS.iter().find(|name| params.text(name).is_some());
    let key = match (params.text("api_key"), token) {
        (Some(text), _) => match settings.values.secret_of_litellm(text) {
            Ok(secret) => Key::Is(secret),
            Err(why) => Key::Lost(format!("its key is not carried over: {why}")),
        },
        (None, Some(token)) => {
            Key::Lost(format!("its tokens are made from {token}, which nothing does here"))
        }
        (None, None) => of_environment(row, place, settings, teams),
    };
    match key {
        Key::Is(secret) => {
            provider::send_credential(&mut provider, true);
            provider.key = Some(secret);
        }
        Key::None => provider::send_credential(&mut provider, false),
        Key::OfTeams => provider::send_credential(&mut provider, true),
        Key::NotSent(why) => {
            provider::send_credential(&mut provider, teams.have_keys_for(row.name));
            plan.remarks.lost(format_args!("model {model:?}: {why}"));
        }
        Key::Lost(why) => {
            provider::send_credential(&mut provider, true);
            // What has no key must not be taken for what has one.
            provider.account = Some(why.clone());
            plan.remarks.lost(format_args!("model {model:?}: {why}"));
        }
    }
    plan.provider(&place.name, provider)
}

/// A provider in whose place nothing is sent until the credential is there: it is never replaced by another.
pub fn without_credential(
    missing: &str,
    mut provider: Provider,
    name: &str,
    plan: &mut Plan,
) -> String {
    provider::send_credential(&mut provider, true);
    provider.key = None;
    provider.account = Some(format!("credential {missing}"));
    let name = plan.provider(name, provider);
    plan.remarks.lost(format_args!(
        "the credential {missing:?} is not in this file: the provider {name:?} waits for it, and nothing is sent there \
         until `credentials` has one for it"
    ));
    name
}

/// The providers whose key is the teams' alone, so that other teams are not served.
pub fn of_teams_alone(deployments: &[Deployment<'_>], teams: &Teams<'_>) -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    for Deployment { params, served, .. } in deployments {
        let Some(Served { row, place, .. }) = served else { continue };
        let has_own = params.text("api_key").is_some() || params.missing.is_some();
        let is_sent = place.provider.auth != Some(Auth::None);
        if !has_own && is_sent && teams.have_keys_for(row.name) && !names.contains(&row.name) {
            names.push(row.name);
        }
    }
    names
}

enum Key {
    /// This one.
    Is(Secret),
    /// There is none, and none is needed.
    None,
    /// There is none but the teams' own.
    OfTeams,
    /// LiteLLM would send one; here none is.
    NotSent(String),
    /// There is one, and it cannot be carried over.
    Lost(String),
}

/// The key that LiteLLM takes from its environment where none is written.
fn of_environment(
    row: &Row,
    place: &DeploymentPlace,
    settings: &Settings<'_>,
    teams: &Teams<'_>,
) -> Key {
    if settings.litellm_has("api_key") {
        return Key::Lost("litellm_settings.api_key stands for its key".to_owned());
    }
    let values = &settings.values;
    let known = values.first(row.key_variables);
    let usual = match known {
        Some((name, _)) => Some(name),
        None => row.key_variables.iter().find(|name| !values.is_unset(name)).copied(),
    };
    let is_elsewhere = row.has_home() && !row.owns(&place.host);
    let needs_none = row.is_own_server() || (!row.has_home() && row.style == Style::OpenAi);
    match usual {
        // Teams that have their own keys would not notice that this one is missing; Envoy would.
        _ if teams.have_keys_for(row.name) => Key::OfTeams,
        Some(name) if is_elsewhere => Key::NotSent(format!(
            "LiteLLM sends the key in {name} to {} as well; here it goes to the usual host of {} alone",
            place.host, row.name
        )),
        None if is_elsewhere => Key::None,
        Some(name) if known.is_some() || !needs_none => {
            let of_file = values.secret_of_litellm(&format!("os.environ/{name}"));
            of_file.map_or_else(Key::Lost, Key::Is)
        }
        _ if needs_none => Key::None,
        _ => Key::Lost(format!("there is no key for it: {} is not set", row.key_variables.join(", "))),
    }
}
