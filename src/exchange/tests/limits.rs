//! What limits let through, and what they are charged with.

use std::rc::Rc;

use serde_json::{json, Value};

use super::{Exchange, Headers, Router, Step};
use crate::exchange::End;
use crate::host::tests::Still;
use crate::reject::Reply;

/// Two teams that may call everything; the first has these limits, and its second key those.
fn router(of_team: &Value, of_key: &Value) -> Rc<Router> {
    let configuration = json!({
        "providers": {
            "p": {"cluster": "p", "auth": "none"}, "q": {"cluster": "q", "auth": "none"},
            "store": {"cluster": "store", "authority": "store.example"},
        },
        "models": {
            "big": {"aliases": ["large"], "targets": [
                {"provider": "p", "model": "p-big", "price": {"input": 1, "output": 10}},
            ]},
            "small": {"targets": [{"provider": "p", "model": "p-small"}]},
            "any-*": {"targets": [{"provider": "p", "model": "*"}]},
        },
        "credentials": {"store-t": {"provider": "store", "value": "secret"}},
        "teams": {
            "t": {
                "keys": [{"env": "ONE"}, {"id": "two", "env": "TWO", "limits": of_key}],
                "models": ["*"],
                "limits": of_team,
                "credentials": ["store-t"],
                "resources": {"providers": ["store"], "endpoints": ["responses"]},
            },
            "other": {"keys": [{"env": "OTHER"}], "models": ["*"]},
        },
    });
    let environment = |name: &str| Some(name.to_lowercase());
    let text = configuration.to_string();
    Rc::new(Router::from_configuration(text.as_bytes(), &environment).unwrap().router)
}

fn request(key: &str, method: &str, path: &str) -> Headers {
    let key = format!("Bearer {key}");
    [(":method", method), (":path", path), ("authorization", &key)].into_iter().collect()
}

/// Sends a request for a model.
fn send(router: &Rc<Router>, key: &str, model: &str, host: &Still) -> Result<Exchange, Reply> {
    let mut exchange = Exchange::new(Rc::clone(router));
    let step = exchange.begin(request(key, "POST", "/v1/chat/completions"), false, host);
    if let Step::Reply(reply) = step {
        return Err(reply);
    }
    exchange.feed(json!({ "model": model }).to_string().as_bytes()).unwrap();
    exchange.finish(host).map(|_| exchange)
}

/// Sends a request and ends it with an answer that tells so many tokens, of prompt and completion.
fn serve(router: &Rc<Router>, key: &str, model: &str, tokens: [u64; 2], host: &Still) -> bool {
    let Ok(mut exchange) = send(router, key, model, host) else { return false };
    let headers = [(":status", "200"), ("content-type", "application/json")];
    exchange.respond(&headers.into_iter().collect(), b"via_upstream", host);
    let [prompt, completion] = tokens;
    let usage = json!({"prompt_tokens": prompt, "completion_tokens": completion});
    exchange.observe(json!({ "usage": usage }).to_string().as_bytes());
    exchange.conclude(&|| End::ClientLeft, host);
    // What was charged once is not charged again.
    exchange.conclude(&|| End::Complete, host);
    true
}

fn served<const N: usize>(results: [Result<Exchange, Reply>; N]) -> [bool; N] {
    results.map(|result| result.is_ok())
}

