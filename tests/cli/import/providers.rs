//! Configurations in which providers are written out: with their host, path and credential header in the place of their
//! kind. So a case says where requests go, whether the kind's entry or the configuration leads there.

use envoy_llm_router::{Authority, Kind};
use serde_json::{json, Value};

/// The configuration, with providers that are written out.
pub fn plain(configuration: &Value) -> Value {
    let mut plain = configuration.clone();
    if let Some(providers) = plain.get_mut("providers").and_then(Value::as_object_mut) {
        for provider in providers.values_mut() {
            *provider = written_out(provider);
        }
    }
    plain
}

fn written_out(provider: &Value) -> Value {
    let text = |name: &str| provider[name].as_str().unwrap_or_default();
    let (host, path, header) = kind(text("kind"), text("region"));
    let prefix = ["region", "project", "account"]
        .into_iter()
        .fold(path.to_owned(), |path, field| path.replace(&format!("{{{field}}}"), text(field)));
    let host = provider["authority"].as_str().map_or(host, str::to_owned);
    let prefix = match &provider["path"] {
        // Its chat/completions have ended, and with them a path without a version.
        Value::Null if text("kind") == "perplexity" => "the kind's".to_owned(),
        Value::Null => prefix,
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
fn kind<'k>(name: &'k str, region: &str) -> (String, &'k str, &'k str) {
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
    (String::new(), "/v1", "authorization")
}
