//! The providers' own Python clients, told nothing but where and with which key.

use crate::harness::artefacts;
use crate::harness::catalogue::RED;
use crate::harness::Gateway;
use tokio::process::Command;

#[tokio::test]
async fn openais_python_client_works_with_a_base_url_and_a_key() {
    converse("openai_sdk.py", 10, |origin| {
        vec![("OPENAI_BASE_URL", format!("{origin}/v1")), ("OPENAI_API_KEY", RED.to_owned())]
    })
    .await;
}

#[tokio::test]
async fn openais_python_client_for_azure_works_with_an_endpoint_and_a_key() {
    converse("azure_sdk.py", 8, |origin| {
        vec![("AZURE_OPENAI_ENDPOINT", origin), ("AZURE_OPENAI_API_KEY", RED.to_owned())]
    })
    .await;
}

#[tokio::test]
async fn anthropics_python_client_works_with_a_base_url_and_a_key() {
    converse("anthropic_sdk.py", 7, |origin| {
        vec![("ANTHROPIC_BASE_URL", origin), ("ANTHROPIC_API_KEY", RED.to_owned())]
    })
    .await;
}

/// One model, and each kind of client is served by its own provider.
#[tokio::test]
async fn openais_and_anthropics_clients_share_a_gateway_and_a_model() {
    converse("both_sdks.py", 6, |origin| {
        vec![
            ("OPENAI_BASE_URL", format!("{origin}/v1")),
            ("OPENAI_API_KEY", RED.to_owned()),
            ("ANTHROPIC_BASE_URL", origin),
            ("ANTHROPIC_API_KEY", RED.to_owned()),
        ]
    })
    .await;
}

/// Runs one of the scripts, which is to have so many conversations, with these variables.
async fn converse(
    script: &str,
    conversations: usize,
    variables: impl FnOnce(String) -> Vec<(&'static str, String)>,
) {
    let gateway = Gateway::shared();
    let origin = format!("http://{}", gateway.listener("main"));
    let output = Command::new(artefacts::openai_python())
        .arg(format!("{}/tests/sdk/{script}", env!("CARGO_MANIFEST_DIR")))
        .env_clear()
        .envs(variables(origin))
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(told.contains(&format!("ok: {conversations} conversations")), "{told}");
}
