//! Pools that are wired wrongly: nothing is sent, and the operator is told.

use super::site::{chat, configuration, failing, gateway, in_parts, own, tried, RED};
use crate::harness::bootstrap::Listener;
use crate::harness::gateway::Watched;
use crate::harness::pool::{retry_policy, Endpoint, Pool};
use serde_json::{json, Value};

/// A listener that retries, and the pool `pair` as it is given.
fn with_pool(pool: impl FnOnce(&Value) -> Pool) -> Watched {
    let plain = configuration();
    let listener = Listener::new("main", &plain).retrying(retry_policy(2));
    own(vec![listener], vec![pool(&plain)])
}

/// The gateway refuses, nothing was sent, and its log says why.
async fn assert_refused(gateway: &Watched, listener: &str, model: &str, why: &str) {
    let call = chat(model, RED).header("x-should-not", "arrive");
    let exchange = gateway.send_to(listener, call).await;
    exchange.assert_rejected(500, "internal_error");
    assert_eq!(exchange.header("x-should-retry"), Some("false"));
    let entry = gateway.access_log(&exchange.test_id).await;
    assert_eq!(entry["code"], "internal_error");
    let log = gateway.envoy().log();
    assert!(log.contains(why), "no {why:?} in {log}");
}

#[tokio::test]
async fn a_pool_without_the_filter_is_sent_nothing() {
    let both = ["bedrock", "anthropic"].map(Endpoint::of);
    let gateway = with_pool(|plain| Pool::new("pair", plain, both).without_filter());
    assert_refused(
        &gateway,
        "main",
        "pair",
        "has no filter with the root_id `llm_router_upstream`",
    )
    .await;
}

/// What a filter behind this one decides by is there: the method, the path, the host.
#[tokio::test]
async fn filters_between_the_listener_and_a_pool_see_a_whole_request() {
    let plain = configuration();
    let rules = |action: &str| {
        let header = |name: &str, value: &str| json!({"header": {"name": name, "string_match": {"exact": value}}});
        let rules = [header(":method", "POST"), header(":path", "/v1/chat/completions")];
        json!({
            "name": "envoy.filters.http.rbac",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
                "rules": {"action": action, "policies": {"posts": {
                    "permissions": [{"and_rules": {"rules": rules}}], "principals": [{"any": true}],
                }}},
            },
        })
    };
    let listener = |name: &str, action: &str| {
        Listener::new(name, &plain).retrying(retry_policy(2)).before(rules(action))
    };
    let both = ["bedrock", "anthropic"].map(Endpoint::of);
    let gateway = own(
        vec![listener("allowing", "ALLOW"), listener("denying", "DENY")],
        vec![Pool::new("pair", &plain, both)],
    );
    let exchange = gateway.send_to("allowing", failing(chat("pair", RED), "bedrock=503")).await;
    assert_eq!((exchange.status, tried(&exchange)), (200, vec!["bedrock", "anthropic"]));
    let exchange = gateway.send_to("denying", chat("pair", RED)).await;
    assert_eq!((exchange.status, exchange.upstream.len()), (403, 0));
}

#[tokio::test]
async fn an_endpoint_that_names_no_provider_or_another_is_sent_nothing() {
    let nameless = [Endpoint::nameless("bedrock"), Endpoint::of("anthropic")];
    let gateway = with_pool(|plain| Pool::new("pair", plain, nameless));
    assert_refused(&gateway, "main", "pair", "names no provider").await;
    let stranger = [Endpoint::named("bedrock", "openai"), Endpoint::of("anthropic")];
    let gateway = with_pool(|plain| Pool::new("pair", plain, stranger));
    assert_refused(&gateway, "main", "pair", "may not serve this request").await;
}

/// What the log says of a pool whose filter's configuration is changed so.
type Change<'a> = (&'a str, &'a dyn Fn(&mut Value));

