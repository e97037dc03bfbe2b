//! Every call of the filter's fails in every way, at every place where it makes it.

use std::collections::{BTreeMap, BTreeSet};
use std::env;

use crate::host::{status, Call, Fault, Passage, Reply, Sent, Trap, Vm};
use crate::role::Role;
use crate::scenario::Scenario;

/// Every fault at least twice for every call during every callback, and a few at every single place. With `ABI_FULL`
/// in the environment every fault at every single place, which takes minutes.
#[test]
fn no_refused_call_traps_or_lets_a_request_through() {
    try_all(Role::Listener);
}

/// Likewise where Envoy tries one provider after the other: no attempt is made but with its endpoint's own credential.
#[test]
fn no_refused_call_traps_or_lets_an_attempt_through() {
    try_all(Role::Pool);
}

fn try_all(role: Role) {
    let mut tried = Tried::default();
    let full = env::var_os("ABI_FULL").is_some();
    for scenario in role.scenarios() {
        let mut bench =
            Bench::new(&scenario).unwrap_or_else(|trap| panic!("{}: {trap}", scenario.name));
        tried.first_calls(&scenario, &bench);
        let calls = bench.calls.clone();
        for (place, call) in calls.iter().enumerate() {
            let often = tried.times(call) >= 2 && !full;
            for fault in faults(call.name).into_iter().step_by(if often { 7 } else { 1 }) {
                tried.note(*call, &fault);
                bench.try_fault(
                    &format!("call {place}, {call:?}: {fault:?}"),
                    once(place, &fault),
                    Some((call, &fault)),
                );
            }
            bench.try_usual(&format!("call {place}, {call:?}"));
        }
        // And it goes on failing: from a place on, or wherever a call of this name is made.
        for place in (0..calls.len()).step_by(if full { 1 } else { 3 }) {
            let fault = Fault::Status(status::BAD_ARGUMENT);
            tried.runs += 1;
            bench.try_fault(&format!("from call {place} on: {fault:?}"), from(place, &fault), None);
        }
        bench.try_usual("calls that went on failing");
        for name in calls.iter().map(|call| call.name).collect::<BTreeSet<_>>() {
            for fault in faults(name).into_iter().step_by(if full { 1 } else { 5 }) {
                tried.runs += 1;
                let wanted = fault.clone();
                let all = move |call: &Call| (call.name == name).then(|| wanted.clone());
                bench.try_fault(&format!("every {name}: {fault:?}"), all, None);
            }
        }
        bench.try_usual("calls that all failed");
    }
    tried.conclude(role);
}

/// One way of a request, in a VM in which things fail.
struct Bench<'a> {
    vm: Vm,
    scenario: &'a Scenario,
    /// What it calls if nothing fails.
    calls: Vec<Call>,
    /// What it calls in a VM that is new.
    first_calls: Vec<Call>,
    /// Whether it is sent on then.
    is_sent: bool,
    /// What comes of a request after it.
    usual: (Option<Sent>, Option<Reply>),
}

impl<'a> Bench<'a> {
    fn new(scenario: &'a Scenario) -> Result<Self, Trap> {
        let mut vm = scenario.role.vm()?;
        vm.take_calls();
        scenario.play(&mut vm)?;
        let first_calls = vm.take_calls();
        reset(&mut vm);
        let context = scenario.play(&mut vm)?;
        let calls = vm.take_calls();
        (scenario.role.check(&vm, vm.stream(context)))
            .unwrap_or_else(|what| panic!("{}: {what}", scenario.name));
        let is_sent = vm.stream(context).sent.is_some();
        reset(&mut vm);
        let usual = scenario.role.usual(&mut vm)?;
        assert!(usual.0.is_some(), "{usual:?}");
        Ok(Self { vm, scenario, calls, first_calls, is_sent, usual })
    }

    /// Takes the request through a host that fails.
    fn try_fault(
        &mut self,
        what: &str,
        fault: impl FnMut(&Call) -> Option<Fault> + 'static,
        single: Option<(&Call, &Fault)>,
    ) {
        let Scenario { name, role, .. } = self.scenario;
        self.vm.fail(fault);
        let context = match self.scenario.play(&mut self.vm) {
            Ok(context) => context,
            Err(trap) => panic!("{name}, {what}: {trap}"),
        };
        self.vm.mend();
        let stream = self.vm.stream(context);
        role.check(&self.vm, stream).unwrap_or_else(|wrong| panic!("{name}, {what}: {wrong}"));
        if let Some((call, Fault::Status(status))) = single {
            if self.is_sent && is_needed(*role, call, *status) {
                let [reply] = &stream.replies[..] else {
                    panic!("{name}, {what}: {:?}", stream.passage)
                };
                let body = String::from_utf8_lossy(&reply.body);
                assert!(
                    reply.status == 500 && body.contains("internal_error"),
                    "{name}, {what}: {body}"
                );
                let told = match role {
                    Role::Listener => {
                        stream.filter_state.get("llm_router.code").map(|code| &**code)
                    }
                    Role::Pool => Some(reply.details.as_bytes()),
                };
                let expected: &[u8] = match role {
                    Role::Listener => b"internal_error",
                    Role::Pool => b"llm_router_attempt_refused",
                };
                assert_eq!(told, Some(expected), "{name}, {what}");
            }
            if call.name == "proxy_send_local_response" {
                assert_eq!(stream.passage, Passage::Reset, "{name}, {what}");
            }
        }
        reset(&mut self.vm);
    }

