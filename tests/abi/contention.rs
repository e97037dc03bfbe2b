//! Counts of limits while other workers change them at the same moment.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::json;

use crate::host::{status, Call, Fault, Outcome, Request, Vm};
use crate::load::{self, configuration, key, PATH};

/// How often the filter tries to change what all workers share.
const ATTEMPTS: usize = 64;

fn vm(requests: u32) -> Vm {
    let mut configuration = configuration(2, 1, 1, 0);
    configuration["teams"]["team-0"]["limits"] = json!([{"requests": requests, "per": "day"}]);
    Vm::configured(&configuration, &[]).unwrap()
}

fn ask(vm: &mut Vm, team: usize) -> Outcome {
    let body = load::chat("model-0");
    vm.exchange(&Request::post(PATH, &key(team), body.as_bytes())).unwrap()
}

/// From now on another worker is faster so many times.
fn contend(vm: &mut Vm, times: usize) {
    let left = Rc::new(Cell::new(times));
    vm.fail(move |call: &Call| {
        let is_change = call.name == "proxy_set_shared_data" && left.get() > 0;
        is_change.then(|| {
            left.set(left.get() - 1);
            Fault::Status(status::CAS_MISMATCH)
        })
    });
}

fn errors(vm: &Vm) -> u64 {
    let metrics = vm.host().metrics.iter();
    let errors = metrics.filter(|metric| metric.1.starts_with("llm_router.limit_errors"));
    errors.flat_map(|metric| &metric.2).sum()
}

#[test]
fn a_request_is_counted_as_long_as_other_workers_are_not_always_faster() {
    let mut vm = vm(2);
    contend(&mut vm, ATTEMPTS - 1);
    assert!(ask(&mut vm, 0).sent.is_some());
    vm.mend();
    assert!(ask(&mut vm, 0).sent.is_some());
    assert_eq!(ask(&mut vm, 0).reply.unwrap().status, 429);
    assert_eq!(errors(&vm), 0);
}

#[test]
fn a_request_that_cannot_be_counted_is_refused_and_the_loss_is_told() {
    let mut vm = vm(2);
    contend(&mut vm, ATTEMPTS);
    let reply = ask(&mut vm, 0).reply.unwrap();
    assert_eq!(reply.status, 429);
    let waits = |(name, value): &(Vec<u8>, Vec<u8>)| name == b"retry-after" && value == b"1";
    assert!(reply.headers.iter().any(waits), "{reply:?}");
    assert_eq!(errors(&vm), 1);
    // Nobody else's request is touched, and nothing was counted.
    assert!(ask(&mut vm, 1).sent.is_some());
    assert!(ask(&mut vm, 0).sent.is_some() && ask(&mut vm, 0).sent.is_some());
    assert_eq!(ask(&mut vm, 0).reply.unwrap().status, 429);
}

#[test]
fn every_count_is_there_before_two_workers_could_make_it_at_once() {
    // What is not there yet has no version, and a change of it is done whatever another worker did meanwhile.
    let mut vm = vm(2);
    let names = |vm: &Vm| vm.host().shared.keys().cloned().collect::<Vec<_>>();
    let before = names(&vm);
    assert_eq!(before.len(), 1);
    assert!(ask(&mut vm, 0).sent.is_some());
    assert_eq!(names(&vm), before);
}
