//! What the core itself takes, without Envoy and without WebAssembly: finding a model and a key as the configuration grows,
//! compiling the configuration, and scanning a body beside `serde_json`, which parses all of it.
//!
//! `make bench-core` runs this. The times are this machine's; what they are for is to be compared with each other.
#![allow(clippy::arithmetic_side_effects, clippy::expect_used, reason = "no harm is done here")]
#![allow(missing_docs, reason = "criterion's macros write a public function")]

#[path = "../../load/mod.rs"]
mod load;
#[path = "../../world/mod.rs"]
mod world;

use std::hint::black_box;
use std::time::Duration;

use criterion::{criterion_group, criterion_main, BenchmarkId, Criterion, Throughput};
use envoy_llm_router::json::{Keep, Scanner, Watch};
use envoy_llm_router::{Headers, ModelRequest, Operation, ProviderData, Router};
use serde_json::Value;

use load::{chat, configuration, key};
use world::{to_pairs, Nowhere};

/// How many models there are, and how many teams of five keys each; 200 patterns always.
const SIZES: [(usize, usize); 3] = [(10, 1), (1_000, 100), (10_000, 1_000)];
const KEYS: usize = 5;
const PATTERNS: usize = 200;

fn text(models: usize, teams: usize) -> Vec<u8> {
    configuration(teams, KEYS, models, PATTERNS).to_string().into_bytes()
}

fn router(configuration: &[u8]) -> Router {
    Router::from_configuration(configuration, &|_| None).expect("a router").router
}

/// The fields of a request that shows this key.
fn showing(key: &str) -> Headers {
    let authorization = format!("Bearer {key}");
    Headers::from_pairs(to_pairs(&[("authorization", &authorization)])).expect("fields")
}

fn finding(criterion: &mut Criterion) {
    let (host, own) = (Nowhere::default(), ProviderData::default());
    for (models, teams) in SIZES {
        let router = router(&text(models, teams));
        let of_last_team = showing(&key(teams - 1));
        let caller = router.identify(&of_last_team, false, &host).expect("a caller").0;
        let mut group = criterion.benchmark_group("model");
        for (rule, asked) in [
            ("name", format!("model-{}", models / 2)),
            ("alias", format!("alias-{}", models / 2)),
            ("pinned", format!("model-{}:p", models / 2)),
            ("last pattern", format!("family-{}-x", PATTERNS - 1)),
            ("unregistered", "p/anything".to_owned()),
            ("unknown", "nobody-knows-it".to_owned()),
        ] {
            group.bench_with_input(BenchmarkId::new(rule, models), &asked, |bencher, asked| {
                bencher.iter(|| {
                    let request = ModelRequest {
                        operation: Operation::ChatCompletions,
                        asked: black_box(asked),
                        client_keys: &own,
                        needs_permission: &[],
                        session: None,
                    };
                    router.route(&caller, &request, &host)
                });
            });
        }
        group.finish();
        let mut group = criterion.benchmark_group("key");
        for (which, headers) in
            [("shown before", of_last_team), ("unknown", showing("vk-of-nobody-8f2c61d0b7"))]
        {
            group.bench_function(BenchmarkId::new(which, teams * KEYS), |bencher| {
                bencher.iter(|| router.identify(black_box(&headers), false, &host).is_ok());
            });
        }
        group.finish();
    }
}

fn configuring(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("configure");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for (models, teams) in SIZES {
        let text = text(models, teams);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(models), &text, |bencher, text| {
            bencher.iter(|| router(black_box(text)));
        });
    }
    group.finish();
}

const MODEL: &[Watch] = &[Watch { name: "model", keep: Keep::Value }];

/// Bodies with the model last, so that nothing of them can be left out.
fn bodies() -> [(&'static str, String); 3] {
    let naming = |content: &str| {
        format!(r#"{{"messages":[{{"role":"user","content":"{content}"}}],"model":"gpt-4o"}}"#)
    };
    let prose = r#"She said: \"Füße müssen weiter.\"\nAnd again \u00e9, twice a line.\n"#;
    [
        ("1 KB chat", chat("gpt-4o")),
        ("16 KB prose", naming(&prose.repeat((16 << 10) / prose.len()))),
        ("1 MB base64", naming(&"iVBORw0KGgoAAAANSUhEUgAB/+9z".repeat((1 << 20) / 28))),
    ]
}

fn scanning(criterion: &mut Criterion) {
    for (body, text) in bodies() {
        let mut group = criterion.benchmark_group(body);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function("scanner", |bencher| {
            bencher.iter(|| {
                let mut scanner = Scanner::new(MODEL);
                scanner.feed(black_box(text.as_bytes())).expect("a good body");
                scanner.finish().expect("a whole body")
            });
        });
        group.bench_function("serde_json", |bencher| {
            bencher.iter(|| serde_json::from_slice::<Value>(black_box(text.as_bytes())));
        });
        group.finish();
    }
}

criterion_group! {
    name = core;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(50)
        .without_plots();
    targets = finding, configuring, scanning
}
criterion_main!(core);
