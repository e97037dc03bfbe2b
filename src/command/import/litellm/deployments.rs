//! `model_list`: deployments become targets of models, and where they are providers.

use std::collections::BTreeMap;

use super::teams::Teams;
use super::Settings;
use crate::import::note_the_rest;
use crate::import::plan::{whole, Credential, Plan, Provider, Target};
use crate::import::provider::{self, Known, LITELLM};
use crate::import::secret::Secret;
use crate::yaml::Yaml;

/// Names of models by the access groups that they are in.
pub type Groups = BTreeMap<String, Vec<String>>;

/// Adds every deployment.
pub fn import(
    config: &Yaml,
    settings: &Settings<'_>,
    teams: &Teams<'_>,
    plan: &mut Plan,
) -> Groups {
    let mut groups = Groups::new();
    for entry in config.get("model_list").into_iter().flat_map(Yaml::items) {
        let Some(name) = entry.text_of("model_name") else { continue };
        let line = entry.mark.line;
        match deployment(entry, name, settings, teams, plan) {
            Ok(()) => {
                let info = entry.get("model_info");
                let listed = info.and_then(|info| info.get("access_groups"));
                for group in listed.into_iter().flat_map(Yaml::items).filter_map(Yaml::text) {
                    groups.entry(group.to_owned()).or_default().push(name.to_owned());
                }
            }
            Err(why) => {
                plan.remark(format_args!("line {line}: model {name:?}: not carried over: {why}"))
            }
        }
    }
    groups
}

fn deployment(
    entry: &Yaml,
    name: &str,
    settings: &Settings<'_>,
    teams: &Teams<'_>,
    plan: &mut Plan,
) -> Result<(), String> {
    let params = entry.get("litellm_params").ok_or("it has no litellm_params")?;
    let stored =
        params.text_of("litellm_credential_name").and_then(|name| settings.credential(name));
    let param = |name: &str| {
        params.text_of(name).or_else(|| stored.and_then(|stored| stored.text_of(name)))
    };
    let written = param("model").ok_or("it has no model")?;
    if written == "*" {
        return Err("no provider is named; <provider>/<model> is routed without being registered"
            .to_owned());
    }
    let (known, model) = split(written, param("custom_llm_provider"))?;
    if name.matches('*').count() > 1 || model.matches('*').count() > 1 {
        return Err("a pattern has one `*` here".to_owned());
    }
    if model.contains('*') && !name.contains('*') {
        return Err("its target has a `*`, and its name has none".to_owned());
    }
    let provider = provider_of(known, name, &param, teams, plan)?;
    let info = entry.get("model_info");
    let by_cost = settings.router.and_then(|router| router.text_of("routing_strategy"))
        == Some("cost-based-routing");
    let number = |yaml: Option<&Yaml>, name: &str| {
        yaml.and_then(|yaml| yaml.text_of(name)).and_then(|text| text.parse::<f64>().ok())
    };
    #[allow(clippy::cast_possible_truncation, reason = "weights and ranks are small")]
    let small = |name: &str| number(Some(params), name).map(|number| number as i64);
    let per_token = number(info, "input_cost_per_token")
        .or_else(|| number(Some(params), "input_cost_per_token"))
        .filter(|_| by_cost);
    let target = Target {
        provider,
        model,
        priority: small("order").unwrap_or_default(),
        // What a million tokens cost reads better than what one does.
        cost: per_token.map(|cost| cost * 1_000_000.0),
        weight: small("weight").or_else(|| small("rpm")).filter(|weight| *weight > 0),
    };
    describe(name, info, target, plan);
    if small("rpm").is_some() {
        plan.remark(format_args!("model {name:?}: rpm counts as its weight, not as a limit"));
    }
    let taken = [
        "model",
        "api_key",
        "api_base",
        "base_url",
        "api_version",
        "custom_llm_provider",
        "weight",
        "rpm",
        "order",
        "aws_region_name",
        "litellm_credential_name",
        "input_cost_per_token",
        "output_cost_per_token",
    ];
    note_the_rest(plan, Some(params), &format!("model {name:?}: litellm_params"), &taken);
    Ok(())
}

