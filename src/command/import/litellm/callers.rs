//! Who calls: the teams with their keys, and the holder of the master key.

use envoy_llm_router::Node;

use super::keys::{self, Key};
use super::lists::{Access, Groups};
use super::teams::{tags, Team, Teams};
use super::Settings;
use crate::import::limits;
use crate::import::plan::{free, Plan};
use crate::import::secret::Secret;
use crate::yaml::{Value, Yaml};

/// A team as it will be here.
#[derive(Clone)]
pub struct Caller<'y> {
    /// Its name.
    pub name: String,
    /// Its id in LiteLLM, if it is a team there.
    pub id: Option<&'y str>,
    /// What its requests are tagged with.
    pub tags: Vec<&'y str>,
    /// What it may call.
    pub access: Access,
    /// Its own names for models.
    pub aliases: Vec<(String, String)>,
    /// Its credentials for providers.
    pub config: Option<&'y Yaml>,
    /// How much it may use.
    pub limits: Vec<Node>,
    /// Its virtual keys.
    pub keys: Vec<Key<'y>>,
}

impl Caller<'_> {
    /// Whether it may call a model by this name; for a pattern, by some name that it matches.
    pub fn may_call(&self, name: &str) -> bool {
        self.access.allows_some(name)
    }

    /// Whether all who may call `name` may call `other`.
    pub fn may_call_with(&self, name: &str, other: &str) -> bool {
        let keys = self.keys.iter().filter_map(|key| key.access.as_ref());
        self.access.allows(other)
            && keys.into_iter().all(|access| !access.allows_some(name) || access.allows(other))
    }
}

/// Further fields of teams and keys that limit what they can do.
const RESTRICTIONS: [&str; 10] = [
    "guardrails",
    "policies",
    "enforced_params",
    "allowed_model_region",
    "router_settings",
    "organization_id",
    "org_id",
    "project_id",
    "default_team_member_models",
    "allowed_ips",
];

/// All callers: each team, and one for the master key or for everybody.
pub fn callers<'y>(
    teams: &Teams<'y>,
    settings: &Settings<'y>,
    groups: &Groups,
    plan: &mut Plan,
) -> Vec<Caller<'y>> {
    let mut callers: Vec<Caller<'y>> = Vec::new();
    let mut variables = Vec::new();
    for team in teams.iter() {
        let own = of_team(team, groups, &mut variables, plan);
        let mut special = Vec::new();
        let mut plain = own.clone();
        plain.keys.retain(|key| !key.is_special(&own));
        for key in own.keys.iter().filter(|key| key.is_special(&own)) {
            special.push(of_key(&own, key, settings, plan));
        }
        for mut caller in std::iter::once(plain).chain(special) {
            caller.name = free(&caller.name, |name| callers.iter().any(|it| it.name == name));
            callers.push(caller);
        }
    }
    callers.extend(of_everybody(&callers, settings, plan));
    keys::make_unique(&mut callers, plan);
    callers
}

fn of_team<'y>(
    team: &Team<'y>,
    groups: &Groups,
    variables: &mut Vec<String>,
    plan: &mut Plan,
) -> Caller<'y> {
    let name = team.name();
    let subject = format!("team {name:?}");
    let record = team.record;
    if record.is_none() {
        plan.remarks.security(format_args!(
            "{subject}: what it may call is in LiteLLM's database (--teams): here it is every model"
        ));
    }
    // What the record says comes before the settings; of both there is one count in LiteLLM.
    let mut limits = Vec::new();
    for given in team.sources() {
        let further = restrictions(&subject, given, plan);
        if limits.is_empty() {
            limits = further;
        } else if !further.is_empty() && further != limits {
            plan.remarks.security(format_args!(
                "{subject}: of its limits those of its record hold, and not those of default_team_settings"
            ));
        }
    }
    let list = team.sources().find_map(|given| given.get("models"));
    let mut access = Access::of(list, team.id, groups);
    let mut aliases = Vec::new();
    for entry in team.aliases().map(Yaml::entries).unwrap_or_default() {
        if let Some(meant) = entry.value.text() {
            aliases.push((entry.key.clone(), meant.to_owned()));
            // A team may always call what it has a name of its own for.
            access.add(&entry.key);
        }
    }
    let is_off =
        record.is_some_and(|record| record.is_true("blocked") || limits::is_used_up(record));
    if record.is_some_and(limits::is_used_up) {
        plan.remarks.lost(format_args!("{subject}: its budget is used up: its keys are disabled"));
    }
    let mut caller = Caller {
        name: name.to_owned(),
        id: Some(team.id),
        tags: team.sources().flat_map(tags).collect(),
        access,
        aliases,
        config: team.model_config(),
        limits,
        keys: Vec::new(),
    };
    caller.keys = keys::of_team(team, &caller, is_off, groups, variables, plan);
    caller
}

