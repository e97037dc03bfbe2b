//! Remarks: what the new configuration does not have of the original, and what is left to do.

use std::fmt::Display;

/// How much a remark matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// A limit of the original is missing: more is possible than before.
    Security,
    /// Something that works in the original does not work here.
    Lost,
    /// What is good to know.
    Note,
}

/// All remarks.
#[derive(Debug, Default)]
pub struct Remarks(Vec<(Rank, String)>);

impl Remarks {
    /// Adds a limit that is missing.
    pub fn security(&mut self, text: impl Display) {
        self.add(Rank::Security, text);
    }

    /// Adds something that does not work here.
    pub fn lost(&mut self, text: impl Display) {
        self.add(Rank::Lost, text);
    }

    /// Adds what is good to know.
    pub fn note(&mut self, text: impl Display) {
        self.add(Rank::Note, text);
    }

    /// Adds a remark, unless it is there.
    pub fn add(&mut self, rank: Rank, text: impl Display) {
        let remark = (rank, text.to_string());
        if !self.0.contains(&remark) {
            self.0.push(remark);
        }
    }

    /// The remarks, those that matter most first.
    pub fn by_rank(&self) -> impl Iterator<Item = (Rank, &str)> {
        let of = |rank: Rank| self.0.iter().filter(move |(known, _)| *known == rank);
        let all = of(Rank::Security).chain(of(Rank::Lost)).chain(of(Rank::Note));
        all.map(|(rank, text)| (*rank, text.as_str()))
    }

    /// How many there are of a rank.
    pub fn count(&self, rank: Rank) -> usize {
        self.0.iter().filter(|(known, _)| *known == rank).count()
    }
}
