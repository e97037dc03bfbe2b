//! Configurations in which providers are written out: with their host, path and credential header in the place of their
//! kind. So it does not matter which kinds there are.

use envoy_llm_router::{Authority, Kind};
use serde_json::{json, Value};

/// A kind: its name, host, path and credential header.
type Known = (&'static str, &'static str, &'static str, &'static str);

/// Kinds that may not be there yet.
const COMING: [Known; 20] = [
    ("azure-anthropic", "", "/anthropic/v1", "x-api-key"),
    ("zai", "api.z.ai", "/api/paas/v4", "authorization"),
    ("cohere", "api.cohere.ai", "/compatibility/v1", "authorization"),
    ("huggingface", "router.huggingface.co", "/v1", "authorization"),
    ("nvidia", "integrate.api.nvidia.com", "/v1", "authorization"),
    ("minimax", "api.minimax.io", "/v1", "authorization"),
    ("vercel", "ai-gateway.vercel.sh", "/v1", "authorization"),
    ("nebius", "api.tokenfactory.nebius.com", "/v1", "authorization"),
    ("sambanova", "api.sambanova.ai", "/v1", "authorization"),
    ("baseten", "inference.baseten.co", "/v1", "authorization"),
    ("scaleway", "api.scaleway.ai", "/v1", "authorization"),
    ("requesty", "router.requesty.ai", "/v1", "authorization"),
    ("siliconflow", "api.siliconflow.com", "/v1", "authorization"),
    ("voyage", "api.voyageai.com", "/v1", "authorization"),
    ("jina", "api.jina.ai", "/v1", "authorization"),
    ("lmstudio", "", "/v1", "none"),
    ("llamacpp", "", "/v1", "none"),
    ("sglang", "", "/v1", "none"),
    ("tgi", "", "/v1", "none"),
    ("litellm", "", "/v1", "none"),
];

/// Kinds whose place has moved, or will: what a case means by them.
const MOVING: [Known; 1] = [("together", "api.together.xyz", "/v1", "authorization")];

/// The configuration that was made, with providers that are written out.
pub fn made(configuration: &Value) -> Value {
    plain(configuration, &[])
}

/// Likewise the one that a case expects.
pub fn expected(configuration: &Value) -> Value {
    plain(configuration, &MOVING)
}

fn plain(configuration: &Value, before: &[Known]) -> Value {
    let mut plain = configuration.clone();
    if let Some(providers) = plain.get_mut("providers").and_then(Value::as_object_mut) {
        for provider in providers.values_mut() {
            *provider = written_out(provider, before);
        }
    }
    plain
}

fn written_out(provider: &Value, before: &[Known]) -> Value {
    let text = |name: &str| provider[name].as_str().unwrap_or_default();
    let (host, prefix, header) = kind(text("kind"), text("region"), before);
    let host = provider["authority"].as_str().map_or(host, str::to_owned);
    let prefix = match &provider["path"] {
        // Its chat/completions have ended, and with them a path without a version.
        Value::Null if text("kind") == "perplexity" => "the kind's".to_owned(),
        Value::Null => prefix.to_owned(),
        path if path["template"].is_string() => path["template"].as_str().unwrap().to_owned(),
        path => path["prefix"].as_str().unwrap_or_default().to_owned(),
    };
    let header = match &provider["auth"] {
        Value::Null => header,
        Value::String(none) => none,
        auth => auth["header"].as_str().unwrap(),
    };
    let mut written = provider.clone();
    let fields = written.as_object_mut().unwrap();
    for taken in ["kind", "region", "authority", "path", "auth"] {
        fields.remove(taken);
    }
    fields.insert("at".to_owned(), json!([host, prefix, header]));
    written
}

/// The host, the path and the credential header of a kind.
fn kind<'k>(name: &'k str, region: &str, before: &[Known]) -> (String, &'k str, &'k str) {
    if let Some((_, host, prefix, header)) = before.iter().find(|(known, ..)| *known == name) {
        return ((*host).to_owned(), prefix, header);
    }
    if let Some(kind) = Kind::named(name) {
        let host = match kind.authority {
            Authority::Fixed(host) => host.to_owned(),
            Authority::Regional { .. } => {
                let region = Some(region).filter(|region| !region.is_empty());
                kind.authority.host(region).ok().flatten().unwrap_or_default()
            }
            Authority::Configured | Authority::AsSent => String::new(),
        };
        let path = kind.apis.first().map_or("", |place| place.path);
        let prefix = path.strip_suffix("/{endpoint}").unwrap_or(path);
        return (host, prefix, kind.auth().map_or("none", |auth| auth.header));
    }
    match COMING.iter().find(|(coming, ..)| *coming == name) {
        Some((_, host, prefix, header)) => ((*host).to_owned(), prefix, header),
        None => (String::new(), "/v1", "authorization"),
    }
}
