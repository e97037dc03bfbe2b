//! Teams: those of the file, and those of LiteLLM's database.

use envoy_llm_router::Node;
use sha2::{Digest, Sha256};

use super::deployments::Groups;
use super::Settings;
use crate::import::note_the_rest;
use crate::import::plan::{object, text, Credential, Plan, Team};
use crate::import::provider::{self, LITELLM};
use crate::import::secret::Secret;
use crate::yaml::{Dialect, Yaml};

/// All teams, as LiteLLM describes them.
pub struct Teams<'y>(Vec<&'y Yaml>);

impl<'y> Teams<'y> {
    /// `default_team_settings`, the file's own `teams`, and what `GET /team/list` answered.
    pub fn of(settings: &Settings<'y>, config: &'y Yaml, exported: Option<&'y Yaml>) -> Self {
        let in_settings = settings.litellm.and_then(|litellm| litellm.get("default_team_settings"));
        let exported = exported.map(|exported| exported.get("teams").unwrap_or(exported));
        let lists = [in_settings, config.get("teams"), exported].into_iter().flatten();
        Self(lists.flat_map(Yaml::items).filter(|team| team.get("team_id").is_some()).collect())
    }

    /// Whether a team has a key of its own for the provider of this prefix.
    pub fn have_keys_for(&self, prefix: &str) -> bool {
        self.0
            .iter()
            .filter_map(|team| model_config(team))
            .flat_map(Yaml::entries)
            .any(|entry| entry.value.get(prefix).is_some())
    }

    /// Adds every team, and one for the master key.
    pub fn import(&self, settings: &Settings<'_>, groups: &Groups, plan: &mut Plan) {
        for team in &self.0 {
            import(team, settings, groups, plan);
        }
        let master = settings.general.and_then(|general| general.text_of("master_key"));
        let key = master.map(|key| match Secret::of_litellm(key) {
            Secret::Env(variable) => object(vec![("id", text("master")), ("env", text(&variable))]),
            Secret::Value(key) => {
                object(vec![("id", text("master")), ("sha256", text(&sha256(&key)))])
            }
        });
        if let Some(key) = key {
            plan.remark("general_settings.master_key: it may call every model, as team admin; there is nothing else to administer");
            let admin = Team { models: vec!["*".to_owned()], keys: vec![key], ..Team::default() };
            plan.teams.push(("admin".to_owned(), admin));
        } else if plan.teams.is_empty() {
            plan.remark(
                "there is no team: everybody who has the key in GATEWAY_KEY may call every model",
            );
            let key = object(vec![("env", text("GATEWAY_KEY"))]);
            let everyone =
                Team { models: vec!["*".to_owned()], keys: vec![key], ..Team::default() };
            plan.teams.push(("everyone".to_owned(), everyone));
        }
    }
}

fn import(given: &Yaml, settings: &Settings<'_>, groups: &Groups, plan: &mut Plan) {
    let id = given.text_of("team_id").unwrap_or_default();
    let name = given.text_of("team_alias").unwrap_or(id).to_owned();
    let mut team = Team { models: models(given, &name, groups, plan), ..Team::default() };
    for entry in model_config(given).map(Yaml::entries).unwrap_or_default() {
        let names = credentials(&entry.value, &name, settings, plan);
        if entry.key == "defaultconfig" {
            team.credentials.extend(names);
        } else if plan.models.iter().any(|(model, _)| *model == entry.key) {
            team.model_credentials.push((entry.key.clone(), names));
        } else {
            plan.remark(format_args!(
                "line {}: team {name:?}: credentials for {:?}: not carried over, for it is no model of its own",
                entry.mark.line, entry.key
            ));
        }
    }
    for (model, names) in &mut team.model_credentials {
        // A credential for a provider that does not serve the model would be refused.
        let served = plan.models.iter().find(|(known, _)| known == model);
        let serves = |name: &String| {
            let owner = plan.credentials.iter().find(|(known, _)| known == name);
            served.is_some_and(|(_, model)| {
                model.targets.iter().any(|target| {
                    owner.is_some_and(|(_, credential)| credential.provider == target.provider)
                })
            })
        };
        names.retain(serves);
    }
    let aliases =
        given.get("model_aliases").or_else(|| given.at(&["litellm_model_table", "model_aliases"]));
    for entry in aliases.map(Yaml::entries).unwrap_or_default() {
        if let Some(meant) = entry.value.text() {
            team.aliases.push((entry.key.clone(), meant.to_owned()));
        }
    }
    keys(given, &name, &mut team, plan);
    let taken = [
        "team_id",
        "team_alias",
        "models",
        "model_config",
        "metadata",
        "keys",
        "model_aliases",
        "litellm_model_table",
    ];
    note_the_rest(plan, Some(given), &format!("team {name:?}"), &taken);
    note_the_rest(
        plan,
        given.get("metadata"),
        &format!("team {name:?}: metadata"),
        &["model_config"],
    );
    plan.teams.push((name, team));
}

