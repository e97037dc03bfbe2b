//! Which of several targets is chosen.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

use proptest::collection::vec;
use proptest::prelude::*;

use super::{select, Candidate, Tiebreak};
use crate::affinity::Session;
use crate::credential::{Authorization, CredentialStore};
use crate::endpoint::Endpoints;
use crate::id::ProviderId;
use crate::provider::{Places, Provider};

fn provider() -> Rc<Provider> {
    let id = ProviderId::new(0);
    Rc::new(Provider {
        id,
        name: "p".into(),
        endpoints: Endpoints::all(),
        families: &[],
        places: Places::default(),
        client_credentials: false,
        keeps_openai_headers: false,
        allowed_fields: Vec::new(),
        reads_plugins: false,
        stream_usage: false,
        invalid_key_texts: &[],
        unregistered_models: true,
        default_credential: None,
        credentials: CredentialStore::new(id),
    })
}

/// (name, has a credential, priority, cost, weight)
type Row = (&'static str, bool, i64, f64, u32);

fn chosen(rows: &[Row], random: u64) -> Option<String> {
    chosen_while(rows, &[], random)
}

/// `cooling` are names, each with the second at which its cooldown ends.
fn chosen_while(rows: &[Row], cooling: &[(&str, u64)], random: u64) -> Option<String> {
    let provider = provider();
    let candidates: Vec<_> = rows
        .iter()
        .map(|(name, has_credential, priority, cost, weight)| Candidate {
            provider: &provider,
            upstream_model: Cow::Borrowed(*name),
            endpoints: Endpoints::all(),
            registered: None,
            parameters: None,
            authorization: has_credential.then_some(Authorization::NotNeeded(provider.id)),
            priority: *priority,
            cost: *cost,
            weight: *weight,
            target: None,
        })
        .collect();
    let cooling_until = |candidate: &Candidate<'_>| {
        let (_, end) = cooling.iter().find(|(name, _)| *name == candidate.upstream_model)?;
        UNIX_EPOCH.checked_add(Duration::from_secs(*end))
    };
    select(&candidates, &cooling_until, Tiebreak::Chance(random))
        .map(|decision| decision.upstream_model)
}

const UNKNOWN: f64 = f64::INFINITY;

#[test]
fn the_lowest_priority_then_the_lowest_cost_is_taken() {
    for (rows, expected) in [
        (&[("a", true, 0, 3.0, 1), ("b", true, 1, 1.0, 1)][..], Some("a")),
        (&[("a", true, 0, 3.0, 1), ("b", true, 0, 1.0, 1)], Some("b")),
        (&[("a", true, 0, UNKNOWN, 1), ("b", true, 0, 100.0, 1)], Some("b")),
        (&[("a", true, 0, UNKNOWN, 1), ("b", true, -1, UNKNOWN, 1)], Some("b")),
        (&[("a", false, 0, 1.0, 1), ("b", true, 9, 9.0, 1)], Some("b")),
        (&[("a", false, 0, 1.0, 1)], None),
        (&[], None),
    ] {
        for random in [0, 1, u64::MAX] {
            assert_eq!(chosen(rows, random).as_deref(), expected, "{rows:?}");
        }
    }
}

#[test]
fn equals_share_in_proportion_to_their_weights() {
    let rows = [
        ("a", true, 0, 1.0, 1),
        ("no key", false, 0, 1.0, 50),
        ("b", true, 0, 1.0, 3),
        ("none", true, 0, 1.0, 0),
    ];
    let of = |name: &str| {
        (0..400).filter(|random| chosen(&rows, *random).as_deref() == Some(name)).count()
    };
    assert_eq!((of("a"), of("b"), of("none")), (100, 300, 0));
}

#[test]
fn where_all_weights_are_zero_the_first_is_taken() {
    let rows = [("a", true, 0, 1.0, 0), ("b", true, 0, 1.0, 0)];
    assert_eq!(chosen(&rows, 7).as_deref(), Some("a"));
    let targets = [("a".to_owned(), 0), ("b".to_owned(), 0)];
    let session = Session::new("team", b"session");
    assert_eq!(preferred(&targets, &[false; 2], session).as_deref(), Some("a"));
}

