//! An Envoy process, its files, and the certainty that it ends.

use super::artefacts;
use super::bootstrap::Bootstrap;
use super::memory::Memory;
use super::transcript;
use serde_json::Value;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use tempfile::TempDir;

/// Envoy, and a directory that holds all it reads and writes. Both are gone when this is dropped,
/// and also when the test process ends in any other way.
pub struct Process {
    envoy: Child,
    reaper: Child,
    directory: TempDir,
}

impl Process {
    pub fn spawn(bootstrap: &Bootstrap) -> Self {
        let directory = TempDir::with_prefix("envoy-llm-router-").unwrap();
        let envoy = envoy(bootstrap, directory.path());
        let reaper = reaper(envoy.id(), directory.path());
        Self { envoy, reaper, directory }
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.envoy.try_wait().unwrap()
    }

    pub fn memory(&self) -> Memory {
        Memory::of(self.envoy.id())
    }

    /// Where the admin interface listens, once Envoy has written it down.
    pub fn admin_address(&self) -> Option<String> {
        fs::read_to_string(self.directory.path().join(ADMIN)).ok()
    }

    pub fn log(&self) -> String {
        self.read(LOG)
    }

    pub fn access_log(&self) -> String {
        self.read(ACCESS_LOG)
    }

    pub fn access_log_path(&self) -> PathBuf {
        self.directory.path().join(ACCESS_LOG)
    }

    fn read(&self, name: &str) -> String {
        let bytes = fs::read(self.directory.path().join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Until it is waited for, Envoy keeps its process id: the reaper cannot end another.
        drop(self.reaper.stdin.take());
        for process in [&mut self.reaper, &mut self.envoy] {
            let _ = process.wait();
        }
    }
}

/// Whether Envoy accepts a file as its configuration, and what it says of it. Each of the variables
/// holds its own name.
pub fn validate(file: &Path, variables: &[String]) -> Result<String, String> {
    let output = Command::new(artefacts::envoy())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["--service-node", "example", "--service-cluster", "example"])
        .args(["--mode", "validate", "-c"])
        .arg(file)
        .envs(variables.iter().map(|name| (name, name)))
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.success() {
        true => Ok(log),
        false => Err(log),
    }
}

/// Replaces a discovery file the way Envoy notices: by a move onto it.
pub fn replace(discovery: &Path, contents: &Value) {
    let next = discovery.with_extension("next");
    fs::write(&next, contents.to_string()).unwrap();
    fs::rename(next, discovery).unwrap();
}

const LOG: &str = "envoy.log";
const ACCESS_LOG: &str = "access.log";
const ADMIN: &str = "admin.address";

fn envoy(bootstrap: &Bootstrap, directory: &Path) -> Child {
    let configuration = directory.join("envoy.json");
    let access_log = directory.join(ACCESS_LOG);
    if let Some(discovery) = &bootstrap.listener_discovery {
        replace(discovery, &bootstrap.render_discovery(&access_log));
    }
    if let Some(discovery) = &bootstrap.pool_discovery {
        replace(discovery, &bootstrap.render_pools(&bootstrap.clusters));
    }
    for listener in &bootstrap.listeners {
        if let Some(discovery) = &listener.filter_discovery {
            replace(discovery, &listener.render_filter(&bootstrap.environment));
        }
    }
    let rendered = bootstrap.render(&access_log);
    fs::write(&configuration, rendered.to_string()).unwrap();
    let workers = bootstrap.workers.unwrap_or_else(artefacts::workers);
    let variables = bootstrap.made.iter().flat_map(|_| &bootstrap.environment);
    transcript::write_secrets(bootstrap, &rendered, directory);
    Command::new(artefacts::envoy())
        .envs(variables)
        .arg("-c")
        .arg(configuration)
        .arg("--admin-address-path")
        .arg(directory.join(ADMIN))
        .args(["--disable-hot-restart", "--file-flush-interval-msec", "20"])
        .args(["--concurrency", &workers.to_string()])
        .args(["--log-level", bootstrap.log_level.unwrap_or("warning"), "--component-log-level"])
        .arg(if bootstrap.log_level == Some("trace") { "wasm:trace" } else { "wasm:debug" })
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(directory.join(LOG)).unwrap())
        .spawn()
        .unwrap()
}

/// A shell that outlives the test process by a moment: when the pipe to it breaks, however the
/// test process ended, it ends Envoy and removes its directory, or moves it to where transcripts are kept.
fn reaper(envoy: u32, directory: &Path) -> Child {
    let mut reaper = Command::new("sh");
    reaper.args(["-c", REAPER, "reaper"]).arg(envoy.to_string()).arg(directory);
    if let Some(kept) = artefacts::transcripts() {
        reaper.arg(transcript::announce(directory, &kept)).arg(kept).args(transcript::PAGES);
    }
    reaper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// The process, its directory; and to keep that, the file that announces it, where to, and the admin pages to add.
const REAPER: &str = r#"
read -r _
envoy=$1 directory=$2
shift 2
if [ $# = 0 ]; then
    kill -KILL "$envoy"
    rm -rf "$directory"
    exit
fi
announced=$1 kept=$2
shift 2
for page in "$@"; do
    curl --silent --max-time 20 --output "$directory/admin-$(echo "$page" | tr -c '[:alnum:]\n' -)" \
        "http://$(cat "$directory/admin.address")/$page"
done
kill -KILL "$envoy"
mv "$directory" "$kept"
rm "$announced"
"#;
