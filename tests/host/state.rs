//! What the host remembers beside the streams.

use std::collections::BTreeMap;

use wasmi::{Memory, StoreLimits, StoreLimitsBuilder, TypedFunc};

use super::fault::{Call, Fault};
use super::stream::Stream;

/// Which calls go wrong, and how.
type Rule = dyn FnMut(&Call) -> Option<Fault>;

/// The host's side of one VM.
#[derive(Default)]
pub struct State {
    /// The plugin's configuration.
    pub configuration: Vec<u8>,
    /// The plugin's `root_id`.
    pub root_id: Vec<u8>,
    /// The VM's environment.
    pub environment: Vec<(String, String)>,
    /// Nanoseconds since 1970.
    pub now: u64,
    /// The least level that is logged.
    pub log_level: u32,
    /// What was logged: level and line.
    pub log: Vec<(u32, String)>,
    /// What all VMs share, each with its version.
    pub shared: BTreeMap<Vec<u8>, (Vec<u8>, u32)>,
    /// How many times another worker will change it just before this one does: it counts one, where that is a count.
    pub rivals: usize,
    /// Each metric's kind, name and values; its id is its place.
    pub metrics: Vec<(u32, String, Vec<u64>)>,
    /// The streams, by the id of their context.
    pub streams: BTreeMap<u32, Stream>,
    /// What the filter called since this was emptied.
    pub calls: Vec<Call>,
    /// The context of the callback that runs.
    pub context: u32,
    /// Its name.
    pub during: &'static str,
    pub(super) limits: StoreLimits,
    pub(super) fault: Option<Box<Rule>>,
    pub(super) memory: Option<Memory>,
    pub(super) allocate: Option<TypedFunc<u32, u32>>,
    pub(super) random: u64,
}

impl State {
    /// All that the filter has put where people or other programs read it, and what it left to other workers.
    pub fn told(&self) -> Vec<u8> {
        let mut told = Vec::new();
        let mut tell = |bytes: &[u8]| {
            told.extend_from_slice(bytes);
            told.push(b'\n');
        };
        self.log.iter().for_each(|(_, line)| tell(line.as_bytes()));
        self.metrics.iter().for_each(|(_, name, _)| tell(name.as_bytes()));
        for (key, (value, _)) in &self.shared {
            tell(key);
            tell(value);
        }
        for stream in self.streams.values() {
            for (name, value) in &stream.filter_state {
                tell(name.as_bytes());
                tell(value);
            }
            for reply in &stream.replies {
                tell(reply.details.as_bytes());
                tell(&reply.body);
                for (name, value) in &reply.headers {
                    tell(name);
                    tell(value);
                }
            }
        }
        told
    }

    /// Lets the guest have so many bytes of memory and no more; what it has it keeps.
    pub fn limit_memory(&mut self, bytes: usize) {
        self.limits = StoreLimitsBuilder::new().memory_size(bytes).build();
    }

    pub(super) fn memory(&self) -> Memory {
        self.memory.expect("the VM has started")
    }

    pub(super) fn allocate(&self) -> TypedFunc<u32, u32> {
        self.allocate.expect("the VM has started")
    }
}
