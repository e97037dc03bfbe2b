//! The provider in a model's name, as LiteLLM finds it.

use crate::import::base::Base;
use crate::import::provider::{self, Row, Style};

/// The provider of `written`, and the model's name there.
///
/// # Errors
///
/// That it is not known.
pub fn split(
    written: &str,
    custom: Option<&str>,
    base: Option<&str>,
) -> Result<(Row, String), String> {
    let unknown = |name: &str| format!("the provider {name:?} is not known here");
    if let Some(custom) = custom {
        let row = provider::litellm(custom).ok_or_else(|| unknown(custom))?;
        let model = written.strip_prefix(&format!("{custom}/")).unwrap_or(written);
        return Ok((row, within(&row, model).to_owned()));
    }
    if let Some((prefix, model)) = written.split_once('/') {
        if let Some(row) = provider::litellm(prefix) {
            return Ok((row, within(&row, model).to_owned()));
        }
    }
    // Without a prefix that it knows, LiteLLM looks whose the address is.
    if let Some(base) = base.and_then(|url| Base::parse(url).ok()) {
        let is_its = |row: &&Row| row.has_home() && row.owns(base.host());
        if let Some(row) = provider::all_of_litellm().find(is_its) {
            return Ok((*row, written.to_owned()));
        }
    }
    match guessed(written).and_then(provider::litellm) {
        Some(row) => Ok((row, written.to_owned())),
        None => Err(match written.split_once('/') {
            Some((prefix, _)) => unknown(prefix),
            None => "its provider is not named".to_owned(),
        }),
    }
}

/// The name without LiteLLM's own routes within a provider.
fn within<'m>(row: &Row, model: &'m str) -> &'m str {
    let routes: &[&str] = match row.style {
        Style::Azure => &["responses/", "o_series/", "gpt5_series/", "global/", "eu/", "us/"],
        Style::OpenAi | Style::AzureAi => &["responses/"],
        _ => &[],
    };
    routes.iter().find_map(|route| model.strip_prefix(route)).unwrap_or(model)
}

/// The providers of models that LiteLLM knows by their names alone, by how the names begin.
const FAMILIES: [(&str, &[&str]); 4] = [
    (
        "openai",
        &[
            "gpt-",
            "chatgpt-",
            "o1",
            "o3",
            "o4",
            "ft:gpt-",
            "text-embedding-",
            "omni-moderation-",
            "text-moderation-",
            "dall-e",
            "whisper",
            "tts-",
            "davinci",
            "babbage",
        ],
    ),
    ("anthropic", &["claude"]),
    ("cohere_chat", &["command-"]),
    ("vertex_ai", &["gemini-"]),
];

/// The prefix that LiteLLM would put in front of a name that it knows.
pub fn guessed(model: &str) -> Option<&'static str> {
    let families = ["anthropic.", "amazon.", "meta.", "cohere.", "mistral.", "ai21.", "openai."];
    let regions = ["", "us.", "eu.", "apac.", "global."];
    let is_of_bedrock = regions.iter().any(|region| {
        let own = model.strip_prefix(region);
        own.is_some_and(|own| families.iter().any(|family| own.starts_with(family)))
    });
    if is_of_bedrock {
        return Some("bedrock");
    }
    let is_of = |fronts: &[&str]| fronts.iter().any(|front| model.starts_with(front));
    FAMILIES.iter().find(|(_, fronts)| is_of(fronts)).map(|(prefix, _)| *prefix)
}
