//! What of a LiteLLM proxy's file is not carried over, and how much that matters.

use crate::import::limits;
use crate::import::plan::Plan;
use crate::import::remark::Rank::{self, Lost, Note, Security};
use crate::yaml::{Value, Yaml};

/// What is carried over of a deployment, or has no effect on requests.
const OF_DEPLOYMENT: &[(&str, Option<Rank>)] = &[
    ("model", None),
    ("api_key", None),
    ("api_base", None),
    ("base_url", None),
    ("api_version", None),
    ("custom_llm_provider", None),
    ("weight", None),
    ("order", None),
    ("rpm", None),
    ("tpm", None),
    ("tags", None),
    ("litellm_credential_name", None),
    ("input_cost_per_token", None),
    ("output_cost_per_token", None),
    ("aws_region_name", None),
    ("aws_bedrock_runtime_endpoint", None),
    ("aws_access_key_id", None),
    ("aws_secret_access_key", None),
    ("aws_session_token", None),
    ("aws_session_name", None),
    ("aws_role_name", None),
    ("aws_profile_name", None),
    ("aws_web_identity_token", None),
    ("model_id", None),
    ("vertex_project", None),
    ("vertex_ai_project", None),
    ("vertex_location", None),
    ("vertex_ai_location", None),
    ("vertex_credentials", None),
    ("azure_ad_token", None),
    ("tenant_id", None),
    ("client_id", None),
    ("client_secret", None),
    ("guardrails", Some(Security)),
    ("allowed_model_region", Some(Security)),
    ("region_name", Some(Security)),
    ("additional_drop_params", Some(Lost)),
    ("input_cost_per_second", Some(Note)),
    ("output_cost_per_second", Some(Note)),
    ("use_in_pass_through", Some(Note)),
    ("merge_reasoning_content_in_choices", Some(Note)),
];

/// Likewise of `general_settings`.
const GENERAL: &[(&str, Option<Rank>)] = &[
    ("master_key", None),
    ("allowed_ips", Some(Security)),
    ("enforced_params", Some(Security)),
    ("enforce_user_param", Some(Security)),
    ("admin_only_routes", Some(Security)),
    ("allowed_routes", Some(Security)),
    ("max_request_size_mb", Some(Security)),
    ("max_response_size_mb", Some(Security)),
    ("service_account_settings", Some(Security)),
    ("reject_clientside_metadata_tags", Some(Note)),
    ("database_url", Some(Note)),
    ("database_connection_pool_limit", Some(Note)),
    ("database_connection_timeout", Some(Note)),
    ("alerting", Some(Note)),
    ("alerting_threshold", Some(Note)),
    ("alert_types", Some(Note)),
    ("background_health_checks", Some(Note)),
    ("health_check_interval", Some(Note)),
    ("disable_spend_logs", Some(Note)),
    ("proxy_batch_write_at", Some(Note)),
    ("store_prompts_in_spend_logs", Some(Note)),
    ("maximum_spend_logs_retention_period", Some(Note)),
    ("ui_access_mode", Some(Note)),
    ("proxy_admin_email", Some(Note)),
    ("completion_model", Some(Lost)),
];

/// Likewise of `litellm_settings`.
const LITELLM: &[(&str, Option<Rank>)] = &[
    ("default_team_settings", None),
    ("fallbacks", None),
    ("default_fallbacks", None),
    ("model_alias_map", None),
    ("allowed_fails", None),
    ("cooldown_time", None),
    ("enable_model_config_credential_overrides", None),
    ("use_litellm_proxy", None),
    ("guardrails", Some(Security)),
    ("banned_keywords_list", Some(Security)),
    ("blocked_user_list", Some(Security)),
    ("max_budget", Some(Security)),
    ("max_user_budget", Some(Security)),
    ("max_end_user_budget", Some(Security)),
    ("max_internal_user_budget", Some(Security)),
    ("default_internal_user_params", Some(Security)),
    ("upperbound_key_generate_params", Some(Note)),
    ("default_key_generate_params", Some(Note)),
    ("default_team_params", Some(Note)),
    ("llm_guard_mode", Some(Security)),
    ("presidio_ad_hoc_recognizers", Some(Security)),
    ("budget_duration", Some(Note)),
    ("set_verbose", Some(Note)),
    ("json_logs", Some(Note)),
    ("telemetry", Some(Note)),
    ("turn_off_message_logging", Some(Note)),
    ("redact_user_api_key_info", Some(Note)),
    ("success_callback", Some(Note)),
    ("failure_callback", Some(Note)),
    ("service_callback", Some(Note)),
    ("langfuse_default_tags", Some(Note)),
    ("s3_callback_params", Some(Note)),
    ("suppress_debug_info", Some(Note)),
    ("public_model_groups", Some(Note)),
];

