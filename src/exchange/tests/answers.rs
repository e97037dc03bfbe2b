//! What answers bring about.

use std::rc::Rc;

use serde_json::{json, Value};

use super::{set, Exchange, Headers, Rewrite, Router, Step};
use crate::exchange::Verdict;
use crate::host::tests::Still;
use crate::usage::Usage;

fn router() -> Rc<Router> {
    let configuration = json!({
        "providers": {
            "first": {"cluster": "first", "client_credentials": true},
            "second": {"cluster": "second"},
        },
        "models": {"m": {"targets": [{"provider": "first"}, {"provider": "second", "priority": 1}]}},
        "credentials": {
            "first": {"provider": "first", "value": "s1"},
            "first-b": {"provider": "first", "value": "s2"},
            "second": {"provider": "second", "value": "s3"},
        },
        "teams": {
            "a": {"keys": [{"env": "a"}], "models": ["*"], "credentials": ["first", "second"]},
            "b": {"keys": [{"env": "b"}], "models": ["*"], "credentials": ["first-b", "second"]},
        },
        "cooldown": {"failures": 2, "seconds": 10},
    });
    let environment = |name: &str| Some(format!("vk-{name}"));
    Rc::new(
        Router::from_configuration(configuration.to_string().as_bytes(), &environment)
            .unwrap()
            .router,
    )
}

fn sent(router: &Rc<Router>, host: &Still, team: &str, body: &Value) -> (Exchange, Rewrite) {
    let key = format!("Bearer vk-{team}");
    let headers: Headers =
        [(":method", "POST"), (":path", "/v1/messages"), ("authorization", &key)]
            .into_iter()
            .collect();
    let mut exchange = Exchange::new(Rc::clone(router));
    assert!(matches!(exchange.begin(headers, false, host), Step::Hold));
    exchange.feed(body.to_string().as_bytes()).unwrap();
    let rewrite = exchange.finish(host).unwrap();
    (exchange, rewrite)
}

fn answered(exchange: &mut Exchange, host: &Still, headers: &[(&str, &str)]) -> Verdict {
    exchange.respond(&headers.iter().copied().collect(), &|| false, host)
}

/// Sends a request as `team`, has it answered with `status`, and tells which provider got it.
fn provider(router: &Rc<Router>, host: &Still, team: &str, model: &str, status: &str) -> String {
    let (mut exchange, rewrite) = sent(router, host, team, &json!({"model": model}));
    answered(&mut exchange, host, &[(":status", status)]);
    String::from_utf8(set(&rewrite, "x-llm-cluster")[0].to_vec()).unwrap()
}

#[test]
fn a_credential_rests_after_failures_for_its_own_team_alone() {
    let (router, mut host) = (router(), Still { now: 100, ..Still::default() });
    assert_eq!(provider(&router, &host, "a", "m", "503"), "first");
    assert_eq!(provider(&router, &host, "a", "m", "429"), "first");
    assert_eq!(provider(&router, &host, "a", "m", "200"), "second");
    assert_eq!(provider(&router, &host, "a", "m:first", "503"), "first");
    assert_eq!(provider(&router, &host, "b", "m", "200"), "first");
    host.now = 111;
    assert_eq!(provider(&router, &host, "a", "m", "200"), "first");
}

#[test]
fn where_all_rest_the_first_to_wake_is_taken() {
    let (router, mut host) = (router(), Still { now: 100, ..Still::default() });
    for _ in 0..2 {
        provider(&router, &host, "a", "m:first", "503");
    }
    host.now = 105;
    for _ in 0..2 {
        provider(&router, &host, "a", "m:second", "503");
    }
    assert_eq!(provider(&router, &host, "a", "m", "200"), "first");
}

#[test]
fn no_connection_is_a_failure_whatever_the_status() {
    let (router, host) = (router(), Still { now: 100, ..Still::default() });
    for _ in 0..2 {
        let (mut exchange, _) = sent(&router, &host, "a", &json!({"model": "m"}));
        let headers = [(":status", "599")].into_iter().collect();
        exchange.respond(&headers, &|| true, &host);
    }
    assert_eq!(provider(&router, &host, "a", "m", "200"), "second");
}

