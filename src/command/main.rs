//! `llm-router`: what operators of the filter hold in their hands.
//!
//! It is compiled from the filter's own core, so that what it says of a configuration is what the filter will say. It
//! speaks to nobody: everything it knows is in the files that it is given and in its environment.

mod arguments;
mod check;
mod configuration;
mod emit;
mod environment;
mod explain;
mod finding;
mod generate;
mod hash_key;
mod import;
mod input;
mod outcome;
mod pages;
mod schema;
mod yaml;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    arguments.color.write_global();
    let outcome = match &arguments.command {
        Command::Check(arguments) => check::run(arguments),
        Command::Envoy(arguments) => generate::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Import(arguments) => import::run(arguments),
        Command::HashKey(arguments) => hash_key::run(arguments),
        Command::Schema => schema::run(),
        Command::Completions { shell } => pages::completions(*shell),
        Command::Man { command } => pages::manual(command.as_deref()),
    };
    outcome::exit(outcome)
}
