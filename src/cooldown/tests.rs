use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{retry_after, Cooldown, CooldownState, LONGEST_COOLDOWN};

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap()
}

/// What is remembered after these outcomes, one a second.
fn after(cooldown: &Cooldown, outcomes: &[bool], retry_after: Option<Duration>) -> CooldownState {
    let mut condition = CooldownState::default();
    for (now, failed) in (1000..).zip(outcomes) {
        let now = at(now);
        if let Some(changed) = cooldown.after(condition, *failed, retry_after, now) {
            condition = CooldownState::decode(&changed.encode());
        }
    }
    condition
}

#[test]
fn failures_in_a_row_bring_rest() {
    let cooldown = Cooldown::default();
    let (ok, failed) = (false, true);
    for (outcomes, until) in [
        (&[failed, failed][..], None),
        (&[failed, failed, failed], Some(1032)),
        (&[failed, failed, ok, failed, failed], None),
        (&[failed, failed, failed, failed], Some(1033)),
    ] {
        let condition = after(&cooldown, outcomes, None);
        assert_eq!(condition.cooling_until(at(1010)), until.map(at), "{outcomes:?}");
    }
}

#[test]
fn one_failure_after_a_rest_brings_the_next() {
    let cooldown = Cooldown::default();
    let rested = after(&cooldown, &[true, true, true], None);
    assert_eq!(rested.cooling_until(at(1032)), None);
    let again = cooldown.after(rested, true, None, at(2000)).unwrap();
    assert_eq!(again.cooling_until(at(2001)), Some(at(2030)));
    // One success, and it takes three again.
    let well = cooldown.after(rested, false, None, at(2000)).unwrap();
    assert_eq!(cooldown.after(well, true, None, at(2001)).unwrap().cooling_until(at(2002)), None);
}

#[test]
fn a_provider_may_ask_for_longer_not_for_less() {
    let cooldown = Cooldown { failures: 1, ..Cooldown::default() };
    for (asked, until) in [(5, 1030), (300, 1300)] {
        let condition = after(&cooldown, &[true], Some(Duration::from_secs(asked)));
        assert_eq!(condition.cooling_until(at(1001)), Some(at(until)), "{asked}");
    }
}

#[test]
fn no_provider_asks_for_more_than_a_day() {
    let cooldown = Cooldown { failures: 1, ..Cooldown::default() };
    let now = at(1000);
    for (asked, until) in [
        ("86399", 87_399),
        ("86401", 87_400),
        ("18446744073709551615", 87_400),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 87_400),
    ] {
        let asked_for = retry_after(asked.as_bytes(), now);
        let rested = cooldown.after(CooldownState::default(), true, asked_for, now).unwrap();
        assert_eq!(rested.cooling_until(now), Some(at(until)), "{asked}");
    }
    // The operator may want more.
    let longer = Cooldown { rest: Duration::from_secs(604_800), ..cooldown };
    let rested = longer.after(CooldownState::default(), true, Some(LONGEST_COOLDOWN), now).unwrap();
    assert_eq!(rested.cooling_until(now), Some(at(605_800)));
}

#[test]
fn no_failures_allowed_means_no_rest() {
    let cooldown = Cooldown { failures: 0, ..Cooldown::default() };
    assert_eq!(after(&cooldown, &[true; 50], None).cooling_until(at(1051)), None);
}

#[test]
fn nothing_is_written_where_nothing_changes() {
    assert_eq!(Cooldown::default().after(CooldownState::default(), false, None, at(1)), None);
}

#[test]
fn what_cannot_be_read_is_forgotten() {
    for bytes in [&b""[..], b"1", &[0; 13]] {
        assert_eq!(CooldownState::decode(bytes).cooling_until(at(1)), None, "{bytes:?}");
    }
}

#[test]
fn retry_after_is_read_in_both_forms() {
    let now = at(784_111_777); // Sun, 06 Nov 1994 08:49:37 GMT
    for (value, seconds) in [
        ("120", Some(120)),
        (" 7 ", Some(7)),
        ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
        ("Sun, 06 Nov 1994 08:40:00 GMT", None),
        ("-1", None),
        ("soon", None),
        ("", None),
    ] {
        assert_eq!(retry_after(value.as_bytes(), now), seconds.map(Duration::from_secs), "{value}");
    }
}