#[test]
fn requests_are_counted_before_the_body_and_refused_in_both_dialects() {
    let router = router(&json!([{"requests": 2, "per": "hour"}]), &json!([]));
    let host = Still { now: 3_600 + 3_000, ..Still::default() };
    for _ in 0..2 {
        assert!(send(&router, "one", "small", &host).is_ok());
    }
    let mut exchange = Exchange::new(Rc::clone(&router));
    let step = exchange.begin(request("two", "POST", "/v1/chat/completions"), false, &host);
    let Step::Reply(reply) = step else { panic!("{step:?}") };
    assert_eq!((reply.status, reply.code), (429, "rate_limit_exceeded"));
    assert_eq!(
        (exchange.record().code, exchange.record().team.as_deref()),
        ("rate_limit_exceeded", Some("t"))
    );
    let told: Vec<_> = reply.headers.iter().map(|(name, value)| (*name, &**value)).collect();
    let expected = [
        ("content-type", "application/json"),
        ("retry-after", "600"),
        ("x-should-retry", "false"),
        ("x-ratelimit-limit-requests", "2"),
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", "10m0s"),
    ];
    assert_eq!(told, expected);
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    let message =
        "The limit of your team is reached: 2 requests per hour. Please try again in 600 seconds.";
    assert_eq!(
        body,
        json!({"error": {"message": message, "type": "requests", "param": null, "code": "rate_limit_exceeded"}})
    );

    let late = Still { now: 3_600 + 3_590, shared: host.shared.clone(), ..Still::default() };
    let mut exchange = Exchange::new(Rc::clone(&router));
    let step = exchange.begin(request("one", "POST", "/v1/messages"), false, &late);
    let Step::Reply(reply) = step else { panic!("{step:?}") };
    let told: Vec<_> =
        reply.headers.iter().skip(1).map(|(name, value)| (*name, &**value)).collect();
    let expected = [
        ("retry-after", "10"),
        ("anthropic-ratelimit-requests-limit", "2"),
        ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-requests-reset", "1970-01-01T02:00:00Z"),
    ];
    assert_eq!(told, expected);
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(body["error"]["type"], "rate_limit_error");

    assert!(send(&router, "other", "small", &host).is_ok());
    let next = Still { now: 7_200, shared: host.shared.clone(), ..Still::default() };
    assert!(send(&router, "one", "small", &next).is_ok());
}

#[test]
fn a_key_has_a_count_of_its_own_beside_its_teams() {
    let of_team = json!([{"requests": 3, "per": "day"}]);
    let router = router(&of_team, &json!([{"requests": 1, "per": "day"}]));
    let host = Still::default();
    let results =
        ["two", "two", "one", "two", "one", "one"].map(|key| send(&router, key, "small", &host));
    let message = String::from_utf8(results[1].as_ref().err().unwrap().body.clone()).unwrap();
    assert!(
        message.contains("The limit of this API key is reached: 1 requests per day"),
        "{message}"
    );
    // What the key's limit refuses takes nothing of the team's.
    assert_eq!(served(results), [true, false, true, false, true, false]);
}

#[test]
fn what_a_teams_limit_refuses_takes_nothing_of_the_keys() {
    let router = router(
        &json!([{"requests": 1, "per": "minute"}]),
        &json!([{"requests": 2, "per": "hour"}]),
    );
    let host = Still::default();
    assert_eq!(
        served(["two", "two", "two"].map(|key| send(&router, key, "small", &host))),
        [true, false, false]
    );
    let next = Still { now: 60, shared: host.shared.clone(), ..Still::default() };
    assert!(send(&router, "two", "small", &next).is_ok());
}

