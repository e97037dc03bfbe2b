//! A team's own credentials for its providers: each for exactly the place that it belongs to.

use super::callers::Caller;
use super::deployments::{Deployment, Served};
use super::own_key::without_credential;
use super::place::{locate, DeploymentPlace};
use super::Settings;
use crate::import::plan::{Auth, Credential, Plan, Provider};
use crate::import::provider;
use crate::import::secret::Secret;
use crate::yaml::Yaml;

/// The providers and credentials of a team.
#[derive(Debug, Default)]
pub struct Own {
    /// The provider of a deployment in the place of its own, by the deployment's place in the list.
    providers: Vec<(usize, Option<String>, String)>,
    /// The credentials for all models.
    pub common: Vec<String>,
    /// Those for single models, by the names that are asked for.
    pub of_models: Vec<(String, Vec<String>)>,
}

impl Own {
    /// The provider of the deployment at `index` when `name` is asked for.
    pub fn provider(&self, index: usize, name: &str) -> Option<&str> {
        let of = |model: Option<&str>| {
            let is_it = |entry: &&(usize, Option<String>, String)| {
                entry.0 == index && entry.1.as_deref() == model
            };
            self.providers.iter().find(is_it).map(|(_, _, provider)| provider.as_str())
        };
        of(Some(name)).or_else(|| of(None))
    }
}

/// What a team has, for all deployments that it may use.
pub fn of(
    caller: &Caller<'_>,
    deployments: &[Deployment<'_>],
    settings: &Settings<'_>,
    plan: &mut Plan,
) -> Own {
    let mut own = Own::default();
    for entry in caller.config.map(Yaml::entries).unwrap_or_default() {
        let model = Some(&*entry.key).filter(|key| *key != "defaultconfig");
        for given in entry.value.entries() {
            let subject = format!("team {:?}", caller.name);
            let Some(stored) = given.value.text_of("litellm_credentials") else {
                plan.remarks.lost(format_args!(
                    "{subject}: {}: not carried over: it names no litellm_credentials",
                    given.key
                ));
                continue;
            };
            let is_its = |deployment: &Deployment<'_>| {
                deployment.served.as_ref().is_some_and(|served| served.row.name == given.key)
                    && deployment.owner.is_none_or(|owner| caller.id == Some(owner))
                    && model.is_none_or(|model| model == deployment.name)
            };
            let served: Vec<_> =
                deployments.iter().enumerate().filter(|(_, it)| is_its(it)).collect();
            if served.is_empty() {
                plan.remarks.lost(format_args!(
                    "{subject}: credential {stored:?}: not carried over: no model of {} is served{}",
                    given.key,
                    model.map(|model| format!(" as {model:?}")).unwrap_or_default()
                ));
            }
            for (index, deployment) in served {
                let Some(served) = &deployment.served else { continue };
                let mut others = deployments.iter().filter(|other| {
                    let row = other.served.as_ref().map(|served| served.row.name);
                    other.prefix == given.key || row == Some(given.key.as_str())
                });
                let is_only = others.all(|other| {
                    let place = other.served.as_ref().map(|other| other.place.authority());
                    place == Some(served.place.authority())
                });
                let found = resolve(stored, deployment, served, is_only, settings, &subject, plan);
                own.add(index, model, found, &subject, plan);
            }
        }
    }
    own
}

/// What a stored credential comes to for a deployment.
enum Found {
    /// The deployment's own key stands.
    Nothing,
    /// This provider, without a credential.
    Provider(String),
    /// This provider and this credential.
    Both(String, String),
}

