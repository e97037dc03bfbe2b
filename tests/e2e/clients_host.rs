//! The client's host: where a credential goes along it is sent to nobody, and is no name in TLS.

use crate::harness::bootstrap::{Bootstrap, Listener};
use crate::harness::catalogue::{credential, sha256, RED};
use crate::harness::certificate::Certificate;
use crate::harness::gateway::Watched;
use crate::harness::{Call, Gateway, Received};
use serde_json::{json, Value};
use std::path::Path;
use tempfile::TempDir;

const PROVIDER: &str = "llm.provider.example";
const ATTACKER: &str = "attacker.example";
const KEY: &str = "vk-host-6Ys3";
const SECRET: &str = "sk-host-2Rk8";

/// A provider in TLS, in a cluster that asks for whatever host a request has, and believes any certificate that is for it: the
/// attacker has one for its own host, as anybody can. Both are reached at one address.
struct Encrypted {
    gateway: Watched,
    /// Holds the socket.
    _directory: TempDir,
}

impl Encrypted {
    /// At the listener `fixed` the configuration has the host, at `open` it says that it is the client's.
    fn start() -> Self {
        let directory = TempDir::new().unwrap();
        let socket = directory.path().join("tls");
        let hosts = [("openai", PROVIDER), ("site", ATTACKER)];
        let certificates = hosts.map(|(_, host)| Certificate::of(host));
        let chains = hosts.iter().zip(&certificates);
        let chains = chains.map(|((cluster, host), one)| chain(cluster, host, one));
        let terminator = terminator(&socket, chains.collect());
        let bootstrap = Bootstrap {
            listeners: vec![
                Listener::new("fixed", &configuration(PROVIDER)),
                Listener::new("open", &configuration("client")),
            ],
            further_listeners: vec![terminator],
            further_clusters: vec![cluster(&socket, &certificates)],
            ..Bootstrap::default()
        };
        Self { gateway: Gateway::own(&["openai", "site"], bootstrap), _directory: directory }
    }

    async fn ask(&self, listener: &str, http2: bool) -> Vec<Received> {
        let call = Call::chat("p/m").key(KEY).authority(ATTACKER);
        let call = if http2 { call.http2() } else { call.http1() };
        let exchange = self.gateway.send_to(listener, call).await;
        assert_eq!(exchange.status, 200, "{}", exchange.text());
        exchange.upstream
    }
}

fn configuration(authority: &str) -> Value {
    json!({
        "providers": {"p": {"cluster": "secure", "authority": authority, "default_credential": "p"}},
        "credentials": {"p": {"provider": "p", "value": SECRET}},
        "teams": {"t": {"keys": [{"sha256": sha256(KEY)}], "models": ["*"]}},
    })
}

/// A cluster in the style of the shipped ones: the request's host is the name in TLS.
fn cluster(socket: &Path, certificates: &[Certificate]) -> Value {
    let options = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    json!({
        "name": "secure", "type": "STATIC",
        "load_assignment": {"cluster_name": "secure", "endpoints": [{"lb_endpoints": [
            {"endpoint": {"address": {"pipe": {"path": socket}}}},
        ]}]},
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": options,
                "explicit_http_config": {"http_protocol_options": {}},
                "upstream_http_protocol_options": {"auto_sni": true, "auto_san_validation": true},
            },
        },
        "transport_socket": Certificate::any_believed(certificates),
    })
}

fn terminator(socket: &Path, chains: Vec<Value>) -> Value {
    let inspector =
        "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector";
    json!({
        "name": "tls", "address": {"pipe": {"path": socket}},
        "listener_filters": [{
            "name": "envoy.filters.listener.tls_inspector", "typed_config": {"@type": inspector},
        }],
        "filter_chains": chains,
    })
}

/// Hands what is said to `host` to a cluster.
fn chain(cluster: &str, host: &str, certificate: &Certificate) -> Value {
    let proxy = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
    json!({
        "filter_chain_match": {"server_names": [host]},
        "transport_socket": certificate.shown(),
        "filters": [{
            "name": "envoy.filters.network.tcp_proxy",
            "typed_config": {"@type": proxy, "stat_prefix": cluster, "cluster": cluster},
        }],
    })
}

#[tokio::test]
async fn a_client_does_not_choose_the_server_that_a_credential_is_sent_to() {
    let encrypted = Encrypted::start();
    for http2 in [false, true] {
        let received = encrypted.ask("fixed", http2).await;
        let [one] = &received[..] else { panic!("{received:?}") };
        assert_eq!((&*one.cluster, &*one.authority), ("openai", PROVIDER));
        assert_eq!(one.header("authorization"), Some(&*format!("Bearer {SECRET}")));
        let everything = format!("{:?} {:?}", one.headers, String::from_utf8_lossy(&one.body));
        assert!(!everything.contains(ATTACKER), "{everything}");

        // Who says so takes the risk: this is what would become of it everywhere else.
        let received = encrypted.ask("open", http2).await;
        let [one] = &received[..] else { panic!("{received:?}") };
        assert_eq!((&*one.cluster, &*one.authority), ("site", ATTACKER));
    }
}

#[tokio::test]
async fn no_provider_with_a_credential_is_sent_the_clients_host() {
    let gateway = Gateway::shared();
    let models = ["open/m", "wafer", "gpt-4o", "sonnet", "deployed", "flash", "over-http2"];
    for model in models {
        for call in [Call::chat(model).http1(), Call::chat(model).http2()] {
            let call = call.key(RED).authority(ATTACKER).header("x-forwarded-host", ATTACKER);
            let exchange = gateway.send(call).await;
            let [received] = &exchange.upstream[..] else { panic!("{model}: {}", exchange.text()) };
            assert_ne!(received.authority, ATTACKER, "{model}");
            let values = received.headers.iter().map(|(_, value)| String::from_utf8_lossy(value));
            let values = values.collect::<Vec<_>>().join("\n");
            assert!(!values.contains(ATTACKER), "{model}: {values}");
            assert!(values.contains(&credential(&received.cluster, "red")), "{model}: {values}");
        }
    }
}
