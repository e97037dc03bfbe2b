//! GET models and GET models/{id}: what this caller can really call.

use crate::harness::catalogue::{BLUE, NARROW, POOR, RED};
use crate::harness::{Call, Exchange, Gateway};

#[tokio::test]
async fn each_caller_sees_the_models_it_can_call_sorted() {
    let gateway = Gateway::shared();
    let of_red = [
        "biggest",
        "cheapest",
        "claude-sonnet-4.6",
        "deployed",
        "embed-3",
        "fast",
        "flash",
        "glm-5",
        "glm-5-long-name-for-a-short-one",
        "gpt-4o",
        "gpt-4o-mini",
        "latest",
        "local",
        "over-http2",
        "quoted",
        "reserved-70b",
        "sonnet",
        "wafer",
        "weighted",
        "zai/glm-5",
    ];
    let red_alone = ["biggest", "deployed", "fast", "flash", "reserved-70b", "wafer"];
    let of_blue: Vec<_> = of_red.into_iter().filter(|id| !red_alone.contains(id)).collect();
    for (key, ids) in [
        (RED, &of_red[..]),
        (BLUE, &of_blue[..]),
        (NARROW, &["gpt-4o", "latest"][..]),
        (POOR, &["local"][..]),
    ] {
        for call in [Call::get("/v1/models").key(key), Call::get("/v1/models").key(key).http2()] {
            assert_eq!(listed(&gateway.send(call).await), ids);
        }
    }
}

#[tokio::test]
async fn every_listed_model_is_served_and_has_openais_shape() {
    let gateway = Gateway::shared();
    let list = gateway.send(Call::get("/v1/models").key(RED)).await;
    assert_eq!(list.json()["object"], "list");
    assert_eq!(list.header("content-type"), Some("application/json"));
    for model in list.json()["data"].as_array().unwrap() {
        assert_eq!(model["object"], "model");
        assert!(model["created"].is_u64() && model["owned_by"].is_string(), "{model}");
        let id = model["id"].as_str().unwrap();
        let path = if id == "embed-3" { "/v1/embeddings" } else { "/v1/chat/completions" };
        assert_eq!(gateway.send(Call::chat(id).key(RED).at(path)).await.status, 200, "{id}");
    }
}

#[tokio::test]
async fn one_model_is_retrieved_by_its_id_raw_or_percent_encoded() {
    let gateway = Gateway::shared();
    for (path, id) in [
        ("/v1/models/gpt-4o", "gpt-4o"),
        ("/v1/models/claude-sonnet-4.6", "claude-sonnet-4.6"),
        ("/v1/models/zai/glm-5", "zai/glm-5"),
        ("/v1/models/zai%2Fglm-5", "zai/glm-5"),
        ("/v1/models/zai%2fglm%2D5?x=y", "zai/glm-5"),
    ] {
        let exchange = gateway.send(Call::get(path).key(BLUE)).await;
        assert_eq!((exchange.status, exchange.upstream.len()), (200, 0), "{path}");
        assert_eq!(
            (&exchange.json()["id"], &exchange.json()["object"]),
            (&id.into(), &"model".into())
        );
    }
}

#[tokio::test]
async fn a_model_out_of_reach_is_not_retrieved() {
    let gateway = Gateway::shared();
    for (key, id) in
        [(BLUE, "reserved-70b"), (NARROW, "gpt-4o-mini"), (POOR, "gpt-4o"), (RED, "no")]
    {
        let exchange = gateway.send(Call::get(&format!("/v1/models/{id}")).key(key)).await;
        exchange.assert_rejected(404, "model_not_found");
    }
    gateway.send(Call::get("/v1/models")).await.assert_rejected(401, "missing_api_key");
    gateway
        .send(Call::get("/v1/models/gpt-4o").key("x"))
        .await
        .assert_rejected(401, "invalid_api_key");
}

#[tokio::test]
async fn the_list_of_models_is_anthropics_too() {
    let gateway = Gateway::shared();
    let call = Call::get("/v1/models?limit=1000&after_id=x").header("x-api-key", RED);
    let list = gateway.send(call.header("anthropic-version", "2023-06-01")).await.json();
    assert_eq!(list["has_more"], false);
    let models = list["data"].as_array().unwrap();
    assert_eq!(list["first_id"], models.first().unwrap()["id"]);
    assert_eq!(list["last_id"], models.last().unwrap()["id"]);
    for model in models {
        assert_eq!(model["display_name"], model["id"]);
        assert!(model["created_at"].is_string() && model["type"].is_string(), "{model}");
    }
    let one = gateway.send(Call::get("/v1/models/gpt-4o").key(RED)).await.json();
    assert_eq!((&one["type"], &one["display_name"]), (&"model".into(), &"gpt-4o".into()));
}

#[tokio::test]
async fn other_methods_are_no_endpoint() {
    let gateway = Gateway::shared();
    for method in ["DELETE", "PUT", "PATCH", "POST", "OPTIONS"] {
        for path in ["/v1/models", "/v1/models/gpt-4o"] {
            let exchange = gateway.send(Call::new(method, path).key(RED)).await;
            exchange.assert_rejected(404, "unknown_endpoint");
        }
    }
    for call in [
        Call::new("HEAD", "/v1/models").key(RED),
        Call::new("HEAD", "/v1/models").http2(),
        // What Claude Code asks first.
        Call::new("HEAD", "/api/hello"),
    ] {
        let exchange = gateway.send(call).await;
        assert_eq!((exchange.status, exchange.body.len()), (404, 0));
    }
    let get = gateway.send(Call::get("/v1/chat/completions").key(RED)).await;
    get.assert_rejected(404, "unknown_endpoint");
}

fn listed(exchange: &Exchange) -> Vec<String> {
    assert_eq!((exchange.status, exchange.upstream.len()), (200, 0), "{}", exchange.text());
    let data = exchange.json()["data"].as_array().expect("a list").clone();
    data.iter().map(|model| model["id"].as_str().unwrap().to_owned()).collect()
}
