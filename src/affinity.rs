//! Session affinity: the requests of one session go to one of several equal targets.
//!
//! Providers cache the beginnings of prompts, so a conversation that stays at one account is cheaper and faster. Which
//! target a session goes to is decided by weighted rendezvous hashing ("highest random weight"; Thaler and Ravishankar,
//! 1998): every target has a score for the session, and the highest wins.
//!
//! ```text
//! session = SHA-256(team, 0x00, value)
//! drawn   = the first 52 bits of SHA-256(session, provider, 0x00, the model's name there)
//! score   = -weight / ln((drawn + 1/2) / 2^52)
//! ```
//!
//! Nothing else goes in: no seed, no order, no state. So all workers and all Envoys with the same targets agree. A target
//! that is not available takes its own sessions out of the choice and no others, and gets the same ones back.

#[cfg(feature = "cli")]
use std::fmt;
use std::rc::Rc;

use sha2::{Digest, Sha256};

use crate::header::Headers;
use crate::json::Noted;
use crate::node::Node;

/// Where requests for a model name their session: the first source that says something counts.
#[derive(Debug)]
pub struct Affinity {
    /// The sources, in their order.
    pub sources: Vec<SessionSource>,
}

/// One place where a request may name its session.
#[derive(Debug, PartialEq, Eq)]
pub enum SessionSource {
    /// A header field, in lower case.
    Header(Box<str>),
    /// A member of a JSON body.
    Member {
        /// The top-level member.
        name: Rc<str>,
        /// Where in it, if it is an object: the names of members, from the outside in.
        inner: Vec<Box<str>>,
    },
}

/// As the configuration has it.
#[cfg(feature = "cli")]
impl fmt::Display for SessionSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "header {name}"),
            Self::Member { name, inner } => {
                f.write_str(name)?;
                inner.iter().try_for_each(|name| write!(f, ".{name}"))
            }
        }
    }
}

/// What of a request may name its session.
#[derive(Debug, Clone, Copy)]
pub struct SessionHints<'a> {
    /// Its header fields.
    pub headers: &'a Headers,
    /// The members of its body that were noted.
    pub members: &'a [Noted],
}

/// A session of a team's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session([u8; 32]);

impl Affinity {
    /// The session of a request of `team`; `None` if it names none.
    #[must_use]
    pub fn session(&self, team: &str, hints: SessionHints<'_>) -> Option<Session> {
        self.sources.iter().find_map(|source| match source {
            SessionSource::Header(name) => {
                let value = hints.headers.first(name)?.trim_ascii();
                (!value.is_empty()).then(|| Session::new(team, value))
            }
            SessionSource::Member { name, inner } => {
                let noted = hints.members.iter().find(|noted| noted.name == *name)?;
                let document: Node = serde_json::from_slice(noted.whole()?).ok()?;
                match inner.iter().try_fold(&document, |node, name| node.member(name))? {
                    Node::Text(text) if !text.is_empty() => {
                        Some(Session::new(team, text.as_bytes()))
                    }
                    // A value of any other type, or an empty text, names no session.
                    _ => None,
                }
            }
        })
    }
}

impl Session {
    /// The first 64 bits of it in hexadecimal digits: from them nobody can tell what the client wrote.
    #[must_use]
    pub fn digits(&self) -> String {
        let halves = self.0.iter().take(8).flat_map(|byte| [byte >> 4, byte & 15]);
        halves.filter_map(|half| char::from_digit(half.into(), 16)).collect()
    }

    /// The session of `team` that `value` names.
    #[must_use]
    pub fn new(team: &str, value: &[u8]) -> Self {
        Self(digest([team.as_bytes(), &[0], value, &[]]))
    }

    /// How much this session prefers a target: the highest score wins. 0 for a target without weight.
    #[must_use]
    pub fn score(&self, provider: &str, model: &str, weight: u32) -> f64 {
        /// 2^52: numbers below it and their halves are exact.
        const STEPS: f64 = 4_503_599_627_370_496.0;
        let digest = digest([&self.0, provider.as_bytes(), &[0], model.as_bytes()]);
        let bits = digest.first_chunk().map(|first| u64::from_be_bytes(*first) >> 12);
        #[allow(clippy::cast_precision_loss, reason = "it has 52 bits")]
        let drawn = bits.unwrap_or_default() as f64;
        // In the middle of its step, so neither 0 nor 1.
        -f64::from(weight) / ln((drawn + 0.5) / STEPS)
    }
}

fn digest(parts: [&[u8]; 4]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
    }
    digest.finalize().into()
}

/// The natural logarithm of a positive number that is not subnormal, to 15 digits. The library's would bring a table of 4 KB
/// into the filter.
fn ln(x: f64) -> f64 {
    const FRACTION: u32 = 52;
    const ONE: u64 = 1_f64.to_bits();
    let bits = x.to_bits();
    // x = m * 2^exponent, and m lies around 1, or numbers just below 1 would be a difference of two larger ones.
    let exponent = i64::try_from(bits >> FRACTION).unwrap_or_default().saturating_sub(1023);
    let m = f64::from_bits(bits & !(u64::MAX << FRACTION) | ONE);
    let (m, exponent) = match m < std::f64::consts::SQRT_2 {
        true => (m, exponent),
        false => (m / 2.0, exponent.saturating_add(1)),
    };
    // ln m = 2 artanh s = 2 (s + s^3 / 3 + s^5 / 5 + ...), and s^2 < 0.03: the terms left out are below 10^-17.
    let s = (m - 1.0) / (m + 1.0);
    let (mut power, mut sum) = (s, 0.0);
    for odd in (1_u8..24).step_by(2) {
        sum += power / f64::from(odd);
        power *= s * s;
    }
    #[allow(clippy::cast_precision_loss, reason = "it has 11 bits")]
    let exponent = exponent as f64;
    2.0 * sum + exponent * std::f64::consts::LN_2
}

#[cfg(test)]
mod tests;
