//! What answers bring about.

use std::rc::Rc;

use serde_json::{json, Value};

use super::{set, Exchange, Headers, Rewrite, Router, Step};
use crate::exchange::{End, Verdict};
use crate::host::tests::Still;
use crate::usage::Usage;

fn router() -> Rc<Router> {
    let configuration = json!({
        "providers": {
            "first": {"cluster": "first", "authority": "first.example", "client_credentials": true},
            "second": {"cluster": "second", "authority": "second.example"},
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
    exchange.respond(&headers.iter().copied().collect(), b"via_upstream", host)
}

/// Sends a request as `team`, has it answered with `status`, and tells which provider got it.
fn provider(router: &Rc<Router>, host: &Still, team: &str, model: &str, status: &str) -> String {
    let (mut exchange, rewrite) = sent(router, host, team, &json!({"model": model}));
    answered(&mut exchange, host, &[(":status", status)]);
    String::from_utf8(set(&rewrite, "x-llm-cluster")[0].to_vec()).unwrap()
}

#[test]
fn a_credential_cools_down_after_failures_for_its_own_team_alone() {
    let (router, mut host) = (router(), Still { now: 100, ..Still::default() });
    assert_eq!(provider(&router, &host, "a", "m", "503"), "first");
    assert_eq!(provider(&router, &host, "a", "m", "401"), "first");
    assert_eq!(provider(&router, &host, "a", "m", "200"), "second");
    assert_eq!(provider(&router, &host, "a", "m:first", "503"), "first");
    assert_eq!(provider(&router, &host, "b", "m", "200"), "first");
    host.now = 111;
    assert_eq!(provider(&router, &host, "a", "m", "200"), "first");
}

#[test]
fn where_all_cool_down_the_first_to_be_available_is_taken() {
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
fn only_what_tells_of_the_provider_counts_against_it() {
    for (details, status, code, is_failure) in [
        (
            "upstream_reset_before_response_started{connection_failure}",
            "503",
            "upstream_unreachable",
            true,
        ),
        (
            "upstream_reset_before_response_started{remote_reset}",
            "503",
            "upstream_unreachable",
            true,
        ),
        ("no_healthy_upstream", "503", "upstream_unreachable", true),
        ("response_timeout", "504", "upstream_timeout", true),
        ("upstream_per_try_timeout", "504", "upstream_timeout", true),
        ("upstream_reset_before_response_started{overflow}", "503", "local_reply", false),
        ("cluster_not_found", "503", "local_reply", false),
        ("local_rate_limited", "429", "local_reply", false),
        ("rbac_access_denied_matched_policy[none]", "403", "local_reply", false),
        ("fault_filter_abort", "500", "local_reply", false),
        ("direct_response", "200", "local_reply", false),
        ("", "401", "local_reply", false),
    ] {
        let (router, host) = (router(), Still { now: 100, ..Still::default() });
        for _ in 0..3 {
            let (mut exchange, _) = sent(&router, &host, "a", &json!({"model": "m:first"}));
            let headers = [(":status", status), ("retry-after", "60"), ("x-envoy-x", "1")];
            let headers = headers.into_iter().collect();
            let verdict = exchange.respond(&headers, details.as_bytes(), &host);
            assert_eq!(verdict, Verdict::Pass(vec![]), "{details}");
            exchange.conclude(&|| End::Complete, &host);
            assert_eq!(exchange.record().code, code, "{details}");
            assert_eq!(exchange.record().complete_after, None, "{details}");
        }
        let next = if is_failure { "second" } else { "first" };
        assert_eq!(provider(&router, &host, "a", "m", "200"), next, "{details}");
    }
}

#[test]
fn the_code_tells_how_a_request_ended() {
    let (router, host) = (router(), Still { now: 100, ..Still::default() });
    for (status, end, code) in [
        ("200", End::Complete, "ok"),
        ("304", End::Complete, "ok"),
        ("404", End::Complete, "upstream_client_error"),
        ("429", End::Complete, "upstream_rate_limited"),
        ("503", End::Complete, "upstream_error"),
        ("529", End::Complete, "upstream_error"),
        ("200", End::BrokenOff, "upstream_incomplete"),
        ("200", End::ClientLeft, "client_left"),
        ("500", End::ClientLeft, "client_left"),
    ] {
        let (mut exchange, _) = sent(&router, &host, "a", &json!({"model": "m"}));
        answered(&mut exchange, &host, &[(":status", status)]);
        exchange.conclude(&|| end, &host);
        assert_eq!(exchange.record().code, code, "{status} {end:?}");
        assert_eq!(exchange.record().complete_after.is_some(), code == "ok", "{status} {end:?}");
    }
    for (end, code) in [(End::ClientLeft, "client_left"), (End::BrokenOff, "upstream_incomplete")] {
        let (mut exchange, _) = sent(&router, &host, "a", &json!({"model": "m"}));
        exchange.conclude(&|| end, &host);
        assert_eq!(exchange.record().code, code);
    }
}

#[test]
fn what_steers_envoy_or_clients_is_taken_out_of_a_providers_response() {
    let (router, host) = (router(), Still::default());
    let (mut exchange, _) = sent(&router, &host, "a", &json!({"model": "m"}));
    let fields = [
        (":status", "200"),
        ("x-envoy-immediate-health-check-fail", "1"),
        ("x-envoy-ratelimited", "1"),
        ("alt-svc", "h3"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("strict-transport-security", "max-age=1"),
        ("proxy-authenticate", "Basic"),
        ("x-llm-anything", "1"),
        ("x-ratelimit-remaining-requests", "9"),
        ("x-request-id", "kept"),
    ];
    let Verdict::Pass(removed) = answered(&mut exchange, &host, &fields) else { panic!() };
    let removed: Vec<&str> = removed.iter().map(|name| &**name).collect();
    let expected = [
        "x-envoy-immediate-health-check-fail",
        "x-envoy-ratelimited",
        "alt-svc",
        "set-cookie",
        "strict-transport-security",
        "proxy-authenticate",
        "x-llm-anything",
    ];
    assert_eq!(removed, expected);
}

#[test]
fn redirects_and_what_no_client_may_be_told_are_errors_of_the_gateway() {
    let (router, host) = (router(), Still::default());
    for (status, code) in [
        ("301", "upstream_redirected"),
        ("302", "upstream_redirected"),
        ("303", "upstream_redirected"),
        ("307", "upstream_redirected"),
        ("308", "upstream_redirected"),
        ("407", "upstream_refused"),
        ("101", "upstream_refused"),
        ("402", "upstream_quota_exhausted"),
    ] {
        let (mut exchange, _) = sent(&router, &host, "a", &json!({"model": "m"}));
        let fields = [(":status", status), ("location", "https://elsewhere.example/")];
        let Verdict::Replace(reply) = answered(&mut exchange, &host, &fields) else {
            panic!("{status}")
        };
        assert_eq!((reply.status, reply.code), (502, code), "{status}");
    }
}

#[test]
fn a_403_passes_unless_its_body_says_that_the_credential_was_refused() {
    let (router, host) = (router(), Still::default());
    for (body, is_refused) in [
        (r#"{"error":{"code":"moderation","message":"flagged"}}"#, false),
        (r#"{"error":{"code":"model_not_enabled"}}"#, false),
        ("", false),
        (r#"{"error":{"code":"invalid_api_key"}}"#, true),
        (r#"{"__type":"UnrecognizedClientException"}"#, true),
    ] {
        let (mut exchange, _) = sent(&router, &host, "a", &json!({"model": "m"}));
        let verdict = answered(&mut exchange, &host, &[(":status", "403"), ("alt-svc", "h3")]);
        assert_eq!(verdict, Verdict::Hold(vec!["alt-svc".into()]));
        let reply = exchange.judge(body.as_bytes(), &host);
        let code = reply.map(|reply| reply.code);
        assert_eq!(code, is_refused.then_some("upstream_authentication_failed"), "{body}");
        exchange.conclude(&|| End::Complete, &host);
        let code =
            if is_refused { "upstream_authentication_failed" } else { "upstream_client_error" };
        assert_eq!(exchange.record().code, code, "{body}");
    }
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
    let (mut exchange, _) = sent(&router, &host, "a", &json!({"model": "m"}));
    let Verdict::Replace(reply) = answered(&mut exchange, &host, &[(":status", "401")]) else {
        panic!("passed");
    };
    assert_eq!((reply.status, reply.code), (502, "upstream_authentication_failed"));
    assert!(reply.headers.contains(&("x-should-retry", "false".into())));
    assert!(String::from_utf8(reply.body).unwrap().starts_with(r#"{"error":{"message""#));
    assert_eq!(exchange.record().code, "upstream_authentication_failed");

    for status in ["400", "401", "402", "403"] {
        let own = json!({"model": "m", "provider_data": {"first_api_key": "mine"}});
        let (mut exchange, _) = sent(&router, &host, "a", &own);
        let verdict = answered(&mut exchange, &host, &[(":status", status)]);
        assert_eq!(verdict, Verdict::Pass(vec![]), "{status}");
    }
    let (mut exchange, _) = sent(&router, &host, "a", &json!({"model": "m"}));
    assert_eq!(answered(&mut exchange, &host, &[(":status", "400")]), Verdict::Pass(vec![]));
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
    exchange.conclude(&|| End::Complete, &host);
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
        exchange.conclude(&|| End::Complete, &host);
        let record = exchange.record();
        assert_eq!(record.usage.map(|usage| usage.prompt), (errors > 0).then_some(7));
        assert_eq!((record.usage_uncounted, record.usage_errors), (encoded, errors), "{headers:?}");
    }
}

#[test]
fn a_websocket_is_on_record_as_not_counted() {
    let (router, host) = (router(), Still::default());
    let headers = [
        (":method", "GET"),
        (":path", "/v1/realtime?model=m"),
        ("authorization", "Bearer vk-a"),
        ("upgrade", "websocket"),
    ];
    for (status, uncounted) in [("101", true), ("426", false)] {
        let mut exchange = Exchange::new(Rc::clone(&router));
        let step = exchange.begin(headers.into_iter().collect(), true, &host);
        assert!(matches!(step, Step::Forward(_)), "{step:?}");
        answered(&mut exchange, &host, &[(":status", status)]);
        exchange.conclude(&|| End::Complete, &host);
        assert_eq!(exchange.record().usage_uncounted, uncounted, "{status}");
    }
}
