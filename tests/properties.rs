//! The properties of `tests/properties`, on the seeds of the fuzz targets and on what becomes of them by some edits.
#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

#[path = "properties/mod.rs"]
mod properties;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use properties::{answer, body, form, headers, json, provider_data, sequence, shown_key};

#[test]
fn json_is_scanned_as_others_read_it() {
    hold("json", json::holds);
}

#[test]
fn a_body_is_sent_as_it_came_but_for_the_edits() {
    hold("body", body::holds);
}

#[test]
fn a_form_is_sent_as_it_came_but_for_the_edits() {
    hold("form", form::holds);
}

#[test]
fn callers_keys_are_those_that_others_read() {
    hold("provider_data", provider_data::holds);
}

#[test]
fn any_header_fields_get_an_answer_and_no_key_goes_on() {
    hold("headers", headers::holds);
}

#[test]
fn a_shown_key_goes_on_in_no_field_and_in_no_query() {
    hold("shown_key", shown_key::holds);
}

#[test]
fn tokens_are_counted_alike_however_an_answer_is_cut() {
    hold("answer", answer::holds);
}

#[test]
fn calls_of_an_exchange_may_come_in_any_order() {
    hold("sequence", sequence::holds);
}

/// Tries a property on every seed, and on some mixtures of them.
fn hold(target: &str, property: fn(&[u8])) {
    let seeds = seeds(target);
    seeds.iter().for_each(|seed| property(seed));
    let config = Config { cases: 512, failure_persistence: None, ..Config::default() };
    let input = (prop::sample::select(seeds.clone()), prop::collection::vec(edit(seeds), 0..4));
    TestRunner::new(config)
        .run(&input, |(mut input, edits)| {
            edits.iter().for_each(|edit| edit.apply(&mut input));
            property(&input);
            Ok(())
        })
        .unwrap();
}

/// The seeds of a fuzz target, among them what once broke it.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds").join(target);
    let mut paths: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

#[derive(Debug, Clone)]
enum Edit {
    Replace(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, usize),
    Double(prop::sample::Index, usize),
    /// From one place on it is another seed from another place on.
    Cross(prop::sample::Index, Vec<u8>, prop::sample::Index),
}

impl Edit {
    fn apply(&self, input: &mut Vec<u8>) {
        if input.is_empty() {
            return;
        }
        let len = input.len();
        match self {
            Self::Replace(at, byte) => input[at.index(len)] = *byte,
            Self::Insert(at, bytes) => {
                drop(input.splice(at.index(len)..at.index(len), bytes.iter().copied()))
            }
            Self::Remove(at, length) => {
                drop(input.drain(at.index(len)..len.min(at.index(len) + length)))
            }
            Self::Double(at, length) => {
                let piece = input[at.index(len)..len.min(at.index(len) + length)].to_vec();
                input.splice(at.index(len)..at.index(len), piece);
            }
            Self::Cross(at, other, from) => {
                input.truncate(at.index(len));
                input.extend_from_slice(&other[from.index(other.len())..]);
            }
        }
    }
}

fn edit(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Edit> {
    let at = any::<prop::sample::Index>;
    let byte = || {
        prop_oneof![prop::sample::select(b"{}[],:\"\\ \r\n0-.eE1;=/%&?".as_slice()), any::<u8>()]
    };
    prop_oneof![
        (at(), byte()).prop_map(|(at, byte)| Edit::Replace(at, byte)),
        (at(), prop::collection::vec(byte(), 1..5)).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        (at(), 1usize..20).prop_map(|(at, length)| Edit::Remove(at, length)),
        (at(), 1usize..30).prop_map(|(at, length)| Edit::Double(at, length)),
        (at(), prop::sample::select(seeds), at())
            .prop_map(|(at, other, from)| Edit::Cross(at, other, from)),
    ]
}
