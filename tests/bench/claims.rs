//! What the project says of its speed, held against the figures.

use crate::gateway::Gateway;
use crate::measure::{Findings, Row, Variant, CHANGED, UNCHANGED};
use crate::spread::{Spread, Verdict};
use crate::workload::{Place, Workload, SIZES};

/// A bound on a ratio.
pub struct Claim {
    pub workload: Workload,
    pub ratio: &'static str,
    pub bound: f64,
    pub found: Spread,
    pub verdict: Verdict,
}

/// Judges all claims.
pub fn judge(findings: &Findings) -> Vec<Claim> {
    let mut claims = Vec::new();
    for size in SIZES {
        let workload = Workload { size, place: Place::Last };
        let rows = Rows { findings, workload };
        let mut claim = |ratio, bound, found: Spread| {
            let verdict = Verdict::of(found, bound);
            claims.push(Claim { workload, ratio, bound, found, verdict });
        };
        if size == SIZES[0] {
            let found = rows.overheads(CHANGED, Gateway::Hold);
            claim("overhead, model changed : wasm that holds", 2.5, found);
            let found = rows.between(Gateway::Large, Gateway::Small);
            claim("CPU time, 10,000 models : 1 model", 1.2, found);
            let found = rows.between(Gateway::Limited, Gateway::Router);
            claim("CPU time, with limits : without", 1.2, found);
        }
        let found = rows.overheads(CHANGED, Gateway::Copy);
        claim("overhead, model changed : wasm that copies", 1.5, found);
        let found = rows.overheads(CHANGED, Gateway::Calls);
        claim("overhead, model changed : wasm that makes all its host calls", 1.5, found);
        let found = rows.between(Gateway::Pool, Gateway::PoolCalls);
        claim("CPU time, in a pool : wasm that makes all its host calls", 1.5, found);
        let found = rows.overheads(UNCHANGED, Gateway::Read);
        claim("overhead, model kept : wasm that reads", 1.5, found);
        claim("CPU time, model changed : lua", 1.0, rows.cpu(CHANGED, Gateway::Lua));
        claim("CPU time, model changed : transform", 1.0, rows.cpu(CHANGED, Gateway::Transform));
    }
    claims
}

/// The rows of one kind of request.
pub struct Rows<'a> {
    pub findings: &'a Findings,
    pub workload: Workload,
}

impl Rows<'_> {
    /// How many times the CPU time of `gateway` a variant takes.
    pub fn cpu(&self, variant: Variant, gateway: Gateway) -> Spread {
        let (ours, theirs) = (self.of(|row| row.variant == variant), self.by(gateway));
        Spread::of(
            ours.samples.iter().zip(&theirs.samples).map(|(ours, theirs)| ours.cpu / theirs.cpu),
        )
    }

    /// How many times the CPU time of one gateway another takes.
    fn between(&self, one: Gateway, other: Gateway) -> Spread {
        let (one, other) = (self.by(one), self.by(other));
        Spread::of(one.samples.iter().zip(&other.samples).map(|(one, other)| one.cpu / other.cpu))
    }

    /// The CPU time that a variant takes beyond that of Envoy without a filter, in µs per request.
    pub fn overhead(&self, variant: Variant) -> Spread {
        Spread::of(self.overhead_by_round(self.of(|row| row.variant == variant)))
    }

    /// How many times the overhead of `gateway` a variant has.
    fn overheads(&self, variant: Variant, gateway: Gateway) -> Spread {
        let ours = self.overhead_by_round(self.of(|row| row.variant == variant));
        let theirs = self.overhead_by_round(self.by(gateway));
        // Noise may make nothing, or less, of a small overhead, and then of any ratio to it.
        let ratio = |(ours, theirs): (f64, f64)| match theirs > 0.0 {
            true => ours / theirs,
            false => f64::INFINITY,
        };
        Spread::of(ours.zip(theirs).map(ratio))
    }

    fn overhead_by_round<'s>(&'s self, row: &'s Row) -> impl Iterator<Item = f64> + 's {
        let without = self.by(Gateway::NoFilter);
        row.samples.iter().zip(&without.samples).map(|(with, without)| with.cpu - without.cpu)
    }

    fn by(&self, gateway: Gateway) -> &Row {
        self.of(|row| row.variant.gateway == gateway)
    }

    fn of(&self, matches: impl Fn(&Row) -> bool) -> &Row {
        let mut rows = self.findings.rows.iter().filter(|row| row.workload == self.workload);
        rows.find(|row| matches(row)).expect("the variant was measured")
    }
}
