//! Attempts in a pool, and what the listener's filter hands over for them.

mod context;

use std::rc::Rc;

use serde_json::{json, Value};

use super::state::AttemptState;
use super::{AttemptError, AttemptInput, PoolRouter};
use crate::body::Splice;
use crate::exchange::{Exchange, Rewrite, Step};
use crate::header::{HeaderEdit, Headers};
use crate::host::tests::Still;
use crate::router::Router;

/// Three providers that want the same request in different ways.
fn configuration() -> Value {
    json!({
        "providers": {
            "bare": {"cluster": "bare", "auth": "none", "remove_headers": ["x-debug-*", "openai-*"]},
            "own": {
                "cluster": "own", "auth": {"header": "x-own-key"}, "authority": "own.example",
                "headers": {"x-origin": "gateway", "x-only-own": "1"}, "path": {"strip": "/v1", "prefix": "/own"},
            },
            "anthropic": {"cluster": "anthropic", "kind": "anthropic"},
        },
        "models": {"m": {"failover_cluster": "pool", "targets": [
            {"provider": "bare", "model": "at-bare"},
            {"provider": "own", "model": "a-much-longer-name-at-own"},
            {"provider": "anthropic", "model": "m"},
        ]}},
        "credentials": {
            "own-t": {"provider": "own", "value": "secret-of-own"},
            "anthropic-t": {"provider": "anthropic", "value": "secret-of-anthropic"},
            "anthropic-u": {"provider": "anthropic", "value": "secret-of-another"},
        },
        "teams": {
            "t": {"keys": [{"id": "k", "env": "vk-t"}], "models": ["*"], "credentials": ["own-t", "anthropic-t"]},
            "u": {"keys": [{"id": "k", "env": "vk-u"}], "models": ["*"], "credentials": ["anthropic-u"]},
        },
        "failover": {"subset_header": "x-llm-providers"},
    })
}

fn router(configuration: &Value) -> Rc<Router> {
    let environment = |name: &str| Some(name.to_owned());
    let loaded = Router::from_configuration(configuration.to_string().as_bytes(), &environment);
    Rc::new(loaded.unwrap().router)
}

const BODY: &str = r#"{"messages":[],"model":"m","n":1}"#;

/// A client's request, with a field that each of the providers sees differently.
fn client(key: &str, model: &str) -> (Headers, String) {
    let body = BODY.replace(r#""m""#, &json!(model).to_string());
    let length = body.len().to_string();
    let authorization = format!("Bearer {key}");
    let fields = [
        (":method", "POST"),
        (":path", "/v1/chat/completions?a=1"),
        (":authority", "gateway"),
        ("authorization", &*authorization),
        ("content-length", &*length),
        ("cookie", "secret-of-the-client"),
        ("x-envoy-max-retries", "9"),
        ("accept-encoding", "gzip"),
        ("openai-organization", "org"),
        ("x-origin", "client"),
        ("x-debug-a", "1"),
        ("x-kept", "2"),
    ];
    (fields.into_iter().collect(), body)
}

/// What the listener's filter does to a request.
fn sent(router: &Rc<Router>, headers: &Headers, body: &str) -> Rewrite {
    let mut exchange = Exchange::new(Rc::clone(router));
    assert!(matches!(exchange.begin(headers.clone(), false, &Still::default()), Step::Hold));
    exchange.feed(body.as_bytes()).unwrap();
    exchange.finish(&Still::default()).unwrap()
}

fn edited(headers: &Headers, edits: &[HeaderEdit]) -> Headers {
    let mut fields: Vec<(Vec<u8>, Vec<u8>)> =
        headers.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
    for edit in edits {
        let (HeaderEdit::Remove(name) | HeaderEdit::Set(name, _)) = edit;
        fields.retain(|(field, _)| field != name.as_bytes());
        if let HeaderEdit::Set(name, value) = edit {
            fields.push((name.as_bytes().to_vec(), value.clone()));
        }
    }
    fields.into_iter().collect()
}

fn sorted(headers: &Headers) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let mut fields: Vec<_> =
        headers.iter().map(|(name, value)| (text(name), text(value))).collect();
    fields.sort();
    fields
}

fn spliced(body: &str, splices: &[Splice]) -> String {
    let mut body = body.to_owned();
    for splice in splices.iter().rev() {
        body.replace_range(splice.range.clone(), std::str::from_utf8(&splice.replacement).unwrap());
    }
    body
}

