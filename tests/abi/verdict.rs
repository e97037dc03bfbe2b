//! What must be so after every request, whatever the host did.

use serde_json::Value;

use crate::catalogue::{self, KEY, ONE, OWN_KEY, TWO};
use crate::host::{Passage, Sent, Stream, Vm};

/// Nothing that was told holds a secret, and what was sent is whole.
pub fn check(vm: &Vm, stream: &Stream) -> Result<(), String> {
    check_told(vm)?;
    if stream.replies.len() > 1 {
        return Err(format!("answered {} times", stream.replies.len()));
    }
    match (&stream.sent, stream.passage) {
        // A provider's answer may be one that the filter does not let through.
        (Some(sent), Passage::Sent | Passage::Reset) => whole(sent),
        (None, Passage::Sent) | (Some(_), _) => Err("sent, and not".into()),
        (None, Passage::Coming | Passage::Held | Passage::Answered | Passage::Reset) => Ok(()),
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

/// A request that was sent on has been rewritten, all of it: the provider's name for the model, its credential, its
/// cluster, and nothing that was the caller's.
pub fn whole(sent: &Sent) -> Result<(), String> {
    let one = |name| -> Result<String, String> {
        let values: Vec<_> = sent.all(name).map(String::from_utf8_lossy).collect();
        match &values[..] {
            [value] => Ok(value.to_string()),
            values => Err(format!("{name}: {values:?}")),
        }
    };
    let none = |name: &str| match sent.all(name).count() {
        0 => Ok(()),
        _ => Err(format!("{name} was sent")),
    };
    let (cluster, header) = match &*one("x-llm-cluster")? {
        "one" => ("one", "authorization"),
        "two" => ("two", "x-api-key"),
        other => return Err(format!("to the cluster {other}")),
    };
    let credential = one(header)?;
    let is_its_own = match cluster {
        "one" => credential == format!("Bearer {ONE}") || credential == format!("Bearer {OWN_KEY}"),
        _ => credential == TWO,
    };
    if !is_its_own {
        return Err(format!("{cluster} gets {credential}"));
    }
    none(if cluster == "one" { "x-api-key" } else { "authorization" })?;
    for name in ["api-key", "cookie", "x-llm-provider-data"] {
        none(name)?;
    }
    if sent.headers.iter().any(|(_, value)| contains(value, KEY)) || contains(&sent.body, KEY) {
        return Err("the virtual key was sent".into());
    }
    if contains(&sent.body, OWN_KEY) || contains(&sent.body, "provider_data") {
        return Err("the caller's own key was sent in the body".into());
    }
    if let Ok(length) = one("content-length") {
        if length != sent.body.len().to_string() {
            return Err(format!("content-length {length} for {} bytes", sent.body.len()));
        }
    }
    let path = one(":path")?;
    let model = model(&path, &sent.body)?;
    match (cluster, &*model) {
        ("one", "big-upstream" | "x") | ("two", "big-elsewhere") => Ok(()),
        (cluster, model) => Err(format!("{cluster} is asked for {model}")),
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
