//! The rows of `tests/usages.json`: how answers report their tokens, for every runner that replays them.

#![allow(dead_code, reason = "each runner uses its part")]

use serde::Deserialize;
use serde_json::Value;

/// All of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usages {
    /// What the file is for.
    pub about: Vec<String>,
    pub members: Vec<Member>,
    pub answers: Vec<Answer>,
}

/// A member that has a count.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its place, as a JSON pointer.
    pub member: String,
    pub meaning: String,
    pub providers: String,
    pub source: String,
    /// A document that has it.
    pub example: Value,
    /// What the example amounts to.
    pub usage: Counts,
}

/// An answer of a provider.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    pub name: String,
    pub provider: String,
    pub source: String,
    pub content_type: String,
    #[serde(default)]
    body: Vec<String>,
    /// The messages of a binary body: their types and payloads.
    #[serde(default)]
    pub messages: Vec<(String, String)>,
    #[serde(default)]
    hex: Vec<String>,
    /// What it amounts to; `null` if it reports no tokens.
    pub usage: Option<Counts>,
    /// How many of its counts cannot be true.
    #[serde(default)]
    pub errors: u32,
}

/// The tokens of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    pub prompt: u64,
    pub completion: u64,
    pub cached: u64,
}

impl Usages {
    pub fn load() -> Self {
        serde_json::from_str(include_str!("../usages.json")).expect("tests/usages.json")
    }
}

impl Answer {
    /// Whose answer it is, and which.
    pub fn title(&self) -> String {
        format!("{}: {}", self.provider, self.name)
    }

    /// The bytes of the body.
    pub fn body(&self) -> Vec<u8> {
        if self.hex.is_empty() {
            return self.body.join("\n").into_bytes();
        }
        let digit = |digit: &u8| char::from(*digit).to_digit(16).expect("a hex digit");
        let digits = self.hex.concat();
        let bytes = digits
            .as_bytes()
            .chunks(2)
            .map(|pair| pair.iter().map(digit).fold(0, |byte, digit| byte * 16 + digit));
        bytes.map(|byte| u8::try_from(byte).expect("two digits")).collect()
    }
}
