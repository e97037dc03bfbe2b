//! Where a deployment is: a provider is its kind, its base address, its version and its region.

use envoy_llm_router::{Field, Kind};

use super::bedrock;
use super::params::Params;
use crate::import::base::Base;
use crate::import::plan::{Path, Provider};
use crate::import::provider::{self, Row, Style};
use crate::import::remark::Rank;

/// The place of a deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct DeploymentPlace {
    /// The provider, without a key.
    pub provider: Provider,
    /// The name that it would have.
    pub name: String,
    /// The model's name there.
    pub model: String,
    /// Its host.
    pub host: String,
    /// What is to be said of it.
    pub remarks: Vec<(Rank, String)>,
}

impl DeploymentPlace {
    /// Its host, and its port if it has one of its own.
    pub fn authority(&self) -> &str {
        self.provider.authority.as_deref().unwrap_or(&self.host)
    }
}

/// What clients of OpenAI's API add to a base URL.
const ENDPOINTS: [&str; 4] = ["/chat/completions", "/completions", "/embeddings", "/responses"];

/// The place of the model that LiteLLM calls `model` behind the prefix of `row`.
///
/// # Errors
///
/// Why there is none.
pub fn locate(row: &Row, model: &str, params: &Params<'_>) -> Result<DeploymentPlace, String> {
    match row.style {
        Style::Other => {
            Err(format!("OpenAI's clients cannot speak to {} without a translation", row.name))
        }
        Style::OpenAi
        | Style::OwnServer
        | Style::Ollama
        | Style::Versioned
        | Style::Anthropic
        | Style::Databricks => compatible(row, model, params),
        Style::Gemini | Style::Cohere => native(row, model, params),
        Style::Azure => azure(row, model, params),
        Style::AzureAi => azure_ai(row, model, params),
        Style::Bedrock | Style::Mantle => bedrock::locate(row, model, params),
        Style::Vertex => vertex(model, params),
        Style::HuggingFace => hugging_face(row, model, params),
        Style::Cloudflare => cloudflare(row, model, params),
    }
}

/// The base URL that is configured, or else the row's.
fn base(row: &Row, params: &Params<'_>) -> Result<Base, String> {
    let usual = match row.style {
        Style::Ollama => "http://localhost:11434",
        _ => row.base,
    };
    let url = params.base(row.base_variables)?;
    let url = url.or_else(|| Some(usual.to_owned()).filter(|usual| !usual.is_empty()));
    Base::parse(&url.ok_or("it has no api_base")?)
}

fn compatible(row: &Row, model: &str, params: &Params<'_>) -> Result<DeploymentPlace, String> {
    let base = base(row, params)?.without(&ENDPOINTS).without(&["/v1/messages", "/v1/complete"]);
    Ok(at(row, model, base))
}

/// The place of a provider of `row` at a base URL.
fn at(row: &Row, model: &str, base: Base) -> DeploymentPlace {
    let host = base.host().to_owned();
    let lost = base.query.is_some().then(|| "the query of its address is not sent".to_owned());
    let (provider, name) = provider::of_row(row, base);
    let remarks = lost.into_iter().map(|lost| (Rank::Lost, lost)).collect();
    DeploymentPlace { provider, name, model: model.to_owned(), host, remarks }
}

/// Those with an API of their own, which has one like OpenAI's beside it at their own host.
fn native(row: &Row, model: &str, params: &Params<'_>) -> Result<DeploymentPlace, String> {
    let given = params.base(row.base_variables)?.map(|url| Base::parse(&url)).transpose()?;
    match given.filter(|base| !row.owns(base.host())) {
        Some(base) => Err(format!(
            "LiteLLM speaks the provider's own API to {}, which OpenAI's clients do not",
            base.authority
        )),
        None => Ok(at(row, model, Base::parse(row.base)?)),
    }
}

fn azure(row: &Row, model: &str, params: &Params<'_>) -> Result<DeploymentPlace, String> {
    let mut base = base(row, params)?;
    // Models that are served without Azure's paths have hosts of their own.
    if base.host().ends_with(".inference.ai.azure.com") {
        return Ok(elsewhere(row, model, base.without(&ENDPOINTS)));
    }
    let of_query = base.query.take().and_then(|query| {
        let mut pairs = query.split('&').map(str::to_owned);
        pairs.find_map(|pair| pair.strip_prefix("api-version=").map(str::to_owned))
    });
    let version = params.value("api_version")?.or(of_query);
    let version = version.or_else(|| params.variable(&["AZURE_API_VERSION"]));
    let (front, behind) = match base.path.split_once("/openai") {
        Some((front, behind)) => (front.to_owned(), behind.to_owned()),
        None => (base.path.clone(), String::new()),
    };
    // A base URL may name the deployment, or the API that has no versions.
    let named = behind.strip_prefix("/deployments/").and_then(|rest| rest.split('/').next());
    let is_v1 = behind.starts_with("/v1");
    let version = version
        .filter(|version| !is_v1 && !["preview", "latest", "v1", ""].contains(&version.as_str()));
    let mut provider = Provider {
        kind: row.kind,
        authority: Some(base.authority.clone()),
        plain: base.is_plain.then(|| base.authority.clone()),
        ..Provider::default()
    };
    match version {
        None if front.is_empty() => {}
        None => provider.path = Some(Path::Prefix(format!("{front}/openai/v1"))),
        Some(version) if front.is_empty() => provider.api_version = Some(version),
        Some(version) => {
            let path = "/openai/deployments/{model}/{endpoint}?api-version=";
            provider.path = Some(Path::Template(format!("{front}{path}{version}")));
        }
    }
    let model = named.unwrap_or(model).to_owned();
    let name = provider::name(row.kind, row, &base);
    let host = base.host().to_owned();
    Ok(DeploymentPlace { provider, name, model, host, remarks: Vec::new() })
}

