//! What is kept of a run for the audit that comes after it: everything that Envoy, the filter and the admin interface put
//! out, what clients read, and what must stand in none of it. Beside that, what providers received, and what clients show
//! as keys: none of these may be there.

use super::artefacts;
use super::bootstrap::{Bootstrap, Listener, SITE};
use super::catalogue;
use super::client::Answer;
use super::provider::Received;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

/// The pages of the admin interface.
pub const PAGES: [&str; 14] = [
    "certs",
    "clusters",
    "clusters?format=json",
    "config_dump?include_eds",
    "contention",
    "init_dump",
    "listeners?format=json",
    "memory",
    "ready",
    "runtime",
    "server_info",
    "stats?format=json",
    "stats/prometheus",
    "stats/recentlookups",
];

/// A file that is there until an Envoy's directory has been moved to the others.
pub fn announce(directory: &Path, kept: &Path) -> PathBuf {
    let announced = kept.join(directory.file_name().unwrap()).with_extension("running");
    File::create(&announced).unwrap();
    announced
}

/// Every secret of an Envoy: of the tests' callers, of its environment and of its listeners. Beside them the digests of
/// those that are virtual keys.
pub fn write_secrets(bootstrap: &Bootstrap, rendered: &Value, directory: &Path) {
    let of_listeners = bootstrap.listeners.iter().flat_map(secrets_of);
    let of_environment = bootstrap.environment.values().cloned();
    let all: Vec<_> =
        catalogue::secrets().into_iter().chain(of_environment).chain(of_listeners).collect();
    fs::write(directory.join("secrets.json"), Value::from(all).to_string()).unwrap();
    let mut configurations: Vec<_> =
        bootstrap.listeners.iter().map(Listener::configuration).collect();
    find_configurations(rendered, &mut configurations);
    let digests: Vec<_> = (configurations.iter())
        .flat_map(|configuration| members(&configuration["teams"]))
        .flat_map(|team| team["keys"].as_array().cloned().unwrap_or_default())
        .filter_map(|key| match key["env"].as_str() {
            Some(variable) => bootstrap.environment.get(variable).map(|key| catalogue::sha256(key)),
            None => key["sha256"].as_str().map(str::to_owned),
        })
        .collect();
    fs::write(directory.join("virtual-keys.json"), Value::from(digests).to_string()).unwrap();
}

/// The filter's configurations in an Envoy's: each is an object, or a text of JSON.
fn find_configurations(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(map) if map.contains_key("teams") => found.push(value.clone()),
        Value::Object(map) => map.values().for_each(|value| find_configurations(value, found)),
        Value::Array(items) => items.iter().for_each(|value| find_configurations(value, found)),
        Value::String(text) if text.contains("\"teams\"") => {
            found.extend(serde_json::from_str::<Value>(text));
        }
        _ => {}
    }
}

fn members(value: &Value) -> Vec<Value> {
    value.as_object().into_iter().flat_map(|map| map.values()).cloned().collect()
}

/// The credentials' values and the keys' digests.
fn secrets_of(listener: &Listener) -> Vec<String> {
    let configuration = listener.configuration();
    let credentials = members(&configuration["credentials"]);
    let values = credentials.iter().map(|credential| credential["value"].clone());
    let teams = members(&configuration["teams"]);
    let keys = teams.iter().flat_map(|team| team["keys"].as_array().cloned().unwrap_or_default());
    let digests = keys.map(|key| key["sha256"].clone());
    let texts = values.chain(digests).filter_map(|text| text.as_str().map(str::to_owned));
    texts.collect()
}

/// Keeps what a client read.
pub fn keep_answer(answer: &Answer) {
    let Some(files) = files() else { return };
    let mut text = format!("{}\n", answer.status).into_bytes();
    for (name, value) in &answer.headers {
        text.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat());
    }
    text.extend_from_slice(&answer.body);
    text.push(b'\n');
    files.answers.lock().unwrap().write_all(&text).unwrap();
}

/// Keeps what a client shows in a field in which there can be a key. Whether it is one, the audit finds out.
pub fn keep_shown(name: &str, value: &[u8]) {
    let name = name.to_ascii_lowercase();
    let Some(files) = files().filter(|_| name == "authorization" || name.ends_with("key")) else {
        return;
    };
    let Ok(value) = std::str::from_utf8(value) else { return };
    let key = value.rsplit(' ').next().unwrap_or_default();
    let mut shown = files.shown.lock().unwrap();
    if !key.contains('\n') && shown.1.insert(key.to_owned()) {
        writeln!(shown.0, "{key}").unwrap();
    }
}

/// Keeps what a provider received; of a long body both ends. What else runs behind Envoy may see a client's key.
pub fn keep_received(received: &Received) {
    let Some(files) = files().filter(|_| received.cluster != SITE) else { return };
    let Received { cluster, method, path, authority, headers, body, trailers, .. } = received;
    let mut text = format!("{cluster}: {method} {authority} {path}\n").into_bytes();
    for (name, value) in headers.iter().chain(trailers) {
        text.extend([name.as_bytes(), b": ", value, b"\n"].concat());
    }
    let (front, back) = body.split_at(body.len().min(MUCH));
    text.extend_from_slice(front);
    text.extend_from_slice(&back[back.len().saturating_sub(MUCH)..]);
    text.push(b'\n');
    files.received.lock().unwrap().write_all(&text).unwrap();
}

/// How much of a body is kept from its beginning, and from its end.
const MUCH: usize = 64 * 1024;

/// The files in which this process keeps what its clients and providers see.
struct Files {
    answers: Mutex<File>,
    received: Mutex<File>,
    /// And what is there already.
    shown: Mutex<(File, BTreeSet<String>)>,
}

/// `None` where nothing is kept.
fn files() -> Option<&'static Files> {
    static FILES: OnceLock<Option<Files>> = OnceLock::new();
    let open = |directory: &Path, what: &str| {
        let path = directory.join(format!("{what}-{}", std::process::id()));
        OpenOptions::new().create(true).append(true).open(path).unwrap()
    };
    let open = || {
        let directory = artefacts::transcripts()?;
        Some(Files {
            answers: Mutex::new(open(&directory, "answers")),
            received: Mutex::new(open(&directory, "received")),
            shown: Mutex::new((open(&directory, "shown"), BTreeSet::new())),
        })
    };
    FILES.get_or_init(open).as_ref()
}
