//! `model_list`: each deployment by itself.

use envoy_llm_router::Node;

use super::own_key::with_key;
use super::params::Params;
use super::place::{locate, DeploymentPlace};
use super::remainder;
use super::split::split;
use super::teams::Teams;
use super::Settings;
use crate::import::limits;
use crate::import::plan::{whole, Plan};
use crate::import::provider::{self, Row};
use crate::yaml::Yaml;

/// A deployment.
#[derive(Clone)]
pub struct Deployment<'y> {
    /// The name that is asked for.
    pub name: String,
    /// The team that alone may use it.
    pub owner: Option<&'y str>,
    /// Whether its name is that of the owner alone, so that the owner's requests go nowhere else.
    pub is_owners_name: bool,
    /// Its tags.
    pub tags: Vec<&'y str>,
    /// Whether clients are recognised by their `user-agent` as well.
    pub has_tag_regex: bool,
    /// Whether its group filters by tags, if it says so itself.
    pub filters_by_tag: Option<bool>,
    /// Its rank, if it has one.
    pub order: Option<i64>,
    /// What a million tokens cost.
    pub cost: Option<f64>,
    /// What it does.
    pub purpose: Option<&'static str>,
    /// What is shown of it.
    pub metadata: Vec<(String, Node)>,
    /// The access groups that it is in.
    pub groups: Vec<&'y str>,
    /// Its parameters.
    pub params: Params<'y>,
    /// The prefix of its provider, as it is written.
    pub prefix: String,
    /// Where it is served; `None` if it could not be carried over. What it keeps others from stands all the same.
    pub served: Option<Served>,
}

/// Where a deployment is served.
#[derive(Clone)]
pub struct Served {
    /// Its provider for LiteLLM.
    pub row: Row,
    /// The name behind the prefix.
    pub written: String,
    /// Where it is.
    pub place: DeploymentPlace,
    /// The provider, with the deployment's own key.
    pub provider: String,
}

/// Every deployment.
pub fn import<'y>(
    config: &'y Yaml,
    settings: &'y Settings<'y>,
    teams: &Teams<'y>,
    plan: &mut Plan,
) -> Vec<Deployment<'y>> {
    let mut deployments = Vec::new();
    for entry in config.get("model_list").into_iter().flat_map(Yaml::items) {
        let line = entry.mark.line;
        let Some(name) = entry.text_of("model_name").filter(|name| !name.is_empty()) else {
            plan.remarks.lost(format_args!("line {line}: a model without model_name"));
            continue;
        };
        if is_catch_all(entry, name) {
            deployments.extend(catch_all(entry, config, settings, teams, plan));
            continue;
        }
        if let Err(why) = settings.check_environment(entry.get("model_info")) {
            // LiteLLM does not load it at all.
            plan.remarks.lost(format_args!("line {line}: model {name:?}: not carried over: {why}"));
            continue;
        }
        let mut made = deployment(entry, name, settings);
        match serve(entry, &made, None, settings, teams, plan) {
            Ok(served) => made.served = Some(served),
            Err(why) => plan
                .remarks
                .lost(format_args!("line {line}: model {name:?}: not carried over: {why}")),
        }
        if made.is_owners_name && made.name != name {
            // The name behind the team's own is one as well.
            let name = name.to_owned();
            deployments.push(Deployment { name, is_owners_name: false, ..made.clone() });
        }
        deployments.push(made);
    }
    deployments
}

/// Whether it sends everything to the provider that is named in front.
fn is_catch_all(entry: &Yaml, name: &str) -> bool {
    name == "*" && entry.at(&["litellm_params", "model"]).and_then(Yaml::text) == Some("*")
}

/// `*` for `*`: LiteLLM sends everything to the provider that is named in front, with the key in its environment. That is a
/// pattern for each provider whose key is known to be there.
fn catch_all<'y>(
    entry: &'y Yaml,
    config: &Yaml,
    settings: &'y Settings<'y>,
    teams: &Teams<'y>,
    plan: &mut Plan,
) -> Vec<Deployment<'y>> {
    let line = entry.mark.line;
    let has_own = |name: &str| {
        let params = entry.get("litellm_params");
        params.is_some_and(|params| params.text_of(name).is_some())
    };
    if has_own("api_key") || has_own("api_base") || has_own("litellm_credential_name") {
        plan.remarks.lost(format_args!(
            "line {line}: model \"*\": not carried over: its key or address would be every provider's"
        ));
        return Vec::new();
    }
    let is_written = |pattern: &str| {
        let mut entries = config.get("model_list").into_iter().flat_map(Yaml::items);
        entries.any(|entry| entry.text_of("model_name") == Some(pattern))
    };
    let mut deployments = Vec::new();
    let has_key = |row: &&Row| row.has_home() && settings.values.first(row.key_variables).is_some();
    for row in provider::all_of_litellm().filter(has_key) {
        let pattern = format!("{}/*", row.name);
        if !is_written(&pattern) {
            let mut made = deployment(entry, &pattern, settings);
            made.served = serve(entry, &made, Some(&pattern), settings, teams, plan).ok();
            deployments.extend(made.served.is_some().then_some(made));
        }
    }
    plan.remarks.lost(match settings.values.is_complete() {
        false => format!(
            "line {line}: model \"*\": it is every provider whose key is in LiteLLM's environment: carried over for \
             those that are known here (--env-file)"
        ),
        true => format!(
            "line {line}: model \"*\": only names with the provider in front are routed, not those that LiteLLM \
             knows without"
        ),
    });
    deployments
}

