//! How the external processor of `processor/` is started, and the cluster by which Envoy finds it.

use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::{json, Value};

use crate::artefacts::Artefacts;
use crate::configuration::{renamed, CREDENTIAL, RENAMED};
use crate::cores;
use crate::gateway::PROCESSOR;

/// HTTP/2's windows, on both sides: the default would cut a large body into rounds of 64 KB.
const WINDOW: u64 = 16 * 1024 * 1024;

/// Starts it, on the gateway's processor: what it takes is a part of what the gateway takes.
pub fn launch(artefacts: &Artefacts, socket: &Path) -> Child {
    let peers = artefacts.peers.as_ref().expect("a run without peers does not start one");
    let mut command = cores::command(cores::GATEWAY, &peers.processor);
    command.arg(socket).args([RENAMED, &renamed(), &format!("Bearer {CREDENTIAL}")]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

pub fn cluster(socket: &Path) -> Value {
    let address = json!({"pipe": {"path": socket}});
    json!({
        "name": PROCESSOR,
        "type": "STATIC",
        "load_assignment": {"cluster_name": PROCESSOR, "endpoints": [{"lb_endpoints": [{
            "endpoint": {"address": address},
        }]}]},
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3\
                    .HttpProtocolOptions",
                "explicit_http_config": {"http2_protocol_options": {
                    "initial_stream_window_size": WINDOW,
                    "initial_connection_window_size": WINDOW,
                }},
            },
        },
    })
}
