//! When a cooldown starts, how long it lasts, and what is remembered.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::retry_after::longest_wait;
use super::{Cooldown, CooldownKeys, CooldownState, Signal, LONGEST_COOLDOWN};
use crate::header::Headers;
use crate::host::tests::Still;

const FAILURE: Signal = Signal::Failure { is_of_model: false, wait: None };

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap()
}

fn asking(seconds: u64) -> Signal {
    Signal::Failure { is_of_model: false, wait: Some(Duration::from_secs(seconds)) }
}

/// What is remembered after these responses, one a second from 1000 on.
fn after(cooldown: &Cooldown, signals: &[Signal]) -> CooldownState {
    let mut state = CooldownState::default();
    for (now, signal) in (1000..).zip(signals) {
        if let Some(changed) = cooldown.after(state, *signal, at(now)) {
            state = CooldownState::decode(&changed.encode());
        }
    }
    state
}

#[test]
fn failures_in_a_row_start_a_cooldown() {
    let cooldown = Cooldown::default();
    let (ok, failed) = (Signal::Success, FAILURE);
    for (signals, until) in [
        (&[failed, failed][..], None),
        (&[failed, failed, failed], Some(1032)),
        (&[failed, failed, ok, failed, failed], None),
        (&[failed, failed, failed, failed], Some(1033)),
    ] {
        let state = after(&cooldown, signals);
        assert_eq!(state.cooling_until(at(1010)), until.map(at), "{signals:?}");
    }
}

#[test]
fn one_failure_after_a_cooldown_starts_the_next() {
    let cooldown = Cooldown::default();
    let cooled = after(&cooldown, &[FAILURE; 3]);
    assert_eq!(cooled.cooling_until(at(1032)), None);
    let again = cooldown.after(cooled, FAILURE, at(2000)).unwrap();
    assert_eq!(again.cooling_until(at(2001)), Some(at(2030)));
    // One success, and it takes three again.
    let well = cooldown.after(cooled, Signal::Success, at(2000)).unwrap();
    assert_eq!(cooldown.after(well, FAILURE, at(2001)).unwrap().cooling_until(at(2002)), None);
}

#[test]
fn a_provider_that_asks_to_be_left_alone_is_believed_at_once() {
    let cooldown = Cooldown::default();
    for (asked, until) in [(0, 1030), (5, 1030), (300, 1300)] {
        let state = after(&cooldown, &[asking(asked)]);
        assert_eq!(state.cooling_until(at(1001)), Some(at(until)), "{asked}");
    }
}

#[test]
fn the_longer_of_two_cooldowns_stands() {
    let cooldown = Cooldown { failures: 1, ..Cooldown::default() };
    let state = after(&cooldown, &[asking(600), FAILURE, asking(40)]);
    assert_eq!(state.cooling_until(at(1003)), Some(at(1600)));
}

#[test]
fn no_provider_asks_for_more_than_a_day() {
    let cooldown = Cooldown::default();
    for asked in [86_401, u64::MAX] {
        let state = after(&cooldown, &[asking(asked)]);
        assert_eq!(state.cooling_until(at(1000)), Some(at(87_400)), "{asked}");
    }
}

#[test]
fn an_end_that_nobody_could_have_asked_for_is_not_believed() {
    let far = CooldownState { failures: 1, until: at(1000 + 86_401) };
    assert_eq!(far.cooling_until(at(1000)), None);
    assert_eq!(far.cooling_until(at(1001)), Some(at(87_401)));
    let cooldown = Cooldown { failures: 1, ..Cooldown::default() };
    let state = cooldown.after(far, FAILURE, at(1000)).unwrap();
    assert_eq!(state.cooling_until(at(1000)), Some(at(1030)));
}

#[test]
fn no_failures_allowed_means_no_cooldown() {
    let cooldown = Cooldown { failures: 0, ..Cooldown::default() };
    assert_eq!(after(&cooldown, &[FAILURE; 50]).cooling_until(at(1051)), None);
    assert_eq!(after(&cooldown, &[asking(60)]).cooling_until(at(1001)), None);
}

#[test]
fn nothing_is_written_where_nothing_changes() {
    let state = CooldownState::default();
    assert_eq!(Cooldown::default().after(state, Signal::Success, at(1)), None);
}

