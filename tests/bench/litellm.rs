//! How the LiteLLM proxy is started: one worker, virtual keys in a table, as in the router's configuration. Its own store
//! of keys is a database, which would cost it more.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;

use serde_json::json;

use crate::artefacts::Artefacts;
use crate::configuration::{renamed, CREDENTIAL, RENAMED, VIRTUAL_KEY};
use crate::cores;
use crate::server::{Launched, LOG};
use crate::upstream::OBSERVED;

/// Starts one; all that it reads and writes is in `directory`.
pub fn launch(artefacts: &Artefacts, upstream: SocketAddr, directory: &Path) -> Launched {
    let configuration = json!({
        "model_list": [{
            "model_name": RENAMED,
            "litellm_params": {
                "model": format!("openai/{}", renamed()),
                "api_base": format!("http://{upstream}{OBSERVED}/v1"),
                "api_key": CREDENTIAL,
            },
        }],
        "general_settings": {
            "custom_auth": "keys.authenticate",
            // It starts with no weak one; nobody shows it.
            "master_key": "sk-bench-61f0b2c4d8e94a7780cb35a1fe296d42",
        },
    });
    fs::write(directory.join("config.yaml"), configuration.to_string()).unwrap();
    let keys = include_str!("litellm_keys.py").replace("VIRTUAL_KEY", VIRTUAL_KEY);
    fs::write(directory.join("keys.py"), keys).unwrap();

    let address = free_address();
    let peers = artefacts.peers.as_ref().expect("a run without peers does not start one");
    let mut command = cores::command(cores::GATEWAY, &peers.litellm);
    command.args([
        "-m",
        "litellm.proxy.proxy_cli",
        "--config",
        "config.yaml",
        "--host",
        "127.0.0.1",
        "--num_workers",
        "1",
    ]);
    command.arg("--port").arg(address.port().to_string()).current_dir(directory);
    // Prices of models would be fetched, and every request would be told on the terminal.
    command.env("LITELLM_LOCAL_MODEL_COST_MAP", "True").env("LITELLM_LOG", "ERROR");
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let process = command.stderr(File::create(directory.join(LOG)).unwrap()).spawn().unwrap();
    Launched {
        processes: vec![process],
        address: Box::new(move || Some(address)),
        ready: "/health/liveliness",
    }
}

/// It cannot be told to take any free port.
fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}
