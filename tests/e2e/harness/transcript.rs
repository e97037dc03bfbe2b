//! What is kept of a run for the audit that comes after it: everything that Envoy, the filter and the admin interface put
//! out, what clients read, and what must stand in none of it.

use super::artefacts;
use super::bootstrap::{Bootstrap, Listener};
use super::catalogue;
use super::client::Answer;
use serde_json::Value;
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

/// Every secret of an Envoy: of the tests' callers, of its environment and of its listeners.
pub fn write_secrets(bootstrap: &Bootstrap, directory: &Path) {
    let of_listeners = bootstrap.listeners.iter().flat_map(secrets_of);
    let of_environment = bootstrap.environment.values().cloned();
    let all: Vec<_> =
        catalogue::secrets().into_iter().chain(of_environment).chain(of_listeners).collect();
    fs::write(directory.join("secrets.json"), Value::from(all).to_string()).unwrap();
}

/// The credentials' values and the keys' digests.
fn secrets_of(listener: &Listener) -> Vec<String> {
    let configuration = listener.configuration();
    let members = |value: &Value| {
        value.as_object().into_iter().flat_map(|map| map.values()).cloned().collect::<Vec<_>>()
    };
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
    static FILE: OnceLock<Option<Mutex<File>>> = OnceLock::new();
    let open = || {
        let path = artefacts::transcripts()?.join(format!("answers-{}", std::process::id()));
        Some(Mutex::new(OpenOptions::new().create(true).append(true).open(path).unwrap()))
    };
    let Some(file) = FILE.get_or_init(open) else { return };
    let mut text = format!("{}\n", answer.status).into_bytes();
    for (name, value) in &answer.headers {
        text.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat());
    }
    text.extend_from_slice(&answer.body);
    text.push(b'\n');
    file.lock().unwrap().write_all(&text).unwrap();
}
