//! Limits in words, and their windows of time.

use std::time::Duration;

use super::*;

const fn quota(unit: Unit, amount: u64, period: Period) -> Quota {
    Quota { unit, amount, period }
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap()
}

#[test]
fn a_quota_is_told_in_words() {
    for (quota, told) in [
        (quota(Unit::Requests, 100, Period::Minute), "100 requests per minute"),
        (quota(Unit::Tokens, 10_000, Period::Hour), "10000 tokens per hour"),
        (quota(Unit::Dollars, 50_000_000_000_000, Period::Day), "50 US dollars per day"),
        (quota(Unit::Dollars, 12_500_000_000_000, Period::Day), "12.5 US dollars per day"),
        (quota(Unit::Dollars, 1_000_000, Period::Day), "0.000001 US dollars per day"),
    ] {
        assert_eq!(quota.to_string(), told);
    }
}

#[test]
fn a_window_begins_and_ends_where_the_clock_says() {
    const DAY: u64 = 24 * 60 * 60;
    for (period, now, window, wait) in [
        (Period::Minute, 0, 0, 60),
        (Period::Minute, 59, 0, 1),
        (Period::Minute, 60, 1, 60),
        (Period::Hour, 3_599, 0, 1),
        (Period::Hour, 3_600, 1, 3_600),
        (Period::Day, DAY - 1, 0, 1),
        (Period::Day, 20_000 * DAY + 3_600, 20_000, DAY - 3_600),
    ] {
        assert_eq!(period.window(at(now)), window);
        let quota = quota(Unit::Requests, 1, period);
        let limit = Limit { quota, holder: Holder::Team, models: None, counter: "".into() };
        let overrun = limit.overrun(at(now).checked_add(Duration::from_millis(999)).unwrap());
        assert_eq!((overrun.wait, overrun.ends_at), (wait, now + wait), "{period:?} {now}");
    }
}
