//! Envoy's other filters behind this one and before a pool: what they answer is theirs.

use super::site::{chat, configuration, environment, failing, tried, CLUSTERS, RED};
use crate::harness::answers::FAIL_WITH;
use crate::harness::bootstrap::{Bootstrap, Listener, SITE, UNREACHABLE};
use crate::harness::filters;
use crate::harness::pool::{retry_policy, Endpoint, Pool};
use crate::harness::Gateway;
use serde_json::{json, Value};

/// One failure of a provider would be enough.
fn strict() -> Value {
    let mut configuration = configuration();
    configuration["cooldown"] = json!({"failures": 1, "seconds": 600});
    configuration
}

#[tokio::test]
async fn what_filters_before_a_pool_answer_passes_and_counts_against_no_provider() {
    let plain = strict();
    let listener =
        |name: &str, filter| Listener::new(name, &plain).retrying(retry_policy(2)).before(filter);
    let gateway = Gateway::own(
        &CLUSTERS,
        Bootstrap {
            listeners: vec![
                Listener::new("main", &plain).retrying(retry_policy(2)),
                listener("limited", filters::local_rate_limit()),
                listener("denied", filters::rbac()),
                listener("faulty", filters::fault()),
                listener("authorized", filters::ext_authz(SITE)),
                listener("unauthorized", filters::ext_authz(UNREACHABLE)),
            ],
            pools: vec![Pool::new("pair", &plain, ["bedrock", "anthropic"].map(Endpoint::of))],
            environment: environment(),
            ..Bootstrap::default()
        },
    );
    // The bucket has one token.
    let exchange = gateway.send_to("limited", chat("pair", RED)).await;
    assert_eq!((exchange.status, tried(&exchange)), (200, vec!["bedrock"]));
    let refusals = [
        ("limited", "200", 429, "local_rate_limited", Some("3600")),
        ("denied", "200", 403, "RBAC: access denied", None),
        ("faulty", "200", 503, "fault filter abort", None),
        ("authorized", "401", 401, "Slow down.", None),
        ("authorized", "429", 429, "Slow down.", None),
        // The service cannot be asked.
        ("unauthorized", "200", 403, "", None),
    ];
    for (listener, asked, status, words, retry_after) in refusals {
        for _ in 0..3 {
            let call = chat("pair", RED).header(FAIL_WITH, asked);
            let exchange = gateway.send_to(listener, call).await;
            assert_eq!((exchange.status, tried(&exchange)), (status, vec![]), "{listener}");
            assert!(exchange.text().contains(words), "{listener}: {}", exchange.text());
            assert_eq!(exchange.header("retry-after"), retry_after, "{listener}");
            assert_eq!(exchange.header("x-should-retry"), None, "{listener}");
            let entry = gateway.access_log(&exchange.test_id).await;
            let told = ["code", "team", "attempts", "providers_tried"].map(|name| &entry[name]);
            let expected = [json!("local_reply"), json!(RED), Value::Null, Value::Null];
            assert_eq!(told, expected.each_ref(), "{listener}");
        }
    }
    let refused = 3.0 * f64::from(u32::try_from(refusals.len()).unwrap());
    let labels = [("team", RED), ("code", "local_reply")];
    let metrics = gateway.metrics_once(|metrics| metrics.sum("requests", &labels) >= refused).await;
    assert_eq!(metrics.sum("requests", &labels), refused);
    assert_eq!(metrics.sum("cooldowns", &[]), 0.0);
    // No provider is in cooldown, and what the filters let through is served and tried again as ever.
    for listener in ["main", "authorized"] {
        let call = failing(chat("pair", RED), "none");
        let exchange = gateway.send_to(listener, call).await;
        assert_eq!((exchange.status, tried(&exchange)), (200, vec!["bedrock"]), "{listener}");
    }
    let exchange = gateway.send_to("authorized", failing(chat("pair", RED), "bedrock=503")).await;
    assert_eq!((exchange.status, tried(&exchange)), (200, vec!["bedrock", "anthropic"]));
}

