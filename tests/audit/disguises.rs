//! The forms in which a secret could be told without being told.

use aho_corasick::{AhoCorasick, MatchKind};
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use base64::Engine;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Shorter strings are no secrets, and stand everywhere.
const SHORTEST: usize = 8;

/// How much of a secret in one piece is a secret, and how much of a digest gives it away.
const PIECE: usize = 12;

/// How much of its beginning or end is one beside a mask.
const EDGE: usize = 4;

/// What people write instead of what they leave out.
const MASKS: [&str; 8] = ["***", "...", "…", "•••", "xxx", "XXX", "###", "___"];

/// Every disguise of a secret, each with what it is.
pub fn disguises(secret: &str) -> Vec<(&'static str, String)> {
    let mut all = vec![("itself", secret.to_owned())];
    let characters: Vec<char> = secret.chars().collect();
    for piece in characters.windows(PIECE) {
        all.push(("a piece", piece.iter().collect()));
    }
    for mask in MASKS {
        for shown in EDGE..PIECE.min(characters.len()) {
            let (front, back) = (&characters[..shown], &characters[characters.len() - shown..]);
            all.push(("masked behind", front.iter().copied().chain(mask.chars()).collect()));
            all.push(("masked before", mask.chars().chain(back.iter().copied()).collect()));
        }
    }
    all.push(("reversed", characters.iter().rev().collect()));
    let bytes = secret.as_bytes();
    let (lower, upper) = (hex(bytes), hex(bytes).to_uppercase());
    let percent = |digits: &str| {
        let pairs = digits.as_bytes().chunks(2);
        pairs.map(|pair| format!("%{}", String::from_utf8_lossy(pair))).collect::<String>()
    };
    all.extend([
        ("percent-encoded whole", percent(&lower)),
        ("percent-encoded whole", percent(&upper)),
    ]);
    all.push(("percent-encoded", percent_encoded(secret)));
    all.extend([("in hexadecimal", lower), ("in hexadecimal", upper)]);
    all.extend(in_base64(bytes).map(|text| ("in base64", text)));
    let digest = Sha256::digest(bytes);
    let digits = hex(&digest);
    all.push(("hashed", digits[..PIECE].to_uppercase()));
    all.push(("hashed", digits[..PIECE].to_owned()));
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        all.push(("hashed", engine.encode(digest)[..PIECE].to_owned()));
    }
    let json = serde_json::Value::from(secret).to_string();
    all.push(("in JSON", json.trim_matches('"').to_owned()));
    all
}

/// Wherever it stands in the encoded text: of three places that it can have in a group of three bytes, each spells it
/// differently. What shares its first or last character with a neighbour is left out.
fn in_base64(bytes: &[u8]) -> impl Iterator<Item = String> + '_ {
    [STANDARD_NO_PAD, URL_SAFE_NO_PAD].into_iter().flat_map(move |engine| {
        (0..3).map(move |shift| {
            let text = engine.encode([&vec![0; shift], bytes].concat());
            let (front, whole) = ((shift * 8).div_ceil(6), (shift + bytes.len()) * 8 / 6);
            text[front..whole].to_owned()
        })
    })
}

fn percent_encoded(secret: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    secret.bytes().map(encode).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A text without the punctuation at its ends.
fn words(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric())
}

/// Which of the patterns a text says apart from whole secrets.
fn said_without<'a>(
    secrets: &[&String],
    text: &str,
    patterns: impl Iterator<Item = &'a str>,
) -> BTreeSet<&'a str> {
    let whole =
        AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(secrets).unwrap();
    let rest = whole.replace_all(text, &vec!["\n"; secrets.len()]);
    let patterns: Vec<_> = patterns.collect();
    let automaton = AhoCorasick::new(&patterns).unwrap();
    let hits = automaton.find_overlapping_iter(&rest).map(|hit| hit.pattern().as_usize());
    hits.map(|pattern| patterns[pattern]).collect()
}

/// Looks for all disguises of many secrets at once.
pub struct Search {
    automaton: AhoCorasick,
    /// What each pattern is.
    kinds: Vec<(&'static str, String)>,
}

impl Search {
    /// A search for these secrets. What `public` says as well is no secret, though it be a piece of one: a provider's name
    /// in the name of a key.
    pub fn of(secrets: &[String], public: &str) -> Self {
        let long: Vec<_> =
            secrets.iter().filter(|secret| secret.chars().count() >= SHORTEST).collect();
        let patterns: BTreeMap<String, &'static str> = long
            .iter()
            .flat_map(|secret| disguises(secret))
            .map(|(kind, text)| (text, kind))
            .collect();
        let said = said_without(&long, public, patterns.keys().map(|text| words(text)));
        let secret = |text: &str, kind: &str| kind != "a piece" || !said.contains(words(text));
        let patterns: BTreeMap<_, _> =
            patterns.iter().filter(|(text, kind)| secret(text, kind)).collect();
        let kinds = patterns.iter().map(|(text, kind)| (**kind, (*text).clone())).collect();
        let builder =
            AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(patterns.keys());
        Self { automaton: builder.unwrap(), kinds }
    }

    pub fn patterns(&self) -> usize {
        self.kinds.len()
    }

    /// What stands in the text, and where.
    pub fn within<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = String> + 'a {
        self.automaton.find_iter(text).map(move |hit| {
            let (kind, pattern) = &self.kinds[hit.pattern().as_usize()];
            let (start, end) = (hit.start().saturating_sub(60), (hit.end() + 40).min(text.len()));
            let around = String::from_utf8_lossy(&text[start..end]);
            format!("{kind}: {pattern:?} in {around:?}")
        })
    }
}
