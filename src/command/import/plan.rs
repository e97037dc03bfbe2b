//! The configuration that is being made.

mod render;

use envoy_llm_router::Node;

use super::remark::Remarks;
use super::secret::Secret;

pub use render::{object, text, whole};

/// A configuration, and what is to be said of it.
#[derive(Debug, Default)]
pub struct Plan {
    /// The providers by name.
    pub providers: Vec<(String, Provider)>,
    /// The models by name.
    pub models: Vec<(String, Model)>,
    /// The credentials by name.
    pub credentials: Vec<(String, Credential)>,
    /// The teams by name.
    pub teams: Vec<(String, Team)>,
    /// Failures and seconds of the cooldown.
    pub cooldown: (Option<i64>, Option<i64>),
    /// What could not be carried over, and what is left to do.
    pub remarks: Remarks,
}

/// A provider: one place, one way to get there, and the key of those who have none of their own. What differs in one of
/// its fields is another provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provider {
    /// The kind, if it is known.
    pub kind: Option<&'static str>,
    /// The host, if the kind does not say so.
    pub authority: Option<String>,
    /// How paths are rewritten, if the kind does not say so.
    pub path: Option<Path>,
    /// The region, or what the provider calls a location.
    pub region: Option<String>,
    /// The project of a Google cloud.
    pub project: Option<String>,
    /// The customer's account at Cloudflare.
    pub customer: Option<String>,
    /// Azure's version of the API.
    pub api_version: Option<String>,
    /// How the credential is sent, if not in the kind's way.
    pub auth: Option<Auth>,
    /// The address, if it is reached without TLS.
    pub plain: Option<String>,
    /// Whose requests it is for, where something else than a credential of this configuration says so.
    pub account: Option<String>,
    /// The key of all who have none.
    pub key: Option<Secret>,
    /// Whether callers bring their own.
    pub client_credentials: bool,
    /// Whether `provider/<anything>` is routed.
    pub unregistered_models: bool,
}

/// How paths are rewritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Path {
    /// This takes the place of `/v1`.
    Prefix(String),
    /// The whole path.
    Template(String),
}

/// How a credential is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// Not at all.
    None,
    /// In this header, in its usual form.
    Header(&'static str),
}

/// A model.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// What it does.
    pub purpose: Option<&'static str>,
    /// Its other names.
    pub aliases: Vec<String>,
    /// The teams that alone may use it; `None`: no constraint.
    pub teams: Option<Vec<String>>,
    /// What is shown of it.
    pub metadata: Vec<(String, Node)>,
    /// Where it is served.
    pub targets: Vec<Target>,
}

/// A place where a model is served.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The provider.
    pub provider: String,
    /// The name there.
    pub model: String,
    /// The rank.
    pub priority: i64,
    /// What it costs.
    pub cost: Option<f64>,
    /// Its share.
    pub weight: Option<u32>,
}

/// A credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The provider that it is for.
    pub provider: String,
    /// The secret.
    pub secret: Secret,
}

/// A team.
#[derive(Debug, Clone, Default)]
pub struct Team {
    /// What it may call.
    pub models: Vec<String>,
    /// Its virtual keys.
    pub keys: Vec<Node>,
    /// Its names for models.
    pub aliases: Vec<(String, String)>,
    /// Its credentials.
    pub credentials: Vec<String>,
    /// Those for single models.
    pub model_credentials: Vec<(String, Vec<String>)>,
    /// How much it may use.
    pub limits: Vec<Node>,
}

impl Plan {
    /// The name of the provider that is so; it is added if there is none yet. `name` is the one that it would have.
    pub fn provider(&mut self, name: &str, provider: Provider) -> String {
        if let Some((name, _)) = self.providers.iter().find(|(_, known)| *known == provider) {
            return name.clone();
        }
        let name = free(name, |name| self.providers.iter().any(|(known, _)| known == name));
        if let Some(secret) = &provider.key {
            if let Secret::Value(_) = secret {
                self.remarks.note(format_args!(
                    "the key of {name} stands in the configuration; `env` would keep it out"
                ));
            }
            let credential = Credential { provider: name.clone(), secret: secret.clone() };
            self.credential(&name, &credential);
        }
        self.providers.push((name.clone(), provider));
        name
    }

    /// The provider of this name.
    pub fn provider_named(&self, name: &str) -> Option<&Provider> {
        self.providers.iter().find(|(known, _)| known == name).map(|(_, provider)| provider)
    }

    /// The name of the credential that is so; it is added if there is none yet.
    pub fn credential(&mut self, name: &str, credential: &Credential) -> String {
        if let Some((name, _)) = self.credentials.iter().find(|(_, known)| known == credential) {
            return name.clone();
        }
        let name = free(name, |name| self.credentials.iter().any(|(known, _)| known == name));
        self.credentials.push((name.clone(), credential.clone()));
        name
    }

    /// The model of this name.
    pub fn model_named(&mut self, name: &str) -> Option<&mut Model> {
        self.models.iter_mut().find(|(known, _)| known == name).map(|(_, model)| model)
    }

    /// Takes out the providers that no model is served by, and their credentials.
    pub fn prune(&mut self) {
        let models = &self.models;
        let is_used = |provider: &str| {
            let mut targets = models.iter().flat_map(|(_, model)| &model.targets);
            targets.any(|target| target.provider == provider)
        };
        self.providers.retain(|(name, provider)| provider.unregistered_models || is_used(name));
        let providers = &self.providers;
        let is_there = |name: &str| providers.iter().any(|(known, _)| known == name);
        self.credentials.retain(|(_, credential)| is_there(&credential.provider));
        let credentials = &self.credentials;
        let is_known = |name: &String| credentials.iter().any(|(known, _)| known == name);
        for (_, team) in &mut self.teams {
            team.credentials.retain(is_known);
            for (_, names) in &mut team.model_credentials {
                names.retain(is_known);
            }
            team.model_credentials.retain(|(_, names)| !names.is_empty());
        }
    }

    /// The argument `--endpoint` of each cluster that is reached without TLS.
    pub fn endpoints(&self) -> Vec<String> {
        let plain = self.providers.iter().filter_map(|(name, it)| Some((name, it.plain.as_ref()?)));
        plain.map(|(name, address)| format!("--endpoint {name}=http://{address}")).collect()
    }
}

/// `name`, or the first of `name-2`, `name-3` and so on that is free.
pub fn free(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number: u32| format!("{name}-{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| !is_taken(name)).unwrap_or_default()
}
