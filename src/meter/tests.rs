//! Counts of limits in the bytes that all workers share.

use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::host::tests::Still;
use crate::identity::MetadataPath;
use crate::limit::{Holder, Period, Quota, Unit};

fn limit(amount: u64) -> Limit {
    let quota = Quota { unit: Unit::Requests, amount, period: Period::Minute };
    Limit { quota, holder: Holder::Team, models: None, counter: "team".into() }
}

fn meter(host: &dyn Host, seconds: u64) -> Meter<'_> {
    let now = UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap();
    Meter { scope: "plugin", now, host }
}

#[test]
fn a_window_has_as_many_as_the_limit_says_and_the_next_has_them_again() {
    let (host, limit) = (Still::default(), limit(3));
    for minute in [60, 120] {
        for _ in 0..3 {
            assert_eq!(meter(&host, minute).take_one(&limit), Taken::Counted);
        }
        assert_eq!(meter(&host, minute + 59).take_one(&limit), Taken::Full);
        assert_eq!(meter(&host, minute).used(&limit), 3);
    }
    assert_eq!(meter(&host, 180).used(&limit), 0);
}

#[test]
fn what_is_given_back_can_be_taken_again() {
    let (host, limit) = (Still::default(), limit(1));
    assert_eq!(meter(&host, 0).take_one(&limit), Taken::Counted);
    assert!(meter(&host, 0).give_one_back(&limit));
    assert_eq!(meter(&host, 0).take_one(&limit), Taken::Counted);
    // In the next window nothing was taken that could be given back.
    assert!(meter(&host, 60).give_one_back(&limit));
    assert_eq!(meter(&host, 60).take_one(&limit), Taken::Counted);
    assert_eq!(meter(&host, 60).take_one(&limit), Taken::Full);
}

#[test]
fn charges_add_up_and_can_go_over() {
    let (host, limit) = (Still::default(), limit(10));
    for used in [4, 0, 9, u64::MAX] {
        assert!(meter(&host, 0).charge(&limit, used));
    }
    assert_eq!(meter(&host, 0).used(&limit), u64::MAX);
}

#[test]
fn a_worker_that_is_late_counts_in_the_window_that_has_begun() {
    let (host, limit) = (Still::default(), limit(2));
    assert_eq!(meter(&host, 60).take_one(&limit), Taken::Counted);
    assert_eq!(meter(&host, 59).take_one(&limit), Taken::Counted);
    assert_eq!(meter(&host, 60).take_one(&limit), Taken::Full);
    // The clock was set back further than that: nothing is left of what it had said.
    assert_eq!(meter(&host, 0).used(&limit), 2);
    assert_eq!(meter(&host, 600).take_one(&limit), Taken::Counted);
    assert_eq!(meter(&host, 60).take_one(&limit), Taken::Counted);
    assert_eq!(meter(&host, 60).used(&limit), 1);
}

#[test]
fn bytes_that_are_no_count_are_nothing() {
    let (host, limit) = (Still::default(), limit(1));
    for bytes in [vec![], vec![0xff; 7], vec![0xff; 12], vec![0xff; 17]] {
        host.shared.borrow_mut().insert(meter(&host, 0).key(&limit), bytes);
        assert_eq!(meter(&host, 0).used(&limit), 0);
        assert_eq!(meter(&host, 0).take_one(&limit), Taken::Counted);
    }
}

/// A host on which another worker is always faster.
struct Contended(Still);

impl Host for Contended {
    fn now(&self) -> SystemTime {
        self.0.now()
    }

    fn random(&self) -> u64 {
        self.0.random()
    }

    fn property(&self, path: &MetadataPath) -> Option<Vec<u8>> {
        self.0.property(path)
    }

    fn shared(&self, key: &str) -> Option<Vec<u8>> {
        self.0.shared(key)
    }

    fn update_shared(&self, key: &str, change: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> bool {
        change(&self.shared(key).unwrap_or_default()).is_none()
    }
}

#[test]
fn a_count_that_is_lost_is_noticed() {
    let (host, limit) = (Contended(Still::default()), limit(1));
    assert_eq!(meter(&host, 0).take_one(&limit), Taken::Lost);
    assert!(!meter(&host, 0).charge(&limit, 1));
}
