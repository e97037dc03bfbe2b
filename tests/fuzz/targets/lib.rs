//! What the fuzz targets share: the properties, and a meter of memory.

#[path = "../../properties/mod.rs"]
pub mod properties;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts what is allocated.
struct Meter {
    now: AtomicUsize,
    peak: AtomicUsize,
}

#[global_allocator]
static METER: Meter = Meter { now: AtomicUsize::new(0), peak: AtomicUsize::new(0) };

// SAFETY: every call goes on to the system's allocator as it came.
unsafe impl GlobalAlloc for Meter {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = self.now.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        self.peak.fetch_max(now, Ordering::Relaxed);
        System.alloc(layout)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        self.now.fetch_sub(layout.size(), Ordering::Relaxed);
        System.dealloc(pointer, layout);
    }
}

/// Tries a property, which may take no more memory than its input allows: of the judges the most is taken by a tree of
/// the whole, which is some fifty bytes for every byte.
pub fn hold(property: fn(&[u8]), data: &[u8]) {
    let before = METER.now.load(Ordering::Relaxed);
    METER.peak.store(before, Ordering::Relaxed);
    property(data);
    let taken = METER.peak.load(Ordering::Relaxed).saturating_sub(before);
    let allowed = (1 << 18) + 256 * data.len();
    assert!(taken <= allowed, "{taken} bytes of memory for an input of {}", data.len());
}
