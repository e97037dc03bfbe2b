//! Endpoints of one pool with their own names and certificates.

use super::site::{
    assert_credential, chat, configuration, environment, failing, tried, CLUSTERS, RED,
    TRIED_HEADER,
};
use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::certificate::Certificate;
use crate::harness::gateway::Watched;
use crate::harness::pool::{retry_policy, Endpoint, Pool};
use crate::harness::Gateway;
use serde_json::{json, Value};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const HOSTS: [(&str, &str); 2] =
    [("bedrock", "bedrock-runtime.us-east-1.amazonaws.com"), ("anthropic", "api.anthropic.com")];

/// A gateway whose pools' endpoints speak TLS, each for its own host with its own certificate.
struct Encrypted {
    gateway: Watched,
    /// Holds the endpoints' sockets.
    _directory: TempDir,
}

impl Encrypted {
    /// Of the pool `pair` each endpoint believes the certificate of the provider that `believes` names.
    fn start(believes: impl Fn(&str) -> Option<&'static str>) -> Self {
        let directory = TempDir::new().unwrap();
        let certificates = HOSTS.map(|(name, host)| (name, Certificate::of(host)));
        let certificate =
            |wanted: &str| &certificates.iter().find(|(name, _)| *name == wanted).unwrap().1;
        let listeners = HOSTS.map(|(name, host)| {
            terminator(name, host, certificate(name), &socket(directory.path(), name))
        });
        let matches: Vec<Value> = HOSTS
            .iter()
            .filter_map(|(name, host)| {
                let believed = certificate(believes(name)?).believed(host);
                Some(json!({
                    "name": name, "match": {"provider": name}, "transport_socket": believed,
                }))
            })
            .collect();
        let plain = configuration();
        let endpoint = |(name, _): (&str, &str)| {
            Endpoint::of(name)
                .at(json!({"pipe": {"path": socket(directory.path(), name)}}))
                .saying("envoy.transport_socket_match", json!({"provider": name}))
        };
        let pool = Pool::new("pair", &plain, HOSTS.map(endpoint)).with(json!({
            "transport_socket_matches": matches,
            "transport_socket": Certificate::of("nobody.invalid").believed("nobody.invalid"),
        }));
        let bootstrap = Bootstrap {
            listeners: vec![Listener::new("main", &plain).retrying(retry_policy(1))],
            pools: vec![pool],
            further_listeners: listeners.to_vec(),
            environment: environment(),
            ..Bootstrap::default()
        };
        Self { gateway: Gateway::own(&CLUSTERS, bootstrap), _directory: directory }
    }
}

fn socket(directory: &Path, name: &str) -> PathBuf {
    directory.join(name)
}

/// A listener that speaks TLS to whoever asks for `host`, and hands what it hears to the provider.
fn terminator(name: &str, host: &str, certificate: &Certificate, socket: &Path) -> Value {
    let proxy = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
    let inspector =
        "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector";
    json!({
        "name": format!("tls-{name}"),
        "address": {"pipe": {"path": socket}},
        "listener_filters": [{
            "name": "envoy.filters.listener.tls_inspector", "typed_config": {"@type": inspector},
        }],
        "filter_chains": [{
            "filter_chain_match": {"server_names": [host]},
            "transport_socket": certificate.shown(),
            "filters": [{
                "name": "envoy.filters.network.tcp_proxy",
                "typed_config": {"@type": proxy, "stat_prefix": name, "cluster": name},
            }],
        }],
    })
}

#[tokio::test]
async fn each_endpoint_is_spoken_to_under_its_own_name_and_certificate() {
    let encrypted =
        Encrypted::start(|name| Some(if name == "bedrock" { "bedrock" } else { "anthropic" }));
    let exchange = encrypted.gateway.send(failing(chat("pair", RED), "bedrock=503")).await;
    assert_eq!((exchange.status, tried(&exchange)), (200, vec!["bedrock", "anthropic"]));
    for received in &exchange.upstream {
        assert_credential(received, RED);
    }
    let ssl = encrypted.gateway.envoy().admin("/stats?filter=cluster.pair.ssl.handshake").await;
    assert_eq!(ssl.trim(), "cluster.pair.ssl.handshake: 2");
}

#[tokio::test]
async fn an_endpoint_with_another_certificate_is_sent_nothing() {
    // Bedrock's host, with a certificate that is for that host but not the one that is believed there.
    let encrypted = Encrypted::start(|_| Some("anthropic"));
    let exchange = encrypted.gateway.send(chat("pair", RED)).await;
    assert_eq!((exchange.status, tried(&exchange)), (200, vec!["anthropic"]));
    assert_eq!(exchange.header(TRIED_HEADER), Some("bedrock, anthropic"));
}

#[tokio::test]
async fn an_endpoint_that_no_transport_socket_matches_is_not_spoken_to_in_clear_text() {
    let encrypted = Encrypted::start(|name| (name == "anthropic").then_some("anthropic"));
    let exchange = encrypted.gateway.send(chat("pair", RED)).await;
    assert_eq!((exchange.status, tried(&exchange)), (200, vec!["anthropic"]));
    assert_eq!(exchange.header(TRIED_HEADER), Some("bedrock, anthropic"));
}