/// The attempts of one request at these providers, one after the other, as Envoy makes them: each gets the body as it
/// came, and the fields as the one before has left them.
fn attempts(key: &str, providers: &[&str]) -> Vec<(Vec<(String, String)>, String)> {
    let router = router(&configuration());
    let upstream = PoolRouter::new(Rc::clone(&router));
    let (headers, body) = client(key, "m");
    let rewrite = sent(&router, &headers, &body);
    assert!(rewrite.body.is_empty());
    let context = rewrite.failover_context.clone().unwrap().into_bytes();
    let mut headers = edited(&headers, &rewrite.headers);
    assert!(headers.first("x-llm-router-pool").is_some());
    let mut previous = None;
    let mut made = Vec::new();
    for provider in providers {
        let input = AttemptInput {
            context: Some(context.clone()),
            provider: Some(provider.as_bytes().to_vec()),
            previous: previous.take(),
        };
        let attempt = upstream.attempt(&input, &headers).unwrap();
        assert_eq!(attempt.length, body.len());
        headers = edited(&headers, &attempt.headers);
        previous = Some(AttemptState { is_over: true, ..attempt.state }.encode().into_bytes());
        made.push((sorted(&headers), spliced(&body, &attempt.body)));
    }
    made
}

/// The request that a pinned one would be at this provider.
fn alone(key: &str, provider: &str) -> (Vec<(String, String)>, String) {
    let mut plain = configuration();
    plain["models"]["m"].as_object_mut().unwrap().remove("failover_cluster");
    let router = router(&plain);
    let (headers, body) = client(key, &format!("m:{provider}"));
    let rewrite = sent(&router, &headers, &body);
    let headers = edited(&headers, &rewrite.headers);
    // The route takes the cluster's header away; Envoy's own consumes its own.
    let own = ["x-llm-cluster", "x-envoy-max-retries"].map(|name| HeaderEdit::Remove(name.into()));
    (sorted(&edited(&headers, &own)), spliced(&body, &rewrite.body))
}

#[test]
fn whatever_was_tried_before_an_attempt_is_what_a_request_of_its_own_would_be() {
    let all = ["bare", "own", "anthropic"];
    for first in all {
        for second in all {
            for third in all {
                let made = attempts("vk-t", &[first, second, third]);
                for (provider, made) in [first, second, third].into_iter().zip(made) {
                    assert_eq!(made, alone("vk-t", provider), "{first} {second} {third}");
                }
            }
        }
    }
}

#[test]
fn what_leaves_the_listener_names_no_secret_and_has_the_guard() {
    let router = router(&configuration());
    let (headers, body) = client("vk-t", "m");
    let rewrite = sent(&router, &headers, &body);
    let text = rewrite.failover_context.clone().unwrap();
    assert!(!text.contains("secret") && !text.contains("vk-t"), "{text}");
    let left = edited(&headers, &rewrite.headers);
    let names: Vec<_> = sorted(&left).into_iter().map(|(name, _)| name).collect();
    let expected = [
        ":authority",
        ":method",
        ":path",
        "content-length",
        "x-kept",
        "x-llm-cluster",
        "x-llm-providers",
        "x-llm-router-pool",
    ];
    assert_eq!(names, expected);
    assert_eq!(left.first("x-llm-cluster"), Some(&b"pool"[..]));
    assert_eq!(left.first("x-llm-providers"), Some(&b"anthropic+bare+own"[..]));
    // Without a credential for one of them, that one is left out.
    let (headers, body) = client("vk-u", "m");
    let left = edited(&headers, &sent(&router, &headers, &body).headers);
    assert_eq!(left.first("x-llm-providers"), Some(&b"anthropic+bare"[..]));
}

#[test]
fn who_may_not_use_every_provider_of_a_pool_without_subsets_goes_to_one_alone() {
    let mut whole = configuration();
    whole["failover"] = json!({});
    let router = router(&whole);
    for (key, pooled) in [("vk-t", true), ("vk-u", false)] {
        let (headers, body) = client(key, "m");
        assert_eq!(sent(&router, &headers, &body).failover_context.is_some(), pooled, "{key}");
    }
}

#[test]
fn a_field_that_cannot_be_handed_over_as_it_is_keeps_the_request_at_one_provider() {
    let router = router(&configuration());
    let (headers, body) = client("vk-t", "m");
    for further in [("x-origin", &b"twice"[..]), ("x-only-own", b"\xff")] {
        let headers: Headers = headers.iter().chain([(further.0.as_bytes(), further.1)]).collect();
        let rewrite = sent(&router, &headers, &body);
        assert!(rewrite.failover_context.is_none() && !rewrite.body.is_empty(), "{}", further.0);
    }
}

/// Why an attempt with a change to what is given, or to the configuration of the pool's filter, is not made.
fn refused(change: &dyn Fn(&mut AttemptInput), reconfigure: &dyn Fn(&mut Value)) -> AttemptError {
    let listeners = router(&configuration());
    let (headers, body) = client("vk-t", "m");
    let rewrite = sent(&listeners, &headers, &body);
    let headers = edited(&headers, &rewrite.headers);
    let mut input = AttemptInput {
        context: rewrite.failover_context.map(String::into_bytes),
        provider: Some(b"own".to_vec()),
        previous: None,
    };
    change(&mut input);
    let mut pools = configuration();
    reconfigure(&mut pools);
    PoolRouter::new(router(&pools)).attempt(&input, &headers).map(|_| ()).unwrap_err()
}

