//! Random requests, and random providers for them.

use ::base64::Engine;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::{json, Value};

use crate::header::Headers;

/// The key that every request shows.
pub const KEY: &str = "vk-Zq81.x~7/2";

/// A request, and the providers that it could go to.
#[derive(Debug, Clone)]
pub struct Case {
    /// Two to four, as the configuration has them.
    pub providers: Vec<Value>,
    /// The model's name at each of them.
    pub models: Vec<String>,
    /// What each target does to other members.
    pub parameters: Vec<Value>,
    /// At which of them it is tried.
    pub attempts: Vec<usize>,
    path: String,
    shown_in: (&'static str, String),
    fields: Vec<(&'static str, String)>,
    has_length: bool,
    content_type: &'static str,
    pub body: String,
}

impl Case {
    /// The client's header fields.
    pub fn headers(&self) -> Headers {
        let length = self.body.len().to_string();
        let mut fields = vec![
            (":method", "POST".to_owned()),
            (":path", self.path.clone()),
            (":authority", "gateway.example".to_owned()),
            (":scheme", "https".to_owned()),
            ("content-type", self.content_type.to_owned()),
            (self.shown_in.0, self.shown_in.1.clone()),
        ];
        fields.extend(self.has_length.then_some(("content-length", length)));
        fields.extend(self.fields.iter().cloned());
        fields.into_iter().collect()
    }
}

/// The same cases in every run.
pub fn generator() -> TestRng {
    TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32])
}

/// Header fields of which providers treat some in their own way.
const NAMES: [&str; 22] = [
    "x-api-key",
    "xi-api-key",
    "cookie",
    "x-goog-api-key",
    "anthropic-version",
    "anthropic-beta",
    "openai-organization",
    "openai-beta",
    "origin",
    "referer",
    "sec-fetch-mode",
    "forwarded",
    "x-forwarded-for",
    "x-real-ip",
    "x-envoy-max-retries",
    "sec-websocket-protocol",
    "x-llm-cluster",
    "accept-encoding",
    "x-debug-a",
    "x-set",
    "x-kept",
    "user-agent",
];

const PATTERNS: [&str; 8] =
    ["x-debug-*", "openai-*", "x-*", "*", "user-agent", "x-set", "anthropic-beta", "x-f*"];

pub fn case() -> impl Strategy<Value = Case> {
    (2usize..5)
        .prop_flat_map(|count| {
            (
                vec(provider(), count),
                vec(select(vec!["m", "n/\"\\ü", "a-much-longer-name", "m:x"]), count),
                vec(parameters(), count),
                vec(0..count, 1..5),
                path(),
                shown(),
                basic(),
                btree_map(select(&NAMES[..]), vec(value(), 1..2), 0..10),
                any::<bool>(),
                body(),
            )
        })
        .prop_map(
            |(
                providers,
                models,
                parameters,
                attempts,
                path,
                shown_in,
                basic,
                fields,
                has_length,
                body,
            )| Case {
                providers,
                models: models.into_iter().map(str::to_owned).collect(),
                parameters,
                attempts,
                path,
                fields: (fields.into_iter())
                    .filter(|(name, _)| *name != shown_in.0)
                    // Two different keys would be refused.
                    .filter(|(name, _)| *name != "x-api-key")
                    .flat_map(|(name, values)| values.into_iter().map(move |value| (name, value)))
                    // Two fields of one name would be refused.
                    .chain(basic.filter(|(name, _)| *name != shown_in.0))
                    .collect(),
                shown_in,
                has_length,
                content_type: body.0,
                body: body.1,
            },
        )
}

/// What a target does to members that bodies have, or have not.
fn parameters() -> impl Strategy<Value = Value> {
    select(vec![
        json!({"remove": ["unknown"]}),
        json!({"default": {"n": 1, "z": null}}),
        json!({"set": {"a": {"b": [0.5, "x"]}, "n": 2}}),
        json!({"remove": ["a", "messages2"]}),
        json!({"default": {"a": 1}, "set": {"y": true}, "remove": ["n", "x"]}),
        json!({"remove": ["stream_options", "n"]}),
    ])
}