/// A deployment, whether it can be served or not.
fn deployment<'y>(entry: &'y Yaml, name: &str, settings: &'y Settings<'y>) -> Deployment<'y> {
    let own = entry.get("litellm_params").unwrap_or(entry);
    let params = Params::of(own, settings);
    let info = entry.get("model_info");
    let text = |name: &str| info.and_then(|info| info.text_of(name)).filter(|it| !it.is_empty());
    let owner = text("team_id");
    let public = text("team_public_model_name").filter(|_| owner.is_some());
    let cost = info.and_then(|info| info.text_of("input_cost_per_token")?.parse().ok());
    let cost: Option<f64> = cost.or_else(|| params.number("input_cost_per_token"));
    let groups = info.and_then(|info| info.get("access_groups"));
    let tags = own.get("tags").into_iter().flat_map(Yaml::items).filter_map(Yaml::text);
    let model = params.text("model").unwrap_or_default();
    let prefix = model.split_once('/').map_or(model, |(prefix, _)| prefix);
    let filter = "enable_tag_filtering";
    Deployment {
        name: public.unwrap_or(name).to_owned(),
        owner,
        is_owners_name: public.is_some(),
        tags: tags.collect(),
        has_tag_regex: own.get("tag_regex").is_some_and(|list| list.items().next().is_some()),
        filters_by_tag: info.filter(|info| info.get(filter).is_some()).map(|it| it.is_true(filter)),
        order: whole_number(&params, "order"),
        // What a million tokens cost reads better than what one does.
        cost: cost.filter(|_| settings.is_by_cost()).map(|cost| cost * 1_000_000.0),
        purpose: text("mode").and_then(purpose),
        metadata: metadata(info),
        groups: groups.into_iter().flat_map(Yaml::items).filter_map(Yaml::text).collect(),
        params,
        prefix: params.text("custom_llm_provider").unwrap_or(prefix).to_owned(),
        served: None,
    }
}

/// Where a deployment is served. `instead` is a model in the place of its own.
fn serve<'y>(
    entry: &'y Yaml,
    deployment: &Deployment<'y>,
    instead: Option<&str>,
    settings: &'y Settings<'y>,
    teams: &Teams<'y>,
    plan: &mut Plan,
) -> Result<Served, String> {
    let own = entry.get("litellm_params").ok_or("it has no litellm_params")?;
    let info = entry.get("model_info");
    let Deployment { name, owner, params, .. } = deployment;
    if info.is_some_and(|info| info.is_true("blocked")) {
        return Err("it is blocked".to_owned());
    }
    if info.is_some_and(|info| info.get("access_windows").is_some()) {
        return Err("it may be used at some times only (access_windows)".to_owned());
    }
    if params.text("mock_response").is_some() {
        return Err("it answers by itself (mock_response)".to_owned());
    }
    if own.is_true("use_litellm_proxy") || settings.uses_litellm_proxy() {
        return Err("it is reached by another LiteLLM proxy (use_litellm_proxy)".to_owned());
    }
    if let Some(owner) = owner.filter(|owner| !teams.has(owner)) {
        return Err(format!("it belongs to the team {owner}, which is not known here (--teams)"));
    }
    let written = match instead {
        Some(model) => model.to_owned(),
        None => params.value("model")?.ok_or("it has no model")?,
    };
    if written == "*" {
        return Err("no provider is named".to_owned());
    }
    let base = params.value("api_base").ok().flatten();
    let custom = params.value("custom_llm_provider")?;
    let (row, written) = split(&written, custom.as_deref(), base.as_deref())?;
    let place = locate(&row, &written, params)?;
    check_pattern(name, &place.model)?;
    let provider = with_key(&row, &place, params, settings, teams, name, plan);
    for (rank, remark) in &place.remarks {
        plan.remarks.add(*rank, format_args!("model {name:?}: {remark}"));
    }
    remark_on(row, name, own, plan);
    Ok(Served { row, written, place, provider })
}

/// A pattern has one `*` here.
fn check_pattern(name: &str, model: &str) -> Result<(), String> {
    if name.matches('*').count() > 1 || model.matches('*').count() > 1 {
        return Err("a pattern has one `*` here".to_owned());
    }
    if model.contains('*') && !name.contains('*') {
        return Err("its target has a `*`, and its name has none".to_owned());
    }
    Ok(())
}

/// What of a deployment's parameters is not carried over.
fn remark_on(row: Row, name: &str, own: &Yaml, plan: &mut Plan) {
    if row.name == "perplexity" {
        plan.remarks.lost(format_args!(
            "model {name:?}: Perplexity ended chat/completions on 2026-09-27: its clients must call responses"
        ));
    }
    limits::leave_out(&format!("model {name:?}"), &limits::of(own), plan);
    if own.get("rpm").is_some() || own.get("tpm").is_some() {
        plan.remarks.security(format_args!(
            "model {name:?}: rpm and tpm count as its weight, and not as a limit"
        ));
    }
    remainder::of_deployment(name, own, plan);
}

#[allow(clippy::cast_possible_truncation, reason = "ranks are small")]
fn whole_number(params: &Params<'_>, name: &str) -> Option<i64> {
    params.number(name).map(|number| number as i64)
}

fn purpose(mode: &str) -> Option<&'static str> {
    match mode {
        "chat" | "responses" => Some("chat"),
        "completion" => Some("completion"),
        "embedding" => Some("embedding"),
        "image_generation" => Some("image"),
        "audio_transcription" | "audio_speech" => Some("audio"),
        "moderation" => Some("moderation"),
        "rerank" => Some("rerank"),
        _ => None,
    }
}

fn metadata(info: Option<&Yaml>) -> Vec<(String, Node)> {
    let fields =
        [("max_input_tokens", "context_length"), ("output_vector_size", "embedding_dimension")];
    let values = fields.into_iter().filter_map(|(written, shown)| {
        let value = info?.text_of(written)?.parse().ok()?;
        Some((shown.to_owned(), whole(value)))
    });
    values.collect()
}
