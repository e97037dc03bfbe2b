//! The configuration of a LiteLLM proxy.

mod deployments;
mod teams;

use super::note_the_rest;
use super::plan::Plan;
use crate::yaml::Yaml;

/// What a `config.yaml`, and the teams in LiteLLM's database, come to.
pub fn import(config: &Yaml, teams: Option<&Yaml>) -> Plan {
    let mut plan = Plan::default();
    let settings = Settings {
        router: config.get("router_settings"),
        litellm: config.get("litellm_settings"),
        general: config.get("general_settings"),
        credentials: config.get("credential_list"),
    };
    let teams = teams::Teams::of(&settings, config, teams);
    let groups = deployments::import(config, &settings, &teams, &mut plan);
    aliases(&settings, &mut plan);
    fallbacks(&settings, &mut plan);
    teams.import(&settings, &groups, &mut plan);
    let whole = |name: &str| settings.router?.text_of(name)?.parse::<f64>().ok();
    #[allow(clippy::cast_possible_truncation, reason = "a number of seconds")]
    let cooldown = |name: &str| whole(name).map(|number| number.ceil() as i64);
    plan.cooldown = (
        cooldown("allowed_fails").map(|allowed| allowed.saturating_add(1)),
        cooldown("cooldown_time"),
    );
    note_the_rest(
        &mut plan,
        Some(config),
        "",
        &[
            "model_list",
            "router_settings",
            "litellm_settings",
            "general_settings",
            "credential_list",
            "teams",
        ],
    );
    let router =
        ["model_group_alias", "fallbacks", "allowed_fails", "cooldown_time", "routing_strategy"];
    note_the_rest(&mut plan, settings.router, "router_settings", &router);
    let litellm = ["default_team_settings", "fallbacks", "model_alias_map"];
    note_the_rest(&mut plan, settings.litellm, "litellm_settings", &litellm);
    note_the_rest(&mut plan, settings.general, "general_settings", &["master_key"]);
    if let Some(strategy) = settings.router.and_then(|router| router.text_of("routing_strategy")) {
        if !["simple-shuffle", "cost-based-routing"].contains(&strategy) {
            plan.remark(format_args!(
                "router_settings.routing_strategy: {strategy}: targets are chosen by priority, cost and weight instead"
            ));
        }
    }
    plan
}

/// The parts of the file.
pub struct Settings<'y> {
    router: Option<&'y Yaml>,
    litellm: Option<&'y Yaml>,
    general: Option<&'y Yaml>,
    credentials: Option<&'y Yaml>,
}

impl<'y> Settings<'y> {
    /// What is stored as the credential `name`.
    fn credential(&self, name: &str) -> Option<&'y Yaml> {
        let mut all = self.credentials.into_iter().flat_map(Yaml::items);
        all.find(|credential| credential.text_of("credential_name") == Some(name))?
            .get("credential_values")
    }
}

/// `model_group_alias`, and LiteLLM's older `model_alias_map`.
fn aliases(settings: &Settings<'_>, plan: &mut Plan) {
    let of_groups = settings.router.and_then(|router| router.get("model_group_alias"));
    let of_models = settings.litellm.and_then(|litellm| litellm.get("model_alias_map"));
    for entry in [of_groups, of_models].into_iter().flatten().flat_map(Yaml::entries) {
        let alias = &entry.key;
        let meant = entry.value.text().or_else(|| entry.value.text_of("model")).unwrap_or_default();
        let is_taken =
            plan.models.iter().any(|(name, model)| name == alias || model.aliases.contains(alias));
        let model = plan.models.iter_mut().find(|(name, _)| name == meant);
        match model.filter(|(name, _)| !is_taken && !name.contains('*')) {
            Some((_, model)) => model.aliases.push(alias.clone()),
            None => plan.remark(format_args!(
                "line {}: alias {alias:?} of {meant:?}: not carried over, for {}",
                entry.mark.line,
                if is_taken {
                    "there is a model of that name"
                } else {
                    "that is no model of its own"
                },
            )),
        }
    }
}

/// Fallbacks become targets of a lower rank.
fn fallbacks(settings: &Settings<'_>, plan: &mut Plan) {
    let lists = [settings.router, settings.litellm].into_iter().flatten();
    let all: Vec<_> = lists
        .filter_map(|settings| settings.get("fallbacks"))
        .flat_map(Yaml::items)
        .flat_map(Yaml::entries)
        .collect();
    for entry in all {
        for (fallback, rank) in entry.value.items().filter_map(Yaml::text).zip(1_i64..) {
            let other = plan.models.iter().find(|(name, _)| name == fallback);
            let Some(targets) = other.map(|(_, model)| model.targets.clone()) else {
                plan.remark(format_args!(
                    "line {}: fallback {fallback:?}: not carried over, for it is no model of its own",
                    entry.mark.line
                ));
                continue;
            };
            let Some((_, model)) = plan.models.iter_mut().find(|(name, _)| *name == entry.key)
            else {
                plan.remark(format_args!(
                    "line {}: fallbacks of {:?}: not carried over, for it is no model of its own",
                    entry.mark.line, entry.key
                ));
                break;
            };
            // Behind all of its own.
            const BEHIND: i64 = 100;
            let own = targets.into_iter().map(|mut target| {
                target.priority = target.priority.saturating_add(rank.saturating_mul(BEHIND));
                target
            });
            model.targets.extend(own);
            plan.remark(format_args!(
                "line {}: {:?} falls back to {fallback:?} when its own targets rest or have no credential",
                entry.mark.line, entry.key
            ));
        }
    }
}