fn provider() -> impl Strategy<Value = Value> {
    let kind = select(vec![
        json!({"authority": "own.example"}),
        json!({"authority": "own.example", "auth": "none"}),
        json!({"authority": "own.example", "auth": {"header": "x-own-key", "prefix": "Own "}}),
        json!({"kind": "anthropic"}),
        json!({"kind": "openai"}),
        json!({"kind": "gemini", "authority": "other.example:8443"}),
        json!({"kind": "bedrock", "region": "eu-west-1"}),
        json!({"kind": "azure-openai", "authority": "a.example", "api_version": "2024-10-21"}),
        json!({"kind": "deepseek"}),
        json!({"kind": "fireworks", "endpoints": ["messages", "embeddings"]}),
    ]);
    let apis = select(vec![
        json!({}),
        json!({}),
        json!({"anthropic": {"path": {"strip": "/v1", "prefix": "/a/v2"}, "headers": {"x-set": "of-api"}}}),
        json!({
            "anthropic": {
                "path": {"template": "/m?of=api"},
                "authority": "api.example",
                "auth": {"header": "x-api-key"},
                "remove_headers": ["user-agent"],
            },
            "openai": {"path": {"strip": "/v1", "prefix": "/o"}, "headers": {"x-only-here": "of-api"}},
        }),
        json!({
            "gemini": {"path": {"template": "/g/{model}:{endpoint}?a=own"}, "auth": {"header": "x-goog-api-key"}},
            "bedrock": {"path": {"strip": "/model", "prefix": "/b"}, "headers": {"x-set": "of-api"}},
        }),
        json!({
            "gemini": {"path": {"strip": "/v1beta", "prefix": "/g"}},
            "bedrock": {"path": {"template": "/b/{model}/{endpoint}"}, "authority": "api.example"},
        }),
    ]);
    let place = select(vec![
        json!({}),
        json!({}),
        json!({"path": {"strip": "/v1", "prefix": "/own"}}),
        json!({"path": {"template": "/d/{model}/{endpoint}?a=own&v=1"}}),
    ]);
    let names = ["x-set", "anthropic-version", "x-only-here", "user-agent", "origin"];
    let headers = btree_map(select(names.to_vec()), select(vec!["1", "two"]), 0..3);
    let removed = subsequence(PATTERNS.to_vec(), 0..3);
    let kept = subsequence(vec!["origin", "x-forwarded-*", "x-envoy-*", "*"], 0..2);
    let rest = (headers, removed, kept, apis, any::<bool>());
    (kind, place, rest).prop_map(|(kind, place, (headers, removed, kept, apis, stream_usage))| {
        let mut provider = kind;
        let of_place = place.as_object().cloned().unwrap_or_default();
        let object = provider.as_object_mut().unwrap();
        if !object.contains_key("api_version") {
            object.extend(of_place);
        }
        object.insert("apis".to_owned(), apis);
        object.insert("headers".to_owned(), json!(headers));
        object.insert("remove_headers".to_owned(), json!(removed));
        object.insert("keep_headers".to_owned(), json!(kept));
        object.insert("stream_usage".to_owned(), json!(stream_usage));
        provider
    })
}

/// A value, in which the key may stand.
fn value() -> impl Strategy<Value = String> {
    select(vec![
        "1".to_owned(),
        "a, b".to_owned(),
        KEY.to_owned(),
        format!("Bearer {KEY}"),
        format!("realtime, openai-insecure-api-key.{KEY}"),
        encoded(KEY, 1),
        encoded(KEY, 3),
        format!("x={}", encoded(KEY, 2)),
        format!("x; key={}", encoded_in_part(KEY)),
        format!("Basic {}", base64(&format!("user:{KEY}"))),
        format!("basic  {}", base64(&format!("{KEY}:"))),
    ])
}

