//! How an Envoy is started.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use serde_json::{json, Value};

use crate::artefacts::Artefacts;
use crate::cores;
use crate::gateway::Gateway;
use crate::process::request;
use crate::processor;
use crate::server::{Launched, LOG};

/// How much of a request and of an answer Envoy may hold, in bytes.
const BUFFER_LIMIT: u64 = 16 * 1024 * 1024;

/// A path that Envoy answers by itself, unless the filter does.
const READY: &str = "/ready";

/// Starts one with one worker; all that it reads and writes is in `directory`.
pub fn launch(
    gateway: Gateway,
    artefacts: &Artefacts,
    upstream: SocketAddr,
    directory: &Path,
) -> Launched {
    let [bootstrap, admin] = ["envoy.json", "admin.address"].map(|name| directory.join(name));
    let socket = directory.join("processor.socket");
    fs::write(&bootstrap, render(gateway, artefacts, upstream, &socket).to_string()).unwrap();
    let mut command = cores::command(cores::GATEWAY, &artefacts.envoy);
    command.args(["--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]);
    command.arg("-c").arg(&bootstrap).arg("--admin-address-path").arg(&admin);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let process = command.stderr(File::create(directory.join(LOG)).unwrap()).spawn().unwrap();
    let beside = (gateway == Gateway::Processor).then(|| processor::launch(artefacts, &socket));
    Launched {
        processes: std::iter::once(process).chain(beside).collect(),
        address: Box::new(move || listening_at(&admin)),
        ready: READY,
    }
}

/// Where the listener is open, once it is.
fn listening_at(admin: &Path) -> Option<SocketAddr> {
    let admin = fs::read_to_string(admin).ok()?.parse().ok()?;
    let answer = request(admin, "/listeners?format=json").ok()?;
    // Chunked: the lengths stand around it.
    let listeners = answer.get(answer.find('{')?..=answer.rfind('}')?)?;
    let listeners: Value = serde_json::from_str(listeners).ok()?;
    let address = &listeners["listener_statuses"][0]["local_address"]["socket_address"];
    let port = address["port_value"].as_u64()?.try_into().ok()?;
    Some(SocketAddr::from(([127, 0, 0, 1], port)))
}

fn render(gateway: Gateway, artefacts: &Artefacts, upstream: SocketAddr, socket: &Path) -> Value {
    let mut filters = gateway.filters(artefacts);
    filters.push(json!({
        "name": "envoy.filters.http.router",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
        },
    }));
    let ready = json!({"match": {"path": READY}, "direct_response": {"status": 204}});
    let connection_manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network\
            .http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "bench",
        "http_filters": filters,
        "route_config": {"virtual_hosts": [
            {"name": "bench", "domains": ["*"], "routes": [ready, gateway.route()]},
        ]},
    });
    json!({
        "node": {"id": "bench", "cluster": "bench"},
        "admin": {"address": loopback(0)},
        "static_resources": {
            "listeners": [{
                "name": "bench",
                "address": loopback(0),
                "per_connection_buffer_limit_bytes": BUFFER_LIMIT,
                "filter_chains": [{"filters": [{
                    "name": "envoy.filters.network.http_connection_manager",
                    "typed_config": connection_manager,
                }]}],
            }],
            "clusters": clusters(gateway, artefacts, upstream, socket),
        },
    })
}

fn clusters(
    gateway: Gateway,
    artefacts: &Artefacts,
    upstream: SocketAddr,
    socket: &Path,
) -> Vec<Value> {
    let cluster = |name: &str| {
        json!({
            "name": name,
            "type": "STATIC",
            "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [{
                "endpoint": {"address": loopback(upstream.port())},
                "metadata": {"filter_metadata": {"llm_router": {"provider": "provider"}}},
            }]}]},
        })
    };
    let pool = gateway.upstream_filters(artefacts).map(|filters| {
        let mut pool = cluster("pool");
        pool["typed_extension_protocol_options"] = json!({
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3\
                    .HttpProtocolOptions",
                "explicit_http_config": {"http_protocol_options": {}},
                "http_filters": filters,
            },
        });
        pool
    });
    let processor = (gateway == Gateway::Processor).then(|| processor::cluster(socket));
    std::iter::once(cluster("upstream")).chain(pool).chain(processor).collect()
}

fn loopback(port: u16) -> Value {
    json!({"socket_address": {"address": "127.0.0.1", "port_value": port}})
}
