//! Providers by the names that other gateways have for them.

mod compatible;
mod litellm;
mod llama_stack;

use std::net::IpAddr;

use envoy_llm_router::{Authority, Field, Kind};

use super::base::Base;
use super::plan::{Auth, Path, Provider};

/// A provider that the other gateway knows.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// What the other gateway calls it.
    pub name: &'static str,
    /// Its kind here, where this version has it; `None`: it has none, and is described by its address.
    pub kind: Option<&'static str>,
    /// Its base URL; empty: it is whatever the configuration says.
    pub base: &'static str,
    /// Hosts that belong to it as well, so that its key may be sent there.
    pub hosts: &'static [&'static str],
    /// The variables in which the other gateway looks for another base URL.
    pub base_variables: &'static [&'static str],
    /// The variables in which it looks for the key.
    pub key_variables: &'static [&'static str],
    /// What its API is like.
    pub style: Style,
}

/// What a provider's API is like, and how its address is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// OpenAI's, at the base URL.
    OpenAi,
    /// Likewise, on a server of one's own: at `/v1` where the base URL has no path, and often without a key.
    OwnServer,
    /// Likewise, but the base URL is written without `/v1`.
    Ollama,
    /// Likewise, whatever the base URL's path.
    Versioned,
    /// Anthropic's.
    Anthropic,
    /// Azure's, at a resource of one's own.
    Azure,
    /// That of Azure AI Foundry.
    AzureAi,
    /// Gemini's: its API that is like OpenAI's, at Google alone.
    Gemini,
    /// Cohere's: its API that is like OpenAI's.
    Cohere,
    /// Bedrock's, in a region.
    Bedrock,
    /// Bedrock Mantle's, in a region.
    Mantle,
    /// Vertex AI's, in a project and a location.
    Vertex,
    /// Hugging Face's router, or an endpoint of one's own.
    HuggingFace,
    /// Cloudflare's, in an account.
    Cloudflare,
    /// Databricks', in a workspace.
    Databricks,
    /// None that OpenAI's clients can speak without a translation.
    Other,
}

/// A provider with an API like OpenAI's, at one place.
const fn row(
    name: &'static str,
    base: &'static str,
    base_variables: &'static [&'static str],
    key_variables: &'static [&'static str],
) -> Row {
    let style = Style::OpenAi;
    Row { name, kind: None, base, hosts: &[], base_variables, key_variables, style }
}

impl Row {
    /// The same with a kind.
    const fn kind(mut self, kind: &'static str) -> Self {
        self.kind = Some(kind);
        self
    }

    /// The same with further hosts.
    const fn hosts(mut self, hosts: &'static [&'static str]) -> Self {
        self.hosts = hosts;
        self
    }

    /// The same with another style.
    const fn style(mut self, style: Style) -> Self {
        self.style = style;
        self
    }

    /// Whether a host is the provider's own.
    pub fn owns(&self, host: &str) -> bool {
        let own = Base::parse(self.base).is_ok_and(|base| base.host() == host);
        own || self.hosts.contains(&host)
    }

    /// Whether it is a server of one's own, which often needs no key.
    pub fn is_own_server(&self) -> bool {
        matches!(self.style, Style::OwnServer | Style::Ollama | Style::Versioned)
    }

    /// Whether it is at a place of its own, and not wherever the configuration says.
    pub fn has_home(&self) -> bool {
        !self.is_own_server() && (!self.base.is_empty() || !self.hosts.is_empty())
    }
}

/// The provider of LiteLLM's prefix `name`.
pub fn litellm(name: &str) -> Option<Row> {
    all_of_litellm().find(|row| row.name == name).copied()
}

/// All providers of LiteLLM.
pub fn all_of_litellm() -> impl Iterator<Item = &'static Row> {
    litellm::NAMED.iter().chain(compatible::COMPATIBLE)
}

/// Llama Stack's provider of the type `name`.
pub fn llama_stack(name: &str) -> Option<Row> {
    llama_stack::TYPES.iter().find(|row| row.name == name).copied()
}

