//! What each answer of a provider means: to the client, to who counts, and to the credential. Alone, and in a pool.

mod table;

use crate::harness::answers::Scripted;
use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::catalogue::{self, sha256, CLUSTERS};
use crate::harness::gateway::Watched;
use crate::harness::pool::{retry_policy, Endpoint, Pool};
use crate::harness::{Call, Exchange, Gateway};
use serde_json::{json, Value};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use table::{waits, AtOnce, Failure, Meaning, Nothing, CLIENT, ERROR, LIMITED, MEANINGS};
use tokio::task::JoinSet;

const SECOND: &str = "groq";
const FIRSTS: [&str; 3] = ["openai", "gemini", "xai"];
const SECRET: &str = "sk-meanings-of-";

/// A team's virtual key.
fn key(team: &str) -> String {
    format!("vk-meaning-{team}-2Wq7")
}

/// Each first provider and the second one are a model's targets, alone and in a pool. What one test does to a credential
/// is nothing to the others: each has its own team.
fn configuration(name: &str, cooldown: Value) -> Value {
    let mut providers = json!({SECOND: {"cluster": SECOND, "kind": "groq"}});
    let mut models = json!({});
    for first in FIRSTS {
        providers[first] = json!({"cluster": first, "kind": first});
        let targets = json!([{"provider": first}, {"provider": SECOND, "priority": 1}]);
        models[first] = json!({"targets": targets});
        models[format!("pooled-{first}")] =
            json!({"targets": targets, "failover_cluster": format!("{name}-{first}")});
    }
    let holders = FIRSTS.into_iter().chain([SECOND]);
    let credential =
        |name| (name, json!({"provider": name, "value": format!("{SECRET}{name}-8Tz5")}));
    let credentials: Value = holders.map(|name| (name.to_owned(), credential(name).1)).collect();
    let names: Vec<_> = credentials.as_object().unwrap().keys().cloned().collect();
    let teams = (0..MEANINGS.len().max(waits().len()))
        .flat_map(|number| ["alone", "pooled"].map(|way| format!("{name}-{way}-{number}")));
    let team = |team: String| {
        let keys = json!([{"sha256": sha256(&key(&team))}]);
        (team, json!({"keys": keys, "models": ["*"], "credentials": names}))
    };
    json!({
        "providers": providers, "models": models, "credentials": credentials,
        "teams": teams.map(team).collect::<Value>(), "cooldown": cooldown,
    })
}

fn gateway() -> Watched {
    static SHARED: OnceLock<Arc<Gateway>> = OnceLock::new();
    let clusters: Vec<_> = CLUSTERS.into_iter().chain(["xai"]).collect();
    Gateway::once(&SHARED, &clusters, || {
        let mut policy = retry_policy(1);
        // Those of the example.
        policy["retry_on"] =
            json!("gateway-error,retriable-status-codes,connect-failure,refused-stream,reset");
        policy["retriable_status_codes"] = json!([429, 521, 522, 523, 529]);
        policy["per_try_timeout"] = json!("15s");
        let configurations = [
            ("strict", configuration("strict", json!({"failures": 2, "seconds": 600}))),
            ("brief", configuration("brief", json!({"failures": 3, "seconds": 1}))),
        ];
        let listener =
            |(name, plugin): &(&str, Value)| Listener::new(name, plugin).retrying(policy.clone());
        let pools = |(name, plugin): &(&str, Value)| {
            FIRSTS.map(|first| {
                Pool::new(&format!("{name}-{first}"), plugin, [first, SECOND].map(Endpoint::of))
            })
        };
        Bootstrap {
            listeners: configurations.iter().map(listener).collect(),
            pools: configurations.iter().flat_map(pools).collect(),
            ..catalogue::bootstrap()
        }
    })
}

/// One team's requests for one model.
struct Caller {
    listener: &'static str,
    team: String,
    model: String,
}

impl Caller {
    fn call(&self) -> Call {
        Call::chat(&self.model).key(&key(&self.team))
    }

    async fn ask(&self, call: Call) -> Exchange {
        gateway().send_to(self.listener, call).await
    }

    /// The provider that serves a request.
    async fn served_by(&self) -> String {
        self.ask(self.call()).await.upstream().cluster.clone()
    }

    /// Whether the provider is passed over after this many of these answers: it is when it should be.
    async fn is_led_elsewhere(&self, meaning: &Meaning, answers: usize) -> bool {
        let is_counted = match meaning.counts {
            Nothing => false,
            Failure => answers == 2,
            AtOnce => true,
        };
        // The first of two failures would be forgotten if the provider served a request in between.
        if is_counted || (meaning.counts == Nothing && answers == 2) {
            let expected = if is_counted { SECOND } else { meaning.first };
            assert_eq!(self.served_by().await, expected, "{}, {answers}", meaning.name());
        }
        is_counted
    }
}

