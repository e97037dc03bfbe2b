//! The command, as a test runs it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The command with its arguments, in the top directory of the project.
pub struct Run {
    command: Command,
    input: Vec<u8>,
}

/// How it ended, and what it said.
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

/// `llm-router` with these arguments. It sees no variables but `PATH`.
pub fn llm_router(arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_llm-router"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).env_clear();
    Run { command, input: Vec::new() }
}

impl Run {
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    pub fn environment(mut self, variables: &BTreeMap<String, String>) -> Self {
        self.command.envs(variables);
        self
    }

    pub fn run(mut self) -> Ran {
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read its input may have ended already.
        let _ = child.stdin.take().unwrap().write_all(&self.input);
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        Ran {
            status: status.code().expect("it was not killed"),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }
}

impl Ran {
    /// Its output, where it is well.
    pub fn fine(self) -> String {
        assert_eq!(self.status, 0, "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Its output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }
}

/// A file of the project.
pub fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}
