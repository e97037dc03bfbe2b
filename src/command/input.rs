//! The files that a command is given.

use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use zeroize::Zeroizing;

use crate::outcome::Trouble;

/// What stands for standard input in the place of a file's name.
pub const STDIN: &str = "-";

/// The text of a file; `-` is standard input.
pub fn text(file: &str) -> Result<String, Trouble> {
    let read = || match file {
        STDIN => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).map(|_| text)
        }
        file => fs::read_to_string(file),
    };
    read().map_err(|error| Trouble::File { file: file.to_owned(), error })
}

/// Whether a file's name says that it is JSON.
pub fn is_json(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

/// A virtual key on standard input. One line break at its end does not belong to it. `command` is what reads it.
pub fn key(command: &str) -> Result<Zeroizing<String>, Trouble> {
    let mut input = io::stdin();
    if input.is_terminal() {
        return Err(Trouble::Usage(format!(
            "the key is read from standard input, and a terminal would show it: printf %s \"$key\" | {command}"
        )));
    }
    let mut text = Zeroizing::new(String::new());
    input
        .read_to_string(&mut text)
        .map_err(|error| Trouble::File { file: "standard input".to_owned(), error })?;
    let key = text.strip_suffix('\n').map_or(&**text, |key| key.strip_suffix('\r').unwrap_or(key));
    check_key(key)?;
    Ok(Zeroizing::new(key.to_owned()))
}

/// Refuses what no caller could show in a header.
fn check_key(key: &str) -> Result<(), Trouble> {
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