/// A key that means something else by a name than its team does is a team of its own.
fn of_key<'y>(
    team: &Caller<'y>,
    key: &Key<'y>,
    settings: &Settings<'_>,
    plan: &mut Plan,
) -> Caller<'y> {
    let own = key.id.clone().unwrap_or_else(|| "key".to_owned());
    let mut caller = team.clone();
    caller.name = format!("{}-{own}", team.name);
    plan.remarks.note(format_args!(
        "team {:?}: its key {own:?} has names or tags of its own: here it is a team of its own, {:?}",
        team.name, caller.name
    ));
    if !team.limits.is_empty() {
        plan.remarks.security(format_args!(
            "team {:?}: its limits hold for {:?} beside it, and not for both together",
            team.name, caller.name
        ));
    }
    caller.tags.extend(key.tags.iter().copied());
    let mut key = key.clone();
    let of_key = |name: &str| key.aliases.iter().find(|(alias, _)| alias == name);
    // The team's names come first, then those of LiteLLM, and then the key's.
    let mut renamed: Vec<(String, String)> = Vec::new();
    let before = team.aliases.iter().map(|(alias, meant)| (alias.as_str(), meant.as_str()));
    let globals = settings.litellm.and_then(|litellm| litellm.get("model_alias_map"));
    let globals = globals.map(Yaml::entries).unwrap_or_default().iter();
    let globals = globals.filter_map(|entry| Some((entry.key.as_str(), entry.value.text()?)));
    for (alias, meant) in before.chain(globals) {
        if let Some((_, meant)) = of_key(meant) {
            renamed.push((alias.to_owned(), meant.clone()));
        }
    }
    for (alias, meant) in &key.aliases {
        if !team.aliases.iter().any(|(own, _)| own == alias) {
            renamed.push((alias.clone(), meant.clone()));
        }
    }
    for (alias, meant) in renamed {
        // LiteLLM looks whether what the name stands for may be called.
        let may = caller.access.allows(&meant)
            && key.access.as_ref().is_none_or(|access| access.allows(&meant));
        caller.aliases.retain(|(known, _)| *known != alias);
        if may {
            caller.access.add(&alias);
            key.access.iter_mut().for_each(|access| access.add(&alias));
        }
        caller.aliases.push((alias, if may { meant } else { String::new() }));
    }
    caller.keys = vec![key];
    caller
}

/// The limits of a team or a key, as entries of its `limits`. Says what else keeps it from something that nothing enforces here.
pub fn restrictions(subject: &str, given: &Yaml, plan: &mut Plan) -> Vec<Node> {
    let is_something = |value: &Yaml| match &value.value {
        Value::Scalar(scalar) => !["", "false"].contains(&scalar.text.as_str()),
        Value::List(items) => !items.is_empty(),
        Value::Map(entries) => !entries.is_empty(),
    };
    let entries = limits::carry(subject, &limits::of(given), plan);
    for holder in std::iter::once(given).chain(given.get("metadata")) {
        if !std::ptr::eq(holder, given) {
            limits::leave_out(subject, &limits::of(holder), plan);
        }
        for field in RESTRICTIONS {
            if holder.get(field).is_some_and(is_something) && !limits::is_field(field) {
                plan.remarks.security(format_args!("{subject}: {field} is not enforced here"));
            }
        }
    }
    let memberships = given.get("team_memberships").into_iter().flat_map(Yaml::items);
    if memberships.into_iter().any(|member| member.get("litellm_budget_table").is_some()) {
        plan.remarks
            .security(format_args!("{subject}: the budgets of its members are not enforced here"));
    }
    entries
}

/// The holder of the master key; where there is none, and no team, whoever has the key of the gateway.
fn of_everybody<'y>(
    teams: &[Caller<'y>],
    settings: &Settings<'y>,
    plan: &mut Plan,
) -> Option<Caller<'y>> {
    let master = settings.general.and_then(|general| general.text_of("master_key"));
    let master = master.filter(|key| !key.is_empty());
    let (name, key) = match master {
        Some(master) => {
            let secret = match settings.values.secret_of_litellm(master) {
                Ok(secret) => secret,
                Err(why) => {
                    plan.remarks
                        .lost(format_args!("general_settings.master_key: not carried over: {why}"));
                    return None;
                }
            };
            plan.remarks.note(
                "general_settings.master_key: it may call every model that is not a team's own, as team admin; there is \
                 nothing else to administer",
            );
            ("admin", Key::master(&secret))
        }
        None if teams.is_empty() => {
            plan.remarks.note(
                "there is no team: everybody who has the key in GATEWAY_KEY may call every model",
            );
            ("everyone", Key::of_variable("GATEWAY_KEY"))
        }
        None => return None,
    };
    Some(Caller {
        name: free(name, |name| teams.iter().any(|team| team.name == name)),
        id: None,
        tags: Vec::new(),
        access: Access::All,
        aliases: Vec::new(),
        config: None,
        limits: Vec::new(),
        keys: vec![key],
    })
}

impl Key<'_> {
    fn master(secret: &Secret) -> Self {
        let mut key = match secret {
            Secret::Env(variable) => Self::of_variable(variable),
            Secret::Value(value) => Self::of_value(value),
        };
        key.id = Some("master".to_owned());
        key
    }
}
