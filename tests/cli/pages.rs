//! Help, completions and manual pages.

use crate::command::llm_router;

const SUBCOMMANDS: [&str; 8] =
    ["check", "envoy", "explain", "import", "hash-key", "schema", "completions", "man"];

#[test]
fn help_tells_of_every_command_and_gives_examples() {
    let help = llm_router(&["--help"]).run().fine();
    assert!(help.contains("Exit status: 0"), "{help}");
    for name in SUBCOMMANDS {
        assert!(help.contains(&format!("\n  {name} ")), "{name}: {help}");
        llm_router(&[name, "--help"]).run().fine();
    }
    for name in ["check", "hash-key"] {
        let help = llm_router(&[name, "--help"]).run().fine();
        assert!(help.contains(&format!(
            "\nExamples:\n  {}",
            if name == "check" { "llm-router" } else { "printf" }
        )));
    }
}

#[test]
fn every_shell_has_its_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = llm_router(&["completions", shell]).run().fine();
        for name in SUBCOMMANDS {
            assert!(script.contains(name), "{shell}: {name}");
        }
    }
    assert_eq!(llm_router(&["completions", "sh"]).run().status, 2);
}

#[test]
fn every_command_has_a_manual_page() {
    let page = llm_router(&["man"]).run().fine();
    assert!(page.contains(".TH llm-router 1"), "{page}");
    for name in SUBCOMMANDS {
        let page = llm_router(&["man", name]).run().fine();
        assert!(page.contains(&format!(".TH llm-router-{name} 1")), "{page}");
    }
    assert_eq!(llm_router(&["man", "nothing"]).run().status, 2);
}

#[test]
fn it_knows_its_version() {
    let version = llm_router(&["--version"]).run().fine();
    assert_eq!(version, format!("llm-router {}\n", env!("CARGO_PKG_VERSION")));
}
