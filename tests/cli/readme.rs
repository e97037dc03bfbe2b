//! README.md: what it shows of the command is what the command does.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::command::file;

/// In a block `console`, every line `$ …` is a command, and what follows it is what it prints.
#[test]
fn every_command_in_the_readme_prints_what_it_says() {
    let text = fs::read_to_string(file("README.md")).unwrap();
    let blocks: Vec<_> = text.split("\n```console\n").skip(1).collect();
    let mut ran = 0;
    for block in blocks {
        let block = block.split("\n```").next().unwrap();
        for session in format!("\n{block}").split("\n$ ").skip(1) {
            let (command, expected) = session.split_once('\n').unwrap_or((session, ""));
            assert_eq!(printed(command).trim_end(), expected.trim_end(), "{command}");
            ran += 1;
        }
    }
    assert!(ran > 1, "{ran}");
}

/// What a shell shows of a command.
fn printed(command: &str) -> String {
    let own = Path::new(env!("CARGO_BIN_EXE_llm-router")).parent().unwrap();
    let output = Command::new("bash")
        .args(["-c", &format!("{{ {command}\n}} 2>&1")])
        .current_dir(file(""))
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", own.display()))
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}
