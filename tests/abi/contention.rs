//! Counts of limits while other workers change them at the same moment.

use serde_json::json;

use crate::host::{Outcome, Request, Vm};
use crate::load::{self, configuration, key, PATH};

/// How often the filter tries to change what all workers share.
const ATTEMPTS: usize = 64;

/// A team with a limit, which has made a request, and another without.
fn vm(requests: usize) -> Vm {
    let mut configuration = configuration(2, 1, 1, 0);
    configuration["teams"]["team-0"]["limits"] = json!([{"requests": requests, "per": "day"}]);
    let mut vm = Vm::configured(&configuration, &[]).unwrap();
    assert!(is_served(&mut vm, 0));
    vm
}

fn ask(vm: &mut Vm, team: usize) -> Outcome {
    let body = load::chat("model-0");
    vm.exchange(&Request::post(PATH, &key(team), body.as_bytes())).unwrap()
}

fn is_served(vm: &mut Vm, team: usize) -> bool {
    ask(vm, team).sent.is_some()
}

fn errors(vm: &Vm) -> u64 {
    let metrics = vm.host().metrics.iter();
    let errors = metrics.filter(|metric| metric.1.starts_with("llm_router.limit_errors"));
    errors.flat_map(|metric| &metric.2).sum()
}

#[test]
fn no_count_of_another_worker_is_lost() {
    const OTHERS: usize = ATTEMPTS - 1;
    let mut vm = vm(1 + OTHERS + 3);
    vm.host_mut().rivals = OTHERS;
    // All of them are faster than this one, one after the other.
    assert!(is_served(&mut vm, 0));
    assert_eq!(vm.host().rivals, 0);
    let served = [0; 4].map(|team| is_served(&mut vm, team));
    assert_eq!(served, [true, true, false, false]);
    assert_eq!(errors(&vm), 0);
}

#[test]
fn a_request_that_cannot_be_counted_is_refused_and_the_loss_is_told() {
    let mut vm = vm(1 + ATTEMPTS + 1);
    vm.host_mut().rivals = ATTEMPTS;
    let reply = ask(&mut vm, 0).reply.unwrap();
    assert_eq!(reply.status, 429);
    let waits = |(name, value): &(Vec<u8>, Vec<u8>)| name == b"retry-after" && value == b"1";
    assert!(reply.headers.iter().any(waits), "{reply:?}");
    assert_eq!(errors(&vm), 1);
    // Nobody else's request is touched, and it was not counted itself.
    let served = [1, 0, 0, 1].map(|team| is_served(&mut vm, team));
    assert_eq!(served, [true, true, false, true]);
}

#[test]
fn every_count_is_there_before_two_workers_could_make_it_at_once() {
    // What is not there yet has no version, and a change of it is done whatever another worker did meanwhile.
    let mut configuration = configuration(1, 1, 1, 0);
    let limits = json!([{"requests": 1, "per": "day"}, {"tokens": 1, "per": "day"}]);
    configuration["teams"]["team-0"]["limits"] = limits.clone();
    configuration["teams"]["team-0"]["keys"][0]["limits"] = limits;
    let mut vm = Vm::configured(&configuration, &[]).unwrap();
    let names = |vm: &Vm| vm.host().shared.keys().cloned().collect::<Vec<_>>();
    let before = names(&vm);
    assert_eq!(before.len(), 4);
    assert!(is_served(&mut vm, 0));
    assert_eq!(names(&vm), before);
}