#[test]
fn an_attempt_that_is_not_allowed_to_the_letter_is_not_made() {
    let same: &dyn Fn(&mut Value) = &|_| {};
    assert_eq!(refused(&|input| input.context = None, same), AttemptError::NoContext);
    assert_eq!(
        refused(&|input| input.context = Some(b"{}".to_vec()), same),
        AttemptError::UnreadableContext
    );
    assert_eq!(refused(&|input| input.provider = None, same), AttemptError::NoProvider);
    assert_eq!(refused(&|input| input.provider = Some(Vec::new()), same), AttemptError::NoProvider);
    assert_eq!(refused(&|input| input.provider = Some(vec![0xff]), same), AttemptError::NoProvider);
    let elsewhere = refused(&|input| input.provider = Some(b"elsewhere".to_vec()), same);
    assert_eq!(elsewhere, AttemptError::NotATarget("elsewhere".to_owned()));
    let changed = |from: &'static str, to: &'static str| {
        move |input: &mut AttemptInput| {
            let text = String::from_utf8(input.context.take().unwrap()).unwrap();
            assert!(text.contains(from), "{text}");
            input.context = Some(text.replace(from, to).into_bytes());
        }
    };
    // Who, what, and with which credential: each must be what the configuration here says as well.
    for (from, to) in [
        (r#""team":"t""#, r#""team":"u""#),
        (r#""team":"t""#, r#""team":"v""#),
        (r#""key":"k""#, r#""key":"l""#),
        (r#""model":"m","path""#, r#""model":"n","path""#),
        (r#""a-much-longer-name-at-own""#, r#""another""#),
        (r#""path":"/v1/"#, r#""path":"/v2/"#),
    ] {
        assert!(
            matches!(refused(&changed(from, to), same), AttemptError::OtherConfiguration(_)),
            "{from}"
        );
    }
    let under_way = |input: &mut AttemptInput| input.previous = Some(b"running x-own-key".to_vec());
    assert_eq!(refused(&under_way, same), AttemptError::Hedged);
    assert_eq!(refused(&changed(r#""len":33"#, r#""len":34"#), same), AttemptError::OtherBody);
    let keyless =
        refused(&|_| {}, &|pools| pools["teams"]["t"]["credentials"] = json!(["anthropic-t"]));
    assert!(matches!(keyless, AttemptError::OtherConfiguration(_)));
}

/// What another attempt has left there could not be taken back.
#[test]
fn a_request_whose_fields_cannot_be_seen_is_not_tried() {
    let router = router(&configuration());
    let (headers, body) = client("vk-t", "m");
    let context = sent(&router, &headers, &body).failover_context.map(String::into_bytes);
    let input = AttemptInput { context, provider: Some(b"own".to_vec()), previous: None };
    let refused = PoolRouter::new(router).attempt(&input, &Headers::default()).map(|_| ());
    assert_eq!(refused.unwrap_err(), AttemptError::Unreadable);
}

/// A credential that is called otherwise, or was replaced, while the request was under way is still the team's for this
/// provider.
#[test]
fn an_attempt_takes_the_credential_that_the_team_has_now() {
    let listeners = router(&configuration());
    let (headers, body) = client("vk-t", "m");
    let rewrite = sent(&listeners, &headers, &body);
    let headers = edited(&headers, &rewrite.headers);
    let mut pools = configuration();
    pools["credentials"]["renamed"] = json!({"provider": "own", "value": "another-secret-of-own"});
    pools["teams"]["t"]["credentials"] = json!(["renamed", "anthropic-t"]);
    let input = AttemptInput {
        context: rewrite.failover_context.map(String::into_bytes),
        provider: Some(b"own".to_vec()),
        previous: None,
    };
    let attempt = PoolRouter::new(router(&pools)).attempt(&input, &headers).unwrap();
    let headers = edited(&headers, &attempt.headers);
    assert_eq!(headers.first("x-own-key"), Some(&b"another-secret-of-own"[..]));
}

#[test]
fn a_length_is_the_same_however_it_is_written() {
    let router = router(&configuration());
    let (headers, body) = client("vk-t", "m");
    let length = format!("0000{}", body.len());
    let headers =
        edited(&headers, &[HeaderEdit::Set("content-length".into(), length.into_bytes())]);
    let rewrite = sent(&router, &headers, &body);
    let headers = edited(&headers, &rewrite.headers);
    let input = AttemptInput {
        context: rewrite.failover_context.map(String::into_bytes),
        provider: Some(b"own".to_vec()),
        previous: None,
    };
    assert!(PoolRouter::new(router).attempt(&input, &headers).is_ok());
}

#[test]
fn a_key_of_the_callers_own_keeps_the_request_at_one_provider() {
    let mut own = configuration();
    own["providers"]["own"]["client_credentials"] = true.into();
    let router = router(&own);
    let (headers, body) = client("vk-t", "m");
    assert!(sent(&router, &headers, &body).failover_context.is_some());
    let data = (&b"x-llm-provider-data"[..], &br#"{"own_api_key": "mine"}"#[..]);
    let headers: Headers = headers.iter().chain([data]).collect();
    assert!(sent(&router, &headers, &body).failover_context.is_none());
}