#[tokio::test]
async fn each_answer_means_the_same_to_client_count_and_credential_alone() {
    let mut tests = JoinSet::new();
    for (number, meaning) in MEANINGS.iter().enumerate() {
        tests.spawn(async move {
            let team = format!("strict-alone-{number}");
            let caller = Caller { listener: "strict", team, model: meaning.first.to_owned() };
            let name = meaning.name();
            for attempt in 1..=2 {
                let exchange = caller.ask(caller.call().answered(&meaning.answer())).await;
                assert_is_told(&exchange, meaning).await;
                assert_eq!(exchange.upstream[0].cluster, meaning.first, "{name}");
                if caller.is_led_elsewhere(meaning, attempt).await {
                    break;
                }
            }
        });
    }
    all(tests).await;
}

#[tokio::test]
async fn each_answer_means_the_same_to_client_count_and_credential_in_a_pool() {
    let mut tests = JoinSet::new();
    for (number, meaning) in MEANINGS.iter().enumerate() {
        tests.spawn(async move {
            let team = format!("strict-pooled-{number}");
            let model = format!("pooled-{}", meaning.first);
            let caller = Caller { listener: "strict", team, model };
            let name = meaning.name();
            for attempt in 1..=2 {
                let exchange = caller.ask(caller.call().answered(&meaning.answer())).await;
                let tried: Vec<_> = exchange.upstream.iter().map(|one| &*one.cluster).collect();
                match meaning.is_retried {
                    true => {
                        assert_eq!((exchange.status, tried), (200, vec![meaning.first, SECOND]));
                        let entry = gateway().access_log(&exchange.test_id).await;
                        assert_eq!(
                            (&entry["code"], &entry["attempts"]),
                            (&"ok".into(), &"2".into())
                        );
                    }
                    false => {
                        assert_is_told(&exchange, meaning).await;
                        assert_eq!(tried, [meaning.first], "{name}");
                    }
                }
                if caller.is_led_elsewhere(meaning, attempt).await {
                    break;
                }
            }
        });
    }
    all(tests).await;
}

#[tokio::test]
async fn a_credential_cools_down_as_long_as_it_is_asked_to() {
    // Its start takes longer than some of them.
    drop(gateway());
    let mut tests = JoinSet::new();
    for way in ["alone", "pooled"] {
        for (number, (status, headers, wait)) in waits().into_iter().enumerate() {
            tests.spawn(async move {
                let first = FIRSTS[0];
                let model =
                    if way == "alone" { first.to_owned() } else { format!("pooled-{first}") };
                let caller =
                    Caller { listener: "brief", team: format!("brief-{way}-{number}"), model };
                let answer = Scripted::status(status).only_of(first);
                let answer =
                    headers.iter().fold(answer, |all, (name, value)| all.header(name, value));
                let began = Instant::now();
                let exchange = caller.ask(caller.call().answered(&answer)).await;
                assert_eq!(exchange.upstream[0].cluster, first);
                while caller.served_by().await == SECOND {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    assert!(began.elapsed() < wait + Duration::from_secs(15), "{headers:?}");
                }
                assert!(began.elapsed() >= wait, "{headers:?} {way}: {:?}", began.elapsed());
            });
        }
    }
    all(tests).await;
}

/// The client has the answer as it is, or the gateway's own, in which nothing of the provider's is.
async fn assert_is_told(exchange: &Exchange, meaning: &Meaning) {
    let name = meaning.name();
    assert_eq!(exchange.status, meaning.seen, "{name}: {}", exchange.text());
    if meaning.code == CLIENT || meaning.code == LIMITED || meaning.code == ERROR {
        assert_eq!(exchange.text(), meaning.body, "{name}");
        assert_eq!(exchange.header("x-should-retry"), None, "{name}");
        for (field, value) in meaning.headers {
            let mut values = exchange.headers.get_all(*field).iter();
            assert!(values.any(|one| one == value), "{name}: no {field}: {value}");
        }
    } else {
        assert_eq!(exchange.json()["error"]["code"], meaning.code, "{name}");
        assert!(!exchange.text().contains("sk-me"), "{name}: {}", exchange.text());
        assert_eq!(exchange.header("location"), None, "{name}");
    }
    let entry = gateway().access_log(&exchange.test_id).await;
    assert_eq!(entry["code"], meaning.code, "{name}");
}

async fn all(mut tests: JoinSet<()>) {
    while let Some(outcome) = tests.join_next().await {
        outcome.unwrap();
    }
}
