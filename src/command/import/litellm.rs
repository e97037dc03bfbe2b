//! The configuration of a LiteLLM proxy.

mod bedrock;
mod callers;
mod credentials;
mod deployments;
mod fallbacks;
mod keys;
mod lists;
mod meanings;
mod models;
mod own_key;
mod params;
mod place;
mod remainder;
mod settings;
mod split;
mod teams;
mod weights;

use super::plan::Plan;
use super::values::Values;
use crate::yaml::Yaml;

use meanings::World;
use settings::Settings;
use teams::Teams;

pub use teams::unpacked;

/// What a `config.yaml`, and the teams in LiteLLM's database, come to.
pub fn import(config: &Yaml, teams: Option<&Yaml>, values: Values) -> Plan {
    let mut plan = Plan::default();
    let settings = Settings::of(config, values);
    let has_teams = teams.is_some();
    let teams = Teams::of(&settings, config, teams);
    let deployments = deployments::import(config, &settings, &teams, &mut plan);
    let groups = lists::groups(&deployments, &mut plan);
    let callers = callers::callers(&teams, &settings, &groups, &mut plan);
    let mut world = World::new(&deployments, &settings);
    models::aliases(&settings, &mut world, &mut plan);
    fallbacks::read(&settings, &mut world, &mut plan);
    models::import(&world, &callers, &settings, &mut plan);
    plan.cooldown = (
        settings.seconds("allowed_fails").map(|allowed| allowed.saturating_add(1)),
        settings.seconds("cooldown_time"),
    );
    remainder::of_file(config, &mut plan);
    let of_teams = own_key::of_teams_alone(&deployments, &teams);
    if !of_teams.is_empty() {
        plan.remarks.lost(format_args!(
            "{}: teams without a credential of their own are not served; LiteLLM takes the key in its environment for them",
            of_teams.join(", ")
        ));
    }
    remarks(&settings, has_teams, &teams, &mut plan);
    plan
}

/// What is to be said of the whole.
fn remarks(settings: &Settings<'_>, has_teams: bool, teams: &Teams<'_>, plan: &mut Plan) {
    if let Some(strategy) = settings.strategy() {
        if !["simple-shuffle", "cost-based-routing"].contains(&strategy) {
            plan.remarks.lost(format_args!(
                "router_settings.routing_strategy: {strategy}: targets are chosen by priority, cost and weight instead"
            ));
        }
    }
    if settings.router_is("enable_tag_filtering") {
        plan.remarks.lost(
            "router_settings.enable_tag_filtering: the tags of teams and keys count, those that clients add to a request do not",
        );
    }
    let general = |name: &str| settings.general.and_then(|general| general.get(name));
    if general("database_url").is_some() && !has_teams {
        plan.remarks.lost(
            "the teams and virtual keys in LiteLLM's database are not carried over (--teams)",
        );
    }
    if settings.general.is_some_and(|general| general.is_true("store_model_in_db")) {
        plan.remarks.lost("the models in LiteLLM's database are not carried over");
    }
    let configs = teams.iter().filter_map(teams::Team::model_config);
    let is_on = settings
        .litellm
        .is_some_and(|litellm| litellm.is_true("enable_model_config_credential_overrides"));
    if !is_on && configs.count() > 0 {
        plan.remarks.note(
            "LiteLLM takes the teams' own credentials only with \
             litellm_settings.enable_model_config_credential_overrides; here they count",
        );
    }
}
