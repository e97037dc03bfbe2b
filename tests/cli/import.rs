//! `import`: what another gateway's configuration comes to, case by case.
//!
//! A case is a file under `import/cases/`: a configuration written for the purpose, who may call what in it (`before`), the
//! configuration that it must become, the remarks, and requests. Everything that can be called afterwards must have been
//! callable before, at the same host and with the same key.

#[path = "import/access.rs"]
mod access;
#[path = "import/case.rs"]
mod case;
#[path = "import/providers.rs"]
mod providers;
#[path = "import/samples.rs"]
mod samples;

use case::Case;

/// The cases of a gateway, and everything that is wrong with any of them.
fn all_are_right(gateway: &str, at_least: usize) {
    let cases = Case::all(gateway);
    let wrong: Vec<String> = cases.iter().flat_map(Case::wrong).collect();
    assert!(wrong.is_empty(), "{} of {}:\n\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
    assert!(cases.len() >= at_least, "{} cases", cases.len());
}

#[test]
fn a_litellm_proxys_configuration_never_becomes_one_that_allows_more() {
    all_are_right("litellm", 40);
}

#[test]
fn a_llama_stacks_configuration_never_becomes_one_that_allows_more() {
    all_are_right("llama-stack", 20);
}
