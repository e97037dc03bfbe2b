//! The answers, and what each of them means.

use crate::harness::answers::Scripted;
use std::time::{Duration, SystemTime};

/// Answers at the model's first provider, and what comes of them.
pub struct Meaning {
    /// The first provider: its kind knows what it says of keys.
    pub first: &'static str,
    pub status: u16,
    pub headers: &'static [(&'static str, &'static str)],
    pub body: &'static str,
    /// What the client gets where nobody else is asked.
    pub seen: u16,
    /// What the request counts as then.
    pub code: &'static str,
    pub counts: Counts,
    /// Whether the examples' pools ask the next provider.
    pub is_retried: bool,
}

/// What an answer does to the credential.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// It is about the request itself.
    Nothing,
    /// It is a failure. Two in a row are too many here.
    Failure,
    /// It asks for a rest, and has it at once.
    AtOnce,
}
pub use Counts::{AtOnce, Failure, Nothing};

const fn meaning(
    status: u16,
    body: &'static str,
    seen: u16,
    code: &'static str,
    counts: Counts,
) -> Meaning {
    let first = "openai";
    Meaning { first, status, headers: &[], body, seen, code, counts, is_retried: false }
}

impl Meaning {
    const fn at(self, first: &'static str) -> Self {
        Self { first, ..self }
    }

    const fn with(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, ..self }
    }

    const fn retried(self) -> Self {
        Self { is_retried: true, ..self }
    }

    pub fn answer(&self) -> Scripted {
        let answer = Scripted::status(self.status).only_of(self.first).body(self.body);
        let answer = answer.header("content-type", "application/json");
        self.headers.iter().fold(answer, |answer, (name, value)| answer.header(name, value))
    }

    /// What the test says of it where it fails.
    pub fn name(&self) -> String {
        format!("{} {} {:?} {:?}", self.first, self.status, self.headers, self.body)
    }
}

const BAD_KEY: &str = "upstream_authentication_failed";
pub const CLIENT: &str = "upstream_client_error";
pub const LIMITED: &str = "upstream_rate_limited";
pub const ERROR: &str = "upstream_error";

/// What Gemini and xAI say of a bad key; a piece of it is in one of them.
const OF_GEMINI: &str =
    r#"{"error":{"status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#;
const OF_XAI: &str = r#"{"error":"Incorrect API key provided: sk-me***. Look at console.x.ai."}"#;
const AN_HOUR: (&str, &str) = ("retry-after", "3600");

/// Every answer.
pub const MEANINGS: [Meaning; 32] = [
    meaning(401, r#"{"error":{"code":"invalid_api_key"}}"#, 502, BAD_KEY, Failure),
    meaning(402, r#"{"error":"out of credit"}"#, 502, "upstream_quota_exhausted", Failure),
    // Moderation, a model that is not enabled, and a bad key.
    meaning(403, r#"{"error":{"code":"content_policy_violation"}}"#, 403, CLIENT, Nothing),
    meaning(403, r#"{"error":{"code":"model_not_enabled"}}"#, 403, CLIENT, Nothing),
    meaning(403, r#"{"error":{"code":"invalid_api_key"}}"#, 502, BAD_KEY, Failure),
    meaning(400, r#"{"error":{"message":"max_tokens"}}"#, 400, CLIENT, Nothing).at("gemini"),
    meaning(400, OF_GEMINI, 502, BAD_KEY, Failure).at("gemini"),
    meaning(400, r#"{"error":"max_tokens"}"#, 400, CLIENT, Nothing).at("xai"),
    meaning(400, OF_XAI, 502, BAD_KEY, Failure).at("xai"),
    meaning(404, "{}", 404, CLIENT, Nothing),
    meaning(422, "{}", 422, CLIENT, Nothing),
    meaning(408, "{}", 408, CLIENT, Failure),
    meaning(429, "{}", 429, LIMITED, Failure).retried(),
    meaning(429, "{}", 429, LIMITED, AtOnce).with(&[AN_HOUR]).retried(),
    meaning(429, "{}", 429, LIMITED, AtOnce).with(&[("retry-after", "3599.6")]).retried(),
    meaning(429, "{}", 429, LIMITED, AtOnce).with(&[("retry-after-ms", "3600000")]).retried(),
    meaning(429, "{}", 429, LIMITED, AtOnce).with(&[("retry-after", "1"), AN_HOUR]).retried(),
    // No date, no number, and a day that is over.
    meaning(429, "{}", 429, LIMITED, Failure).with(&[("retry-after", "soon")]).retried(),
    meaning(429, "{}", 429, LIMITED, Failure)
        .with(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")])
        .retried(),
    meaning(500, "{}", 500, ERROR, Failure),
    meaning(502, "{}", 502, ERROR, Failure).retried(),
    meaning(503, "{}", 503, ERROR, Failure).retried(),
    meaning(503, "{}", 503, ERROR, AtOnce).with(&[AN_HOUR]).retried(),
    meaning(504, "{}", 504, ERROR, Failure).retried(),
    meaning(520, "{}", 520, ERROR, Failure),
    meaning(521, "{}", 521, ERROR, Failure).retried(),
    meaning(522, "{}", 522, ERROR, Failure).retried(),
    meaning(523, "{}", 523, ERROR, Failure).retried(),
    meaning(524, "{}", 524, ERROR, Failure),
    meaning(529, "{}", 529, ERROR, Failure).retried(),
    meaning(529, "{}", 529, ERROR, AtOnce).with(&[AN_HOUR]).retried(),
    meaning(307, "{}", 502, "upstream_redirected", Nothing)
        .with(&[("location", "https://elsewhere.example/v1/chat/completions")]),
];

/// A status, the fields that ask for a rest, and how long that is.
pub type Wait = (u16, Vec<(&'static str, String)>, Duration);

/// What may be asked for.
pub fn waits() -> Vec<Wait> {
    let date = |after| httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(after));
    let after = |text: &str| ("retry-after", text.to_owned());
    let millis = |text: &str| ("retry-after-ms", text.to_owned());
    let wait = Duration::from_millis;
    vec![
        (429, vec![after("3")], wait(3000)),
        (429, vec![after("2.6")], wait(2600)),
        (429, vec![millis("2300")], wait(2300)),
        // A date has no fractions, and its time runs already.
        (429, vec![after(&date(5))], wait(3000)),
        // Of several the longest.
        (429, vec![after("1"), after("3")], wait(3000)),
        (429, vec![after("3"), millis("100")], wait(3000)),
        (429, vec![after("1"), millis("2800")], wait(2800)),
        (503, vec![after("2")], wait(2000)),
        (529, vec![after("2.25")], wait(2250)),
    ]
}