    /// Takes another request through, which nothing happens to.
    fn try_usual(&mut self, what: &str) {
        let Scenario { name, role, .. } = self.scenario;
        let after = role.usual(&mut self.vm);
        let after = after.unwrap_or_else(|trap| panic!("{name}, after {what}: {trap}"));
        assert_eq!(after, self.usual, "{name}, after {what}");
    }
}

/// What the next request must not suffer from: that providers rest is no fault, and what was told is judged already.
fn reset(vm: &mut Vm) {
    let host = vm.host_mut();
    host.shared.clear();
    host.streams.clear();
    host.log.clear();
}

/// Without these calls a request cannot be rewritten, nor an attempt be told from the one before.
fn is_needed(role: Role, call: &Call, status: u32) -> bool {
    call.during.starts_with("proxy_on_request")
        && match call.name {
            "proxy_get_header_map_pairs" | "proxy_replace_header_map_value" => true,
            "proxy_remove_header_map_value" | "proxy_set_buffer_bytes" => true,
            "proxy_get_buffer_bytes" => status != status::NOT_FOUND,
            "proxy_get_property" => role == Role::Pool && status != status::NOT_FOUND,
            "proxy_set_property" => role == Role::Pool,
            _ => false,
        }
}

/// The ways in which a call can go wrong.
pub fn faults(name: &str) -> Vec<Fault> {
    let mut faults: Vec<Fault> = status::REFUSALS.into_iter().map(Fault::Status).collect();
    let bytes =
        [Fault::Nothing, Fault::Null(0), Fault::Null(9), Fault::Empty, Fault::Short, Fault::Long];
    let numbers = [Fault::Nothing, Fault::Number(0), Fault::Number(7), Fault::Number(u64::MAX)];
    match name {
        "proxy_get_header_map_pairs" => {
            faults.extend(bytes);
            let odd: [&[u8]; 5] = [&[0; 3], &[0; 4], &[1, 0, 0, 0], &[0xff; 8], &[0xff; 40]];
            faults.extend(odd.map(|bytes| Fault::Bytes(bytes.to_vec())));
        }
        "proxy_get_buffer_bytes" => faults.extend(bytes),
        "proxy_get_property" | "proxy_get_shared_data" => {
            faults.extend(bytes);
            faults.extend([0, 1, 4, 8, 11, 12, 13, 64].map(|len| Fault::Bytes(vec![0xff; len])));
        }
        "proxy_get_current_time_nanoseconds" | "proxy_get_log_level" | "proxy_define_metric" => {
            faults.extend(numbers);
        }
        _ => {}
    }
    faults
}

/// The call at this place goes wrong.
pub fn once(place: usize, fault: &Fault) -> impl FnMut(&Call) -> Option<Fault> + 'static {
    let mut fail = from(place, fault);
    let mut is_over = false;
    move |call| fail(call).filter(|_| !std::mem::replace(&mut is_over, true))
}

/// All calls from this place on go wrong.
fn from(place: usize, fault: &Fault) -> impl FnMut(&Call) -> Option<Fault> + 'static {
    let (mut at, fault) = (0, fault.clone());
    move |_| {
        at += 1;
        (at > place).then(|| fault.clone())
    }
}

/// What was tried.
#[derive(Default)]
struct Tried {
    combinations: BTreeMap<Call, BTreeSet<Fault>>,
    counts: BTreeMap<Call, usize>,
    runs: usize,
}

impl Tried {
    /// In how many runs this call has failed in the first of its ways.
    fn times(&self, call: &Call) -> usize {
        self.counts.get(call).copied().unwrap_or_default()
    }

    /// What only a VM's first request calls fails as well, each time in a new VM.
    fn first_calls(&mut self, scenario: &Scenario, bench: &Bench<'_>) {
        let new = |call: &&Call| !bench.calls.contains(call) && self.times(call) == 0;
        let only_first: BTreeSet<Call> = bench.first_calls.iter().filter(new).copied().collect();
        for call in only_first {
            for fault in faults(call.name) {
                self.note(call, &fault);
                let mut vm = scenario.role.vm().unwrap();
                let wanted = fault.clone();
                vm.fail(move |made| (*made == call).then(|| wanted.clone()));
                let what = format!("{}, every {call:?} of a new VM: {fault:?}", scenario.name);
                let context =
                    scenario.play(&mut vm).unwrap_or_else(|trap| panic!("{what}: {trap}"));
                let stream = vm.stream(context);
                (scenario.role.check(&vm, stream))
                    .unwrap_or_else(|wrong| panic!("{what}: {wrong}"));
            }
        }
    }

    fn note(&mut self, call: Call, fault: &Fault) {
        let known = self.combinations.entry(call).or_default();
        known.insert(fault.clone());
        *self.counts.entry(call).or_default() += usize::from(known.first() == Some(fault));
        self.runs += 1;
    }

    /// Every call that the filter makes at all must have failed.
    fn conclude(self, role: Role) {
        let combinations: usize = self.combinations.values().map(BTreeSet::len).sum();
        println!(
            "{role:?}: {combinations} combinations of callback, call and status, in {} runs:",
            self.runs
        );
        for (call, faults) in &self.combinations {
            println!("  {} in {}: {}", call.name, call.during, faults.len());
        }
        let failed: BTreeSet<&str> = self.combinations.keys().map(|call| call.name).collect();
        let made = BTreeSet::from_iter(role.calls());
        assert_eq!(failed, made, "calls that were never made to fail, or are new");
    }
}
