//! The providers, pools and teams that the tests of failover are about.

use crate::harness::bootstrap::{Bootstrap, Listener, SITE, UNREACHABLE};
use crate::harness::catalogue::{credential, sha256};
use crate::harness::fault::FAULTS;
use crate::harness::gateway::Watched;
use crate::harness::pool::{retry_policy, subsets_from, Endpoint, Pool};
use crate::harness::{Call, Exchange, Gateway, Received};
use serde_json::{json, Value};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// The providers that have endpoints in pools, in the order of their priorities there.
pub const PROVIDERS: [&str; 4] = ["bedrock", "anthropic", "openai", "azure"];

/// Teams with credentials for all of the providers, each its own.
pub const RED: &str = "red";
pub const BLUE: &str = "blue";
/// A team with credentials for these two alone.
pub const GREEN: (&str, [&str; 2]) = ("green", ["anthropic", "openai"]);
/// A team with one credential.
pub const LONE: (&str, &str) = ("lone", "anthropic");

/// A header of failover as a provider or a client might forge it.
pub const SUBSET_HEADER: &str = "x-llm-providers";
pub const TRIED_HEADER: &str = "x-llm-tried";

/// How often Envoy tries a request again.
pub const RETRIES: u32 = 2;

/// The clusters that are listened for.
pub const CLUSTERS: [&str; 5] = ["bedrock", "anthropic", "openai", "azure", SITE];

/// The gateway that most of these tests share.
pub fn gateway() -> Watched {
    static GATEWAY: OnceLock<Arc<Gateway>> = OnceLock::new();
    Gateway::once(&GATEWAY, &CLUSTERS, bootstrap)
}

/// A gateway with these listeners and pools, for one test.
pub fn own(listeners: Vec<Listener>, pools: Vec<Pool>) -> Watched {
    Gateway::own(
        &CLUSTERS,
        Bootstrap { listeners, pools, environment: environment(), ..Bootstrap::default() },
    )
}

fn bootstrap() -> Bootstrap {
    let plain = configuration();
    let parts = in_parts();
    let everywhere = PROVIDERS.map(|name| {
        let others = PROVIDERS.iter().filter(|other| **other != name);
        // Every set of two or three that it is one of, and all four.
        let mut sets: Vec<Vec<&str>> = others.clone().map(|other| vec![name, other]).collect();
        sets.extend(
            others.clone().map(|other| PROVIDERS.into_iter().filter(|p| p != other).collect()),
        );
        sets.push(PROVIDERS.to_vec());
        let names = sets.into_iter().map(|mut set| {
            set.sort_unstable();
            set.join("+")
        });
        let names: Vec<String> = names.collect();
        Endpoint::of(name).in_subsets(&names.iter().map(String::as_str).collect::<Vec<_>>())
    });
    Bootstrap {
        listeners: vec![
            Listener::new("main", &plain).retrying(retry_policy(RETRIES)),
            Listener::new("parts", &parts)
                .before(subsets_from(SUBSET_HEADER))
                .retrying(unhurried()),
            Listener::new("without-retries", &plain),
            Listener::new("hedging", &plain).retrying(retry_policy(RETRIES)).hedging(),
            Listener::new("cooldown", &with_cooldown()).retrying(retry_policy(RETRIES)),
        ],
        pools: vec![
            Pool::new("pair", &plain, ["bedrock", "anthropic"].map(Endpoint::of)),
            Pool::new(
                "far",
                &plain,
                [Endpoint::named(UNREACHABLE, "bedrock"), Endpoint::of("anthropic")],
            ),
            Pool::new("all", &parts, everywhere).with_subsets(),
            Pool::new("cooldown", &with_cooldown(), ["bedrock", "anthropic"].map(Endpoint::of)),
        ],
        environment: environment(),
        ..Bootstrap::default()
    }
}

