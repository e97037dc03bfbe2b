//! What Envoy does with a configuration: the good, the bad, and a change of one while it runs.

use crate::harness::bootstrap::{Bootstrap, Listener, Plugin, SITE};
use crate::harness::catalogue::{self, BLUE, CLUSTERS, RED};
use crate::harness::envoy::Envoy;
use crate::harness::process::replace;
use crate::harness::{Call, Gateway};
use serde_json::{json, Value};
use std::future::Future;
use std::time::{Duration, Instant};
use tempfile::TempDir;

#[tokio::test]
async fn a_bad_configuration_stops_envoy_and_every_error_is_logged_with_its_path() {
    let mut bad = catalogue::configuration();
    bad["providers"]["groq"]["clutser"] = json!("groq");
    bad["models"]["gpt-4o"]["targets"][0]["provider"] = json!("opnai");
    bad["credentials"]["openai-red"] = json!({"provider": "openai", "env": "NOT_SET_ANYWHERE"});
    bad["credentials"]["groq-red"]["value"] = json!("${GROQ_KEY}");
    bad["teams"]["red"]["credentials"][1] = json!("grok-red");
    bad["teams"]["blue"]["models"] = json!(["*-*"]);
    let bootstrap = |plugin: &Value| Bootstrap {
        listeners: vec![Listener::new("main", plugin)],
        clusters: [(SITE.to_owned(), ([127, 0, 0, 1], 9).into())].into(),
        ..catalogue::bootstrap()
    };
    let (status, log) = Envoy::run_to_end(&bootstrap(&bad)).await;
    assert!(!status.success());
    for told in [
        "providers.groq.clutser",
        "models.gpt-4o.targets[0].provider",
        "did you mean \"openai\"?",
        "credentials.openai-red.env",
        "credentials.groq-red.value",
        "teams.red.credentials[1]",
        "did you mean \"groq-red\"?",
        "teams.blue.models[0]",
    ] {
        assert!(log.contains(told), "no {told} in\n{log}");
    }
    for secret in catalogue::secrets() {
        assert!(!log.contains(&secret), "{secret} in\n{log}");
    }
    for text in ["", "null", "{", "[]"] {
        let mut bootstrap = bootstrap(&json!({}));
        bootstrap.listeners[0].plugin = Plugin::Text(text.to_owned());
        let (status, _) = Envoy::run_to_end(&bootstrap).await;
        assert!(!status.success(), "{text:?} is no configuration");
    }
}

#[tokio::test]
async fn a_struct_and_its_text_route_alike() {
    let gateway = Gateway::shared();
    for model in ["gpt-4o", "sonnet", "glm-5:openai", "groq/x", "deployed", "biggest:groq", "nope"]
    {
        for key in [RED, BLUE] {
            let as_text = gateway.send_to("main", Call::chat(model).key(key)).await;
            let as_struct = gateway.send_to("struct", Call::chat(model).key(key)).await;
            assert_eq!((as_text.status, &as_text.body), (as_struct.status, &as_struct.body));
            let sent = |exchange: &crate::harness::Exchange| {
                let sent = exchange.upstream.first().cloned();
                sent.map(|sent| {
                    let credential = sent.header("authorization").map(str::to_owned);
                    (sent.cluster, sent.path, sent.authority, sent.body, credential)
                })
            };
            assert_eq!(sent(&as_text), sent(&as_struct), "{model}");
        }
    }
}

#[tokio::test]
async fn warnings_are_logged_and_the_configuration_serves() {
    let mut doubtful = catalogue::configuration();
    let target = json!([{"provider": "groq", "model": "x"}]);
    doubtful["models"]["llama:8b"] = json!({"targets": target});
    doubtful["models"]["llama:openai"] = json!({"targets": target});
    doubtful["teams"]["idle"] = json!({"keys": [], "models": ["*"], "credentials": []});
    let bootstrap =
        Bootstrap { listeners: vec![Listener::new("main", &doubtful)], ..catalogue::bootstrap() };
    let gateway = Gateway::own(&CLUSTERS, bootstrap);
    let log = gateway.envoy().log();
    for path in ["models.llama:8b", "models.llama:openai", "teams.idle"] {
        let warned = log.lines().any(|line| line.contains("[warning]") && line.contains(path));
        assert!(warned, "no warning of {path} in\n{log}");
    }
    let exchange = gateway.send(Call::chat("llama:openai").key(RED)).await;
    assert_eq!(exchange.upstream().cluster, "groq");
}

