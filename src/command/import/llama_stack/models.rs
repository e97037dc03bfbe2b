//! Registered models.

use super::expand::expand;
use super::providers::Known;
use crate::import::plan::{whole, Model, Plan, Target};
use crate::import::values::Values;
use crate::yaml::Yaml;

/// A registered model.
struct Entry<'k> {
    name: String,
    upstream: String,
    provider: &'k Known,
    purpose: Option<&'static str>,
    dimension: Option<i64>,
}

/// Adds the models that are registered, and those that alone may be called at their providers.
pub fn import(config: &Yaml, providers: &[Known], values: &Values, plan: &mut Plan) {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut lost: Vec<String> = Vec::new();
    for holder in [Some(config), config.get("registered_resources")].into_iter().flatten() {
        for yaml in holder.get("models").into_iter().flat_map(Yaml::items) {
            let line = yaml.mark.line;
            match entry(yaml, providers, values) {
                Ok(entry) => entries.push(entry),
                Err(Lost { name, why }) => {
                    plan.remarks.lost(format_args!("line {line}: {why}"));
                    lost.extend(name);
                }
            }
        }
    }
    for entry in &entries {
        add(&entry.name, entry, plan);
    }
    for name in &lost {
        close(name, providers, plan);
    }
    for entry in &entries {
        let full = format!("{}/{}", entry.provider.id, entry.name);
        let is_full = entry.name.starts_with(&format!("{}/", entry.provider.id));
        // Where it has the same name at the provider, `provider/name` is routed as it is.
        let is_routed = entry.provider.allowed.is_none()
            && entry.upstream == entry.name
            && entry.provider.id == entry.provider.name;
        if !is_full && !is_routed && !is_there(&full, plan) {
            add(&full, entry, plan);
        }
    }
    for provider in providers {
        for model in provider.allowed.iter().flatten() {
            let full = format!("{}/{model}", provider.id);
            if !is_there(&full, plan) {
                let (name, upstream) = (full.clone(), model.clone());
                let entry = Entry { name, upstream, provider, purpose: None, dimension: None };
                add(&full, &entry, plan);
            }
        }
    }
}

/// A model that is not carried over.
struct Lost {
    name: Option<String>,
    why: String,
}

/// Keeps a provider from what begins with its id and was registered for another.
fn close(name: &str, providers: &[Known], plan: &mut Plan) {
    let takes = |it: &&Known| it.allowed.is_none() && name.starts_with(&format!("{}/", it.name));
    let Some(provider) = providers.iter().find(takes).filter(|_| !is_there(name, plan)) else {
        return;
    };
    plan.remarks.note(format_args!(
        "the model {name:?} is for nobody: it was not carried over, and {:?} must not take it",
        provider.name
    ));
    let (provider, model) = (provider.name.clone(), "not-imported".to_owned());
    let target = Target { provider, model, priority: 0, cost: None, weight: None };
    let model = Model { teams: Some(Vec::new()), targets: vec![target], ..Model::default() };
    plan.models.push((name.to_owned(), model));
}

fn is_there(name: &str, plan: &Plan) -> bool {
    plan.models.iter().any(|(known, _)| known == name)
}

fn add(name: &str, entry: &Entry<'_>, plan: &mut Plan) {
    let target = Target {
        provider: entry.provider.name.clone(),
        model: entry.upstream.clone(),
        priority: 0,
        cost: None,
        weight: None,
    };
    if plan.model_named(name).is_none() {
        plan.models.push((name.to_owned(), Model::default()));
    }
    let Some(model) = plan.model_named(name) else { return };
    model.purpose = model.purpose.or(entry.purpose);
    if let Some(dimension) = entry.dimension.filter(|_| model.metadata.is_empty()) {
        model.metadata.push(("embedding_dimension".to_owned(), whole(dimension)));
    }
    if !model.targets.contains(&target) {
        model.targets.push(target);
    }
}

fn entry<'k>(yaml: &Yaml, providers: &'k [Known], values: &Values) -> Result<Entry<'k>, Lost> {
    let text = |name: &str| {
        let text = yaml.text_of(name).filter(|text| *text != "null");
        text.and_then(|text| expand(text, values).ok().flatten())
    };
    let name = text("model_id").ok_or_else(|| Lost {
        name: None,
        why: "a model: not carried over: it has no model_id, or one that depends on a variable that is not set here"
            .to_owned(),
    })?;
    let lost = |why: &str| Lost {
        name: Some(name.clone()),
        why: format!("model {name:?}: not carried over: {why}"),
    };
    let provider = match (text("provider_id").as_deref(), providers) {
        // The first provider serves what is registered for all.
        (Some("all"), [first, ..]) => first,
        (Some(id), _) => {
            let known = providers.iter().find(|provider| provider.id == id);
            known.ok_or_else(|| lost("its provider is not"))?
        }
        (None, [only]) => only,
        (None, _) => return Err(lost("it names no provider")),
    };
    let upstream = text("provider_model_id").unwrap_or_else(|| name.clone());
    if upstream == "auto" {
        return Err(lost("it is whichever model the provider lists first"));
    }
    if provider.allowed.as_ref().is_some_and(|allowed| !allowed.contains(&upstream)) {
        return Err(lost("it is not among the provider's allowed_models"));
    }
    let purpose = match yaml.text_of("model_type") {
        Some("embedding") => Some("embedding"),
        Some("llm") => Some("chat"),
        Some("rerank") => Some("rerank"),
        _ => None,
    };
    let dimension = yaml.at(&["metadata", "embedding_dimension"]).and_then(Yaml::text);
    let dimension = dimension.and_then(|text| text.parse().ok());
    Ok(Entry { name, upstream, provider, purpose, dimension })
}