/// What LiteLLM takes the provider from: the model's prefix, or its name.
fn split(written: &str, custom: Option<&str>) -> Result<(Known, String), String> {
    let by_name = |name: &str| LITELLM.iter().find(|known| known.name == name).copied();
    if let Some(custom) = custom {
        let known =
            by_name(custom).ok_or_else(|| format!("the provider {custom:?} is not known here"))?;
        let model = written.strip_prefix(&format!("{custom}/")).unwrap_or(written);
        return Ok((known, model.to_owned()));
    }
    if let Some((prefix, model)) = written.split_once('/') {
        let known =
            by_name(prefix).ok_or_else(|| format!("the provider {prefix:?} is not known here"))?;
        // LiteLLM's own routes within a provider.
        let model = ["converse/", "invoke/", "responses/"]
            .iter()
            .find_map(|route| model.strip_prefix(route))
            .unwrap_or(model);
        return Ok((known, model.to_owned()));
    }
    let guessed = match written {
        name if name.starts_with("claude") => "anthropic",
        name if [
            "gpt-",
            "chatgpt-",
            "o1",
            "o3",
            "o4",
            "text-embedding-",
            "dall-e",
            "whisper",
            "tts-",
        ]
        .iter()
        .any(|front| name.starts_with(front)) =>
        {
            "openai"
        }
        _ => return Err("its provider is not named".to_owned()),
    };
    by_name(guessed).map(|known| (known, written.to_owned())).ok_or_else(String::new)
}

/// The provider of a deployment: one for each place and key.
fn provider_of<'y>(
    known: Known,
    model: &str,
    param: &dyn Fn(&str) -> Option<&'y str>,
    teams: &Teams<'_>,
    plan: &mut Plan,
) -> Result<String, String> {
    let base = param("api_base").or_else(|| param("base_url"));
    let base = base.map(|base| match Secret::of_litellm(base) {
        Secret::Value(url) => Ok(url),
        Secret::Env(variable) => std::env::var(&variable).map_err(|_| {
            format!("its address is in the variable {variable}, which is not set here")
        }),
    });
    let base = base.transpose()?;
    // A server of one's own that speaks OpenAI's API is no place of OpenAI's.
    let is_elsewhere = known.kind == Some("openai")
        && base.as_deref().is_some_and(|url| !url.contains("api.openai.com"));
    let known = if is_elsewhere { Known { kind: None, ..known } } else { known };
    let mut name = known.kind.unwrap_or(known.name).to_owned();
    if let Some(url) = &base {
        let host = url.split("://").last().unwrap_or_default();
        let label = host.split(['.', ':', '/']).next().unwrap_or_default();
        name = match known.kind {
            Some(kind) => format!("{kind}-{label}"),
            None => host.split(['/', ':']).next().unwrap_or_default().to_owned(),
        };
    }
    let name = provider::id(&name);
    let mut provider = provider::at(known, &name, base.as_deref(), plan);
    match known.kind {
        None if base.is_none() => return Err("it has no api_base".to_owned()),
        Some("azure-openai") => {
            if base.is_none() {
                return Err("it has no api_base".to_owned());
            }
            provider.api_version = param("api_version").map(str::to_owned);
        }
        Some("bedrock") => {
            let region = param("aws_region_name").unwrap_or("us-east-1");
            provider.region = Some(region.to_owned()).filter(|_| base.is_none());
            plan.remark(format_args!(
                "bedrock is spoken to by its API that is like OpenAI's (/openai/v1), and requests are not translated"
            ));
            if param("aws_access_key_id").is_some() || param("aws_role_name").is_some() {
                provider.is_sent_a_credential = Some(false);
                plan.remark(format_args!(
                    "model {model:?}: AWS's signatures are made by Envoy's aws_request_signing filter, not from here"
                ));
            }
        }
        _ => {}
    }
    add_credential(known, &name, &mut provider, param("api_key"), teams, plan);
    Ok(plan.provider(&name, &provider))
}