#[test]
fn what_cannot_be_read_is_forgotten() {
    for bytes in [&b""[..], b"1", &[0; 13]] {
        assert_eq!(CooldownState::decode(bytes).cooling_until(at(1)), None, "{bytes:?}");
    }
}

#[test]
fn an_answer_about_the_request_itself_tells_nothing() {
    let cooldown = Cooldown::default();
    let headers: Headers = [("retry-after", "60")].into_iter().collect();
    for status in [400, 403, 404, 409, 413, 422, 499] {
        assert_eq!(cooldown.signal(status, &headers, at(1)), None, "{status}");
    }
    for status in [200, 204, 304] {
        assert_eq!(cooldown.signal(status, &headers, at(1)), Some(Signal::Success), "{status}");
    }
    let minute = Some(Duration::from_secs(60));
    for (status, is_of_model, wait) in [
        (401, false, None),
        (402, false, None),
        (408, false, None),
        (429, true, minute),
        (500, false, None),
        (502, false, None),
        (503, false, minute),
        (504, false, None),
        (520, false, None),
        (524, false, None),
        (529, false, minute),
    ] {
        let expected = Some(Signal::Failure { is_of_model, wait });
        assert_eq!(cooldown.signal(status, &headers, at(1)), expected, "{status}");
    }
}

#[test]
fn a_model_at_its_limit_leaves_the_others_of_the_credential_alone() {
    let host = Still::default();
    let cooldown = Cooldown { failures: 1, ..Cooldown::default() };
    let keys = |model: &str| CooldownKeys { credential: "c".into(), model: format!("c/{model}") };
    let limited = Signal::Failure { is_of_model: true, wait: None };
    assert!(cooldown.note(&keys("a"), limited, at(1000), &host));
    assert_eq!(keys("a").cooling_until(at(1000), &host), Some(at(1030)));
    assert_eq!(keys("b").cooling_until(at(1000), &host), None);
    assert!(cooldown.note(&keys("b"), FAILURE, at(1010), &host));
    assert_eq!(keys("a").cooling_until(at(1010), &host), Some(at(1040)));
    assert_eq!(keys("b").cooling_until(at(1010), &host), Some(at(1040)));
}

#[test]
fn the_longest_that_is_asked_for_counts() {
    let now = at(784_111_777); // Sun, 06 Nov 1994 08:49:37 GMT
    for (fields, millis) in [
        (&[("retry-after", "120")][..], Some(120_000)),
        (&[("retry-after", " 7 ")], Some(7_000)),
        (&[("retry-after", "29.6")], Some(29_600)),
        (&[("retry-after-ms", "1500")], Some(1_500)),
        (&[("retry-after", "1"), ("retry-after-ms", "1500")], Some(1_500)),
        (&[("retry-after", "3"), ("retry-after", "20")], Some(20_000)),
        (&[("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")], Some(30_000)),
        (&[("retry-after", "Sun, 06 Nov 1994 08:40:00 GMT")], None),
        (&[("retry-after", "-1")], None),
        (&[("retry-after", "1e3")], None),
        (&[("retry-after", "soon")], None),
        (&[("retry-after", "")], None),
        (&[], None),
    ] {
        let headers: Headers = fields.iter().copied().collect();
        assert_eq!(longest_wait(&headers, now), millis.map(Duration::from_millis), "{fields:?}");
    }
    let beyond: Headers = [("retry-after", "99999999999999999999999999")].into_iter().collect();
    assert!(longest_wait(&beyond, now) > Some(LONGEST_COOLDOWN));
}

#[test]
fn a_cooldown_is_told_when_it_starts_or_grows_and_not_while_it_lasts() {
    let host = Still::default();
    let cooldown = Cooldown { failures: 1, ..Cooldown::default() };
    let keys = CooldownKeys { credential: "c".into(), model: "c/m".into() };
    for (signal, now, starts) in [
        (Signal::Success, 999, false),
        (asking(600), 1000, true),
        // It would have ended before.
        (FAILURE, 1001, false),
        (Signal::Success, 1002, false),
        (asking(900), 1003, true),
    ] {
        assert_eq!(cooldown.note(&keys, signal, at(now), &host), starts, "{now}");
    }
}
