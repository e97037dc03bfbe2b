//! What must be so after every request, whatever the host did.

use serde_json::Value;

use crate::attempt::PROVIDER;
use crate::catalogue::{self, KEY, ONE, OWN_KEY, TWO};
use crate::host::{Passage, Sent, Stream, Vm};

/// The field with which Envoy sends nothing.
const GUARD: &str = "x-llm-router-pool";

/// Nothing that was told holds a secret, and what was sent is whole.
pub fn check(vm: &Vm, stream: &Stream) -> Result<(), String> {
    check_told(vm)?;
    if stream.replies.len() > 1 {
        return Err(format!("answered {} times", stream.replies.len()));
    }
    match (&stream.sent, stream.passage) {
        // A provider's answer may be one that the filter does not let through.
        (Some(sent), Passage::Sent | Passage::Reset) => match is_for_pool(sent) {
            true => handed_over(stream, sent),
            false => whole(sent),
        },
        (None, Passage::Sent) | (Some(_), _) => Err("sent, and not".into()),
        (None, Passage::Coming | Passage::Held | Passage::Answered | Passage::Reset) => Ok(()),
    }
}

/// Likewise of an attempt in a pool: the endpoint gets what its own provider may get, or nothing.
pub fn check_attempt(vm: &Vm, stream: &Stream) -> Result<(), String> {
    check_told(vm)?;
    if stream.replies.len() > 1 {
        return Err(format!("answered {} times", stream.replies.len()));
    }
    // Envoy sends nothing that has the guard.
    let Some(sent) = stream.sent.as_ref().filter(|sent| sent.all(GUARD).count() == 0) else {
        return Ok(());
    };
    if !stream.filter_state.contains_key("llm_router.failover_context") {
        return Err("sent without a failover context".into());
    }
    let provider = stream.properties.get(PROVIDER.replace('/', "\0").as_bytes());
    let (provider, host) = match provider.map(|provider| &**provider) {
        Some(b"one") => ("one", "api.openai.com"),
        Some(b"two") => ("two", "api.anthropic.com"),
        other => return Err(format!("sent to an endpoint of {other:?}")),
    };
    has_its_credential(sent, provider)?;
    for (name, value) in
        [(":method", "POST"), (":authority", host), (":path", "/v1/chat/completions")]
    {
        if one(sent, name)? != value {
            return Err(format!("{name} is not {value}"));
        }
    }
    match (stream.passage, sent.body.is_empty()) {
        (Passage::Coming | Passage::Held, _) => Err("sent, and not".into()),
        // Its body passes whole or not at all.
        (_, true) => Ok(()),
        (_, false) => has_its_body(sent, provider),
    }
}

/// Nothing that was told holds a secret.
pub fn check_told(vm: &Vm) -> Result<(), String> {
    let told = vm.host().told();
    match catalogue::secrets().iter().find(|secret| contains(&told, secret)) {
        Some(secret) => Err(format!("{secret} was told")),
        None => Ok(()),
    }
}

/// Whether the request leads to the pool.
fn is_for_pool(sent: &Sent) -> bool {
    sent.all("x-llm-cluster").eq([b"pool"])
}

/// A request that goes to a pool has nothing that was the caller's to show, no provider's credential, and the guard, so
/// that only the pool's filter can send it.
fn handed_over(stream: &Stream, sent: &Sent) -> Result<(), String> {
    for name in ["authorization", "x-api-key"] {
        none(sent, name)?;
    }
    holds_no_key(sent)?;
    one(sent, GUARD)?;
    match stream.filter_state.contains_key("llm_router.failover_context") {
        true => Ok(()),
        false => Err("handed over without a failover context".into()),
    }
}

/// A request that was sent on has been rewritten, all of it: the provider's name for the model, its credential, its
/// cluster, and nothing that was the caller's.
pub fn whole(sent: &Sent) -> Result<(), String> {
    let cluster = one(sent, "x-llm-cluster")?;
    has_its_credential(sent, &cluster)?;
    has_its_body(sent, &cluster)
}

/// The one value of a field.
fn one(sent: &Sent, name: &str) -> Result<String, String> {
    let values: Vec<_> = sent.all(name).map(String::from_utf8_lossy).collect();
    match &values[..] {
        [value] => Ok(value.to_string()),
        values => Err(format!("{name}: {values:?}")),
    }
}

fn none(sent: &Sent, name: &str) -> Result<(), String> {
    match sent.all(name).count() {
        0 => Ok(()),
        _ => Err(format!("{name} was sent")),
    }
}

/// The provider gets the credential that is for it, and no other of anybody's.
fn has_its_credential(sent: &Sent, provider: &str) -> Result<(), String> {
    let (header, other) = match provider {
        "one" => ("authorization", "x-api-key"),
        "two" => ("x-api-key", "authorization"),
        other => return Err(format!("to {other}")),
    };
    let credential = one(sent, header)?;
    let is_its_own = match provider {
        "one" => credential == format!("Bearer {ONE}") || credential == format!("Bearer {OWN_KEY}"),
        _ => credential == TWO,
    };
    if !is_its_own {
        return Err(format!("{provider} gets {credential}"));
    }
    none(sent, other)?;
    holds_no_key(sent)
}

/// Nothing in it is a key of the caller's, but in the field for a credential.
fn holds_no_key(sent: &Sent) -> Result<(), String> {
    for name in ["api-key", "cookie", "x-llm-provider-data"] {
        none(sent, name)?;
    }
    if sent.headers.iter().any(|(_, value)| contains(value, KEY)) || contains(&sent.body, KEY) {
        return Err("the virtual key was sent".into());
    }
    if contains(&sent.body, OWN_KEY) || contains(&sent.body, "provider_data") {
        return Err("the caller's own key was sent in the body".into());
    }
    Ok(())
}

/// The body is whole, and names the model as the provider has it.
fn has_its_body(sent: &Sent, provider: &str) -> Result<(), String> {
    if let Ok(length) = one(sent, "content-length") {
        if length != sent.body.len().to_string() {
            return Err(format!("content-length {length} for {} bytes", sent.body.len()));
        }
    }
    let model = model(&one(sent, ":path")?, &sent.body)?;
    match (provider, &*model) {
        ("one", "big-upstream" | "x") | ("two", "big-elsewhere") => Ok(()),
        (provider, model) => Err(format!("{provider} is asked for {model}")),
    }
}

/// The model that a provider reads.
fn model(path: &str, body: &[u8]) -> Result<String, String> {
    if let Some((_, model)) = path.split_once("?model=") {
        return Ok(model.to_owned());
    }
    let text = String::from_utf8_lossy(body);
    if let Some((_, part)) = text.split_once("name=\"model\"") {
        let (_, value) = part.split_once("\r\n\r\n").ok_or("a part without a value")?;
        return Ok(value.split("\r\n").next().unwrap_or_default().to_owned());
    }
    let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    body["model"].as_str().map(str::to_owned).ok_or_else(|| "no model".into())
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}
