//! What names a session, and which target a session prefers.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{ln, Affinity, Session, SessionHints, SessionSource};
use crate::header::Headers;
use crate::json::{MemberPlace, Noted, ValueKind};

fn affinity() -> Affinity {
    let member = |name: &str, inner: &[&str]| SessionSource::Member {
        name: name.into(),
        inner: inner.iter().map(|name| Box::from(*name)).collect(),
    };
    Affinity {
        sources: vec![
            SessionSource::Header("x-session-id".into()),
            member("user", &[]),
            member("metadata", &["user_id"]),
        ],
    }
}

fn session(header: Option<&str>, members: &[(&str, &str)]) -> Option<Session> {
    let headers: Headers = header.iter().map(|value| ("X-Session-Id", *value)).collect();
    let members: Vec<Noted> = members
        .iter()
        .map(|(name, value)| Noted {
            name: Rc::from(*name),
            kind: ValueKind::String,
            place: MemberPlace {
                key: 0..0,
                value: 0..value.len(),
                comma_before: None,
                comma_after: None,
            },
            raw: value.as_bytes().to_vec(),
            is_repeated: false,
        })
        .collect();
    affinity().session("t", SessionHints { headers: &headers, members: &members })
}

#[test]
fn the_first_source_that_says_something_names_the_session() {
    let named = |value: &str| Some(Session::new("t", value.as_bytes()));
    for (header, members, expected) in [
        (Some("a"), &[("user", r#""b""#)][..], named("a")),
        (Some(" a "), &[], named("a")),
        (Some(""), &[("user", r#""b""#)], named("b")),
        (None, &[("user", r#""\u0062""#), ("metadata", r#"{"user_id":"c"}"#)], named("b")),
        (None, &[("user", r#""""#), ("metadata", r#"{"x":[{}],"user_id":"c"}"#)], named("c")),
        (None, &[("user", "null"), ("metadata", r#"{"user_id":7}"#)], None),
        (None, &[("user", r#"{"id":"b"}"#), ("metadata", r#"{"user_id":["c"]}"#)], None),
        (None, &[("user", r#""\ud83d""#), ("metadata", r#""c""#)], None),
        (None, &[("user", "true")], None),
        (None, &[], None),
    ] {
        assert_eq!(session(header, members), expected, "{header:?} {members:?}");
    }
}

#[test]
fn sessions_of_two_teams_are_two() {
    assert_eq!(Session::new("t", b"s").digits(), DIGITS);
    assert_ne!(Session::new("a", b"x"), Session::new("b", b"x"));
    assert_ne!(Session::new("a", b"bx"), Session::new("ab", b"x"));
}

/// The formula of the documentation, computed by another program:
/// `python3 -c "import hashlib,math; h=lambda b:hashlib.sha256(b).digest(); s=h(b't\0s'); d=h(s+b'p\0m'); u=(int.from_bytes(d[:8],'big')>>12)+.5; print(-3/math.log(u/2**52))"`
#[test]
fn a_score_is_what_the_documentation_says() {
    let score = Session::new("t", b"s").score("p", "m", 3);
    assert!((score - SCORE).abs() < 1e-9, "{score}");
    assert_eq!(Session::new("t", b"s").score("p", "m", 0).abs(), 0.0);
}

/// `printf 't\0s' | sha256sum`
const DIGITS: &str = "cc3c5442f312cf60";

const SCORE: f64 = 20.817195262210355;

/// The target that a session prefers.
fn preferred<'t>(session: &Session, targets: &[(&'t str, u32)]) -> &'t str {
    let score = |(name, weight): &(&str, u32)| session.score(name, "m", *weight);
    targets.iter().max_by(|a, b| score(a).total_cmp(&score(b))).unwrap().0
}

#[test]
fn sessions_spread_in_proportion_to_the_weights() {
    let targets = [("a", 1), ("b", 2), ("c", 5), ("none", 0)];
    let mut shares = BTreeMap::<&str, usize>::new();
    for number in 0..8_000 {
        let session = Session::new("team", format!("session-{number}").as_bytes());
        *shares.entry(preferred(&session, &targets)).or_default() += 1;
    }
    // Four standard deviations of the smallest share.
    for (name, expected) in [("a", 1_000), ("b", 2_000), ("c", 5_000)] {
        assert!(shares[name].abs_diff(expected) < 150, "{shares:?}");
    }
    assert_eq!(shares.len(), 3);
}

#[test]
fn a_target_that_goes_moves_its_own_sessions_alone() {
    let all = [("a", 1), ("b", 1), ("c", 3)];
    for number in 0..500 {
        let session = Session::new("team", format!("session-{number}").as_bytes());
        let at = preferred(&session, &all);
        for gone in ["a", "b", "c"] {
            let left: Vec<_> = all.into_iter().filter(|(name, _)| *name != gone).collect();
            let then = preferred(&session, &left);
            assert!(then == at || at == gone, "{number}: from {at} to {then} without {gone}");
        }
    }
}

#[test]
fn logarithms_are_the_librarys() {
    for x in [f64::EPSILON, 1e-12, 0.1, 0.25, 1.0 / 3.0, 0.5, 0.7, 0.999_999_9, 1.0 - f64::EPSILON]
    {
        assert!(
            (ln(x) - x.ln()).abs() <= x.ln().abs() * 1e-14 + 1e-17,
            "{x}: {} {}",
            ln(x),
            x.ln()
        );
    }
}
