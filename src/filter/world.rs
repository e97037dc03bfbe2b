//! The world around the router, as Envoy shows it.

use std::cell::Cell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::host;
use crate::host::Host;
use crate::identity::MetadataPath;

/// Envoy, as it is during one callback: it is asked for the time at most once.
#[derive(Default)]
pub struct Envoy {
    now: Cell<Option<SystemTime>>,
}

fn end_of_time() -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_nanos(u64::MAX)).unwrap_or(UNIX_EPOCH)
}

/// How often a change of shared data is tried. A try fails only where another worker has made its own change meanwhile, and
/// no worker makes so many in a row.
const ATTEMPTS: usize = 64;

impl Host for Envoy {
    fn now(&self) -> SystemTime {
        // Without a clock everything that can expire counts as expired: the end of time is later than any expiry.
        let ask = || host::now().unwrap_or_else(|_| end_of_time());
        let now = self.now.get().unwrap_or_else(ask);
        self.now.set(Some(now));
        now
    }

    fn random(&self) -> u64 {
        thread_local! {
            static SEED: Cell<Option<u64>> = const { Cell::new(None) };
        }
        // The library's own first seed rests on WASI's clock, and traps where there is none.
        let first = || self.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let seed = SEED.get().unwrap_or_else(|| u64::try_from(first()).unwrap_or_default());
        let mut generator = fastrand::Rng::with_seed(seed);
        let number = generator.u64(..);
        SEED.set(Some(generator.get_seed()));
        number
    }

    fn property(&self, path: &MetadataPath) -> Option<Vec<u8>> {
        host::property(path.segments()).ok().flatten()
    }

    fn shared(&self, key: &str) -> Option<Vec<u8>> {
        host::shared_data(key).ok().map(|(data, _)| data)
    }

    fn update_shared(&self, key: &str, change: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> bool {
        for _ in 0..ATTEMPTS {
            let Ok((before, version)) = host::shared_data(key) else { return false };
            let Some(after) = change(&before) else { return true };
            match host::set_shared_data(key, &after, version) {
                Ok(false) => {}
                Ok(true) => return true,
                Err(refused) => {
                    log::warn!("what all workers share is not changed: {refused}");
                    return false;
                }
            }
        }
        log::warn!("what all workers share is not changed: {ATTEMPTS} times another was faster");
        false
    }
}
