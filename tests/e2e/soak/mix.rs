//! The requests of the soak. Each is a function of its number, so that one which goes wrong can be made again.

use crate::harness::answers::{FAIL_WITH, HANG_UP};
use crate::harness::catalogue::{credential, BACK, BLUE, DISABLED, FORTH, NARROW, POOR, RED};
use crate::harness::client::Frames;
use crate::harness::form::Form;
use crate::harness::variants::OWN_KEY;
use crate::harness::{Call, Exchange};
use serde_json::Value;

/// A request, the code that the filter counts it under, and what its answer has to be.
pub struct Deed {
    pub call: Call,
    pub code: &'static str,
    pub check: Box<dyn FnOnce(Exchange) + Send>,
}

/// Who asks for what: a key, the model, the cluster that it reaches, the header and value of the credential, and the
/// model's name there.
struct Way {
    key: &'static str,
    model: String,
    cluster: &'static str,
    credential: (&'static str, String),
    upstream_model: String,
}

fn bearer(provider: &str, team: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {}", credential(provider, team)))
}

fn way(number: usize) -> Way {
    let of = |key, model: &str, cluster: &'static str, credential, upstream_model: &str| {
        let (model, upstream_model) = (model.to_owned(), upstream_model.to_owned());
        Way { key, model, cluster, credential, upstream_model }
    };
    let numbered = format!("m-{number}");
    let bedrocks = "us.anthropic.claude-sonnet-4-6";
    let anthropics = |team| bearer("anthropic", team);
    match number % 10 {
        0 => of(RED, "gpt-4o", "openai", bearer("openai", "red"), "gpt-4o"),
        1 => of(BLUE, &format!("groq/{numbered}"), "groq", bearer("groq", "blue"), &numbered),
        2 => of(RED, "sonnet", "bedrock", bearer("bedrock", "red"), bedrocks),
        3 => of(BLUE, "claude-sonnet-4.6", "anthropic", anthropics("blue"), "claude-sonnet-4-6"),
        4 => of(RED, "over-http2", "mistral", bearer("mistral", "red"), "magistral"),
        5 => of(FORTH, "glm-5", "openai", bearer("openai", "forth"), "glm-5-of-openai"),
        6 => of(BACK, "sonnet:anthropic", "anthropic", anthropics("back"), "claude-sonnet-4-6"),
        7 => of(
            RED,
            &format!("vault/{number}"),
            "mistral",
            bearer("mistral", "red"),
            &format!("vault-{number}"),
        ),
        8 => of(NARROW, "latest", "openai", bearer("openai", "narrow"), "gpt-4o"),
        _ => of(RED, "fast", "openai", bearer("openai", "red"), "gpt-4o-mini"),
    }
}

/// How much stands in front of the model and behind it: mostly little, now and then very much.
fn paddings(number: usize) -> (usize, usize) {
    match number {
        _ if number % 1009 == 500 => (1_000_000, 10),
        _ if number % 101 == 50 => (10, 100_000),
        _ if number % 11 == 5 => (10_000, 1_000),
        _ => (number % 700, number % 60),
    }
}

/// A body that names the model.
fn body(number: usize, model: &str) -> String {
    let (front, back) = paddings(number);
    let (front, back) = ("a\\u00e9".repeat(front / 7), "é".repeat(back / 2));
    let stream = number.is_multiple_of(4);
    format!(
        r#"{{"messages":[{{"content":"{front}"}}], "stream":{stream},"model" : "{model}","user":"{back}"}}"#
    )
}

pub fn deed(number: usize) -> Deed {
    match number % 20 {
        0..=11 => served(number),
        12 => with_own_key(number),
        13 => form(number),
        14 => failed_by_the_provider(number),
        15 => hung_up_on(number),
        16 => listed(),
        _ => refused(number),
    }
}

fn chat(number: usize, way: &Way) -> Call {
    let body = body(number, &way.model).into_bytes();
    let frames = match number % 3 {
        0 => Frames::pieces(&body, body.len().div_ceil(5)),
        _ => Frames::whole(body.into()),
    };
    Call::post("/v1/chat/completions", "")
        .body(frames)
        .key(way.key)
        .header("content-type", "application/json")
}

/// The request as the provider must have got it, every byte of it.
fn assert_sent(exchange: &Exchange, number: usize, way: &Way) {
    let [received] = &exchange.upstream[..] else {
        panic!("{number} was sent {} times", exchange.upstream.len())
    };
    let (header, value) = &way.credential;
    assert_eq!(
        (&*received.cluster, received.header(header)),
        (way.cluster, Some(&**value)),
        "{number}"
    );
    assert!(received.body == body(number, &way.upstream_model), "{number}: another body");
    received.assert_framed_exactly();
}

fn served(number: usize) -> Deed {
    let way = way(number);
    let check = move |exchange: Exchange| {
        assert_eq!(exchange.status, 200, "{number}: {}", exchange.text());
        assert_sent(&exchange, number, &way);
        assert_answered_with(&exchange, number, &way.upstream_model);
    };
    Deed { call: chat(number, &self::way(number)), code: "ok", check: Box::new(check) }
}

