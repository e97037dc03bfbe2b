//! `hash-key`: from a virtual key to what a configuration holds of it.

use std::fmt::Write as _;
use std::io::{self, Write};

use sha2::{Digest, Sha256};

use crate::arguments::HashKey;
use crate::input;
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
    let key = input::key("llm-router hash-key, or make a new one with --generate")?;
    writeln!(out, "{}", hash(&key))?;
    Ok(Outcome::Fine)
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
