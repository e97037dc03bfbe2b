//! A sample of the JSON texts that RFC 8259 allows, and of those that it does not.

#[path = "../documents/mod.rs"]
mod documents;

use crate::harness::catalogue::RED;
use crate::harness::{Call, Gateway};

#[tokio::test]
async fn json_texts_are_judged_in_a_real_envoy() {
    let gateway = Gateway::shared();
    // All whole texts, and of the values every eleventh: each place and each table has its share.
    let sample = documents::all()
        .into_iter()
        .enumerate()
        .filter(|(row, document)| row % 11 == 0 || document.name.contains("text"));
    for (_, document) in sample {
        let exchange =
            gateway.send(Call::post("/v1/chat/completions", document.body).key(RED)).await;
        // The model that every valid text names is one that nobody has.
        let (status, code) =
            if document.is_valid { (404, "model_not_found") } else { (400, "invalid_json") };
        println!("{}", document.name);
        exchange.assert_rejected(status, code);
    }
}