/// Gives the provider the key of the deployment as everybody's.
fn add_credential(
    known: Known,
    name: &str,
    provider: &mut Provider,
    api_key: Option<&str>,
    teams: &Teams<'_>,
    plan: &mut Plan,
) {
    if provider.is_sent_a_credential == Some(false) {
        return;
    }
    let is_keyless = matches!(known.kind, Some("ollama" | "vllm"));
    let secret = match api_key {
        Some(key) => Secret::of_litellm(key),
        None if known.variable.is_empty() => {
            provider.is_sent_a_credential = Some(false).filter(|_| !is_keyless);
            return;
        }
        // Teams that have their own keys would not notice that this one is missing; Envoy would.
        None if teams.have_keys_for(known.name) => return,
        None => Secret::Env(known.variable.to_owned()),
    };
    if is_keyless {
        provider.is_sent_a_credential = Some(true);
    }
    if let Secret::Value(_) = secret {
        plan.remark(format_args!(
            "the key of {name} stands in the configuration; `env` would keep it out"
        ));
    }
    // What differs in its key is another provider, which has a name of its own: its credential is named after it.
    let twin = |plan: &Plan| {
        plan.providers.iter().find_map(|(known, other)| {
            let owner = other.default_credential.as_ref()?;
            let same = Provider { default_credential: None, ..other.clone() } == *provider;
            let credential = plan.credentials.iter().find(|(name, _)| name == owner)?;
            (same && credential.1.secret == secret && credential.1.provider == *known)
                .then(|| owner.clone())
        })
    };
    if let Some(owner) = twin(plan) {
        provider.default_credential = Some(owner);
        return;
    }
    let is_taken = |plan: &Plan, name: &str| plan.providers.iter().any(|(known, _)| known == name);
    let numbered = (2..).map(|number: u32| format!("{name}-{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    let own = names.find(|name| !is_taken(plan, name)).unwrap_or_default();
    let credential = Credential { provider: own.clone(), secret };
    provider.default_credential = Some(plan.credential(&own, &credential));
}

/// Adds the target to its model, and what is told of the model.
fn describe(name: &str, info: Option<&Yaml>, target: Target, plan: &mut Plan) {
    let purpose = info.and_then(|info| info.text_of("mode")).and_then(|mode| match mode {
        "chat" | "responses" => Some("chat"),
        "completion" => Some("completion"),
        "embedding" => Some("embedding"),
        "image_generation" => Some("image"),
        "audio_transcription" | "audio_speech" => Some("audio"),
        "moderation" => Some("moderation"),
        "rerank" => Some("rerank"),
        _ => None,
    });
    let team = info.and_then(|info| info.text_of("team_id")).map(str::to_owned);
    let Some(model) = Plan::entry(&mut plan.models, name) else { return };
    model.purpose = model.purpose.or(purpose);
    let is_new = model.targets.is_empty();
    if !model.targets.contains(&target) {
        model.targets.push(target);
    }
    for (written, told) in
        [("max_input_tokens", "context_length"), ("output_vector_size", "embedding_dimension")]
    {
        let value = info.and_then(|info| info.text_of(written)?.parse().ok());
        if let Some(value) =
            value.filter(|_| !model.metadata.iter().any(|(known, _)| known == told))
        {
            model.metadata.push((told.to_owned(), whole(value)));
        }
    }
    let teams: Vec<_> = team.into_iter().collect();
    if is_new {
        model.teams = teams;
    } else if model.teams != teams {
        model.teams.extend(teams);
        plan.remark(format_args!(
            "model {name:?}: its deployments belong to different teams; here all of them may use each"
        ));
    }
}