#[test]
fn what_cools_down_is_passed_over() {
    let rows = [("a", true, 0, 1.0, 1), ("b", true, 1, 1.0, 1), ("c", true, 2, 1.0, 1)];
    for (cooling, expected) in [
        (&[("a", 9)][..], "b"),
        (&[("a", 9), ("b", 9)], "c"),
        (&[("c", 9)], "a"),
        (&[("a", 9), ("b", 7), ("c", 8)], "b"),
    ] {
        assert_eq!(chosen_while(&rows, cooling, 0).as_deref(), Some(expected), "{cooling:?}");
    }
    assert_eq!(chosen_while(&rows[..1], &[("a", 9)], 0).as_deref(), Some("a"));
}

/// Which of these (name, weight) a session goes to while some are cooling down.
fn preferred(targets: &[(String, u32)], cooling: &[bool], session: Session) -> Option<String> {
    let provider = provider();
    let candidates: Vec<_> = targets
        .iter()
        .map(|(name, weight)| Candidate {
            provider: &provider,
            upstream_model: Cow::Borrowed(name.as_str()),
            endpoints: Endpoints::all(),
            registered: None,
            parameters: None,
            authorization: Some(Authorization::NotNeeded(provider.id)),
            priority: 0,
            cost: 1.0,
            weight: *weight,
            target: None,
        })
        .collect();
    let cooling_until = |candidate: &Candidate<'_>| {
        let index = targets.iter().position(|(name, _)| *name == candidate.upstream_model)?;
        cooling[index].then_some(UNIX_EPOCH)
    };
    select(&candidates, &cooling_until, Tiebreak::Session(session))
        .map(|decision| decision.upstream_model)
}

proptest! {
    /// A session stays where it is unless its own target cools down, and is back there afterwards: what is decided depends
    /// on the targets that are available and on nothing else, their order included.
    #[test]
    fn a_cooling_target_moves_its_own_sessions_alone(
        weights in vec(1_u32..6, 2..7),
        cooling in vec(any::<bool>(), 7),
        value in any::<Vec<u8>>(),
    ) {
        let session = Session::new("team", &value);
        let targets: Vec<_> =
            weights.iter().enumerate().map(|(n, weight)| (format!("t{n}"), *weight)).collect();
        let usual = preferred(&targets, &[false; 7], session).unwrap();
        let meanwhile = preferred(&targets, &cooling, session).unwrap();
        let is_cooling = |name: &str| targets.iter().position(|(n, _)| n == name).is_some_and(|n| cooling[n]);
        if !is_cooling(&usual) {
            prop_assert_eq!(&meanwhile, &usual);
        } else if cooling.iter().take(targets.len()).any(|cooling| !cooling) {
            prop_assert!(!is_cooling(&meanwhile));
        }
        let mut turned = targets.clone();
        turned.reverse();
        prop_assert_eq!(preferred(&turned, &[false; 7], session).unwrap(), usual);
    }
}

#[test]
fn a_thousand_requests_of_fifty_sessions_stay_at_three_targets() {
    let targets = [("a", 1), ("b", 1), ("c", 1)].map(|(name, weight)| (name.to_owned(), weight));
    let mut sessions = BTreeMap::<String, BTreeSet<usize>>::new();
    for request in 0..1_000 {
        let session = Session::new("team", format!("session-{}", request % 50).as_bytes());
        let at = preferred(&targets, &[false; 3], session).unwrap();
        sessions.entry(at).or_default().insert(request % 50);
    }
    let shares: Vec<usize> = sessions.values().map(BTreeSet::len).collect();
    assert_eq!(shares.iter().sum::<usize>(), 50, "a session at two targets: {sessions:?}");
    assert!(shares.len() == 3 && shares.iter().all(|share| (8..=26).contains(share)), "{shares:?}");
}
