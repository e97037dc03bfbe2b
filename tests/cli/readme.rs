//! The pages: what they show of the command is what the command does.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::command::{file, llm_router};

/// In a block `console`, every line `$ …` is a command, and what follows it is what it prints.
#[test]
fn every_command_in_the_pages_prints_what_it_says() {
    let text = pages().join("\n");
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

/// The README's configuration is whole: the command has no remark but that its variables are not set here.
#[test]
fn the_configuration_in_the_readme_has_neither_errors_nor_warnings() {
    let text = fs::read_to_string(file("README.md")).unwrap();
    let (_, rest) = text.split_once("\n```yaml\n").unwrap();
    let (configuration, _) = rest.split_once("\n```").unwrap();
    let said = llm_router(&["check", "-"]).input(configuration).run();
    assert!(
        said.stdout.trim_end().ends_with("1 file: 0 errors, 0 warnings, 6 notes"),
        "{}",
        said.stdout
    );
}

/// Whoever has five minutes reads it all.
#[test]
fn the_readme_is_short() {
    let text = fs::read_to_string(file("README.md")).unwrap();
    assert!(text.lines().count() <= 220, "{} lines", text.lines().count());
}

fn pages() -> Vec<String> {
    let below = fs::read_dir(file("envoy")).unwrap().map(|entry| entry.unwrap().path());
    let pages = below.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.chain([file("README.md")]).map(|path| fs::read_to_string(path).unwrap()).collect()
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
