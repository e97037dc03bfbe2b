//! `tests/usages.json`, replayed: each answer whole, byte by byte and cut in two at every byte.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{amazon, usage, Format, Reader, Usage};
use crate::base64::Base64;
use rows::{Counts, Usages};

#[path = "../../../tests/usages/mod.rs"]
mod rows;

impl From<Counts> for Usage {
    fn from(Counts { prompt, completion, cached }: Counts) -> Self {
        Self { prompt, completion, cached }
    }
}

#[test]
fn every_answer_amounts_to_its_usage() {
    for row in Usages::load().answers {
        let format = Format::of_content_type(row.content_type.as_bytes()).expect("a format");
        let body = row.body();
        assert_eq!(usage(format, &body), row.usage.map(Usage::from), "{}", row.title());
        for size in [1, 7, body.len()] {
            let mut reader = Reader::new(format);
            body.chunks(size).for_each(|chunk| reader.feed(chunk));
            assert_eq!(reader.errors(), row.errors, "{} in pieces of {size}", row.title());
        }
    }
}

/// So that the file stays what its readers take it for.
#[test]
fn the_answers_are_of_many_providers() {
    let usages = Usages::load();
    assert!(usages.answers.len() >= 80, "{} answers", usages.answers.len());
    let providers: BTreeSet<&str> = usages.answers.iter().map(|row| &*row.provider).collect();
    assert!(providers.len() >= 30, "{} providers", providers.len());
    let titles: BTreeSet<String> = usages.answers.iter().map(rows::Answer::title).collect();
    assert_eq!(titles.len(), usages.answers.len(), "two answers of one name");
    for row in &usages.answers {
        assert!(!row.source.is_empty() && row.body().len() > 1, "{}", row.title());
    }
    assert!(!usages.about.is_empty());
}

#[test]
fn every_member_counts_as_its_row_says() {
    for mut row in Usages::load().members {
        let counted = |document: &Value| usage(Format::Text, document.to_string().as_bytes());
        let name = &row.member;
        assert!(!row.meaning.is_empty() && !row.providers.is_empty() && !row.source.is_empty());
        assert_eq!(counted(&row.example), Some(row.usage.into()), "{name}");
        let (parent, member) = name.rsplit_once('/').expect("a pointer");
        let parent = row.example.pointer_mut(parent).and_then(Value::as_object_mut);
        assert!(parent.expect("its object").remove(member).is_some(), "{name}");
        assert_ne!(counted(&row.example), Some(row.usage.into()), "without {name}");
    }
}

/// Reads `schema.rs`: every name in it is a byte string.
#[test]
fn every_name_that_is_looked_for_has_its_row() {
    let names = include_str!("../schema.rs").split("b\"").skip(1);
    let names = names.map(|rest| rest.split('"').next().unwrap().trim_end_matches('\\'));
    let names: BTreeSet<&str> = names.filter(|name| !name.is_empty()).collect();
    let usages = Usages::load();
    let rows: BTreeSet<&str> =
        usages.members.iter().flat_map(|row| row.member.split('/')).collect();
    let lacking: Vec<_> = names.difference(&rows).collect();
    assert!(names.len() > 40 && lacking.is_empty(), "tests/usages.json has no row for {lacking:?}");
}

#[test]
fn binary_bodies_are_what_is_said_of_them() {
    let mut binary = 0;
    for row in Usages::load().answers {
        let is_binary = row.content_type.contains("amazon");
        assert_eq!(!row.messages.is_empty(), is_binary, "{}", row.title());
        if is_binary {
            binary += 1;
            let messages =
                row.messages.iter().map(|(event, payload)| amazon::message(event, payload));
            assert_eq!(messages.collect::<Vec<_>>().concat(), row.body(), "{}", row.title());
        }
    }
    assert!(binary >= 3);
}

#[test]
fn base64_is_decoded_wherever_it_is_cut() {
    for text in ["", "f", "fo", "foo", "foob", "fooba", "foobar", &"é☕\0\u{7f}".repeat(90)] {
        let encoded = amazon::base64(text.as_bytes());
        // Padding or not, the quote ends it.
        for encoded in
            [format!("{encoded}\"AAAA"), format!("{}\"AAAA", encoded.trim_end_matches('='))]
        {
            for size in 1..encoded.len() {
                let (mut base64, mut decoded) = (Base64::default(), Vec::new());
                for chunk in encoded.as_bytes().chunks(size) {
                    base64.read(chunk, &mut |bytes| decoded.extend_from_slice(bytes));
                }
                assert_eq!(decoded, text.as_bytes(), "{encoded} by {size}");
            }
        }
    }
}
