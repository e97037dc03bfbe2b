//! An Envoy process, its files, and the certainty that it ends.

use super::artefacts;
use super::bootstrap::Bootstrap;
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
        // The reaper first: afterwards the process id may be another's.
        for process in [&mut self.reaper, &mut self.envoy] {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Whether Envoy accepts a file as its configuration: what it says where it does not. Each of the
/// variables holds its own name.
pub fn validate(file: &Path, variables: &[String]) -> Result<(), String> {
    let output = Command::new(artefacts::envoy())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["--service-node", "example", "--service-cluster", "example"])
        .args(["--mode", "validate", "-c"])
        .arg(file)
        .envs(variables.iter().map(|name| (name, name)))
        .output()
        .unwrap();
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
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
    fs::write(&configuration, bootstrap.render(&access_log).to_string()).unwrap();
    Command::new(artefacts::envoy())
        .arg("-c")
        .arg(configuration)
        .arg("--admin-address-path")
        .arg(directory.join(ADMIN))
        .args(["--disable-hot-restart", "--concurrency", "2", "--file-flush-interval-msec", "20"])
        .args(["--log-level", "warning", "--component-log-level", "wasm:debug"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(directory.join(LOG)).unwrap())
        .spawn()
        .unwrap()
}

/// A shell that outlives the test process by a moment: when the pipe to it breaks, however the
/// test process ended, it ends Envoy and removes its directory.
fn reaper(envoy: u32, directory: &Path) -> Child {
    Command::new("sh")
        .args(["-c", r#"read -r _; kill -KILL "$1"; rm -rf "$2""#, "reaper"])
        .arg(envoy.to_string())
        .arg(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
