//! Refusals of the gateway's credential that only the body tells of: they count like any other.

use std::rc::Rc;

use serde_json::{json, Value};

use super::{post, Exchange, Router, Step};
use crate::exchange::Verdict;
use crate::host::tests::Still;

const REFUSAL: &[u8] = br#"{"error":{"code":"invalid_api_key"}}"#;

/// One model at two providers, alone and in a pool; two failures are too many.
fn router(cooldown: &Value) -> Rc<Router> {
    let targets = json!([{"provider": "first"}, {"provider": "second", "priority": 1}]);
    let configuration = json!({
        "providers": {
            "first": {"cluster": "first", "authority": "first.example"},
            "second": {"cluster": "second", "authority": "second.example"},
        },
        "models": {
            "alone": {"targets": targets},
            "pooled": {"targets": targets, "failover_cluster": "pool"},
        },
        "credentials": {
            "f": {"provider": "first", "value": "s1"}, "s": {"provider": "second", "value": "s2"},
        },
        "teams": {"t": {"keys": [{"env": "KEY"}], "models": ["*"], "credentials": ["f", "s"]}},
        "cooldown": cooldown,
    });
    let environment = |_: &str| Some("vk".to_owned());
    let text = configuration.to_string();
    Rc::new(Router::from_configuration(text.as_bytes(), &environment).unwrap().router)
}

/// Sends a request, which is answered with `status` and `body` after the providers `tried` were tried. The providers that
/// it could have gone to.
fn ask(
    router: &Rc<Router>,
    host: &Still,
    model: &str,
    tried: &str,
    (status, body): (&str, &[u8]),
) -> String {
    let mut exchange = Exchange::new(Rc::clone(router));
    assert!(matches!(exchange.begin(post(&[]), false, host), Step::Hold));
    exchange.feed(json!({ "model": model }).to_string().as_bytes()).unwrap();
    let rewrite = exchange.finish(host).unwrap();
    let cluster = String::from_utf8(super::set(&rewrite, "x-llm-cluster")[0].to_vec()).unwrap();
    exchange.note_tried(tried.as_bytes());
    let headers = [(":status", status)].into_iter().collect();
    if let Verdict::Hold(_) = exchange.respond(&headers, b"via_upstream", host) {
        assert!(exchange.judge(body, host).is_some());
    }
    cluster
}

#[test]
fn a_refusal_that_the_body_tells_of_counts_alone_and_in_a_pool() {
    for model in ["alone", "pooled"] {
        let router = router(&json!({"failures": 2}));
        let host = Still { now: 100, ..Still::default() };
        let all = if model == "alone" { "first" } else { "pool" };
        for _ in 0..2 {
            assert_eq!(ask(&router, &host, model, "first", ("403", REFUSAL)), all, "{model}");
        }
        // In a pool the one that is left is asked alone.
        assert_eq!(ask(&router, &host, model, "", ("200", b"")), "second", "{model}");
    }
}

#[test]
fn a_refusal_counts_against_the_last_provider_that_was_tried() {
    let (router, host) = (router(&json!({"failures": 2})), Still { now: 100, ..Still::default() });
    for tried in ["first,second", "second"] {
        assert_eq!(ask(&router, &host, "pooled", tried, ("403", REFUSAL)), "pool");
    }
    assert_eq!(ask(&router, &host, "pooled", "", ("200", b"")), "first");
}

#[test]
fn a_refusal_counts_once_where_its_status_counts_as_well() {
    let router = router(&json!({"failures": 3, "statuses": [403]}));
    let host = Still { now: 100, ..Still::default() };
    for _ in 0..2 {
        assert_eq!(ask(&router, &host, "alone", "", ("403", REFUSAL)), "first");
    }
    assert_eq!(ask(&router, &host, "alone", "", ("403", REFUSAL)), "first");
    assert_eq!(ask(&router, &host, "alone", "", ("200", b"")), "second");
}
