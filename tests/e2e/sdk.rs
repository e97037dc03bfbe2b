//! OpenAI's own Python client, told nothing but where and with which key.

use crate::harness::artefacts;
use crate::harness::catalogue::RED;
use crate::harness::Gateway;
use tokio::process::Command;

#[tokio::test]
async fn openais_python_client_works_with_a_base_url_and_a_key() {
    let gateway = Gateway::shared();
    let output = Command::new(artefacts::openai_python())
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sdk/openai_sdk.py"))
        .env_clear()
        .env("OPENAI_BASE_URL", format!("http://{}/v1", gateway.listener("main")))
        .env("OPENAI_API_KEY", RED)
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("ok: 7 conversations"), "{told}");
}
