//! The two places in which Envoy runs the filter.

use crate::attempt;
use crate::catalogue;
use crate::host::{Reply, Sent, Stream, Trap, Vm};
use crate::scenario::{self, Scenario};
use crate::verdict;

/// What a plugin is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// It takes requests in, in the chain of a listener.
    Listener,
    /// It makes each attempt its provider's, in the chain of a pool.
    Pool,
}

impl Role {
    /// A VM with a plugin of this role.
    pub fn vm(self) -> Result<Vm, Trap> {
        match self {
            Self::Listener => catalogue::vm(),
            Self::Pool => catalogue::vm_of_pool(),
        }
    }

    /// What must be so after everything that it did.
    pub fn check(self, vm: &Vm, stream: &Stream) -> Result<(), String> {
        match self {
            Self::Listener => verdict::check(vm, stream),
            Self::Pool => verdict::check_attempt(vm, stream),
        }
    }

    /// What comes of a request that nothing happens to.
    pub fn usual(self, vm: &mut Vm) -> Result<(Option<Sent>, Option<Reply>), Trap> {
        let scenario = match self {
            Self::Listener => scenario::usual(),
            Self::Pool => attempt::usual(),
        };
        let context = scenario.play(vm)?;
        let stream = vm.host_mut().streams.remove(&context).expect("the stream");
        Ok((stream.sent, stream.replies.into_iter().next()))
    }

    /// The ways of requests that it has to do with.
    pub fn scenarios(self) -> Vec<Scenario> {
        match self {
            Self::Listener => scenario::all(),
            Self::Pool => attempt::all(),
        }
    }

    /// The calls that it makes.
    pub fn calls(self) -> Vec<&'static str> {
        let mut calls = vec![
            "proxy_define_metric",
            "proxy_get_buffer_bytes",
            "proxy_get_current_time_nanoseconds",
            "proxy_get_header_map_pairs",
            "proxy_get_property",
            "proxy_get_shared_data",
            "proxy_increment_metric",
            "proxy_log",
            "proxy_remove_header_map_value",
            "proxy_replace_header_map_value",
            "proxy_send_local_response",
            "proxy_set_buffer_bytes",
            "proxy_set_property",
            "proxy_set_shared_data",
        ];
        calls.extend((self == Self::Listener).then_some("proxy_record_metric"));
        calls
    }
}