/// The team's credentials for its providers: of all models, and of single ones.
fn model_config(team: &Yaml) -> Option<&Yaml> {
    team.get("model_config").or_else(|| team.at(&["metadata", "model_config"]))
}

/// No list is every model; an access group is its models.
fn models(given: &Yaml, team: &str, groups: &Groups, plan: &mut Plan) -> Vec<String> {
    let listed: Vec<_> =
        given.get("models").into_iter().flat_map(Yaml::items).filter_map(Yaml::text).collect();
    if listed.is_empty() || listed.contains(&"all-proxy-models") {
        return vec!["*".to_owned()];
    }
    let mut names: Vec<String> = Vec::new();
    for name in listed {
        let is_known = name.contains(['*', '/', ':'])
            || plan.models.iter().any(|(known, model)| {
                known == name || model.aliases.iter().any(|alias| alias == name)
            });
        match groups.get(name) {
            Some(models) => names.extend(models.iter().cloned()),
            None if is_known => names.push(name.to_owned()),
            None if name == "no-default-models" => {}
            None => plan.remark(format_args!(
                "team {team:?}: model {name:?}: not carried over, for it is not known"
            )),
        }
    }
    names.dedup();
    names
}

/// The credentials that an entry of `model_config` names, each for exactly its provider.
fn credentials(entry: &Yaml, team: &str, settings: &Settings<'_>, plan: &mut Plan) -> Vec<String> {
    let mut names = Vec::new();
    for provider in entry.entries() {
        let Some(stored) = provider.value.text_of("litellm_credentials") else {
            plan.remark(format_args!(
                "line {}: team {team:?}: {}: not carried over, for it names no litellm_credentials",
                provider.mark.line, provider.key
            ));
            continue;
        };
        let kind =
            LITELLM.iter().find(|known| known.name == provider.key).and_then(|known| known.kind);
        let served: Vec<String> = plan
            .providers
            .iter()
            .filter(|(name, known)| known.kind == kind || *name == provider::id(&provider.key))
            .filter(|(_, known)| kind.is_some() || known.kind.is_none())
            .map(|(name, _)| name.clone())
            .collect();
        if served.is_empty() {
            plan.remark(format_args!(
                "line {}: team {team:?}: credential {stored:?}: not carried over, for no model is served by {}",
                provider.mark.line, provider.key
            ));
        }
        let values = settings.credential(stored);
        let secret = match values.and_then(|values| values.text_of("api_key")) {
            Some(key) => Secret::of_litellm(key),
            None => {
                let variable = variable(stored);
                plan.remark(format_args!(
                    "credential {stored:?} is in LiteLLM's database: its key is looked for in the variable {variable}"
                ));
                Secret::Env(variable)
            }
        };
        for (owner, place) in served.into_iter().zip(0_usize..) {
            let name = if place == 0 { stored.to_owned() } else { format!("{stored}-at-{owner}") };
            let credential = Credential { provider: owner, secret: secret.clone() };
            names.push(plan.credential(&name, &credential));
        }
    }
    names
}

/// LiteLLM's database holds the SHA-256 of every key.
fn keys(given: &Yaml, name: &str, team: &mut Team, plan: &mut Plan) {
    for key in given.get("keys").into_iter().flat_map(Yaml::items) {
        let Some(token) = key.text_of("token").filter(|token| token.len() == 64) else { continue };
        let mut fields = Vec::new();
        fields.extend(key.text_of("key_alias").map(|id| ("id", text(id))));
        fields.push(("sha256", text(token)));
        let models: Vec<_> = key.get("models").into_iter().flat_map(Yaml::items).collect();
        let is_all = models
            .iter()
            .any(|model| matches!(model.text(), Some("all-team-models" | "all-proxy-models")));
        if !models.is_empty() && !is_all {
            let models = models.iter().map(|model| model.node(Dialect::Json));
            fields.push(("models", Node::List(models.collect())));
        }
        if let Some(end) = key.text_of("expires").filter(|end| end.contains('T')) {
            fields.push(("expires_at", text(end)));
        }
        if key.is_true("blocked") {
            fields.push(("disabled", Node::Bool(true)));
        }
        team.keys.push(object(fields));
    }
    if team.keys.is_empty() {
        let variable = format!("{}_VIRTUAL_KEY", variable(name));
        plan.remark(format_args!(
            "team {name:?}: its virtual keys are in LiteLLM's database: one is looked for in the variable {variable}"
        ));
        team.keys.push(object(vec![("env", text(&variable))]));
    }
}

/// A name as a variable has it.
fn variable(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
        .collect()
}

fn sha256(key: &str) -> String {
    crate::hash_key::hex(&Sha256::digest(key.as_bytes()))
}
