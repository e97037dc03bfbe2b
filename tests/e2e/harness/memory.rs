//! How much memory an Envoy has, as Linux tells it.

use std::fmt;
use std::fs;

/// In bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// What the whole process has in memory.
    pub resident: u64,
    /// The linear memories of all virtual machines together. They never shrink.
    pub guests: u64,
}

impl Memory {
    pub fn of(process: u32) -> Self {
        let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        Self { resident: resident(&status), guests: guests(&maps) }
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [resident, guests] =
            [self.resident, self.guests].map(|bytes| bytes as f64 / f64::from(1 << 20));
        write!(f, "{resident:.1} MiB (guests {guests:.2} MiB)")
    }
}

fn resident(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}

/// V8 keeps the address space behind a linear memory free, up to 8 GiB, so that no offset of 32 bits and no constant added
/// to it leads elsewhere. What is writable right in front of such a gap is the memory itself.
fn guests(maps: &str) -> u64 {
    const GAP: u64 = 6 << 30;
    let mappings: Vec<_> = maps.lines().filter_map(mapping).collect();
    let pairs = mappings.windows(2).filter(|pair| {
        let [(_, end, access), (start, gap_end, gap_access)] = pair else { return false };
        let reserved = *gap_access == "---p" && gap_end - start > GAP;
        *access == "rw-p" && end == start && reserved
    });
    pairs.map(|pair| pair[0].1 - pair[0].0).sum()
}

/// Where a mapping begins and ends, and what may be done there.
fn mapping(line: &str) -> Option<(u64, u64, &str)> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let number = |digits| u64::from_str_radix(digits, 16).ok();
    Some((number(start)?, number(end)?, rest.split(' ').next()?))
}
