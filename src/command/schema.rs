//! `schema`: the JSON Schema of the plugin configuration.

use std::io::{self, Write};

use crate::outcome::{Outcome, Trouble};

/// Prints the schema.
pub fn run() -> Result<Outcome, Trouble> {
    writeln!(io::stdout(), "{:#}", envoy_llm_router::schema())?;
    Ok(Outcome::Fine)
}
