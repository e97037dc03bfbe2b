//! Virtual keys: LiteLLM's database holds the SHA-256 of each.

use envoy_llm_router::Node;
use sha2::{Digest, Sha256};

use super::callers::{restrictions, Caller};
use super::lists::{Access, Groups};
use super::teams::{tags, Team};
use crate::import::instant::rfc3339;
use crate::import::limits;
use crate::import::plan::{free, object, text, Plan};
use crate::yaml::Yaml;

/// A virtual key.
#[derive(Clone)]
pub struct Key<'y> {
    /// Its name.
    pub id: Option<String>,
    /// What it is recognised by.
    pub proof: Proof,
    /// What it may call of all that its team may.
    pub access: Option<Access>,
    /// Its own names for models.
    pub aliases: Vec<(String, String)>,
    /// What its requests are tagged with, beside its team's tags.
    pub tags: Vec<&'y str>,
    expires_at: Option<String>,
    is_disabled: bool,
    limits: Vec<Node>,
}

/// What a key is recognised by.
#[derive(Clone, PartialEq, Eq)]
pub enum Proof {
    /// Its SHA-256.
    Digest(String),
    /// The variable that holds it.
    Variable(String),
}

impl<'y> Key<'y> {
    /// A key in a variable.
    pub fn of_variable(variable: &str) -> Self {
        Self::new(Proof::Variable(variable.to_owned()))
    }

    /// A key in plain sight.
    pub fn of_value(key: &str) -> Self {
        Self::new(Proof::Digest(crate::hash_key::hex(&Sha256::digest(key.as_bytes()))))
    }

    fn new(proof: Proof) -> Self {
        Self {
            id: None,
            proof,
            access: None,
            aliases: Vec::new(),
            tags: Vec::new(),
            expires_at: None,
            is_disabled: false,
            limits: Vec::new(),
        }
    }

    /// Whether it means something else by a model's name than its team does.
    pub fn is_special(&self, team: &Caller<'_>) -> bool {
        let is_new = |tag: &&str| !team.tags.contains(tag);
        !self.aliases.is_empty() || self.tags.iter().any(is_new)
    }

    /// As it is written. `models` are the names that it may call.
    pub fn to_node(&self, models: Option<Vec<String>>) -> Node {
        let mut fields = Vec::new();
        fields.extend(self.id.as_deref().map(|id| ("id", text(id))));
        fields.push(match &self.proof {
            Proof::Digest(digest) => ("sha256", text(digest)),
            Proof::Variable(variable) => ("env", text(variable)),
        });
        let list = |names: Vec<String>| Node::List(names.iter().map(|name| text(name)).collect());
        fields.extend(models.map(|names| ("models", list(names))));
        fields.extend(self.expires_at.as_deref().map(|end| ("expires_at", text(end))));
        if self.is_disabled {
            fields.push(("disabled", Node::Bool(true)));
        }
        if !self.limits.is_empty() {
            fields.push(("limits", Node::List(self.limits.clone())));
        }
        object(fields)
    }
}

/// The keys of a team; where none was exported, one that is looked for in a variable.
pub fn of_team<'y>(
    team: &Team<'y>,
    caller: &Caller<'y>,
    is_off: bool,
    groups: &Groups,
    variables: &mut Vec<String>,
    plan: &mut Plan,
) -> Vec<Key<'y>> {
    let listed = team.record.and_then(|record| record.get("keys"));
    let mut keys: Vec<Key<'y>> = Vec::new();
    for given in listed.into_iter().flat_map(Yaml::items) {
        keys.extend(key(given, caller, is_off, groups, plan));
    }
    if listed.is_none() && !is_off {
        let variable = format!("{}_VIRTUAL_KEY", variable(&caller.name));
        let numbered = (2..).map(|number: u32| format!("{variable}_{number}"));
        let mut names = std::iter::once(variable.clone()).chain(numbered);
        let variable = names.find(|name| !variables.contains(name)).unwrap_or_default();
        variables.push(variable.clone());
        plan.remarks.lost(format_args!(
            "team {:?}: its virtual keys are in LiteLLM's database (--teams): one is looked for in the variable {variable}",
            caller.name
        ));
        keys.push(Key::of_variable(&variable));
    }
    keys
}

