//! What answers cost.

use std::rc::Rc;

use serde_json::{json, Value};

use super::{post, Exchange, Router, Step};
use crate::exchange::End;
use crate::host::tests::Still;
use crate::price::Cost;

/// One model at two providers, in a pool if `pool` says so.
fn router(first: &Value, second: &Value, pool: bool) -> Rc<Router> {
    let mut configuration = json!({
        "providers": {
            "first": {"cluster": "first", "auth": "none"},
            "second": {"cluster": "second", "auth": "none"},
        },
        "models": {"m": {"targets": [
            {"provider": "first"},
            {"provider": "second", "priority": 1},
        ]}},
        "teams": {"t": {"keys": [{"env": "KEY"}], "models": ["*"]}},
    });
    for (target, price) in
        [first, second].into_iter().enumerate().filter(|(_, price)| !price.is_null())
    {
        configuration["models"]["m"]["targets"][target]["price"] = price.clone();
    }
    if pool {
        configuration["models"]["m"]["failover_cluster"] = json!("pool");
    }
    let environment = |_: &str| Some("vk".to_owned());
    let text = configuration.to_string();
    Rc::new(Router::from_configuration(text.as_bytes(), &environment).unwrap().router)
}

/// What an answer of these tokens costs, after the providers that `tried` names were tried in a pool.
fn cost(router: &Rc<Router>, model: &str, tried: &str, usage: &Value) -> Option<Cost> {
    let host = Still::default();
    let mut exchange = Exchange::new(Rc::clone(router));
    assert!(matches!(exchange.begin(post(&[]), false, &host), Step::Hold));
    exchange.feed(json!({ "model": model }).to_string().as_bytes()).unwrap();
    exchange.finish(&host).unwrap();
    assert_eq!(exchange.pool().is_some(), !tried.is_empty());
    exchange.note_tried(tried.as_bytes());
    let headers = [(":status", "200"), ("content-type", "application/json")];
    exchange.respond(&headers.into_iter().collect(), b"via_upstream", &host);
    exchange.observe(json!({ "usage": usage }).to_string().as_bytes());
    assert_eq!(exchange.record().cost, None);
    exchange.conclude(&|| End::ClientLeft, &host);
    exchange.record().cost
}

fn usage() -> Value {
    json!({"prompt_tokens": 10, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}})
}

#[test]
fn the_provider_that_answered_decides_the_price() {
    let (first, second) = (json!({"input": 1, "output": 10}), json!({"input": 2, "output": 20}));
    let alone = router(&first, &second, false);
    assert_eq!(cost(&alone, "m", "", &usage()), Some(Cost(30_000_000)));
    assert_eq!(cost(&alone, "m:second", "", &usage()), Some(Cost(60_000_000)));
    assert_eq!(cost(&alone, "second/other", "", &usage()), None);
    assert_eq!(cost(&alone, "m", "", &Value::Null), None);

    let pool = router(&first, &second, true);
    assert_eq!(cost(&pool, "m", "first", &usage()), Some(Cost(30_000_000)));
    assert_eq!(cost(&pool, "m", "first,second", &usage()), Some(Cost(60_000_000)));
    let half = router(&first, &Value::Null, true);
    assert_eq!(cost(&half, "m", "second,first", &usage()), Some(Cost(30_000_000)));
}

#[test]
fn cached_tokens_cost_as_much_as_others_where_nothing_is_said() {
    let said = json!({"input": 1, "output": 10, "cached": 0.25});
    let router = router(&said, &json!({"input": 1, "output": 10}), false);
    assert_eq!(cost(&router, "m:first", "", &usage()), Some(Cost(27_000_000)));
    assert_eq!(cost(&router, "m:second", "", &usage()), Some(Cost(30_000_000)));
}
