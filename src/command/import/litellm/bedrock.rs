//! Bedrock: regions in four places, endpoints in a VPC, and models that it does not serve like OpenAI's.

use super::params::Params;
use super::place::{account, DeploymentPlace};
use crate::import::base::Base;
use crate::import::plan::{Auth, Provider};
use crate::import::provider::{self, Row, Style};
use crate::import::remark::Rank;

/// LiteLLM's own routes within Bedrock, which precede the model's id.
const ROUTES: [&str; 6] =
    ["converse/", "invoke/", "chat_completions/", "mantle/", "nova-2/", "nova/"];

/// The place of a model at Bedrock, or at Bedrock Mantle.
pub fn locate(row: &Row, model: &str, params: &Params<'_>) -> Result<DeploymentPlace, String> {
    let is_mantle = row.style == Style::Mantle || model.starts_with("mantle/");
    let model =
        ROUTES.iter().fold(model, |model, route| model.strip_prefix(route).unwrap_or(model));
    if ["agent/", "agentcore/", "kb/"].iter().any(|front| model.starts_with(front)) {
        return Err("agents of Bedrock are not served like models".to_owned());
    }
    let (named, model) = match model.split_once('/') {
        Some((region, rest)) if is_region(region) => (Some(region.to_owned()), rest),
        // The architecture of an imported model, and its ARN.
        Some((_, rest)) if rest.starts_with("arn:") => (None, rest),
        _ => (None, model),
    };
    let mut remarks = Vec::new();
    let region = region(named, model, params, &mut remarks)?;
    let endpoint = match params.value("aws_bedrock_runtime_endpoint")? {
        Some(endpoint) => Some(endpoint),
        None => params.base(row.base_variables)?,
    };
    let mut provider = match endpoint {
        Some(url) => {
            let mut base = Base::parse(&url)?;
            base.path = format!("{}/openai/v1", base.path.trim_end_matches("/openai/v1"));
            provider::at(row.kind, &base)
        }
        None if is_mantle => {
            let host = format!("bedrock-mantle.{region}.api.aws");
            Provider { authority: Some(host), ..Provider::default() }
        }
        None => Provider { kind: row.kind, region: Some(region.clone()), ..Provider::default() },
    };
    let signing =
        ["aws_access_key_id", "aws_role_name", "aws_profile_name", "aws_web_identity_token"];
    provider.account = account(params, &signing);
    let has_key = params.text("api_key").is_some();
    let token_is_unset =
        params.is_environment_known() && params.variable(row.key_variables).is_none();
    if !has_key && (provider.account.is_some() || token_is_unset) {
        provider.auth = Some(Auth::None);
        let lost = "AWS's signatures are made by Envoy's aws_request_signing filter, not here";
        remarks.push((Rank::Lost, lost.to_owned()));
    }
    if !is_mantle {
        remarks.extend(unserved(model).map(|lost| (Rank::Lost, lost)));
    }
    let host = match &provider.authority {
        Some(authority) => authority.clone(),
        None => format!("bedrock-runtime.{region}.amazonaws.com"),
    };
    let name = if is_mantle { "bedrock-mantle" } else { "bedrock" }.to_owned();
    // The id that is really called, if the name is another.
    let model = params.value("model_id")?.unwrap_or_else(|| model.to_owned());
    Ok(DeploymentPlace { provider, name, model, host, remarks })
}

/// The region as LiteLLM finds it: the parameter, then the model's name or ARN, then the environment, then `us-west-2`.
fn region(
    named: Option<String>,
    model: &str,
    params: &Params<'_>,
    remarks: &mut Vec<(Rank, String)>,
) -> Result<String, String> {
    let of_arn = |text: &str| {
        let region = text.strip_prefix("arn:")?.split(':').nth(2)?;
        is_region(region).then(|| region.to_owned())
    };
    let found = match params.value("aws_region_name")? {
        Some(region) => Some(region),
        None => named.or_else(|| of_arn(model)).or_else(|| of_arn(params.text("model_id")?)),
    };
    let found = found.or_else(|| params.variable(&["AWS_REGION_NAME", "AWS_REGION"]));
    match found {
        Some(region) if is_region(&region) => Ok(region),
        Some(region) => Err(format!("{region:?} is no region")),
        None => {
            if !params.is_environment_known() {
                let note =
                    "its region is us-west-2, unless AWS_REGION_NAME or AWS_REGION is set for \
                            LiteLLM (--env-file)";
                remarks.push((Rank::Lost, note.to_owned()));
            }
            Ok("us-west-2".to_owned())
        }
    }
}

/// Whether a text looks like `us-east-1` or `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, words)) => {
            (2..=3).contains(&words.len())
                && words.iter().all(is_word)
                && !number.is_empty()
                && number.bytes().all(|b| b.is_ascii_digit())
        }
        None => false,
    }
}

/// Why clients of OpenAI's API are not served the model there.
fn unserved(model: &str) -> Option<String> {
    let is_like_openai = model.contains("openai.") || model.contains("xai.");
    if is_like_openai || model.contains('*') || model.starts_with("arn:") {
        return None;
    }
    Some(match model.contains("claude") {
        true => "Bedrock serves Claude at messages, and not at chat/completions: its clients must call \
                 messages, or the provider be another (LiteLLM translates)"
            .to_owned(),
        false => format!(
            "Bedrock serves {model} at no endpoint of OpenAI's, only at its own (LiteLLM translates)"
        ),
    })
}
