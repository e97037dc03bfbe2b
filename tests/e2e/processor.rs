//! An external processor that streams bodies in full duplex, before the filter and behind it: no byte of a body is lost, repeated
//! or moved.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use tokio::task::JoinSet;

use crate::harness::bootstrap::{Bootstrap, Listener, SITE};
use crate::harness::catalogue::sha256;
use crate::harness::client::Frames;
use crate::harness::gateway::Watched;
use crate::harness::processor::{Manner, Processor};
use crate::harness::{Call, Gateway};

const KEY: &str = "vk-processor-9Jd2";
/// Shorter and longer than what the provider calls them.
const MODELS: [(&str, &str); 2] =
    [("m", "a-model-with-a-longer-name"), ("a-model-of-a-long-name", "n")];
/// Bytes of text in a body: below, at and above the sizes in which Envoy reads, sends and buffers.
const SIZES: [usize; 8] = [1 << 10, 16_000, 1 << 14, 65_535, 1 << 16, 100_000, 300_000, 1 << 20];

fn listener(name: &str) -> Listener {
    Listener::new(
        name,
        &json!({
            "providers": {"openai": {"kind": "openai", "cluster": "openai", "default_credential": "openai"}},
            "models": BTreeMap::from(MODELS.map(|(asked, sent)| (asked, json!({"targets": [{"model": sent}]})))),
            "credentials": {"openai": {"provider": "openai", "value": "sk-processor-5Tq1"}},
            "teams": {"all": {"models": ["*"], "keys": [{"sha256": sha256(KEY)}]}},
        }),
    )
}

/// A body in which no two places look alike, its model first or last; and what must be in front of the model and behind it.
fn body(size: usize, model_first: bool) -> (String, String) {
    let mut random = fastrand::Rng::with_seed(u64::try_from(size).unwrap());
    let text: String = (0..size).map(|_| random.alphanumeric()).collect();
    let message = format!(r#""messages":[{{"role":"user","content":"{text}"}}]"#);
    if model_first {
        (r#"{"model":""#.to_owned(), format!(r#"",{message}}}"#))
    } else {
        (format!(r#"{{{message},"model":""#), r#""}"#.to_owned())
    }
}

async fn each_body_arrives_whole(gateway: Watched, listener: &'static str) -> usize {
    let gateway = Arc::new(gateway);
    let mut calls = JoinSet::new();
    let mut sent = 0;
    for (number, size) in SIZES.into_iter().cycle().take(8 * SIZES.len()).enumerate() {
        let (asked, upstream) = MODELS[number % 2];
        let (front, back) = body(size, number / 2 % 2 == 0);
        let gateway = Arc::clone(&gateway);
        sent += 1;
        calls.spawn(async move {
            let text = format!("{front}{asked}{back}");
            let call = Call::post("/v1/chat/completions", text.clone()).key(KEY);
            let call = call.header("content-type", "application/json");
            // In pieces every other time, and then without a length.
            let call = match number / SIZES.len() % 2 {
                0 => call,
                _ => call.body(Frames::pieces(text.as_bytes(), 10_007)),
            };
            let call = if number / 4 % 2 == 0 { call.http1() } else { call.http2() };
            let exchange = gateway.send_to(listener, call).await;
            assert_eq!(exchange.status, 200, "{size} bytes: {}", exchange.text());
            let received = exchange.upstream();
            received.assert_framed_exactly();
            let expected = format!("{front}{upstream}{back}");
            let differs = received.body.iter().zip(expected.as_bytes()).position(|(a, b)| a != b);
            assert_eq!((received.body.len(), differs), (expected.len(), None), "{size} bytes");
            assert_eq!(received.header("authorization"), Some("Bearer sk-processor-5Tq1"));
        });
        // Some at once, and not so many that Envoy's memory decides.
        while calls.len() >= 8 {
            calls.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(ended) = calls.join_next().await {
        ended.unwrap();
    }
    sent
}

async fn in_manner(manner: Manner) {
    let processor = Processor::listen(manner).await;
    let listeners = vec![
        listener("before").behind(processor.filter("processor-before")),
        listener("behind").before(processor.filter("processor-behind")),
        listener("both")
            .behind(processor.filter("processor-before"))
            .before(processor.filter("processor-behind")),
    ];
    let bootstrap = Bootstrap { listeners, ..Bootstrap::default() };
    let gateway = Gateway::own(&["openai", SITE], bootstrap.clone());
    let mut expected = each_body_arrives_whole(gateway, "before").await;
    let gateway = Gateway::own(&["openai", SITE], bootstrap.clone());
    expected += each_body_arrives_whole(gateway, "behind").await;
    let gateway = Gateway::own(&["openai", SITE], bootstrap);
    expected += 2 * each_body_arrives_whole(gateway, "both").await;
    // Each body went through it.
    assert_eq!(processor.bodies(), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_duplex_processor_that_gives_back_at_once_loses_no_byte() {
    in_manner(Manner::AtOnce).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_duplex_processor_that_waits_for_the_whole_body_loses_no_byte() {
    in_manner(Manner::WhenWhole).await;
}