/// The provider's answer to this very request, whole.
fn assert_answered_with(exchange: &Exchange, number: usize, model: &str) {
    if number.is_multiple_of(4) {
        let text = exchange.text();
        assert!(text.ends_with("data: [DONE]\n\n"), "{number}: {text}");
        let models = text.matches(&format!("\"model\":\"{model}\"")).count();
        assert_eq!(models, 3, "{number}: {text}");
    } else {
        assert_eq!(exchange.json()["model"], *model, "{number}");
    }
}

fn with_own_key(number: usize) -> Deed {
    let own = format!("{OWN_KEY}-{number}");
    let model = format!("m-{number}");
    let way = Way {
        key: RED,
        model: format!("groq/{model}"),
        cluster: "groq",
        credential: ("authorization", format!("Bearer {own}")),
        upstream_model: model,
    };
    let data = format!(r#"{{"groq":{{"api_key":"{own}"}}}}"#);
    let call = chat(number, &way).header("x-llm-provider-data", data);
    let check = move |exchange: Exchange| {
        assert_sent(&exchange, number, &way);
        assert_eq!(exchange.upstream[0].header("x-llm-provider-data"), None);
        assert_answered_with(&exchange, number, &way.upstream_model);
    };
    Deed { call, code: "ok", check: Box::new(check) }
}

fn form(number: usize) -> Deed {
    let (front, back) = paddings(number);
    let form = move |model: &str| {
        let form = Form::new("bound").file("file", &vec![0xa5; front]);
        form.field("model", model).field("prompt", &"p".repeat(back))
    };
    let sent = form("glm-5-long-name-for-a-short-one");
    let call = Call::post("/v1/audio/transcriptions", sent.bytes()).key(BLUE);
    let check = move |exchange: Exchange| {
        let received = exchange.upstream();
        assert!(received.body == form("g").bytes(), "{number}: another form");
        let bearer = bearer("groq", "blue").1;
        assert_eq!(received.header("authorization"), Some(&*bearer), "{number}");
        assert_eq!(exchange.json()["text"], "Good morning.");
    };
    Deed {
        call: call.header("content-type", sent.content_type()),
        code: "ok",
        check: Box::new(check),
    }
}

fn failed_by_the_provider(number: usize) -> Deed {
    let (status, code) = match number / 20 % 5 {
        0 => (400, "upstream_client_error"),
        1 => (429, "upstream_rate_limited"),
        2 => (500, "upstream_error"),
        3 => (503, "upstream_error"),
        _ => (401, "upstream_authentication_failed"),
    };
    let way = way(number / 20);
    let call = chat(number, &way).header(FAIL_WITH, status.to_string());
    let check = move |exchange: Exchange| {
        let expected = if status == 401 { 502 } else { status };
        assert_eq!(exchange.status, expected, "{number}: {}", exchange.text());
        assert_sent(&exchange, number, &way);
        let message = exchange.json()["error"]["message"].clone();
        assert_eq!(message == "Slow down.", status != 401, "{number}: {message}");
    };
    Deed { call, code, check: Box::new(check) }
}

fn hung_up_on(number: usize) -> Deed {
    let way = way(number / 20);
    let call = chat(number, &way).header(FAIL_WITH, HANG_UP);
    let check = move |exchange: Exchange| {
        assert_eq!(exchange.status, 503, "{number}: {}", exchange.text());
        assert_sent(&exchange, number, &way);
    };
    Deed { call, code: "upstream_unreachable", check: Box::new(check) }
}

fn listed() -> Deed {
    let check = |exchange: Exchange| {
        assert_eq!((exchange.status, exchange.upstream.len()), (200, 0));
        let ids: Vec<Value> = exchange.json()["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].clone())
            .collect();
        assert_eq!(ids, ["gpt-4o", "latest"]);
    };
    Deed { call: Call::get("/v1/models").key(NARROW), code: "ok", check: Box::new(check) }
}

fn refused(number: usize) -> Deed {
    let padding = "x".repeat(paddings(number).0);
    let post =
        |body: &str| Call::post("/v1/chat/completions", body.replace('#', &padding)).key(RED);
    let (call, status, code) = match number % 11 {
        0 => (post(r##"{"user":"#","model":"of-nobody"}"##), 404, "model_not_found"),
        1 => (post(r##"{"user":"#","model":"gpt-4o""##), 400, "invalid_json"),
        2 => (post(r##"{"user":"#"}"##), 400, "missing_model"),
        3 => (post(r##"{"model":"gpt-4o","user":"#","model":"glm-5"}"##), 400, "duplicate_field"),
        4 => (post(r##"{"model":"gpt-4o","user":"#","api_base":"x"}"##), 400, "forbidden_field"),
        5 => (post("{}").at("/v1/of-nobody"), 404, "unknown_endpoint"),
        6 => (post("{}").header("content-encoding", "gzip"), 415, "unsupported_content_encoding"),
        7 => (Call::chat("gpt-4o").key(DISABLED), 401, "invalid_api_key"),
        8 => (Call::chat("gpt-4o"), 401, "missing_api_key"),
        9 => (Call::chat("gpt-4o").key(POOR), 403, "credential_not_configured"),
        _ => (Call::chat("reserved-70b").key(BLUE), 404, "model_not_found"),
    };
    let check = move |exchange: Exchange| {
        assert_eq!(exchange.status, status, "{number}: {}", exchange.text());
        exchange.assert_rejected(status, code);
    };
    Deed { call, code, check: Box::new(check) }
}
