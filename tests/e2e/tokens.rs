//! Tokens of answers and what they cost, as access logs and metrics tell them.

use crate::harness::answers::USAGE;
use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::catalogue::{self, CLUSTERS, RED};
use crate::harness::gateway::Watched;
use crate::harness::metrics::Metrics;
use crate::harness::{Call, Gateway};
use http_body_util::BodyExt;
use serde_json::{json, Value};

/// The catalogue, with a price at one model.
fn gateway() -> Watched {
    let mut plugin = catalogue::configuration();
    let price = json!({"input": 3, "output": 15, "cached": 0.3});
    plugin["models"]["gpt-4o"]["targets"][0]["price"] = price;
    // 20 micro-dollars for a thousand tokens.
    plugin["models"]["embed-3"]["targets"][0]["price"] = json!({"input": 0.02, "output": 0});
    let listeners = vec![Listener::new("main", &plugin)];
    Gateway::own(&CLUSTERS, Bootstrap { listeners, ..catalogue::bootstrap() })
}

const COUNTS: [&str; 5] =
    ["prompt_tokens", "completion_tokens", "cached_tokens", "total_tokens", "cost_microusd"];

/// The counts of an access log's entry; `None` where one is not told.
fn counts(entry: &Value) -> [Option<u64>; 5] {
    COUNTS.map(|name| entry[name].as_str().map(|count| count.parse().unwrap()))
}

#[tokio::test]
async fn access_logs_tell_the_tokens_of_an_answer_and_their_cost() {
    let gateway = gateway();
    let of = |model: &str, tokens: &str| Call::chat(model).key(RED).header(USAGE, tokens);
    let streamed =
        json!({"model": "gpt-4o", "stream": true, "stream_options": {"include_usage": true}});
    let streamed = Call::post("/v1/chat/completions", streamed.to_string()).key(RED);
    let unasked = Call::post("/v1/chat/completions", r#"{"model": "gpt-4o", "stream": true}"#);
    for (call, expected) in [
        (of("gpt-4o", "1000,200,400"), [Some(1000), Some(200), Some(400), Some(1200), Some(4920)]),
        (streamed.header(USAGE, "100,20,0"), [Some(100), Some(20), None, Some(120), Some(600)]),
        // No price.
        (of("gpt-4o-mini", "7,5,3"), [Some(7), Some(5), Some(3), Some(12), None]),
        // It tells none.
        (unasked.key(RED), [None; 5]),
        (of("of-nobody", "7,5,3"), [None; 5]),
        (Call::get("/v1/models").key(RED), [None; 5]),
    ] {
        for call in [call.clone().http1(), call.http2()] {
            let exchange = gateway.send(call).await;
            let entry = gateway.access_log(&exchange.test_id).await;
            assert_eq!(counts(&entry), expected, "{entry}");
        }
    }
}

#[tokio::test]
async fn tokens_of_an_answer_that_its_client_left_are_told_and_paid() {
    let gateway = gateway();
    for http2 in [false, true] {
        let body = json!({"model": "gpt-4o", "stream": true}).to_string();
        let call = Call::post("/v1/chat/completions", body).key(RED);
        let call = if http2 { call.http2() } else { call.http1() };
        let mut live = gateway.send_live(call).await;
        live.provider.say("data: {\"usage\":{\"prompt_tokens\":40,\"completion_tokens\":8}}\n\n");
        let _heard = live.answer.body_mut().frame().await.unwrap().unwrap();
        drop(live.answer);
        live.provider.until_nobody_listens().await;
        let entry = gateway.access_log(&live.test_id).await;
        assert_eq!(entry["code"], "client_left", "{entry}");
        assert_eq!(counts(&entry), [Some(40), Some(8), None, Some(48), Some(240)], "{entry}");
    }
    let labels = [("team", "red"), ("provider", "openai"), ("model", "gpt-4o")];
    let paid = |metrics: &Metrics| metrics.sum("cost_microusd", &labels) == 480.0;
    assert!(paid(&gateway.metrics_once(paid).await));
}

/// Both workers count on: what one of them has left is below a micro-dollar.
#[tokio::test]
async fn many_small_costs_add_up() {
    let gateway = gateway();
    for _ in 0..100 {
        let call = Call::post("/v1/embeddings", r#"{"model": "embed-3", "input": "x"}"#);
        let call = call.key(RED).header(USAGE, "26,0,0");
        let exchange = gateway.send(call).await;
        assert_eq!(exchange.status, 200);
    }
    // 2,600 tokens at two cents for a million.
    let labels = [("team", "red"), ("provider", "openai"), ("model", "embed-3")];
    let cost = |metrics: &Metrics| metrics.sum("cost_microusd", &labels);
    let metrics = gateway.metrics_once(|metrics| cost(metrics) >= 51.0).await;
    assert!((51.0..=52.0).contains(&cost(&metrics)), "{}", cost(&metrics));
}