/// Retries where nothing hangs: an attempt has more time than it takes on the busiest of machines.
fn unhurried() -> Value {
    let mut policy = retry_policy(RETRIES);
    policy["per_try_timeout"] = json!("15s");
    policy
}

/// Requests go to two providers, or to one.
pub fn configuration() -> Value {
    let places = ["bedrock", "anthropic"].map(target);
    json!({
        "providers": {
            "bedrock": {
                "cluster": "bedrock", "kind": "bedrock", "region": "us-east-1",
                "endpoints": ["chat/completions", "messages", "audio/transcriptions"],
            },
            "anthropic": {
                "cluster": "anthropic", "kind": "anthropic", "client_credentials": true,
                "headers": {"x-origin": "gateway"}, "remove_headers": ["x-debug-*"],
                "endpoints": ["chat/completions", "messages", "audio/transcriptions"],
                // So that the two differ in these, too.
                "apis": {"openai": {
                    "auth": {"header": "x-api-key"}, "headers": {"anthropic-version": "2023-06-01"},
                }},
            },
            "openai": {"cluster": "openai", "kind": "openai"},
            "azure": {
                "cluster": "azure", "kind": "azure-openai",
                "authority": "red.openai.azure.com", "api_version": "2024-10-21",
            },
        },
        "models": {
            "pair": {"aliases": ["couple"], "targets": places, "failover_cluster": "pair"},
            "claude-*": {"failover_cluster": "pair", "targets": [
                {"provider": "bedrock", "model": "us.vendor.claude-*"},
                {"provider": "anthropic", "model": "claude-*"},
            ]},
            "far": {"targets": places, "failover_cluster": "far"},
            "alone": {"targets": places},
        },
        "credentials": credentials(),
        "teams": teams(),
        "failover": {"tried_header": TRIED_HEADER},
        // What one test does to a provider is nothing to the others.
        "cooldown": {"failures": 0},
    })
}

/// Requests go to two providers, and a credential cools down after three failures.
pub fn with_cooldown() -> Value {
    let mut configuration = configuration();
    configuration["models"]["pair"]["failover_cluster"] = json!("cooldown");
    configuration["cooldown"] = json!({"failures": 3, "seconds": 600});
    configuration
}

/// Requests go to as many of four providers as may serve them.
pub fn in_parts() -> Value {
    let mut configuration = configuration();
    configuration["models"] = json!({
        "any": {"targets": PROVIDERS.map(target), "failover_cluster": "all"},
        "two": {"targets": [target("openai"), target("azure")], "failover_cluster": "all"},
        "edited": {"failover_cluster": "all", "targets": [
            target("openai"),
            edited(target("azure"), json!({
                "remove": ["prompt_cache_key", "service_tier", "verbosity"],
            })),
            edited(target("bedrock"), json!({
                "default": {"max_tokens": 4096, "n": 1},
                "set": {"reasoning_effort": "low", "seed": 0.25},
                "remove": ["prompt_cache_key", "service_tier", "verbosity"],
            })),
        ]},
    });
    configuration["failover"] = json!({"subset_header": SUBSET_HEADER});
    configuration
}

/// The model's name at a provider.
pub fn upstream_model(provider: &str) -> String {
    format!("model-at-{provider}")
}

fn target(provider: &str) -> Value {
    let priority = PROVIDERS.iter().position(|name| *name == provider);
    json!({"provider": provider, "model": upstream_model(provider), "priority": priority})
}

fn edited(mut target: Value, parameters: Value) -> Value {
    target["parameters"] = parameters;
    target
}

/// Each team's providers.
fn holders() -> Vec<(&'static str, Vec<&'static str>)> {
    let (green, greens) = GREEN;
    let (lone, lones) = LONE;
    let patients = PATIENTS.into_iter().map(|name| (name, PROVIDERS.to_vec()));
    [
        (RED, PROVIDERS.to_vec()),
        (BLUE, PROVIDERS.to_vec()),
        (green, greens.to_vec()),
        (lone, vec![lones]),
    ]
    .into_iter()
    .chain(patients)
    .collect()
}

