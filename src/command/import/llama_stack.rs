//! The run configuration of a Llama Stack.

use super::note_the_rest;
use super::plan::{object, text, whole, Credential, Plan, Provider, Target, Team};
use super::provider::{self, LLAMA_STACK};
use super::secret::{expanded, Secret};
use crate::yaml::Yaml;

/// What a `run.yaml` comes to.
pub fn import(config: &Yaml) -> Plan {
    let mut plan = Plan::default();
    let apis = config.get("providers");
    for entry in apis.and_then(|apis| apis.get("inference")).into_iter().flat_map(Yaml::items) {
        provider_of(entry, &mut plan);
    }
    note_the_rest(&mut plan, apis, "providers", &["inference"]);
    let resources = config.get("registered_resources");
    for holder in [Some(config), resources].into_iter().flatten() {
        for entry in holder.get("models").into_iter().flat_map(Yaml::items) {
            model(entry, &mut plan);
        }
    }
    let with_items = |yaml: &Yaml| yaml.items().next().is_some();
    for holder in [Some(config), resources].into_iter().flatten() {
        for entry in holder.entries() {
            let is_resource = [
                "shields",
                "vector_dbs",
                "vector_stores",
                "datasets",
                "scoring_fns",
                "benchmarks",
                "tool_groups",
            ]
            .contains(&entry.key.as_str());
            if is_resource && with_items(&entry.value) {
                plan.remark(format_args!(
                    "line {}: {}: not carried over",
                    entry.mark.line, entry.key
                ));
            }
        }
    }
    if let Some(auth) = config.at(&["server", "auth"]).filter(|auth| !auth.entries().is_empty()) {
        plan.remark(format_args!(
            "line {}: server.auth: callers are recognised by Envoy's jwt_authn filter and `identity.team_metadata`",
            auth.mark.line
        ));
    }
    plan.remark(
        "there are no teams in it: everybody who has the key in GATEWAY_KEY may call every model",
    );
    let key = object(vec![("env", text("GATEWAY_KEY"))]);
    let everyone = Team { models: vec!["*".to_owned()], keys: vec![key], ..Team::default() };
    plan.teams.push(("everyone".to_owned(), everyone));
    plan
}

fn provider_of(entry: &Yaml, plan: &mut Plan) {
    let line = entry.mark.line;
    let kind = entry.text_of("provider_type").unwrap_or_default();
    // `${env.OPENAI_API_KEY:+openai}` is there if the variable is.
    let Some(name) = entry.text_of("provider_id").and_then(expanded) else {
        plan.remark(format_args!(
            "line {line}: a provider {kind} that is turned off: not carried over"
        ));
        return;
    };
    let name = provider::id(&name);
    let Some(known) = LLAMA_STACK.iter().find(|known| known.name == kind).copied() else {
        plan.remark(format_args!(
            "line {line}: provider {name:?} ({kind}): not carried over, for it is not known here"
        ));
        return;
    };
    let config = entry.get("config");
    let setting = |field: &str| config.and_then(|config| config.text_of(field));
    let base =
        ["base_url", "url", "api_base"].iter().find_map(|field| setting(field)).and_then(expanded);
    let usual = match kind {
        "remote::sambanova" => Some("https://api.sambanova.ai/v1".to_owned()),
        "remote::nvidia" => Some("https://integrate.api.nvidia.com/v1".to_owned()),
        _ => None,
    };
    let base = base.or(usual);
    // The kind's own address, written out.
    let is_usual =
        known.kind.is_some_and(|kind| !["azure-openai", "ollama", "vllm"].contains(&kind));
    let elsewhere = base.filter(|_| !is_usual);
    if elsewhere.is_none() && (known.kind.is_none() || known.kind == Some("azure-openai")) {
        plan.remark(format_args!(
            "line {line}: provider {name:?}: not carried over, for it has no address"
        ));
        return;
    }
    let mut provider = provider::at(known, &name, elsewhere.as_deref(), plan);
    if known.kind == Some("bedrock") {
        let region =
            ["region_name", "region"].iter().find_map(|field| setting(field)).and_then(expanded);
        provider.region = Some(region.unwrap_or_else(|| "us-east-1".to_owned()));
    }
    if known.kind == Some("azure-openai") {
        provider.api_version = setting("api_version").and_then(expanded);
    }
    let is_keyless = matches!(known.kind, Some("ollama" | "vllm"));
    let key = ["api_key", "api_token", "aws_bearer_token"]
        .iter()
        .find_map(|field| setting(field))
        .and_then(Secret::of_llama_stack)
        // What vLLM's template has where there is none.
        .filter(|secret| !is_keyless || !matches!(secret, Secret::Value(value) if value == "fake"));
    let optional = setting("api_token").is_some_and(|text| text.contains(":=fake"));
    match key.filter(|_| !optional) {
        Some(secret) => {
            if let Secret::Value(_) = secret {
                plan.remark(format_args!(
                    "the key of {name} stands in the configuration; `env` would keep it out"
                ));
            }
            if is_keyless {
                provider.is_sent_a_credential = Some(true);
            }
            let credential = Credential { provider: name.clone(), secret };
            provider.default_credential = Some(plan.credential(&name, &credential));
            provider.client_credentials = true;
        }
        None if is_keyless => {}
        // The callers' own, as Llama Stack takes them.
        None => provider.client_credentials = true,
    }
    let added: Provider = provider;
    plan.provider(&name, &added);
}

fn model(entry: &Yaml, plan: &mut Plan) {
    let line = entry.mark.line;
    let Some(name) = entry.text_of("model_id").and_then(expanded) else {
        let why = "it has no model_id, or one that depends on a variable that is not set here";
        plan.remark(format_args!("line {line}: a model: not carried over, for {why}"));
        return;
    };
    let provider = entry.text_of("provider_id").and_then(expanded).map(|name| provider::id(&name));
    let provider = provider.or_else(|| match plan.providers.as_slice() {
        [(only, _)] => Some(only.clone()),
        _ => None,
    });
    let provider = provider.filter(|name| plan.providers.iter().any(|(known, _)| known == name));
    let Some(provider) = provider else {
        plan.remark(format_args!(
            "line {line}: model {name:?}: not carried over, for its provider is not"
        ));
        return;
    };
    let written =
        entry.text_of("provider_model_id").and_then(expanded).filter(|name| name != "null");
    let upstream = written.unwrap_or_else(|| name.clone());
    let target = Target { provider, model: upstream, priority: 0, cost: None, weight: None };
    let kind = entry.text_of("model_type");
    let dimension = entry.at(&["metadata", "embedding_dimension"]).and_then(Yaml::text);
    let dimension = dimension.and_then(|text| text.parse().ok());
    let Some(model) = Plan::entry(&mut plan.models, &name) else { return };
    model.purpose = match kind {
        Some("embedding") => Some("embedding"),
        Some("llm") => Some("chat"),
        Some("rerank") => Some("rerank"),
        _ => None,
    };
    if let Some(dimension) = dimension {
        model.metadata = vec![("embedding_dimension".to_owned(), whole(dimension))];
    }
    model.targets.push(target);
}