/// A provider that is reached at `base`. What its kind says anyway, if this version knows it,
/// is left out.
pub fn at(kind: Option<&'static str>, base: &Base) -> Provider {
    let known = kind.and_then(Kind::named);
    let mut provider = Provider { kind: known.map(|kind| kind.name), ..Provider::default() };
    let (authority, prefix) = known.map_or((None, "/v1"), usual);
    if authority != Some(base.authority.as_str()) {
        provider.authority = Some(base.authority.clone());
    }
    // At the kind's own host no path is the usual one.
    let is_usual = base.path.is_empty() && authority == Some(base.authority.as_str());
    if base.path != prefix && !is_usual {
        provider.path = Some(Path::Prefix(base.path.clone()));
    }
    provider.plain = base.is_plain.then(|| base.authority.clone());
    provider
}

/// A provider of `row` at a base URL whose path is completed as the row's style has it, and the name that it would have.
pub fn of_row(row: &Row, mut base: Base) -> (Provider, String) {
    let is_home = row.owns(base.host());
    match row.style {
        Style::Ollama | Style::Versioned | Style::Anthropic | Style::HuggingFace
            if !base.path.ends_with("/v1") =>
        {
            base.path.push_str("/v1");
        }
        Style::Ollama | Style::Versioned | Style::Anthropic | Style::HuggingFace => {}
        Style::OwnServer if base.path.is_empty() => base.path.push_str("/v1"),
        Style::Databricks if base.path.is_empty() => base.path.push_str("/serving-endpoints"),
        _ if is_home && base.path.is_empty() => {
            base.path = Base::parse(row.base).map(|usual| usual.path).unwrap_or_default();
        }
        _ => {}
    }
    // What speaks OpenAI's API elsewhere is no place of OpenAI's.
    let keeps_kind = is_home || !row.has_home() || row.style == Style::Anthropic;
    let kind = row.kind.filter(|_| keeps_kind);
    (at(kind, &base), name(kind, row, &base))
}

/// Vertex AI in a project and a location, and its host. Google's tokens are no credentials of a configuration.
///
/// # Errors
///
/// One of them cannot stand in a path.
pub fn vertex(project: String, location: String) -> Result<(Provider, String), String> {
    let kind = Kind::named("vertex").ok_or("Vertex AI is not known here")?;
    let is_one = |field: Field, value: &str| {
        !value.is_empty() && value.bytes().all(|byte| field.allows(byte))
    };
    if !is_one(Field::Project, &project) || !is_one(Field::Region, &location) {
        return Err("its project or location cannot stand in a path".to_owned());
    }
    let host = kind.authority.host(Some(&location)).ok().flatten();
    let host = host.ok_or("Vertex AI has no host in its location")?;
    let (region, project) = (Some(location), Some(project));
    let auth = Some(Auth::None);
    Ok((Provider { kind: Some(kind.name), region, project, auth, ..Provider::default() }, host))
}

/// The name of a provider of `row` at a base URL.
pub fn name(kind: Option<&str>, row: &Row, base: &Base) -> String {
    let host = base.host();
    let is_home = row.owns(host);
    let is_address = host.starts_with('[') || host.parse::<IpAddr>().is_ok();
    let label = host.split('.').next().filter(|_| !is_address).unwrap_or(host);
    id(&match kind {
        Some(kind) if is_home => kind.to_owned(),
        Some(kind) => format!("{kind}-{label}"),
        None if is_home => row.name.to_owned(),
        None => host.to_owned(),
    })
}

/// The host and the path that a kind fills in.
fn usual(kind: &Kind) -> (Option<&'static str>, &'static str) {
    let authority = match kind.authority {
        Authority::Fixed(host) => Some(host),
        Authority::Configured | Authority::Regional { .. } | Authority::AsSent => None,
    };
    let prefix = kind.apis.first().and_then(|place| place.path.strip_suffix("/{endpoint}"));
    (authority, prefix.unwrap_or_default())
}

/// Makes the provider one that is sent a credential, or none, whatever its kind does when nothing is said.
pub fn send_credential(provider: &mut Provider, is_sent: bool) {
    let kind = provider.kind.and_then(Kind::named);
    let is_usual = kind.is_none_or(|kind| kind.auth().is_some());
    provider.auth = match (is_sent, is_usual) {
        (true, false) => Some(Auth::Header("authorization")),
        (false, true) => Some(Auth::None),
        _ => None,
    };
}

/// `name` as it may be a provider's: lower case, and nothing but letters, digits, `.`, `_` and `-`.
pub fn id(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    let name = name.to_ascii_lowercase();
    let id: String = name.chars().map(|c| if allowed(c) { c } else { '-' }).collect();
    let id = id.trim_matches('-');
    if id.is_empty() { "provider" } else { id }.to_owned()
}
