//! What a provider's answers would have Envoy do: they take nobody out of use and end no retries.

use crate::harness::answers::Scripted;
use crate::harness::bootstrap::{Bootstrap, Listener, SITE};
use crate::harness::catalogue::{sha256, CLUSTERS};
use crate::harness::gateway::Watched;
use crate::harness::pool::{no_orders, retry_policy, Endpoint, Pool};
use crate::harness::{Call, Gateway, Received};
use serde_json::{json, Value};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const KEY: &str = "vk-steering-3Ub5";
const UNHEALTHY: (&str, &str) = ("x-envoy-immediate-health-check-fail", "true");

fn configuration() -> Value {
    let targets = json!([{"provider": "openai"}, {"provider": "groq", "priority": 1}]);
    json!({
        "providers": {
            "openai": {"cluster": "guarded", "kind": "openai"},
            "mistral": {"cluster": "open", "kind": "mistral"},
            "groq": {"cluster": "groq", "kind": "groq"},
        },
        "models": {
            "guarded": {"targets": [{"provider": "openai"}]},
            "open": {"targets": [{"provider": "mistral"}]},
            "pooled": {"targets": targets, "failover_cluster": "pool"},
        },
        "credentials": {
            "o": {"provider": "openai", "value": "sk-steering-openai-1Zd8"},
            "m": {"provider": "mistral", "value": "sk-steering-mistral-6Lr4"},
            "g": {"provider": "groq", "value": "sk-steering-groq-9Xe2"},
        },
        "teams": {"t": {
            "keys": [{"sha256": sha256(KEY)}], "models": ["*"], "credentials": ["o", "m", "g"],
        }},
        "cooldown": {"failures": 0},
    })
}

/// A cluster whose one endpoint is checked for its health; nothing is sent to it while it is not healthy.
fn checked(name: &str, address: SocketAddr, filters: Vec<Value>) -> Value {
    let options = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    let codec = json!({"name": "envoy.filters.http.upstream_codec", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec",
    }});
    json!({
        "name": name, "type": "STATIC",
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
        "health_checks": [{
            "timeout": "2s", "interval": "300s", "no_traffic_interval": "300s", "unhealthy_threshold": 1,
            "healthy_threshold": 1, "tcp_health_check": {},
        }],
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {
            "socket_address": {"address": address.ip().to_string(), "port_value": address.port()},
        }}}]}]},
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": options,
                "explicit_http_config": {"http_protocol_options": {}},
                "http_filters": filters.into_iter().chain([codec]).collect::<Vec<_>>(),
            },
        },
    })
}

fn gateway() -> Watched {
    let plain = configuration();
    let make = move |addresses: &BTreeMap<String, SocketAddr>| {
        let pool = Pool::new("pool", &plain, ["openai", "groq"].map(Endpoint::of));
        let inner = Bootstrap {
            listeners: vec![Listener::new("main", &plain).retrying(retry_policy(1))],
            clusters: addresses.clone(),
            pools: vec![pool],
            further_clusters: vec![
                checked("guarded", addresses["openai"], vec![no_orders()]),
                checked("open", addresses["mistral"], vec![]),
            ],
            ..Bootstrap::default()
        };
        inner.render(Path::new("/dev/null"))
    };
    let bootstrap = Bootstrap {
        listeners: vec![Listener::new("main", &configuration())],
        made: Some(Arc::new(make)),
        ..Bootstrap::default()
    };
    Gateway::own(&CLUSTERS, bootstrap)
}

fn chat(model: &str) -> Call {
    Call::chat(model).key(KEY)
}

#[tokio::test]
async fn a_provider_takes_itself_out_of_use_by_no_header() {
    let gateway = gateway();
    let answer = Scripted::status(200).header(UNHEALTHY.0, UNHEALTHY.1).body("{}");
    for model in ["guarded", "open"] {
        assert_eq!(gateway.send(chat(model).answered(&answer)).await.status, 200, "{model}");
    }
    // This is what the filter in the cluster keeps from happening. Each of Envoy's workers hears of it in its own time.
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut refused = 0;
    while refused < 8 {
        let exchange = gateway.send(chat("open")).await;
        refused = if exchange.status == 503 { refused + 1 } else { 0 };
        assert!(Instant::now() < deadline, "still {}: {}", exchange.status, exchange.text());
        assert_eq!(exchange.upstream.len(), usize::from(exchange.status == 200));
    }
    for _ in 0..8 {
        let exchange = gateway.send(chat("guarded")).await;
        assert_eq!((exchange.status, exchange.upstream.len()), (200, 1));
    }
}

#[tokio::test]
async fn a_provider_ends_failover_by_no_header() {
    let gateway = gateway();
    let tried =
        |upstream: &[Received]| upstream.iter().map(|one| one.cluster.clone()).collect::<Vec<_>>();
    for status in [429, 503] {
        let answer = Scripted::status(status).header("x-envoy-ratelimited", "true");
        let exchange = gateway.send(chat("pooled").answered(&answer)).await;
        assert_eq!(tried(&exchange.upstream), ["openai", "groq"], "{status}");
        let exchange = gateway.send(chat("guarded").answered(&answer)).await;
        assert_eq!(tried(&exchange.upstream), ["openai", "openai"], "{status}");
        // Again, what would be.
        let exchange = gateway.send(chat("open").answered(&answer)).await;
        assert_eq!(tried(&exchange.upstream), ["mistral"], "{status}");
    }
}

/// An Envoy in front of the gateway that checks its health, and obeys it.
#[tokio::test]
async fn a_provider_takes_the_gateway_from_nobody() {
    let gateway = gateway();
    let front = Bootstrap {
        listeners: vec![Listener::without_filter("front")],
        // Where a listener without the filter sends everything.
        further_clusters: vec![checked(SITE, gateway.listener("main"), vec![])],
        ..Bootstrap::default()
    };
    let front = Gateway::own(&[], front);
    let answer = Scripted::status(200).header(UNHEALTHY.0, UNHEALTHY.1).body("{}");
    for _ in 0..3 {
        let exchange = front.send_to("front", chat("guarded").answered(&answer)).await;
        assert_eq!(exchange.status, 200, "{}", exchange.text());
        assert_eq!(exchange.header(UNHEALTHY.0), None);
    }
    assert_eq!(gateway.received(&front.send_to("front", chat("guarded")).await.test_id).len(), 1);
}