fn shown() -> impl Strategy<Value = (&'static str, String)> {
    select(vec![
        ("authorization", format!("Bearer {KEY}")),
        ("x-api-key", KEY.to_owned()),
        ("api-key", format!("bearer {KEY}")),
        // Where clients of Gemini's own API show it.
        ("x-goog-api-key", KEY.to_owned()),
    ])
}

/// Credentials of another scheme, beside the key: they are no virtual key, whatever they say.
fn basic() -> impl Strategy<Value = Option<(&'static str, String)>> {
    let users = [format!("u:{KEY}"), format!("user:{KEY}"), format!("{KEY}:"), KEY.to_owned()];
    let basic = users.map(|user| Some(("authorization", format!("Basic {}", base64(&user)))));
    select([&basic[..], &[None, None, None, None]].concat())
}

fn path() -> impl Strategy<Value = String> {
    let path = select(vec![
        "/v1/chat/completions",
        "/v1/messages",
        "/openai/deployments/m/chat/completions",
        "/v1/embeddings",
        "/v1beta/models/m:generateContent",
        "/v1/models/m:streamGenerateContent",
        "/model/m/converse",
        "/model/%6D/invoke",
    ]);
    let pair = select(vec![
        "a=1".to_owned(),
        "b".to_owned(),
        "v=2".to_owned(),
        "V=3".to_owned(),
        "api-version=2030-01-01".to_owned(),
        "key=anything".to_owned(),
        format!("key={}", encoded(KEY, 1)),
        format!("alt=sse{}", encoded(KEY, 1)),
        "alt=sse".to_owned(),
        "Access%5FToken=anything".to_owned(),
        format!("c={}", encoded(KEY, 1)),
        format!("c=x{}y", encoded(KEY, 2)),
        format!("{}=1", encoded(KEY, 1)),
        format!("c={}", encoded(KEY, 3)),
        format!("c=+{}", encoded_in_part(KEY)),
        format!("{}", encoded_in_part(KEY)),
        format!("c=Basic+{}", encoded(&base64(&format!("user:{KEY}")), 1)),
        "beta=true".to_owned(),
    ]);
    (path, vec(pair, 0..4)).prop_map(|(path, pairs)| match pairs.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{}", pairs.join("&")),
    })
}

/// `text` with every byte percent-encoded, so often.
fn encoded(text: &str, times: usize) -> String {
    (0..times).fold(text.to_owned(), |text, _| {
        text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>()
    })
}

/// `text` with every other byte percent-encoded, in lower case.
fn encoded_in_part(text: &str) -> String {
    let encode = |(index, byte): (usize, u8)| match index % 2 {
        0 => format!("%{byte:02x}"),
        _ => char::from(byte).to_string(),
    };
    text.bytes().enumerate().map(encode).collect()
}

pub fn base64(text: &str) -> String {
    ::base64::engine::general_purpose::STANDARD.encode(text)
}

fn body() -> impl Strategy<Value = (&'static str, String)> {
    select(vec![
        ("application/json", r#"{"model":"m"}"#),
        ("application/json", r#"{"messages":[{"a":1}],"model" : "m","n":12345678901234567890}"#),
        ("application/json", r#"{"a":1,"m\u006fdel":"\u006d"}"#),
        ("application/json", r#"{"provider_data":null,"model":"m","a":[]}"#),
        ("application/json", r#"{"model":"m","provider_data":{}}"#),
        (
            "application/json",
            r#"{"x":1,"n":null,"model":"m","stream":true,"provider_data":{},"a":2}"#,
        ),
        (
            "application/json",
            r#"{"stream":true,"stream_options":{"include_usage":false},"model":"m"}"#,
        ),
        ("application/json", r#"{"n":1,"a":[],"model":"m","n":2}"#),
        ("application/json", r#"{"requests":[{"model":"x"},{"model":"y"}],"a":1,"model":"m"}"#),
        (
            "application/json",
            r#"{"model":"m","a":{"model":1},"tools":[{"model":"z"}],"provider_data":{},"n":null}"#,
        ),
    ])
    .prop_map(|(content_type, body)| (content_type, body.to_owned()))
}