fn resolve(
    stored: &str,
    deployment: &Deployment<'_>,
    served: &Served,
    is_only: bool,
    settings: &Settings<'_>,
    subject: &str,
    plan: &mut Plan,
) -> Found {
    let place = &served.place;
    let values = settings.credential(stored);
    let has = |name: &str| {
        let text = values.and_then(|values| values.text_of(name));
        text.is_some_and(|text| !text.is_empty())
    };
    let has_base = has("api_base") || has("base_url");
    if !has_base && !is_only && !served.row.owns(&place.host) {
        plan.remarks.lost(format_args!(
            "{subject}: credential {stored:?}: it does not say for which address it is, so that it is not sent to {}: the \
             deployment's own key is",
            place.authority()
        ));
        return Found::Nothing;
    }
    let Some(values) = values else {
        let provider = without_credential(stored, place.provider.clone(), &place.name, plan);
        return Found::Provider(provider);
    };
    let has_place = has_base || has("api_version");
    let place = match has_place {
        false => place.clone(),
        true => {
            match locate(&served.row, &served.written, &deployment.params.replaced_by(values)) {
                Ok(place) => place,
                Err(why) => {
                    plan.remarks.lost(format_args!("{subject}: credential {stored:?}: {why}"));
                    let broken = served.place.clone();
                    let provider = without_credential(stored, broken.provider, &broken.name, plan);
                    return Found::Provider(provider);
                }
            }
        }
    };
    let secret = match values.text_of("api_key").map(|key| settings.values.secret_of_litellm(key)) {
        Some(Ok(secret)) => secret,
        other => {
            let why = match other {
                Some(Err(why)) => why,
                _ => "it has no api_key".to_owned(),
            };
            plan.remarks.lost(format_args!("{subject}: credential {stored:?}: {why}"));
            let provider = without_credential(stored, place.provider.clone(), &place.name, plan);
            return Found::Provider(provider);
        }
    };
    let provider = provider_of(&place, served, plan);
    let credential = credential(stored, &provider, &secret, plan);
    Found::Both(provider, credential)
}

/// The deployment's own provider, if the place is the same and it is sent a credential; else one for the teams alone.
fn provider_of(place: &DeploymentPlace, served: &Served, plan: &mut Plan) -> String {
    let own = plan.provider_named(&served.provider);
    let is_sent = own.is_some_and(|own| {
        let bare = Provider { key: None, auth: None, account: None, ..own.clone() };
        let wanted = Provider { key: None, auth: None, account: None, ..place.provider.clone() };
        bare == wanted && own.account.is_none() && sends_credential(own)
    });
    if is_sent {
        return served.provider.clone();
    }
    let mut provider = Provider { account: None, ..place.provider.clone() };
    provider::send_credential(&mut provider, true);
    plan.provider(&place.name, provider)
}

fn sends_credential(provider: &Provider) -> bool {
    let mut other = provider.clone();
    provider::send_credential(&mut other, true);
    match provider.auth {
        Some(Auth::None) => false,
        _ => other.auth == provider.auth,
    }
}

/// The credential's name: that of the original, and of its provider if there is another of that name.
fn credential(stored: &str, provider: &str, secret: &Secret, plan: &mut Plan) -> String {
    let credential = Credential { provider: provider.to_owned(), secret: secret.clone() };
    let is_taken =
        plan.credentials.iter().any(|(name, known)| name == stored && *known != credential);
    let name = if is_taken { format!("{stored}-at-{provider}") } else { stored.to_owned() };
    plan.credential(&name, &credential)
}

impl Own {
    fn add(
        &mut self,
        index: usize,
        model: Option<&str>,
        found: Found,
        subject: &str,
        plan: &mut Plan,
    ) {
        let (provider, credential) = match found {
            Found::Nothing => return,
            Found::Provider(provider) => (provider, None),
            Found::Both(provider, credential) => (provider, Some(credential)),
        };
        self.providers.push((index, model.map(str::to_owned), provider.clone()));
        let Some(credential) = credential else { return };
        let list = match model {
            None => &mut self.common,
            Some(model) => {
                if !self.of_models.iter().any(|(known, _)| known == model) {
                    self.of_models.push((model.to_owned(), Vec::new()));
                }
                match self.of_models.iter_mut().find(|(known, _)| known == model) {
                    Some((_, list)) => list,
                    None => return,
                }
            }
        };
        if list.contains(&credential) {
            return;
        }
        let owner = |name: &String| {
            let found = plan.credentials.iter().find(|(known, _)| known == name);
            found.map(|(_, credential)| credential.provider.as_str())
        };
        if list.iter().any(|known| owner(known) == Some(provider.as_str())) {
            plan.remarks.lost(format_args!(
                "{subject}: credential {credential:?}: it is the second for {provider}, and the first counts"
            ));
            return;
        }
        list.push(credential);
    }
}