fn key<'y>(
    given: &'y Yaml,
    team: &Caller<'y>,
    is_off: bool,
    groups: &Groups,
    plan: &mut Plan,
) -> Option<Key<'y>> {
    let alias = given.text_of("key_alias").or_else(|| given.text_of("key_name"));
    let alias = alias.filter(|alias| !alias.trim().is_empty());
    let subject = format!("team {:?}: key {:?}", team.name, alias.unwrap_or("without a name"));
    let token = given.text_of("token").unwrap_or_default();
    if token.len() != 64 || !token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        plan.remarks.lost(format_args!("{subject}: not carried over: its token is no SHA-256"));
        return None;
    }
    let mut key = Key::new(Proof::Digest(token.to_owned()));
    key.limits = restrictions(&subject, given, plan);
    key.id = alias.map(str::to_owned);
    key.is_disabled = is_off || given.is_true("blocked");
    if let Some(why) = routes(&subject, given, plan) {
        plan.remarks.lost(format_args!("{subject}: {why}: it is disabled"));
        key.is_disabled = true;
    }
    if limits::is_used_up(given) {
        plan.remarks.lost(format_args!("{subject}: its budget is used up: it is disabled"));
        key.is_disabled = true;
    }
    if let Some(written) = given.text_of("expires").filter(|end| !end.is_empty()) {
        key.expires_at = rfc3339(written);
        if key.expires_at.is_none() {
            plan.remarks.lost(format_args!(
                "{subject}: its end {written:?} cannot be read: it is disabled"
            ));
            key.is_disabled = true;
        }
    }
    for entry in given.get("aliases").map(Yaml::entries).unwrap_or_default() {
        if let Some(meant) = entry.value.text() {
            key.aliases.push((entry.key.clone(), meant.to_owned()));
        }
    }
    key.tags = tags(given);
    let mut access = Access::of(given.get("models"), team.id.unwrap_or_default(), groups);
    if access != Access::All {
        for (alias, _) in &team.aliases {
            access.add(alias);
        }
        key.access = Some(access);
    }
    Some(key)
}

/// Why a key that may call some of LiteLLM's endpoints only can call none here; `None` if it may call those that there are.
fn routes(subject: &str, given: &Yaml, plan: &mut Plan) -> Option<&'static str> {
    if let Some("management" | "read_only") = given.text_of("key_type") {
        return Some("it is not for calling models (key_type)");
    }
    let list: Vec<_> = given
        .get("allowed_routes")
        .into_iter()
        .flat_map(Yaml::items)
        .filter_map(Yaml::text)
        .collect();
    if list.is_empty() || list.iter().any(|route| ["llm_api_routes", "/*", "*"].contains(route)) {
        return None;
    }
    if list.contains(&"openai_routes") {
        plan.remarks.security(format_args!(
            "{subject}: allowed_routes keeps it to OpenAI's endpoints; here it can call messages as well"
        ));
        return None;
    }
    Some("allowed_routes keeps it to some endpoints, and keys are not kept to endpoints here")
}

/// Takes out keys that are there twice, and gives each an id of its own within its team.
pub fn make_unique(callers: &mut [Caller<'_>], plan: &mut Plan) {
    let mut seen: Vec<Proof> = Vec::new();
    for caller in callers {
        let team = caller.name.clone();
        let mut ids: Vec<String> = Vec::new();
        caller.keys.retain(|key| {
            let is_new = !seen.contains(&key.proof);
            if !is_new {
                plan.remarks.lost(format_args!(
                    "team {team:?}: a virtual key is there twice, and counts where it is first"
                ));
            }
            seen.push(key.proof.clone());
            is_new
        });
        for key in &mut caller.keys {
            if let Some(id) = &mut key.id {
                *id = free(id, |id| ids.iter().any(|known| known == id));
                ids.push(id.clone());
            }
        }
    }
}

/// A name as a variable has it.
fn variable(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
        .collect()
}
