//! No secret stands in anything that a run of the end-to-end tests put out, in whatever disguise; and no virtual key in
//! anything that a provider received.
//!
//! Run by `make test` after those tests, which leave what Envoy, the filter and the admin interface put out, what clients
//! read and what providers received in the directory that `TRANSCRIPTS` names.
#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

#[path = "audit/disguises.rs"]
mod disguises;
#[path = "audit/transcripts.rs"]
mod transcripts;

use disguises::{disguises, Search};
use transcripts::Transcripts;

#[test]
fn nothing_that_a_run_put_out_holds_a_secret_in_any_disguise() {
    let transcripts = Transcripts::complete();
    let secrets = transcripts.secrets();
    assert!(secrets.len() > 50, "{} secrets are not those of all tests", secrets.len());
    let search = Search::of(&secrets, &transcripts.inputs());
    let (mut bytes, mut found) = (0, Vec::new());
    let outputs = transcripts.outputs();
    assert!(outputs.len() > 100, "{} outputs are not those of all tests", outputs.len());
    for output in &outputs {
        bytes += output.text.len();
        found.extend(search.within(&output.text).map(|what| format!("{}: {what}", output.name)));
    }
    println!(
        "secrets audit: {bytes} bytes in {} outputs of {} Envoys and of their clients; {} secrets, {} patterns; {} found",
        outputs.len(),
        transcripts.envoys(),
        secrets.len(),
        search.patterns(),
        found.len(),
    );
    assert!(
        found.is_empty(),
        "{} found:\n{}",
        found.len(),
        found[..found.len().min(40)].join("\n")
    );
}

#[test]
fn no_virtual_key_is_in_what_providers_received_in_any_disguise() {
    let transcripts = Transcripts::complete();
    let keys = transcripts.virtual_keys();
    // A piece that is one of a provider's credential, too, tells nothing of a key.
    let others = transcripts.secrets().into_iter().filter(|secret| !keys.contains(secret));
    let public = others.chain([transcripts.inputs()]).collect::<Vec<_>>().join("\n");
    let search = Search::of(&keys, &public);
    let received = transcripts.received();
    let found: Vec<_> = (received.iter())
        .flat_map(|one| search.within(&one.text).map(|what| format!("{}: {what}", one.name)))
        .collect();
    let bytes: usize = received.iter().map(|one| one.text.len()).sum();
    println!(
        "keys audit: {bytes} bytes that providers received; {} virtual keys, {} patterns; {} found",
        keys.len(),
        search.patterns(),
        found.len(),
    );
    assert!(
        found.is_empty(),
        "{} found:\n{}",
        found.len(),
        found[..found.len().min(40)].join("\n")
    );
    assert!(keys.len() > 50, "{} virtual keys are not those of all tests", keys.len());
    assert!(bytes > 1_000_000, "{bytes} bytes are not those of all tests");
}

#[test]
fn a_secret_is_found_in_every_disguise() {
    let secret = "sk-a+secret/of=47 characters, which nobody knows";
    let search = Search::of(&[secret.to_owned()], &format!("Told on purpose: {secret}."));
    for (kind, disguise) in disguises(secret) {
        let text = format!("before{disguise}after");
        assert!(search.within(text.as_bytes()).next().is_some(), "{kind}: {disguise}");
    }
    let spelled: [&str; 8] = [
        // By other hands than this test's own: coreutils and python3.
        "a2V5OiBzay1hK3NlY3JldC9vZj00NyBjaGFyYWN0ZXJzLCB3aGljaCBub2JvZHkga25vd3M=",
        "sk-a%2Bsecret%2Fof%3D47%20characters%2C%20which%20nobody%20knows",
        "736b2d612b7365637265742f6f663d343720636861726163746572732c207768696368206e6f626f6479206b6e6f7773",
        "sk-a***",
        "****nows",
        "sk-a+s...",
        "sk-a…nows",
        "of=47 charac",
    ];
    for text in spelled {
        assert!(search.within(text.as_bytes()).next().is_some(), "{text}");
    }
    // A word that is said elsewhere as well gives nothing away; all the rest still does.
    let search_but = Search::of(&[secret.to_owned()], "of 47 characters, which nobody");
    assert!(search_but.within(b"characters, which nobody").next().is_none());
    assert!(search_but.within(b"which nobody knows").next().is_some());
    for innocent in ["sk-a", "nows", "sk-a secret", "characters"] {
        assert!(search.within(innocent.as_bytes()).next().is_none(), "{innocent}");
    }
}
