//! Which names a pattern matches.

use super::{Pattern, TooManyWildcards};
use proptest::prelude::*;

#[test]
fn one_star_stands_for_one_or_more_characters() {
    for (pattern, name, captured) in [
        ("gpt-4o", "gpt-4o", Some("")),
        ("gpt-4o", "gpt-4o-mini", None),
        ("gpt-4o", "GPT-4o", None),
        ("*", "anything/at:all", Some("anything/at:all")),
        ("*", "", None),
        ("groq/*", "groq/llama", Some("llama")),
        ("groq/*", "groq/", None),
        ("*-mini", "gpt-4o-mini", Some("gpt-4o")),
        ("a*a", "aa", None),
        ("a*a", "aba", Some("b")),
        ("a.c", "abc", None),
    ] {
        assert_eq!(Pattern::parse(pattern).unwrap().capture(name), captured, "{pattern} ~ {name}");
    }
}

#[test]
fn two_stars_are_refused() {
    assert_eq!(Pattern::parse("a*b*"), Err(TooManyWildcards));
}

proptest! {
    #[test]
    fn what_a_pattern_expands_to_it_captures(prefix in "[^*]{0,8}", suffix in "[^*]{0,8}", middle in ".{1,8}") {
        let pattern = Pattern::parse(&format!("{prefix}*{suffix}")).unwrap();
        let name = pattern.expand(&middle);
        prop_assert_eq!(pattern.capture(&name), Some(middle.as_str()));
    }
}
