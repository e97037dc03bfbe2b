//! What limits have counted, in a few bytes that all of Envoy's workers share.
//!
//! A count belongs to the window of time that it was made in: in another window it is nothing. What is looked at and what
//! is added to it is one change of the shared bytes, so no two workers can both take the last request that is left.

use std::cell::Cell;
use std::time::SystemTime;

use crate::host::Host;
use crate::limit::Limit;

/// Reads and changes counts at one moment.
pub struct Meter<'a> {
    /// Tells the counts of this configuration from those of others in the same VM.
    pub scope: &'a str,
    /// The moment.
    pub now: SystemTime,
    /// Where the counts are.
    pub host: &'a dyn Host,
}

/// What became of a request at a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is counted.
    Counted,
    /// There is nothing left, and nothing was counted.
    Full,
    /// It could not be counted: other workers were faster, every time.
    Lost,
}

impl Meter<'_> {
    /// Begins to count. What nobody has stored has no version, and a host stores it whatever is there meanwhile: two
    /// workers that count the first two requests at once would come to one. So it is stored when the configuration is
    /// taken, which Envoy does on its main thread before any worker can.
    pub fn open(&self, limit: &Limit) {
        self.host.update_shared(&self.key(limit), &|bytes| {
            bytes.is_empty().then(|| self.in_this_window(limit, bytes).encode())
        });
    }

    /// What has been used of a limit in this window.
    #[must_use]
    pub fn used(&self, limit: &Limit) -> u64 {
        let bytes = self.host.shared(&self.key(limit)).unwrap_or_default();
        self.in_this_window(limit, &bytes).count
    }

    /// Counts one more, unless the limit is reached.
    #[must_use]
    pub fn take_one(&self, limit: &Limit) -> Taken {
        let taken = Cell::new(Taken::Lost);
        let is_done = self.host.update_shared(&self.key(limit), &|bytes| {
            let before = self.in_this_window(limit, bytes);
            if before.count >= limit.quota.amount {
                taken.set(Taken::Full);
                return None;
            }
            taken.set(Taken::Counted);
            Some(before.with(before.count.saturating_add(1)).encode())
        });
        if is_done {
            taken.get()
        } else {
            Taken::Lost
        }
    }

    /// Takes back one that was counted, unless its window is over. Whether that could be done.
    #[must_use]
    pub fn give_one_back(&self, limit: &Limit) -> bool {
        self.host.update_shared(&self.key(limit), &|bytes| {
            let before = self.in_this_window(limit, bytes);
            Some(before.with(before.count.checked_sub(1)?).encode())
        })
    }

    /// Adds what was used. Whether that could be done.
    #[must_use]
    pub fn charge(&self, limit: &Limit, used: u64) -> bool {
        self.host.update_shared(&self.key(limit), &|bytes| {
            let before = self.in_this_window(limit, bytes);
            (used > 0).then(|| before.with(before.count.saturating_add(used)).encode())
        })
    }

    fn key(&self, limit: &Limit) -> String {
        // No name in a counter has a control character, so this is where it ends.
        ["llm_router.limit\0", &limit.counter, "\u{1}", self.scope].concat()
    }

    /// The count that these bytes are, if it is of this window. A worker that took the time just before the window's end may
    /// find that another has begun the next: then it counts there. A window that is further ahead is that of a clock that
    /// was set back, and forgotten.
    fn in_this_window(&self, limit: &Limit, bytes: &[u8]) -> Count {
        let window = limit.quota.period.window(self.now);
        let known = Count::decode(bytes)
            .filter(|known| known.window == window || Some(known.window) == window.checked_add(1));
        known.unwrap_or(Count { window, count: 0 })
    }
}

/// What is stored: the number of the window, then the count, little-endian.
#[derive(Clone, Copy)]
struct Count {
    window: u64,
    count: u64,
}

impl Count {
    fn with(self, count: u64) -> Self {
        Self { count, ..self }
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (window, count) = bytes.split_first_chunk::<8>()?;
        let count = u64::from_le_bytes(count.try_into().ok()?);
        Some(Self { window: u64::from_le_bytes(*window), count })
    }

    fn encode(self) -> Vec<u8> {
        [self.window.to_le_bytes(), self.count.to_le_bytes()].concat()
    }
}

#[cfg(test)]
mod tests;