#[tokio::test]
async fn parameters_go_out_as_they_stand_in_a_text_and_as_doubles_from_a_struct() {
    const PRECISE: &str = "123456789012345678901234567890.000000000000000000001";
    let mut configuration = catalogue::configuration();
    let set = json!({"a": "@", "b": "0.7", "c": 0.5});
    configuration["models"]["gpt-4o"]["targets"][0]["parameters"] = json!({"set": set});
    let mut text = Listener::new("main", &configuration);
    text.plugin = Plugin::Text(configuration.to_string().replace(r#""@""#, PRECISE));
    let mut doubles = configuration.clone();
    doubles["models"]["gpt-4o"]["targets"][0]["parameters"]["set"]["a"] =
        serde_json::from_str(PRECISE).unwrap();
    let listeners = vec![text, Listener::of_struct("struct", &doubles)];
    let bootstrap = Bootstrap { listeners, ..catalogue::bootstrap() };
    let gateway = Gateway::own(&CLUSTERS, bootstrap);
    for (listener, a, b) in
        [("main", PRECISE, r#""0.7""#), ("struct", "1.2345678901234568e+29", "0.7")]
    {
        let exchange = gateway.send_to(listener, Call::chat("gpt-4o").key(RED)).await;
        assert_eq!(exchange.status, 200, "{}", exchange.text());
        let sent = String::from_utf8(exchange.upstream().body.to_vec()).unwrap();
        let front = format!(r#"{{"a":{a},"b":{b},"c":0.5,"#);
        assert!(sent.starts_with(&front), "{listener}: {sent}");
    }
}

#[tokio::test]
async fn an_update_takes_effect_if_it_is_good_and_changes_nothing_if_it_is_bad() {
    let directory = TempDir::new().unwrap();
    let discovery = directory.path().join("listeners.json");
    let with = |configuration: &Value| Bootstrap {
        listeners: vec![Listener::new("main", configuration)],
        listener_discovery: Some(discovery.clone()),
        ..catalogue::bootstrap()
    };
    let first = catalogue::configuration();
    let gateway = Gateway::own(&CLUSTERS, with(&first));
    let access_log = gateway.envoy().access_log_path();
    let update = |configuration: &Value| {
        replace(&discovery, &with(configuration).render_discovery(&access_log));
    };
    assert_eq!(gateway.send(Call::chat("gpt-4o").key(RED)).await.status, 200);

    let mut bad = first.clone();
    bad["teams"]["red"]["credentials"] = json!(["no-such-credential"]);
    update(&bad);
    until(|| async { stat(&gateway, "listener_manager.lds.update_rejected").await > 0 }).await;
    assert!(gateway.envoy().log().contains("teams.red.credentials[0]"));
    assert_eq!(gateway.send(Call::chat("gpt-4o").key(RED)).await.status, 200);

    let rotated = "vk-red-rotated-0Aa0";
    let mut good = first;
    good["teams"]["red"]["keys"] = json!([{"sha256": catalogue::sha256(rotated)}]);
    update(&good);
    until(|| async { gateway.send(Call::chat("gpt-4o").key(rotated)).await.status == 200 }).await;
    until(|| async { gateway.send(Call::chat("gpt-4o").key(RED)).await.status == 401 }).await;
}

/// Waits for what must come true soon.
async fn until<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) {
    let deadline = Instant::now() + Duration::from_secs(15);
    while !holds().await {
        assert!(Instant::now() < deadline, "it never came true");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn stat(gateway: &Gateway, name: &str) -> u64 {
    let stats = gateway.envoy().admin(&format!("/stats?filter={name}")).await;
    stats.rsplit(": ").next().unwrap().trim().parse().unwrap_or_default()
}