/// Likewise of `router_settings`.
const ROUTER: &[(&str, Option<Rank>)] = &[
    ("model_group_alias", None),
    ("fallbacks", None),
    ("default_fallbacks", None),
    ("allowed_fails", None),
    ("cooldown_time", None),
    ("routing_strategy", None),
    ("enable_tag_filtering", None),
    ("tag_filtering_match_any", None),
    ("default_litellm_params", None),
    ("provider_budget_config", Some(Security)),
    ("optional_pre_call_checks", Some(Security)),
    ("default_max_parallel_requests", Some(Security)),
    ("redis_host", Some(Note)),
    ("redis_port", Some(Note)),
    ("redis_password", Some(Note)),
    ("redis_url", Some(Note)),
    ("set_verbose", Some(Note)),
    ("debug_level", Some(Note)),
];

/// Likewise of the whole file.
const FILE: &[(&str, Option<Rank>)] = &[
    ("model_list", None),
    ("router_settings", None),
    ("litellm_settings", None),
    ("general_settings", None),
    ("credential_list", None),
    ("environment_variables", None),
    ("teams", None),
    ("include", None),
    ("guardrails", Some(Security)),
    ("policies", Some(Security)),
    ("callback_settings", Some(Note)),
];

/// Callbacks that refuse or change requests, by parts of their names.
const GUARDS: [&str; 12] = [
    "presidio",
    "lakera",
    "aporia",
    "guard",
    "moderation",
    "secret",
    "banned",
    "blocked",
    "detect",
    "max_budget_limiter",
    "parallel_request",
    "azure_content_safety",
];

/// Says what of the file is not carried over.
pub fn of_file(config: &Yaml, plan: &mut Plan) {
    note(config, "", FILE, plan);
    for (section, known) in
        [("router_settings", ROUTER), ("litellm_settings", LITELLM), ("general_settings", GENERAL)]
    {
        if let Some(settings) = config.get(section) {
            note(settings, section, known, plan);
        }
    }
}

/// Says what of a deployment is not carried over.
pub fn of_deployment(name: &str, own: &Yaml, plan: &mut Plan) {
    note(own, &format!("model {name:?}: litellm_params"), OF_DEPLOYMENT, plan);
}

fn note(holder: &Yaml, path: &str, known: &[(&str, Option<Rank>)], plan: &mut Plan) {
    for entry in holder.entries() {
        let name = entry.key.as_str();
        if is_nothing(&entry.value) {
            continue;
        }
        let rank = match known.iter().find(|(known, _)| *known == name) {
            Some((_, None)) => continue,
            Some((_, Some(rank))) => *rank,
            None if limits::is_field(name) && path.starts_with("model ") => continue,
            None if limits::is_field(name) => Security,
            None if name == "callbacks" => callbacks(&entry.value),
            None => Lost,
        };
        let dot = if path.is_empty() { "" } else { "." };
        let line = entry.mark.line;
        plan.remarks.add(rank, format_args!("line {line}: {path}{dot}{name}: not carried over"));
    }
}

/// Whether a value says no more than if it were not there.
fn is_nothing(value: &Yaml) -> bool {
    match &value.value {
        Value::Scalar(scalar) => scalar.is_plain && ["false", "False"].contains(&&*scalar.text),
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
    }
}

fn callbacks(value: &Yaml) -> Rank {
    let names: Vec<_> = value.items().filter_map(Yaml::text).chain(value.text()).collect();
    let is_guard = |name: &&str| GUARDS.iter().any(|part| name.contains(part));
    // One of the operator's own may do anything.
    let is_own = |name: &&str| name.contains('.');
    match names.iter().any(|name| is_guard(name) || is_own(name)) {
        true => Security,
        false => Note,
    }
}