/// A server that speaks OpenAI's API, whatever the row's style.
fn elsewhere(row: &Row, model: &str, base: Base) -> DeploymentPlace {
    at(&Row { kind: None, base: "", hosts: &[], style: Style::OpenAi, ..*row }, model, base)
}

fn azure_ai(row: &Row, model: &str, params: &Params<'_>) -> Result<DeploymentPlace, String> {
    let mut base = base(row, params)?.without(&ENDPOINTS);
    let host = base.host();
    if !host.ends_with(".services.ai.azure.com") && !host.ends_with(".openai.azure.com") {
        return Ok(elsewhere(row, model, base));
    }
    base.query = None;
    let is_claude = model.to_ascii_lowercase().contains("claude");
    base.path = if is_claude { "/anthropic/v1" } else { "/openai/v1" }.to_owned();
    let kind = if is_claude { claude_at_azure() } else { "azure-openai" };
    Ok(DeploymentPlace {
        provider: provider::at(Some(kind), &base),
        name: provider::name(Some(if is_claude { "azure-anthropic" } else { kind }), row, &base),
        model: model.to_owned(),
        host: base.host().to_owned(),
        remarks: Vec::new(),
    })
}

/// The kind of Claude at Azure, or that of Anthropic itself, whose API it is.
fn claude_at_azure() -> &'static str {
    match Kind::named("azure-anthropic") {
        Some(kind) => kind.name,
        None => "anthropic",
    }
}

fn vertex(model: &str, params: &Params<'_>) -> Result<DeploymentPlace, String> {
    let either = |names: [&str; 2], variables: &[&str]| -> Result<Option<String>, String> {
        for name in names {
            if let Some(value) = params.value(name)? {
                return Ok(Some(value));
            }
        }
        Ok(params.variable(variables))
    };
    let project = either(["vertex_project", "vertex_ai_project"], &["VERTEXAI_PROJECT"])?;
    let project = project.ok_or("it has no vertex_project")?;
    let variables = ["VERTEXAI_LOCATION", "VERTEX_LOCATION"];
    let location = either(["vertex_location", "vertex_ai_location"], &variables)?;
    let location = location.unwrap_or_else(|| "us-central1".to_owned());
    if params.value("api_base")?.is_some() {
        return Err("LiteLLM speaks Vertex AI's own API to its api_base".to_owned());
    }
    let model = match model {
        name if name.starts_with("gemini") => format!("google/{name}"),
        name if name.contains('/') => name.to_owned(),
        _ => {
            return Err("Vertex AI serves it at no endpoint that is like OpenAI's".to_owned());
        }
    };
    let (provider, host) = provider::vertex(project, location)?;
    let account = account(params, &["vertex_credentials"]);
    let provider = Provider { account, ..provider };
    let lost = "Google's tokens last an hour: something of Envoy's must add them".to_owned();
    let remarks = vec![(Rank::Lost, lost)];
    Ok(DeploymentPlace { provider, name: "vertex".to_owned(), model, host, remarks })
}

/// Whose requests they are, where no credential of the configuration says so.
pub fn account(params: &Params<'_>, names: &[&str]) -> Option<String> {
    let parts: Vec<_> = names.iter().filter_map(|name| params.text(name)).collect();
    Some(parts.join(" ")).filter(|all| !all.is_empty())
}

fn hugging_face(row: &Row, model: &str, params: &Params<'_>) -> Result<DeploymentPlace, String> {
    let Some(url) = params.base(row.base_variables)? else {
        // `together/deepseek-ai/DeepSeek-R1`: the provider behind the router comes last there.
        let model = match model.split_once('/') {
            Some((provider, rest)) if rest.contains('/') => format!("{rest}:{provider}"),
            _ => model.to_owned(),
        };
        return Ok(at(row, &model, Base::parse(row.base)?));
    };
    Ok(at(row, model, Base::parse(&url)?.without(&ENDPOINTS)))
}

fn cloudflare(row: &Row, model: &str, params: &Params<'_>) -> Result<DeploymentPlace, String> {
    const FRONT: &str = "/client/v4/accounts/";
    let base = match params.base(row.base_variables)? {
        // LiteLLM's address of Cloudflare's own API; the one that is like OpenAI's is beside it.
        Some(url) => Base::parse(&url.replace("/ai/run", "/ai/v1"))?.without(&ENDPOINTS),
        None => {
            let account = params.variable(&["CLOUDFLARE_ACCOUNT_ID"]);
            let account = account.ok_or("CLOUDFLARE_ACCOUNT_ID is not known here (--env-file)")?;
            Base::parse(&format!("https://api.cloudflare.com{FRONT}{account}/ai/v1"))?
        }
    };
    let account = base.path.strip_prefix(FRONT).and_then(|rest| rest.strip_suffix("/ai/v1"));
    let is_account = |account: &&str| {
        !account.is_empty() && account.bytes().all(|byte| Field::Account.allows(byte))
    };
    let account =
        account.filter(is_account).filter(|_| row.owns(&base.authority) && !base.is_plain);
    match (account.map(str::to_owned), Kind::named("cloudflare")) {
        (Some(account), Some(kind)) => Ok(DeploymentPlace {
            provider: Provider {
                kind: Some(kind.name),
                customer: Some(account),
                ..Provider::default()
            },
            name: provider::name(Some(kind.name), row, &base),
            model: model.to_owned(),
            host: base.host().to_owned(),
            remarks: Vec::new(),
        }),
        _ => Ok(at(row, model, base)),
    }
}
