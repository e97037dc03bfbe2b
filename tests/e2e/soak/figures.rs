//! What might grow.

use crate::harness::memory::Memory;
use crate::harness::Gateway;
use std::fmt;

/// Taken at one moment.
pub struct Figures {
    requests: usize,
    memory: Memory,
    /// How many statistics the filter has made, and how many there are in all.
    own_stats: usize,
    stats: usize,
}

/// What the allocators of Envoy and V8 may still take once every kind of request was there.
const SLACK: u64 = 24 << 20;

/// What the virtual machines may still take: two workers' may each meet the largest bodies for the first time, or two of
/// them at once.
const SLACK_OF_GUESTS: u64 = 8 << 20;

/// What of Envoy's own counters may be used for the first time.
const SLACK_OF_STATS: usize = 10;

impl Figures {
    pub async fn of(gateway: &Gateway, requests: usize) -> Self {
        let stats = gateway.envoy().admin("/stats?usedonly").await;
        let own_stats = stats.lines().filter(|line| line.starts_with("wasmcustom.")).count();
        let memory = gateway.envoy().memory();
        Self { requests, memory, own_stats, stats: stats.lines().count() }
    }

    /// Between the start and the middle the last rare thing may have happened; after the middle nothing new may.
    pub fn assert_no_growth(&self, start: &Self, middle: &Self) {
        assert_eq!(self.own_stats, middle.own_stats, "the filter's statistics grow");
        assert!(self.stats <= middle.stats + SLACK_OF_STATS, "Envoy's grow to {}", self.stats);
        let guests = middle.memory.guests + SLACK_OF_GUESTS;
        assert!(self.memory.guests <= guests, "the virtual machines grow to {}", self.memory);
        let most = start.memory.resident.max(middle.memory.resident) + SLACK;
        assert!(self.memory.resident < most, "Envoy grows to {}", self.memory);
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, memory, own_stats, stats } = self;
        write!(f, "{requests} requests, {memory}, {own_stats} statistics of {stats}")
    }
}