#[test]
fn of_a_callers_own_key_nothing_is_remembered() {
    let (router, host) = (router(), Still { now: 100, ..Still::default() });
    let body = json!({"model": "m", "provider_data": {"first": {"api_key": "mine"}}});
    for _ in 0..5 {
        let (mut exchange, rewrite) = sent(&router, &host, "a", &body);
        assert_eq!(set(&rewrite, "authorization"), [b"Bearer mine"]);
        answered(&mut exchange, &host, &[(":status", "503")]);
    }
    assert!(host.shared.borrow().is_empty());
}

#[test]
fn a_provider_that_refuses_our_credential_is_our_error() {
    let (router, host) = (router(), Still::default());
    for status in ["401", "403"] {
        let (mut exchange, _) = sent(&router, &host, "a", &json!({"model": "m"}));
        let Verdict::Replace(reply) = answered(&mut exchange, &host, &[(":status", status)]) else {
            panic!("passed");
        };
        assert_eq!((reply.status, reply.code), (502, "upstream_authentication_failed"));
        assert!(reply.headers.contains(&("x-should-retry", "false")));
        assert!(String::from_utf8(reply.body).unwrap().starts_with(r#"{"error":{"message""#));
        assert_eq!(exchange.record().code, "upstream_authentication_failed");

        let own = json!({"model": "m", "provider_data": {"first_api_key": "mine"}});
        let (mut exchange, _) = sent(&router, &host, "a", &own);
        assert_eq!(answered(&mut exchange, &host, &[(":status", status)]), Verdict::Pass);
    }
    let (mut exchange, _) = sent(&router, &host, "a", &json!({"model": "m"}));
    assert_eq!(answered(&mut exchange, &host, &[(":status", "400")]), Verdict::Pass);
}

#[test]
fn tokens_and_times_are_on_record() {
    let (router, mut host) = (router(), Still { now: 100, ..Still::default() });
    let (mut exchange, _) = sent(&router, &host, "a", &json!({"model": "m"}));
    host.now = 102;
    answered(&mut exchange, &host, &[(":status", "200"), ("content-type", "application/json")]);
    assert!(exchange.observes_answer());
    exchange.observe(br#"{"usage": {"prompt_tokens": 7, "#);
    exchange.observe(br#""completion_tokens": 5}}"#);
    host.now = 105;
    exchange.conclude(&host);
    let record = exchange.record();
    assert_eq!(record.usage, Some(Usage { prompt: 7, completion: 5, cached: 0 }));
    assert_eq!(record.first_byte_after.map(|time| time.as_secs()), Some(2));
    assert_eq!(record.complete_after.map(|time| time.as_secs()), Some(5));
}

#[test]
fn what_cannot_be_counted_is_not_looked_at() {
    let (router, host) = (router(), Still::default());
    for headers in [
        &[(":status", "200"), ("content-type", "audio/mpeg")][..],
        &[(":status", "500"), ("content-type", "application/json")],
        &[(":status", "200"), ("content-type", "application/json"), ("content-encoding", "br")],
    ] {
        let (mut exchange, _) = sent(&router, &host, "a", &json!({"model": "m"}));
        answered(&mut exchange, &host, headers);
        assert!(!exchange.observes_answer(), "{headers:?}");
    }
}

#[test]
fn counts_that_cannot_be_true_and_compressed_answers_are_on_record() {
    let (router, host) = (router(), Still::default());
    let answer =
        br#"{"usage": {"prompt_tokens": 7, "completion_tokens": -1, "total_tokens": 1e9}}"#;
    for (content_type, coding, encoded, errors) in [
        ("application/json", "identity", false, 2),
        ("application/json", "gzip", true, 0),
        ("text/event-stream", "br", true, 0),
        ("audio/mpeg", "gzip", false, 0),
    ] {
        let (mut exchange, _) = sent(&router, &host, "a", &json!({"model": "m"}));
        let headers =
            [(":status", "200"), ("content-type", content_type), ("content-encoding", coding)];
        answered(&mut exchange, &host, &headers);
        assert_eq!(exchange.observes_answer(), errors > 0, "{headers:?}");
        exchange.observe(answer);
        exchange.conclude(&host);
        let record = exchange.record();
        assert_eq!(record.usage.map(|usage| usage.prompt), (errors > 0).then_some(7));
        assert_eq!((record.usage_encoded, record.usage_errors), (encoded, errors), "{headers:?}");
    }
}