#[tokio::test]
async fn a_pool_whose_filter_has_another_configuration_is_sent_nothing() {
    let changes: [Change; 5] = [
        ("it has no such provider", &|other| {
            let renamed = other["providers"].as_object_mut().unwrap();
            let bedrock = renamed.remove("bedrock").unwrap();
            renamed.insert("rockbed".to_owned(), bedrock);
            let text =
                other.to_string().replace(r#""provider":"bedrock""#, r#""provider":"rockbed""#);
            *other = serde_json::from_str(&text).unwrap();
        }),
        ("it has no such model", &|other| {
            let models = other["models"].as_object_mut().unwrap();
            models.remove("pair");
        }),
        ("the model has no such target", &|other| {
            other["models"]["pair"]["targets"][0]["model"] = json!("elsewhere");
        }),
        ("it has no such key", &|other| {
            other["teams"][RED]["keys"][0]["id"] = json!("other");
        }),
        ("the team has no credential", &|other| {
            other["teams"][RED]["credentials"] = json!(["anthropic-red"]);
        }),
    ];
    let plain = configuration();
    let listener = |number: usize| {
        let mut own = plain.clone();
        for model in ["pair", "claude-*"] {
            own["models"][model]["failover_cluster"] = json!(format!("pool-{number}"));
        }
        Listener::new(&format!("listener-{number}"), &own).retrying(retry_policy(2))
    };
    let pool = |(number, (_, change)): (usize, &Change)| {
        let mut other = plain.clone();
        change(&mut other);
        Pool::new(&format!("pool-{number}"), &other, ["bedrock", "anthropic"].map(Endpoint::of))
    };
    let gateway = own(
        (0..changes.len()).map(listener).collect(),
        changes.iter().enumerate().map(pool).collect(),
    );
    for (number, (why, _)) in changes.iter().enumerate() {
        assert_refused(&gateway, &format!("listener-{number}"), "pair", why).await;
    }
}

#[tokio::test]
async fn a_pool_that_is_told_subsets_and_has_none_is_sent_nothing_that_is_not_allowed() {
    let parts = in_parts();
    let all = ["bedrock", "anthropic", "openai", "azure"].map(Endpoint::of);
    let listener = Listener::new("main", &parts).retrying(retry_policy(2));
    let gateway = own(vec![listener], vec![Pool::new("all", &parts, all)]);
    assert_refused(&gateway, "main", "two", "give the pool a `lb_subset_config`").await;
}

#[tokio::test]
async fn a_request_that_no_filter_has_sent_to_the_pool_is_refused() {
    let both = ["bedrock", "anthropic"].map(Endpoint::of);
    let plain = configuration();
    let mut unfiltered = Listener::without_filter("unfiltered");
    unfiltered.cluster_header = "x-llm-cluster".to_owned();
    // A provider's own cluster that the filter's other part stands in by mistake: it answers nobody.
    let mut mistaken = plain.clone();
    mistaken["providers"]["bedrock"]["cluster"] = json!("other-pair");
    let listeners = vec![unfiltered, Listener::new("mistaken", &mistaken)];
    let pools = ["pair", "other-pair"].map(|name| Pool::new(name, &plain, both.clone()));
    let gateway = own(listeners, pools.to_vec());
    let call = chat("pair", RED)
        .header("x-llm-cluster", "pair")
        .header("llm_router.failover_context", "{}");
    let exchange = gateway.send_to("unfiltered", call).await;
    exchange.assert_rejected(500, "internal_error");
    assert!(gateway.envoy().log().contains("no filter has sent this request here"));
    let exchange = gateway.send_to("mistaken", chat("alone:bedrock", RED)).await;
    exchange.assert_rejected(500, "internal_error");
}

#[tokio::test]
async fn two_attempts_at_once_are_refused() {
    // Envoy keeps one map of header fields for both of them: one could be sent the other's key.
    let exchange = gateway().send_to("hedging", failing(chat("pair", RED), "bedrock=hang")).await;
    assert_eq!((exchange.status, tried(&exchange)), (500, vec!["bedrock"]));
    assert_eq!(exchange.json()["error"]["code"], "internal_error");
    assert!(gateway().envoy().log().contains("the route must have no `hedge_policy`"));
    // One after the other they are made as always.
    let exchange = gateway().send_to("hedging", failing(chat("pair", RED), "bedrock=503")).await;
    assert_eq!((exchange.status, tried(&exchange)), (200, vec!["bedrock", "anthropic"]));
}

#[tokio::test]
async fn an_aggregate_cluster_is_a_pool_where_it_has_the_filter_itself() {
    let plain = configuration();
    let aggregate = |names: [&str; 2]| {
        json!({
            "lb_policy": "CLUSTER_PROVIDED",
            "cluster_type": {"name": "envoy.clusters.aggregate", "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig",
                "clusters": names,
            }},
        })
    };
    let member = |name: &str, provider: &str| Pool::new(name, &plain, [Endpoint::of(provider)]);
    let mut of_members = plain.clone();
    for model in ["pair", "claude-*"] {
        of_members["models"][model]["failover_cluster"] = json!("pair-of-members");
    }
    let listeners = vec![
        Listener::new("main", &plain).retrying(retry_policy(2)),
        Listener::new("of-members", &of_members).retrying(retry_policy(2)),
    ];
    let pools = vec![
        member("m1", "bedrock").without_filter(),
        member("m2", "anthropic").without_filter(),
        Pool::new("pair", &plain, []).with(aggregate(["m1", "m2"])),
        // The filters of members do not run: Envoy takes those of the aggregate.
        member("m3", "bedrock"),
        member("m4", "anthropic"),
        Pool::new("pair-of-members", &plain, []).with(aggregate(["m3", "m4"])).without_filter(),
    ];
    let gateway = own(listeners, pools);
    let exchange = gateway.send(failing(chat("pair", RED), "bedrock=503")).await;
    assert_eq!((exchange.status, tried(&exchange)), (200, vec!["bedrock", "anthropic"]));
    assert_refused(&gateway, "of-members", "pair", "has no filter with the root_id").await;
}