/// A circuit breaker that is open all the time: it is this Envoy's, and says nothing of the provider.
#[tokio::test]
async fn a_circuit_breaker_that_is_full_counts_against_no_provider_alone_and_in_a_pool() {
    let open = json!({"circuit_breakers": {"thresholds": [{"max_pending_requests": 0}]}});
    let mut plain = strict();
    for provider in ["bedrock", "anthropic"] {
        plain["providers"][provider]["cluster"] = json!(format!("full-{provider}"));
    }
    let alone = |provider: &str| {
        Pool::new(&format!("full-{provider}"), &plain, [Endpoint::of(provider)])
            .without_filter()
            .with(open.clone())
    };
    let pair = Pool::new("pair", &plain, ["bedrock", "anthropic"].map(Endpoint::of));
    let gateway = Gateway::own(
        &CLUSTERS,
        Bootstrap {
            listeners: vec![Listener::new("main", &plain).retrying(retry_policy(2))],
            pools: vec![pair.with(open.clone()), alone("bedrock"), alone("anthropic")],
            environment: environment(),
            ..Bootstrap::default()
        },
    );
    // In a pool it is full before any attempt begins.
    for (model, provider) in [("alone", json!("bedrock")), ("pair", Value::Null)] {
        for _ in 0..3 {
            let exchange = gateway.send(chat(model, RED)).await;
            assert_eq!((exchange.status, tried(&exchange)), (503, vec![]), "{model}");
            let entry = gateway.access_log(&exchange.test_id).await;
            assert_eq!((&entry["code"], &entry["flags"]), (&json!("local_reply"), &json!("UO")));
            // If it were in cooldown, the second one would be asked.
            assert_eq!(entry["provider"], provider, "{model}");
        }
    }
    let labels = [("team", RED), ("code", "local_reply")];
    let metrics = gateway.metrics_once(|metrics| metrics.sum("requests", &labels) >= 6.0).await;
    assert_eq!(metrics.sum("requests", &labels), 6.0);
    assert_eq!(metrics.sum("cooldowns", &[]), 0.0);
}

/// Envoy's filter against requests that another site's page makes, `envoy.filters.http.csrf`: it compares `origin` with the
/// host, and refuses what has none. Behind this filter there is no `origin`, and alone the host is the provider's.
#[tokio::test]
async fn csrf_lets_no_request_of_another_origin_through_before_and_behind_alone_and_in_a_pool() {
    let plain = configuration();
    let mut keeping = plain.clone();
    for provider in ["bedrock", "anthropic"] {
        keeping["providers"][provider]["keep_headers"] = json!(["origin"]);
    }
    let listener = |name: &str, plain: &Value| Listener::new(name, plain).retrying(retry_policy(2));
    let gateway = Gateway::own(
        &CLUSTERS,
        Bootstrap {
            listeners: vec![
                listener("in-front", &plain).behind(filters::csrf()),
                listener("behind", &plain).before(filters::csrf()),
                listener("keeping", &keeping).before(filters::csrf()),
            ],
            pools: vec![Pool::new("pair", &plain, ["bedrock", "anthropic"].map(Endpoint::of))],
            environment: environment(),
            ..Bootstrap::default()
        },
    );
    let (here, elsewhere) = (Some("https://llm.example"), Some("https://elsewhere.example"));
    for (listener, origin, alone, pair) in [
        ("in-front", here, 200, 200),
        ("in-front", elsewhere, 403, 403),
        ("in-front", None, 403, 403),
        ("behind", here, 403, 403),
        ("behind", elsewhere, 403, 403),
        ("behind", None, 403, 403),
        ("keeping", here, 403, 200),
        ("keeping", elsewhere, 403, 403),
        ("keeping", None, 403, 403),
    ] {
        for (model, status) in [("alone", alone), ("pair", pair)] {
            let call = chat(model, RED).authority("llm.example");
            let call = origin.into_iter().fold(call, |call, origin| call.header("origin", origin));
            let exchange = gateway.send_to(listener, call).await;
            let sent = usize::from(status == 200);
            let seen = (exchange.status, exchange.upstream.len());
            assert_eq!(seen, (status, sent), "{listener} {model} {origin:?}");
        }
    }
}
