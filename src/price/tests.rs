//! What answers cost, and how costs are rounded.

use super::*;

const SONNET: Price = Price { input: 3_000_000, output: 15_000_000, cached: 300_000 };

fn usage(prompt: u64, completion: u64, cached: u64) -> Usage {
    Usage { prompt, completion, cached }
}

#[test]
fn an_answer_costs_its_fresh_input_its_cached_input_and_its_output() {
    // 600 at 3 dollars, 400 at 30 cents and 200 at 15 dollars for a million.
    let cost = SONNET.cost(usage(1_000, 200, 400));
    assert_eq!(cost, Cost((600 * 3_000_000) + (400 * 300_000) + (200 * 15_000_000)));
    assert_eq!(cost.microdollars(), 4_920);
}

#[test]
fn the_cost_of_one_answer_is_rounded_to_the_nearest_microdollar() {
    let cheap = Price { input: 20_000, output: 0, cached: 20_000 };
    let told = [24, 25, 75].map(|tokens| cheap.cost(usage(tokens, 0, 0)).microdollars());
    assert_eq!(told, [0, 1, 2]);
}

#[test]
fn a_sum_of_small_costs_loses_nothing() {
    let cheap = Price { input: 20_000, output: 0, cached: 20_000 };
    let mut rest = Cost::default();
    let one = cheap.cost(usage(7, 0, 0));
    let sum: u64 = (0..1_000).map(|_| one.take_microdollars(&mut rest)).sum();
    assert_eq!((sum, rest), (140, Cost::default()));
}

#[test]
fn costs_beyond_reason_neither_wrap_nor_panic() {
    let dear = Price { input: u64::MAX, output: u64::MAX, cached: u64::MAX };
    let all = usage(u64::MAX, u64::MAX, u64::MAX);
    assert_eq!(dear.cost(all), Cost(u64::MAX));
    // More cached than there is input: the usage's own rule excludes it.
    assert_eq!(SONNET.cost(usage(1, 0, 2)), Cost(600_000));
    let mut rest = Cost(999_999);
    assert_eq!(Cost(u64::MAX).take_microdollars(&mut rest), u64::MAX / 1_000_000);
}
