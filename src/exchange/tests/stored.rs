//! What is stored at a provider: where requests for it and requests that go on with it are sent.

use std::rc::Rc;

use serde_json::{json, Value};

use super::{set, Exchange, Headers, Rewrite, Router, Step};
use crate::host::tests::Still;
use crate::reject::Reply;

/// The team `own` has what it stores at `first`, which is nobody's first choice, or at `second`; the team `half` has no
/// credential for `first`, and the team `none` may not store anything.
fn router() -> Rc<Router> {
    let resources = json!({"providers": ["first", "second"], "endpoints": ["responses"]});
    let configuration = json!({
        "providers": {
            "first": {"cluster": "first", "authority": "first.example", "client_credentials": true},
            "second": {"cluster": "second", "authority": "second.example"},
        },
        "models": {
            "m": {"targets": [{"provider": "second"}, {"provider": "first", "priority": 1}]},
            "pair": {"failover_cluster": "pool", "targets": [
                {"provider": "second"}, {"provider": "first", "priority": 1},
            ]},
            "at-second": {"targets": [{"provider": "second"}]},
        },
        "credentials": {
            "one": {"provider": "first", "value": "secret-one"},
            "two": {"provider": "second", "value": "secret-two"},
        },
        "teams": {
            "own": {"keys": [{"env": "own"}], "models": ["*"], "credentials": ["one", "two"], "resources": resources},
            "half": {"keys": [{"env": "half"}], "models": ["*"], "credentials": ["two"], "resources": resources},
            "none": {"keys": [{"env": "none"}], "models": ["*"], "credentials": ["one", "two"]},
        },
    });
    let environment = |name: &str| Some(name.to_owned());
    let loaded = Router::from_configuration(configuration.to_string().as_bytes(), &environment);
    Rc::new(loaded.unwrap_or_else(|refusal| panic!("{:?}", refusal.errors)).router)
}

fn ask(
    method: &str,
    path: &str,
    key: &str,
    further: &[(&str, &str)],
    body: &Value,
) -> Result<Rewrite, Reply> {
    let key = format!("Bearer {key}");
    let usual = [(":method", method), (":path", path), ("authorization", &key)];
    let headers: Headers = usual.iter().chain(further).copied().collect();
    let mut exchange = Exchange::new(router());
    match exchange.begin(headers, false, &Still::default()) {
        Step::Forward(rewrite) => Ok(rewrite),
        Step::Reply(reply) => Err(reply),
        Step::Hold => {
            exchange.feed(body.to_string().as_bytes())?;
            exchange.finish(&Still::default())
        }
    }
}

/// The cluster that such a request for a model goes to.
fn cluster(path: &str, key: &str, further: &[(&str, &str)], body: &Value) -> String {
    let rewrite = ask("POST", path, key, further, body).unwrap();
    let [cluster] = &*set(&rewrite, "x-llm-cluster") else { panic!("{body}") };
    String::from_utf8(cluster.to_vec()).unwrap()
}

#[test]
fn a_response_that_goes_on_with_what_is_stored_is_made_where_that_is() {
    let at = |name| [("x-llm-provider", name)];
    let stored = "previous_response_id";
    for (key, further, model, member, value, expected) in [
        ("own", &[][..], "m", stored, json!("resp_1"), "first"),
        ("own", &[], "m", "conversation", json!({"id": "conv_1"}), "first"),
        ("own", &at("second"), "m", stored, json!("resp_1"), "second"),
        ("own", &at("first"), "m", stored, json!("resp_1"), "first"),
        // What goes on with nothing goes where it always would.
        ("own", &[], "m", stored, Value::Null, "second"),
        ("own", &[], "m", "store", json!(true), "second"),
        // It cannot be where the model is not served, or where the team has no credential.
        ("own", &[], "at-second", stored, json!("resp_1"), "second"),
        ("half", &[], "m", stored, json!("resp_1"), "second"),
        ("none", &[], "m", stored, json!("resp_1"), "second"),
        // The caller's word is stronger.
        ("own", &[], "m:second", stored, json!("resp_1"), "second"),
        // In a pool Envoy could go on to where it is not.
        ("own", &[], "pair", stored, json!("resp_1"), "first"),
        ("own", &[], "pair", stored, Value::Null, "pool"),
        ("none", &[], "pair", stored, json!("resp_1"), "pool"),
    ] {
        let mut body = json!({"model": model, "input": "x"});
        body[member] = value;
        assert_eq!(cluster("/v1/responses", key, further, &body), expected, "{key} {body}");
    }
    // No other endpoint goes on with anything.
    let body = json!({"model": "m", stored: "resp_1"});
    assert_eq!(cluster("/v1/chat/completions", "own", &[], &body), "second");
}

#[test]
fn what_is_stored_is_asked_for_with_a_key_of_the_callers_own_only_where_its_provider_takes_one() {
    let data = [("x-llm-provider-data", r#"{"first_api_key": "mine", "second_api_key": "mine"}"#)];
    for (provider, expected) in
        [("first", Ok("Bearer mine")), ("second", Err("client_credentials_not_allowed"))]
    {
        let further = [data[0], ("x-llm-provider", provider)];
        let sent = ask("GET", "/v1/responses/resp_1", "own", &further, &Value::Null);
        match (sent, expected) {
            (Ok(rewrite), Ok(key)) => assert_eq!(set(&rewrite, "authorization"), [key.as_bytes()]),
            (Err(reply), Err(code)) => assert_eq!(reply.code, code),
            (sent, _) => panic!("{provider}: {sent:?}"),
        }
    }
    let rewrite = ask("GET", "/v1/responses/resp_1", "own", &[], &Value::Null).unwrap();
    assert_eq!(set(&rewrite, "authorization"), [b"Bearer secret-one"]);
}