/// Teams of which each is one test's alone, for what is remembered of a team would be another's too.
pub const PATIENTS: [&str; 7] =
    ["cooldown", "spared", "hanging", "unheard", "hung-up-on", "counted", "leaving"];

/// The header in which a provider gets a team's credential, and what stands there.
pub fn authorization(provider: &str, team: &str) -> (&'static str, String) {
    let secret = credential(provider, team);
    match provider {
        "anthropic" => ("x-api-key", secret),
        "azure" => ("api-key", secret),
        _ => ("authorization", format!("Bearer {secret}")),
    }
}

/// Every credential that any team has: none of them stands in a log.
pub fn environment() -> BTreeMap<String, String> {
    let of = |(team, providers): (&'static str, Vec<&'static str>)| {
        let held = providers
            .into_iter()
            .map(move |provider| (variable(provider, team), credential(provider, team)));
        held.chain([(format!("VK_{team}"), key(team))])
    };
    holders().into_iter().flat_map(of).collect()
}

fn variable(provider: &str, team: &str) -> String {
    format!("{provider}_{team}")
}

fn credentials() -> Value {
    let of = |(team, providers): (&'static str, Vec<&'static str>)| {
        providers.into_iter().map(move |provider| {
            let entry = json!({"provider": provider, "env": variable(provider, team)});
            (format!("{provider}-{team}"), entry)
        })
    };
    holders().into_iter().flat_map(of).collect()
}

fn teams() -> Value {
    let of = |(team, providers): (&'static str, Vec<&'static str>)| {
        let held: Vec<_> = providers.iter().map(|provider| format!("{provider}-{team}")).collect();
        let keys = json!([{"id": "k", "sha256": sha256(&key(team))}]);
        (team.to_owned(), json!({"keys": keys, "models": ["*"], "credentials": held}))
    };
    holders().into_iter().map(of).collect()
}

/// A team's virtual key.
pub fn key(team: &str) -> String {
    format!("vk-of-{team}-5Gh7")
}

pub fn chat(model: &str, team: &str) -> Call {
    Call::chat(model).key(&key(team))
}

/// The same call, with something going wrong at providers: `bedrock=503`.
pub fn failing(call: Call, faults: &str) -> Call {
    call.header(FAULTS, faults)
}

/// The providers that were sent the request, in their order.
pub fn tried(exchange: &Exchange) -> Vec<&str> {
    exchange.upstream.iter().map(|received| &*received.cluster).collect()
}

/// A provider was sent this team's credential for itself, and no other of anybody's.
pub fn assert_credential(received: &Received, team: &str) {
    let (name, value) = authorization(&received.cluster, team);
    assert_eq!(received.header(name), Some(&*value), "{}", received.cluster);
    let secrets = environment();
    for (field, held) in received.headers.iter().filter(|(field, _)| field != name) {
        let held = String::from_utf8_lossy(held);
        assert!(!secrets.values().any(|secret| held.contains(secret)), "{field}: {held}");
    }
    let body = String::from_utf8_lossy(&received.body);
    assert!(!secrets.values().any(|secret| body.contains(secret)), "{body}");
}

/// Two providers' requests are the same to the last byte, but for what is every request's own.
pub fn assert_same(one: &Received, other: &Received) {
    let essence = |received: &Received| {
        let mut headers = received.headers.clone();
        let own = ["x-test-id", "x-request-id", FAULTS, "x-envoy-expected-rq-timeout-ms"];
        headers.retain(|(name, _)| !own.contains(&name.as_str()));
        headers.sort();
        let headers: Vec<_> =
            headers.into_iter().map(|(n, v)| (n, String::from_utf8(v).unwrap())).collect();
        let Received { cluster, method, path, authority, body, trailers, complete, .. } =
            received.clone();
        ((cluster, method, path, authority, complete), headers, body, trailers)
    };
    assert_eq!(essence(one), essence(other));
}
