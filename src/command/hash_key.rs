//! `hash-key`: from a virtual key to what a configuration holds of it.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Read, Write};

use sha2::{Digest, Sha256};

use crate::arguments::HashKey;
use crate::outcome::{Outcome, Trouble};

/// What new virtual keys begin with, so that they are recognised where they should not be.
const FRONT: &str = "vk-";
/// How many random bytes a new virtual key holds.
const RANDOM_BYTES: usize = 32;

/// Prints the SHA-256 of the key on standard input, or makes a new key.
pub fn run(arguments: &HashKey) -> Result<Outcome, Trouble> {
    let mut out = io::stdout();
    if arguments.generate {
        let key = new_key()?;
        writeln!(out, "key: {key}")?;
        writeln!(out, "sha256: {}", hash(&key))?;
        return Ok(Outcome::Fine);
    }
    let mut input = io::stdin();
    if input.is_terminal() {
        return Err(Trouble::Usage(
            "the key is read from standard input, and a terminal would show it: \
             printf %s \"$key\" | llm-router hash-key, or make a new one with --generate"
                .to_owned(),
        ));
    }
    let mut key = String::new();
    input
        .read_to_string(&mut key)
        .map_err(|error| Trouble::File { file: "standard input".to_owned(), error })?;
    let key = key.strip_suffix('\n').map_or(&*key, |key| key.strip_suffix('\r').unwrap_or(key));
    check(key)?;
    writeln!(out, "{}", hash(key))?;
    Ok(Outcome::Fine)
}

/// Refuses what no caller could show in a header.
fn check(key: &str) -> Result<(), Trouble> {
    let complaint = if key.is_empty() {
        "the key is empty"
    } else if key.trim() != key {
        "the key begins or ends with white space, which no header can carry"
    } else if key.chars().any(char::is_control) {
        "the key holds a line break or another control character, which no header can carry"
    } else {
        return Ok(());
    };
    Err(Trouble::Usage(complaint.to_owned()))
}

fn new_key() -> Result<String, Trouble> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|error| Trouble::Usage(format!("there are no random numbers: {error}")))?;
    Ok(format!("{FRONT}{}", hex(&bytes)))
}

/// What the field `sha256` of a key takes.
fn hash(key: &str) -> String {
    hex(&Sha256::digest(key.as_bytes()))
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        // Writing to a String cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}
