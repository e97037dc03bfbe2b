use std::borrow::Cow;
use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

use super::{select, Candidate};
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

/// `resting` are names, each with the second at which its rest ends.
fn chosen_while(rows: &[Row], resting: &[(&str, u64)], random: u64) -> Option<String> {
    let provider = provider();
    let candidates: Vec<_> = rows
        .iter()
        .map(|(name, has_credential, priority, cost, weight)| Candidate {
            provider: &provider,
            upstream_model: Cow::Borrowed(*name),
            endpoints: Endpoints::all(),
            registered: None,
            authorization: has_credential.then_some(Authorization::NotNeeded(provider.id)),
            priority: *priority,
            cost: *cost,
            weight: *weight,
        })
        .collect();
    let cooling_until = |candidate: &Candidate<'_>| {
        let (_, end) = resting.iter().find(|(name, _)| *name == candidate.upstream_model)?;
        UNIX_EPOCH.checked_add(Duration::from_secs(*end))
    };
    select(&candidates, &cooling_until, random).map(|decision| decision.upstream_model)
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
}

#[test]
fn what_rests_is_passed_over() {
    let rows = [("a", true, 0, 1.0, 1), ("b", true, 1, 1.0, 1), ("c", true, 2, 1.0, 1)];
    for (resting, expected) in [
        (&[("a", 9)][..], "b"),
        (&[("a", 9), ("b", 9)], "c"),
        (&[("c", 9)], "a"),
        (&[("a", 9), ("b", 7), ("c", 8)], "b"),
    ] {
        assert_eq!(chosen_while(&rows, resting, 0).as_deref(), Some(expected), "{resting:?}");
    }
    assert_eq!(chosen_while(&rows[..1], &[("a", 9)], 0).as_deref(), Some("a"));
}
