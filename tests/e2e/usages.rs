//! The answers of `tests/usages.json` pass a real Envoy unchanged, and their tokens are counted.

#[path = "../usages/mod.rs"]
pub mod rows;

use crate::harness::answers::Scripted;
use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::catalogue::{self, CLUSTERS, RED};
use crate::harness::metrics::Metrics;
use crate::harness::{Call, Gateway};
use serde_json::json;

const METRICS: [&str; 3] = ["prompt_tokens", "completion_tokens", "cached_tokens"];

#[tokio::test]
async fn answers_are_counted_in_a_real_envoy() {
    let rows = rows::Usages::load().answers;
    // Each has a model of its own, by which the metrics tell it from the others.
    let model = |number: usize| format!("answer-{number}");
    let mut plugin = catalogue::configuration();
    for number in 0..rows.len() {
        plugin["models"][model(number)] = json!({"targets": [{"provider": "openai"}]});
    }
    let listeners = vec![Listener::new("main", &plugin)];
    let gateway = Gateway::own(&CLUSTERS, Bootstrap { listeners, ..catalogue::bootstrap() });
    for (number, row) in rows.iter().enumerate() {
        let body = row.body();
        let answer = Scripted::status(200).header("content-type", &row.content_type).bytes(&body);
        let exchange = gateway.send(Call::chat(&model(number)).key(RED).answered(&answer)).await;
        assert_eq!(exchange.body, body, "{}", row.title());
    }
    let counted = |metrics: &Metrics, number: usize| {
        METRICS.map(|name| metrics.sum(name, &[("model", &model(number))]) as u64)
    };
    let expected = |row: &rows::Answer| {
        row.usage.map_or([0; 3], |usage| [usage.prompt, usage.completion, usage.cached])
    };
    let all = |metrics: &Metrics| {
        rows.iter().enumerate().all(|(number, row)| counted(metrics, number) == expected(row))
    };
    let metrics = gateway.metrics_once(all).await;
    for (number, row) in rows.iter().enumerate() {
        assert_eq!(counted(&metrics, number), expected(row), "{}", row.title());
    }
}
