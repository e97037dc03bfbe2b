//! In a pool Envoy chooses between endpoints of one priority; told the session, it chooses the same one again.

use std::collections::BTreeSet;

use serde_json::{json, Value};

use super::site::{self, chat, key, RED};
use crate::harness::bootstrap::Listener;
use crate::harness::pool::{retry_policy, Endpoint, Pool};
use crate::harness::{Call, Gateway};

const HEADER: &str = "x-llm-session";

fn configuration() -> Value {
    let mut configuration = site::configuration();
    configuration["failover"]["session_header"] = json!(HEADER);
    configuration["models"]["pair"]["affinity"] = json!(["header x-session-id", "user"]);
    configuration["models"]["pair"]["failover_cluster"] = json!("level");
    configuration
}

/// Both endpoints have the same priority, and the session decides between them.
fn level(plugin: &Value) -> Pool {
    let pool = Pool::new("level", plugin, ["bedrock", "anthropic"].map(Endpoint::of));
    pool.of_one_priority().with(json!({"lb_policy": "RING_HASH"}))
}

fn retrying() -> Value {
    let mut policy = retry_policy(2);
    policy["retry_host_predicate"] = json!([{
        "name": "envoy.retry_host_predicates.previous_hosts",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
        },
    }]);
    policy["host_selection_retry_max_attempts"] = json!(50);
    policy.as_object_mut().unwrap().remove("retry_priority");
    policy
}

fn of_session(session: &str) -> Call {
    chat("pair", RED).header("x-session-id", session)
}

async fn first_at(gateway: &Gateway, call: Call) -> String {
    let exchange = gateway.send(call).await;
    assert_eq!(exchange.status, 200);
    let received = exchange.upstream();
    assert!(received.all(HEADER).is_empty(), "the provider was told the session");
    received.cluster.clone()
}

#[tokio::test]
async fn a_pool_with_a_ring_hash_keeps_a_session_at_one_provider() {
    let plugin = configuration();
    let listener = Listener::new("main", &plugin).retrying(retrying()).hashing_by(HEADER);
    let gateway = site::own(vec![listener], vec![level(&plugin)]);
    let mut all = BTreeSet::new();
    for session in 0..12 {
        let name = format!("session-{session}");
        let at = first_at(&gateway, of_session(&name)).await;
        for _ in 0..4 {
            // What the client writes there is not believed.
            let call = of_session(&name).header(HEADER, "forged");
            assert_eq!(first_at(&gateway, call).await, at, "{name}");
        }
        // The first provider fails: the other one has the request, and afterwards the session is where it was.
        let call = site::failing(of_session(&name), &format!("{at}=503"));
        let exchange = gateway.send(call).await;
        let tried = site::tried(&exchange);
        // A ring hash gives the same endpoint again unless its draw for a retry is another one.
        assert_eq!((exchange.status, tried[0]), (200, &*at), "{name}: {tried:?}");
        assert_ne!(tried.last(), Some(&&*at), "{name}: {tried:?}");
        assert_eq!(first_at(&gateway, of_session(&name)).await, at, "{name}");
        all.insert(at);
    }
    assert_eq!(all.len(), 2, "every session is at the same provider");
    // Another team's session of the same name is another session.
    let others = (0..12).map(|session| format!("session-{session}"));
    let mut differs = false;
    for name in others {
        let blue = Call::chat("pair").key(&key(site::BLUE)).header("x-session-id", name.as_str());
        differs |= first_at(&gateway, blue).await != first_at(&gateway, of_session(&name)).await;
    }
    assert!(differs);
}
