//! A provider's APIs in places of their own.

use std::rc::Rc;

use serde_json::{json, Value};

use super::{set, Exchange, Rewrite, Router, Step};
use crate::header::{HeaderEdit, HeaderName, Headers};
use crate::host::tests::Still;
use crate::reject::Reply;

/// The provider `p` in a router where the team has the credential `secret` for it.
fn router(provider: &Value) -> Rc<Router> {
    let configuration = json!({
        "providers": {"p": provider},
        "credentials": {"c": {"provider": "p", "value": "secret"}},
        "teams": {
            "rich": {"keys": [{"env": "RICH"}], "models": ["*"], "credentials": ["c"]},
            "poor": {"keys": [{"env": "POOR"}], "models": ["*"]},
        },
    });
    let environment = |name: &str| Some(name.to_owned());
    let loaded = Router::from_configuration(configuration.to_string().as_bytes(), &environment);
    Rc::new(loaded.unwrap_or_else(|refusal| panic!("{:?}", refusal.errors)).router)
}

fn call(router: &Rc<Router>, key: &str, path: &str) -> Result<Rewrite, Reply> {
    call_with(&[], router, key, path)
}

fn call_with(
    further: &[(&str, &str)],
    router: &Rc<Router>,
    key: &str,
    path: &str,
) -> Result<Rewrite, Reply> {
    let key = format!("Bearer {key}");
    let headers =
        [(":method", "POST"), (":path", path), (":authority", "gateway"), ("authorization", &key)];
    let headers: Headers = headers.iter().chain(further).copied().collect();
    let mut exchange = Exchange::new(Rc::clone(router));
    match exchange.begin(headers, false, &Still::default()) {
        Step::Hold => {}
        step => panic!("{step:?}"),
    }
    exchange.feed(br#"{"model":"p/m"}"#)?;
    exchange.finish(&Still::default())
}

/// The fields of these names, as the provider gets them.
fn fields<const N: usize>(rewrite: &Rewrite, names: [&str; N]) -> [String; N] {
    names.map(|name| {
        let values = set(rewrite, name).into_iter();
        values.map(|value| String::from_utf8_lossy(value).into_owned()).collect()
    })
}

#[test]
fn an_api_can_be_at_another_host_in_another_cluster() {
    let router = router(&json!({
        "cluster": "p",
        "authority": "p.example",
        "apis": {"anthropic": {
            "cluster": "p-claude",
            "authority": "claude.example:8443",
            "path": {"strip": "/v1", "prefix": "/claude"},
            "auth": {"header": "x-token", "prefix": "Token "},
        }},
    }));
    let names = ["x-llm-cluster", ":authority", ":path", "authorization", "x-token"];
    let chat = call(&router, "RICH", "/v1/chat/completions").unwrap();
    assert_eq!(fields(&chat, names), ["p", "p.example", "", "Bearer secret", ""]);
    let messages = call(&router, "RICH", "/v1/messages").unwrap();
    let expected = ["p-claude", "claude.example:8443", "/claude/messages", "", "Token secret"];
    assert_eq!(fields(&messages, names), expected);
    let count = call(&router, "RICH", "/v1/messages/count_tokens").unwrap();
    assert_eq!(fields(&count, [":path"]), ["/claude/messages/count_tokens"]);
    // Where an API is sent its credential, no client's field of that name passes, at any other either.
    assert!(router.settings.never_forwarded.contains(HeaderName::of("x-token")));
}

#[test]
fn an_api_can_need_no_credential() {
    let router = router(&json!({
        "cluster": "p",
        "authority": "p.example",
        "apis": {"anthropic": {"auth": "none"}},
    }));
    for (key, path, expected) in [
        ("RICH", "/v1/chat/completions", Ok("Bearer secret")),
        ("POOR", "/v1/chat/completions", Err("credential_not_configured")),
        ("RICH", "/v1/messages", Ok("")),
        ("POOR", "/v1/messages", Ok("")),
    ] {
        let sent = call(&router, key, path);
        let found = sent.as_ref().map(|rewrite| fields(rewrite, ["authorization"]));
        match (found, expected) {
            (Ok([found]), Ok(expected)) => assert_eq!(found, expected, "{key} {path}"),
            (Err(reply), Err(code)) => assert_eq!(reply.code, code, "{key} {path}"),
            (found, _) => panic!("{key} {path}: {found:?}"),
        }
    }
}

#[test]
fn an_endpoint_can_have_a_path_of_its_own() {
    let router = router(&json!({"cluster": "p", "kind": "deepinfra"}));
    for (endpoint, path) in [
        ("chat/completions", "/v1/openai/chat/completions"),
        ("responses", "/v1/responses"),
        ("messages", "/anthropic/v1/messages"),
    ] {
        let sent = call(&router, "RICH", &format!("/v1/{endpoint}")).unwrap();
        let found = fields(&sent, [":path"]);
        // What stays as it is is not set.
        let unchanged = path == format!("/v1/{endpoint}");
        assert_eq!(found, [if unchanged { "" } else { path }], "{endpoint}");
    }
}

#[test]
fn a_field_that_a_provider_is_sent_by_default_gives_way_to_the_clients_own() {
    let router = router(&json!({"cluster": "p", "kind": "anthropic"}));
    let name = "anthropic-version";
    let call = |further: &[(&str, &str)]| call_with(further, &router, "RICH", "/v1/messages");
    assert_eq!(fields(&call(&[]).unwrap(), [name]), ["2023-06-01"]);
    let rewrite = call(&[(name, "2099-01-01")]).unwrap();
    assert_eq!(fields(&rewrite, [name]), [""]);
    assert!(!rewrite.headers.contains(&HeaderEdit::Remove(name.into())));
}
