//! What a run of the end-to-end tests has left.

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What Envoy itself reads: secrets stand there on purpose.
const INPUTS: [&str; 3] = ["envoy.json", "secrets.json", VIRTUAL_KEYS];

/// The digests of the virtual keys that it knows.
const VIRTUAL_KEYS: &str = "virtual-keys.json";

/// What is kept of both sides of the gateway, and is no output: each process writes files that begin so.
const RECEIVED: &str = "received-";
const SHOWN: &str = "shown-";

/// The directory of a run.
pub struct Transcripts(PathBuf);

/// Something that was put out.
pub struct Output {
    pub name: String,
    pub text: Vec<u8>,
}

impl Transcripts {
    /// Waits for the last Envoy to have ended.
    pub fn complete() -> Self {
        let directory = std::env::var_os("TRANSCRIPTS");
        let directory =
            PathBuf::from(directory.expect("TRANSCRIPTS is not set: `make test` sets it"));
        let deadline = Instant::now() + Duration::from_secs(60);
        while entries(&directory)
            .iter()
            .any(|path| path.extension().is_some_and(|end| end == "running"))
        {
            assert!(Instant::now() < deadline, "an Envoy is still being put away");
            std::thread::sleep(Duration::from_millis(100));
        }
        Self(directory)
    }

    pub fn envoys(&self) -> usize {
        self.directories().count()
    }

    /// What must not stand anywhere.
    pub fn secrets(&self) -> Vec<String> {
        self.listed("secrets.json").into_iter().collect()
    }

    /// What stands in the lists of all Envoys.
    fn listed(&self, file: &str) -> BTreeSet<String> {
        let lists = self.directories().map(|path| fs::read_to_string(path.join(file)).unwrap());
        lists.flat_map(|list| serde_json::from_str::<Vec<String>>(&list).unwrap()).collect()
    }

    /// What all Envoys were told.
    pub fn inputs(&self) -> String {
        let told =
            self.directories().map(|path| fs::read_to_string(path.join("envoy.json")).unwrap());
        told.collect::<Vec<_>>().join("\n")
    }

    /// What was put out: of logs what is the filter's to answer for, of the configuration all but where it stands itself.
    pub fn outputs(&self) -> Vec<Output> {
        let read = |path: PathBuf| {
            let name = path.strip_prefix(&self.0).unwrap().display().to_string();
            let bytes = fs::read(&path).unwrap();
            let text = match path.file_name().unwrap().to_str().unwrap() {
                "envoy.log" => answerable(&String::from_utf8_lossy(&bytes)).into_bytes(),
                file if file.contains("config-dump") => without_configuration(&bytes),
                _ => bytes,
            };
            Output { name, text }
        };
        let of_envoys = self.directories().flat_map(|directory| entries(&directory));
        let of_clients = entries(&self.0).into_iter().filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            path.is_file() && !name.starts_with(RECEIVED) && !name.starts_with(SHOWN)
        });
        let outputs = of_envoys.chain(of_clients);
        let is_input =
            |path: &PathBuf| INPUTS.contains(&path.file_name().unwrap().to_str().unwrap());
        outputs.filter(|path| !is_input(path)).map(read).collect()
    }

    /// What providers were sent.
    pub fn received(&self) -> Vec<Output> {
        let read = |path: PathBuf| {
            let name = path.strip_prefix(&self.0).unwrap().display().to_string();
            Output { name, text: fs::read(path).unwrap() }
        };
        self.kept(RECEIVED).map(read).collect()
    }

    /// The virtual keys that clients showed.
    pub fn virtual_keys(&self) -> Vec<String> {
        let known = self.listed(VIRTUAL_KEYS);
        let texts = self.kept(SHOWN).map(|path| fs::read_to_string(path).unwrap());
        let shown: BTreeSet<String> =
            texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
        shown.into_iter().filter(|key| known.contains(&digest(key))).collect()
    }

    fn kept(&self, prefix: &'static str) -> impl Iterator<Item = PathBuf> {
        let is_kept =
            move |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(prefix);
        entries(&self.0).into_iter().filter(is_kept)
    }

    fn directories(&self) -> impl Iterator<Item = PathBuf> {
        entries(&self.0).into_iter().filter(|path| path.is_dir())
    }
}

fn digest(key: &str) -> String {
    Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// Envoy's own components print header fields from level debug on: whoever turns that on asks for it. What they say above
/// that, and all that the virtual machine says, must be clean.
fn answerable(log: &str) -> String {
    let mut is_answerable = true;
    let is_so = |line: &str| {
        // [time][thread][level][component] …
        let mut fields = line.strip_prefix('[')?.split("][").skip(2);
        let (level, component) = (fields.next()?, fields.next()?.split(']').next()?);
        Some(component == "wasm" || !matches!(level, "trace" | "debug"))
    };
    let lines = log.split_inclusive('\n').filter(|line| {
        is_answerable = is_so(line).unwrap_or(is_answerable);
        is_answerable
    });
    lines.collect()
}

/// The filter's configuration and its environment stand in the dump as they were written.
fn without_configuration(dump: &[u8]) -> Vec<u8> {
    let mut dump: Value = serde_json::from_slice(dump).expect("a dump of the configuration");
    leave_out(&mut dump);
    dump.to_string().into_bytes()
}

fn leave_out(value: &mut Value) {
    if let Some(members) = value.as_object_mut() {
        if members.contains_key("vm_config") {
            members.remove("configuration");
            members["vm_config"]["environment_variables"] = Value::Null;
        }
        members.values_mut().for_each(leave_out);
    } else if let Some(items) = value.as_array_mut() {
        items.iter_mut().for_each(leave_out);
    }
}
