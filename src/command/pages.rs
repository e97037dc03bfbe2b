//! What is made of the command's own description: completions and manual pages.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::outcome::{Outcome, Trouble};

const NAME: &str = "llm-router";

/// Prints the completions for a shell.
pub fn completions(shell: Shell) -> Result<Outcome, Trouble> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), NAME, &mut script);
    io::stdout().write_all(&script)?;
    Ok(Outcome::Fine)
}

/// Prints the manual page of the command, or of one of its subcommands.
pub fn manual(subcommand: Option<&str>) -> Result<Outcome, Trouble> {
    let mut command = Arguments::command();
    command.build();
    let described = match subcommand {
        None => command,
        Some(name) => command.find_subcommand(name).cloned().ok_or_else(|| {
            Trouble::Usage(format!("there is no command {name:?}; see llm-router --help"))
        })?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(described).render(&mut page)?;
    io::stdout().write_all(&page)?;
    Ok(Outcome::Fine)
}
