//! `hash-key`.

use sha2::{Digest, Sha256};

use crate::command::llm_router;

fn sha256(key: &str) -> String {
    Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_key_is_hashed_without_its_line_break() {
    let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    for input in ["abc", "abc\n", "abc\r\n"] {
        assert_eq!(llm_router(&["hash-key"]).input(input).run().fine(), format!("{known}\n"));
    }
}

#[test]
fn what_no_header_carries_is_no_key() {
    for input in ["", "\n", "abc\n\n", " abc", "abc ", "a\nb", "a\0b"] {
        let ran = llm_router(&["hash-key"]).input(input).run();
        assert_eq!((ran.status, &*ran.stdout), (2, ""), "{input:?}");
        assert!(!ran.stderr.contains("abc"), "{}", ran.stderr);
    }
}

#[test]
fn a_new_key_is_random_and_comes_with_its_hash() {
    let generate = || {
        let told = llm_router(&["hash-key", "--generate"]).run().fine();
        let mut lines = told.lines().map(|line| line.split_once(": ").unwrap());
        let (key, hash) = (lines.next().unwrap(), lines.next().unwrap());
        assert_eq!((key.0, hash.0, lines.next()), ("key", "sha256", None));
        assert_eq!(hash.1, sha256(key.1));
        assert_eq!(key.1.len(), "vk-".len() + 64);
        key.1.to_owned()
    };
    assert_ne!(generate(), generate());
}

#[test]
fn the_configuration_takes_the_hash() {
    let hash = llm_router(&["hash-key"]).input("vk-mine\n").run().fine();
    let configuration = format!(
        "providers: {{ a: {{ cluster: a, auth: none }} }}\n\
         teams: {{ t: {{ keys: [{{ sha256: {} }}], models: [\"*\"] }} }}\n",
        hash.trim()
    );
    llm_router(&["check", "-"]).input(configuration).run().fine();
}

/// `script` runs it on a terminal.
#[test]
fn a_terminal_is_not_read() {
    let command = format!("{} hash-key", env!("CARGO_BIN_EXE_llm-router"));
    let output = std::process::Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .stdin(std::process::Stdio::null())
        .output()
        .expect("util-linux is everywhere");
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("a terminal would show it"), "{told}");
}
