#![no_main]

use envoy_llm_router_fuzz::{hold, properties};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| hold(properties::shown_key::holds, data));