#[test]
fn tokens_are_charged_when_the_answer_ends_and_checked_when_a_request_begins() {
    let router = router(&json!([{"tokens": 100, "per": "minute"}]), &json!([]));
    let host = Still::default();
    // Both are under way before either is charged.
    let mut first = send(&router, "one", "big", &host).unwrap();
    assert!(serve(&router, "one", "big", [60, 39], &host));
    assert!(serve(&router, "one", "small", [1, 0], &host));
    let reply = send(&router, "one", "big", &host).err().unwrap();
    let told: Vec<_> =
        reply.headers.iter().skip(1).map(|(name, value)| (*name, &**value)).collect();
    let expected = [
        ("retry-after", "60"),
        ("x-ratelimit-limit-tokens", "100"),
        ("x-ratelimit-remaining-tokens", "0"),
        ("x-ratelimit-reset-tokens", "1m0s"),
    ];
    assert_eq!(told, expected);
    assert!(String::from_utf8(reply.body).unwrap().contains(r#""type":"tokens""#));
    assert!(serve(&router, "other", "big", [1_000, 0], &host));
    // One without tokens costs none, and one that was refused neither.
    first.conclude(&|| End::BrokenOff, &host);
    let next = Still { now: 60, shared: host.shared.clone(), ..Still::default() };
    assert!(serve(&router, "one", "big", [100, 0], &next));
    assert!(!serve(&router, "one", "big", [1, 0], &next));
}

#[test]
fn dollars_are_charged_by_the_targets_price() {
    let router = router(&json!([{"usd": 0.000030, "per": "day"}]), &json!([]));
    let host = Still::default();
    // Ten of the prompt at a dollar and one of the completion at ten for a million: 20 millionths.
    assert!(serve(&router, "one", "big", [10, 1], &host));
    // It has no price.
    assert!(serve(&router, "one", "small", [1_000_000, 1_000_000], &host));
    assert!(serve(&router, "one", "big", [10, 0], &host));
    let reply = send(&router, "one", "small", &host).err().unwrap();
    let told: Vec<_> =
        reply.headers.iter().skip(1).map(|(name, value)| (*name, &**value)).collect();
    assert_eq!(told, [("retry-after", "86400"), ("x-should-retry", "false")]);
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(body["error"]["type"], "insufficient_quota");
    assert!(body["error"]["message"].as_str().unwrap().contains("0.00003 US dollars per day"));
}

#[test]
fn a_limit_of_some_models_holds_whichever_name_is_used() {
    for (limited, meets, does_not) in [
        (
            json!(["big"]),
            &["big", "large", "big:p", "large:p", "p/p-big", "any-p-big"][..],
            &["small", "p/other", "q/p-big"][..],
        ),
        (json!(["large"]), &["big", "large", "p/p-big"], &["small"]),
        (json!(["b*"]), &["big", "large", "p/p-big"], &["small"]),
        (json!(["p/*"]), &["p/p-big", "p/x"], &["big", "q/x"]),
        (json!(["any-*"]), &["any-x", "any-p-big", "p/x"], &["q/x"]),
        (json!(["small", "big"]), &["big", "small"], &["q/x"]),
    ] {
        for model in meets {
            let router =
                router(&json!([{"requests": 1, "per": "day", "models": limited}]), &json!([]));
            let host = Still::default();
            assert!(send(&router, "one", model, &host).is_ok(), "{limited} {model}");
            for again in meets {
                let reply = send(&router, "one", again, &host).err();
                let reply = reply.unwrap_or_else(|| panic!("{limited}: {model}, then {again}"));
                assert_eq!(reply.code, "rate_limit_exceeded");
            }
            for other in does_not {
                assert!(
                    send(&router, "one", other, &host).is_ok(),
                    "{limited}: {model}, then {other}"
                );
            }
        }
    }
}

#[test]
fn a_request_that_is_refused_for_something_else_is_counted_if_its_model_need_not_be_known() {
    let host = Still::default();
    let all = router(&json!([{"requests": 1, "per": "day"}]), &json!([]));
    assert_eq!(send(&all, "one", "nothing", &host).err().unwrap().code, "model_not_found");
    assert_eq!(send(&all, "one", "big", &host).err().unwrap().code, "rate_limit_exceeded");

    let host = Still::default();
    let some =
        router(&json!([{"requests": 1, "per": "day", "models": ["big", "nothing*"]}]), &json!([]));
    assert_eq!(send(&some, "one", "nothing", &host).err().unwrap().code, "model_not_found");
    assert!(send(&some, "one", "big", &host).is_ok());
    assert_eq!(send(&some, "one", "big", &host).err().unwrap().code, "rate_limit_exceeded");
}

#[test]
fn lists_of_models_are_not_counted_and_what_is_stored_is() {
    let limits = json!([{"requests": 3, "per": "day"}, {"tokens": 1, "per": "day"}]);
    let router = router(&limits, &json!([]));
    let host = Still::default();
    let call = |method: &str, path: &str| {
        let step =
            Exchange::new(Rc::clone(&router)).begin(request("one", method, path), true, &host);
        match step {
            Step::Reply(reply) => reply.code,
            Step::Forward(_) => "sent",
            Step::Hold => "held",
        }
    };
    assert!(serve(&router, "one", "big", [1, 0], &host));
    assert_eq!(call("POST", "/v1/responses/r/cancel"), "rate_limit_exceeded");
    assert_eq!(call("GET", "/v1/responses/r"), "sent");
    assert_eq!(call("DELETE", "/v1/responses/r"), "sent");
    assert_eq!(call("GET", "/v1/responses/r"), "rate_limit_exceeded");
    assert_eq!(call("GET", "/v1/models"), "ok");
}

#[test]
fn no_key_and_no_amount_is_in_the_names_of_counts() {
    let limits = |amount: u64| json!([{"requests": amount, "per": "day"}, {"tokens": amount, "per": "day", "models": ["big"]}]);
    let host = Still::default();
    for amount in [5, 6] {
        let router = router(&limits(amount), &limits(amount));
        assert!(serve(&router, "two", "big", [1, 1], &host));
    }
    let shared = host.shared.borrow();
    let names: Vec<String> = shared.keys().map(|name| name.replace('\0', "|")).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    let digest = crate::identity::KeyDigest::of(b"two").fingerprint();
    let expected = format!("llm_router.limit|t|{digest}|tokens|day|big\u{1}");
    assert!(names.contains(&expected), "{names:?}");
    assert!(names.contains(&"llm_router.limit|t||requests|day\u{1}".to_owned()), "{names:?}");
    assert!(!names.iter().any(|name| name.contains("two")), "{names:?}");
    // A new amount goes on with the count of the old.
    assert!(shared.values().all(|value| value[8] == 2 || value[8] == 4), "{shared:?}");
}

#[test]
fn a_key_is_charged_dollars_beside_its_team() {
    let limits = |usd: f64| json!([{"usd": usd, "per": "day"}]);
    let router = router(&limits(0.000_040), &limits(0.000_010));
    let host = Still::default();
    assert!(serve(&router, "two", "big", [0, 1], &host));
    assert!(!serve(&router, "two", "big", [0, 1], &host));
    assert!(serve(&router, "one", "big", [0, 3], &host));
    assert!(!serve(&router, "one", "big", [0, 1], &host));
}

#[test]
fn in_a_pool_the_provider_that_answered_is_charged_for_once() {
    let configuration = json!({
        "providers": {"p": {"cluster": "p", "auth": "none"}, "q": {"cluster": "q", "auth": "none"}},
        "models": {"m": {"failover_cluster": "pool", "targets": [
            {"provider": "p", "price": {"input": 1, "output": 1}},
            {"provider": "q", "price": {"input": 5, "output": 5}},
        ]}},
        "teams": {"t": {"keys": [{"env": "KEY"}], "models": ["*"], "limits": [
            {"requests": 5, "per": "day"},
            {"tokens": 100, "per": "day"},
            {"usd": 0.0001, "per": "day", "models": ["m"]},
        ]}},
    });
    let environment = |_: &str| Some("one".to_owned());
    let text = configuration.to_string();
    let router = Rc::new(Router::from_configuration(text.as_bytes(), &environment).unwrap().router);
    let host = Still::default();
    let mut exchange = send(&router, "one", "m", &host).unwrap();
    assert!(exchange.pool().is_some());
    exchange.note_tried(b"p,q");
    let headers = [(":status", "200"), ("content-type", "application/json")];
    exchange.respond(&headers.into_iter().collect(), b"via_upstream", &host);
    let usage = json!({"usage": {"prompt_tokens": 8, "completion_tokens": 2}});
    exchange.observe(usage.to_string().as_bytes());
    exchange.conclude(&|| End::Complete, &host);
    let shared = host.shared.borrow();
    let used = |unit: &str| {
        let (_, count) = shared.iter().find(|(name, _)| name.contains(unit)).unwrap();
        u64::from_le_bytes(count[8..].try_into().unwrap())
    };
    // Ten tokens at five dollars for a million are 50 micro-dollars, in pico-dollars.
    assert_eq!((used("requests"), used("tokens"), used("usd")), (1, 10, 50_000_000));
}

#[test]
fn a_keys_limit_holds_where_its_team_has_none() {
    let router = router(&json!([]), &json!([{"requests": 1, "per": "day"}]));
    let host = Still::default();
    let results = ["two", "two", "one", "one"].map(|key| send(&router, key, "small", &host));
    assert_eq!(served(results), [true, false, true, true]);
}
