//! The plugin itself: its configuration, its callbacks, its end.

use crate::catalogue::{self, KEY};
use crate::faults::{faults, once};
use crate::host::{Passage, Request, Stream, Vm};

fn chat() -> Request {
    Request::post("/v1/chat/completions", KEY, br#"{"model": "big"}"#)
}

/// A configuration that is damaged is refused, and the one that was there stays.
#[test]
fn damaged_configurations_are_refused_and_the_last_good_one_stays() {
    let good = catalogue::configuration().to_string().into_bytes();
    let mut vm = Vm::new(&catalogue::ENVIRONMENT).unwrap();
    assert!(vm.plugin(&good).unwrap());
    let usual = vm.exchange(&chat()).unwrap();
    let mut damaged: Vec<Vec<u8>> =
        (0..good.len()).step_by(3).map(|len| good[..len].to_vec()).collect();
    for (at, byte) in (0..good.len()).step_by(5).zip([0, b'"', b'{', 0xff].into_iter().cycle()) {
        let mut changed = good.clone();
        changed[at] = byte;
        damaged.push(changed);
    }
    // A protobuf `Struct` that is cut off, and one that is deep.
    damaged.extend((0..40).map(|len| {
        b"\x0a\x15\x0a\x09providers\x12\x08\x2a\x06\x0a\x04\x0a\x00\x12\x00"
            .iter()
            .copied()
            .cycle()
            .take(len)
            .collect()
    }));
    damaged.push([b'['; 100_000].to_vec());
    damaged.push(b"\x0a\xff\xff\xff\xff\x0f".to_vec());
    let (mut refused, all) = (0, damaged.len());
    for configuration in damaged {
        match vm.configure(&configuration) {
            Ok(accepted) => refused += usize::from(!accepted),
            Err(trap) => panic!("{}: {trap}", String::from_utf8_lossy(&configuration)),
        }
        vm.host_mut().log.clear();
    }
    // A byte that is another may still make a configuration.
    assert!(refused > all * 9 / 10, "{refused} of {all} refused");
    assert!(vm.configure(&good).unwrap());
    assert_eq!(vm.exchange(&chat()).unwrap().sent, usual.sent);
    assert!(!vm.configure(b"{}").unwrap());
    assert_eq!(vm.exchange(&chat()).unwrap().sent, usual.sent, "the last good one stays");
}

/// A plugin without a configuration lets nothing through.
#[test]
fn without_a_configuration_every_request_is_answered_with_500() {
    let mut vm = Vm::new(&[]).unwrap();
    assert!(!vm.plugin(b"oops").unwrap());
    for request in [chat(), Request::new("GET", "/v1/models", KEY), chat().in_frames(3)] {
        let outcome = vm.exchange(&request).unwrap();
        assert_eq!(outcome.sent, None);
        assert_eq!(outcome.reply.expect("an answer").status, 500);
    }
}

/// Streams keep the plugin that they began with.
#[test]
fn streams_outlive_a_new_configuration() {
    let mut vm = catalogue::vm().unwrap();
    let expected = vm.exchange(&chat()).unwrap().sent.unwrap();
    let context = vm.open(Stream::new(chat().headers)).unwrap();
    vm.request_headers(context, false).unwrap();
    let mut other = catalogue::configuration();
    other["models"] = serde_json::json!({});
    assert!(vm.plugin(other.to_string().as_bytes()).unwrap());
    vm.request_body(context, &chat().body.concat(), true).unwrap();
    assert_eq!(vm.stream(context).passage, Passage::Sent);
    assert_eq!(vm.stream(context).sent.as_ref(), Some(&expected));
    vm.close(context).unwrap();
    let reply = vm.exchange(&chat()).unwrap().reply.expect("the new plugin does not know it");
    assert_eq!(reply.status, 404);
}

/// Every call that configuring makes fails in every way: the configuration is refused, or it holds.
#[test]
fn no_refused_call_traps_a_configuration() {
    let good = catalogue::configuration().to_string().into_bytes();
    let mut vm = Vm::new(&catalogue::ENVIRONMENT).unwrap();
    vm.plugin(&good).unwrap();
    vm.take_calls();
    vm.configure(&good).unwrap();
    let calls = vm.take_calls();
    assert!(calls.iter().any(|call| call.name == "proxy_get_buffer_bytes"));
    let mut tried = 0;
    for (place, call) in calls.iter().enumerate() {
        for fault in faults(call.name) {
            let what = format!("call {place}, {call:?}: {fault:?}");
            vm.fail(once(place, &fault));
            vm.configure(&good).unwrap_or_else(|trap| panic!("{what}: {trap}"));
            vm.mend();
            tried += 1;
            assert!(vm.exchange(&chat()).unwrap().sent.is_some(), "{what}");
        }
    }
    println!("{tried} combinations of call and status while configuring");
}

/// The callbacks of a plugin that the filter does not use do nothing, also while requests are held.
#[test]
fn ticks_and_the_end_of_the_plugin_disturb_nothing() {
    let mut vm = catalogue::vm().unwrap();
    let context = vm.open(Stream::new(chat().headers)).unwrap();
    vm.request_headers(context, false).unwrap();
    vm.call("proxy_on_tick", 1, &[]).unwrap();
    vm.call("proxy_on_queue_ready", 1, &[7]).unwrap();
    // Tokens that were never given out.
    vm.call("proxy_on_grpc_receive_initial_metadata", 1, &[9, 0]).unwrap();
    vm.call("proxy_on_grpc_close", 1, &[9, 0]).unwrap();
    vm.request_body(context, &chat().body.concat(), true).unwrap();
    assert_eq!(vm.stream(context).passage, Passage::Sent);
    vm.close(context).unwrap();
    vm.close_plugin().unwrap();
}
