//! The files that a command is given.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

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
