//! Where a request can name its model and bring its own keys, and what is left of that.

use std::rc::Rc;

use serde_json::json;

use super::{set, Exchange, HeaderEdit, Headers, Rewrite, Router, Step};
use crate::host::tests::Still;
use crate::reject::Reply;

fn router() -> Rc<Router> {
    let configuration = json!({
        "providers": {
            "own": {"cluster": "own", "authority": "own.example", "client_credentials": true},
            "strict": {"cluster": "strict", "authority": "strict.example"},
            "azure": {"cluster": "azure", "authority": "azure.example", "path": {"template": "/d/{model}/{endpoint}?v=1"}},
        },
        "models": {
            "m": {"targets": [{"provider": "own", "model": "upstream"}]},
            "s": {"targets": [{"provider": "strict"}]},
            "d": {"targets": [{"provider": "azure", "model": "deployed"}]},
        },
        "credentials": {
            "strict": {"provider": "strict", "value": "team-secret"},
            "azure": {"provider": "azure", "value": "azure-secret"},
        },
        "teams": {"t": {"keys": [{"env": "KEY"}], "models": ["*"], "credentials": ["strict", "azure"]}},
    });
    let environment = |_: &str| Some("vk".to_owned());
    Rc::new(
        Router::from_configuration(configuration.to_string().as_bytes(), &environment)
            .unwrap()
            .router,
    )
}

fn carry_out(
    method: &str,
    path: &str,
    further: &[(&str, &str)],
    body: &str,
) -> Result<(Rewrite, String), Reply> {
    let usual = [(":method", method), (":path", path), ("authorization", "Bearer vk")];
    let headers: Headers = usual.iter().chain(further).copied().collect();
    let mut exchange = Exchange::new(router());
    let rewrite = match exchange.begin(headers, body.is_empty(), &Still::default()) {
        Step::Forward(rewrite) => rewrite,
        Step::Reply(reply) => return Err(reply),
        Step::Hold => {
            exchange.feed(body.as_bytes())?;
            exchange.finish(&Still::default())?
        }
    };
    let mut edited = body.to_owned();
    for splice in rewrite.body.iter().rev() {
        edited
            .replace_range(splice.range.clone(), std::str::from_utf8(&splice.replacement).unwrap());
    }
    Ok((rewrite, edited))
}

fn post(further: &[(&str, &str)], body: &str) -> Result<(Rewrite, String), Reply> {
    carry_out("POST", "/v1/chat/completions", further, body)
}

fn path(rewrite: &Rewrite) -> &str {
    set(rewrite, ":path").first().map_or("", |path| std::str::from_utf8(path).unwrap())
}

#[test]
fn provider_data_is_cut_wherever_it_stands() {
    for (body, expected) in [
        (
            r#"{"provider_data":{"own_api_key":"k"},"a":1,"model":"m"}"#,
            r#"{"a":1,"model":"upstream"}"#,
        ),
        (
            r#"{"a":1, "provider_data" : {"own":{"api_key":"k"}} , "model":"m"}"#,
            r#"{"a":1,  "model":"upstream"}"#,
        ),
        (
            r#"{"model":"m","a":1,"provider_data":{"own":{"api_key":"k"}}}"#,
            r#"{"model":"upstream","a":1}"#,
        ),
        (
            r#"{"model":"m","provider\u005fdata":{"own":{"api_key":"k"}}}"#,
            r#"{"model":"upstream"}"#,
        ),
    ] {
        let (rewrite, edited) = post(&[("content-length", "1")], body).unwrap();
        assert_eq!(edited, expected);
        assert_eq!(set(&rewrite, "authorization"), [b"Bearer k"], "{body}");
        assert_eq!(
            set(&rewrite, "content-length"),
            [expected.len().to_string().as_bytes()],
            "{body}"
        );
    }
}

#[test]
fn a_key_in_a_header_serves_its_provider_and_no_other() {
    for name in ["x-llm-provider-data", "x-llamastack-provider-data", "x-ogx-provider-data"] {
        let data = (name, r#"{"own_api_key": "mine", "elsewhere_api_key": "other"}"#);
        let (rewrite, _) = post(&[data], r#"{"model":"m"}"#).unwrap();
        assert_eq!(set(&rewrite, "authorization"), [b"Bearer mine"]);
        assert!(rewrite.headers.contains(&HeaderEdit::Remove(name.into())));
        let (rewrite, _) = post(&[data], r#"{"model":"s"}"#).unwrap();
        assert_eq!(set(&rewrite, "authorization"), [b"Bearer team-secret"]);
    }
}

#[test]
fn what_a_caller_may_not_bring_is_refused() {
    let header = |value| ("x-llm-provider-data", value);
    for (headers, body, code) in [
        (&[][..], r#"{"model":"m"}"#, "credential_not_configured"),
        (
            &[],
            r#"{"model":"s","provider_data":{"strict":{"api_key":"k"}}}"#,
            "client_credentials_not_allowed",
        ),
        (&[], r#"{"model":"m","provider_data":[]}"#, "invalid_provider_data"),
        (&[], r#"{"model":"m","provider_data":{"own":{"api_key":""}}}"#, "invalid_provider_data"),
        (&[header("{")], r#"{"model":"m"}"#, "invalid_provider_data"),
        (
            &[header(r#"{"own_api_key":"a"}"#)],
            r#"{"model":"m","provider_data":{"own_api_key":"b"}}"#,
            "invalid_provider_data",
        ),
        (&[], r#"{"model":"m","api_base":"http://evil"}"#, "forbidden_field"),
        (&[], r#"{"api_key":null,"model":"m"}"#, "forbidden_field"),
        (&[], r#"{"model":"m","provider_data":{},"provider_data":{}}"#, "duplicate_field"),
        (&[], r#"{"model":"m","API_KEY":"k"}"#, "forbidden_field"),
        (&[], r#"{"model":"m","Provider_Data":{"own_api_key":"k"}}"#, "forbidden_field"),
    ] {
        assert_eq!(post(headers, body).unwrap_err().code, code, "{body}");
    }
}

#[test]
fn azure_clients_are_routed_to_every_kind_of_path() {
    let deployments =
        |model: &str| format!("/openai/deployments/{model}/chat/completions?api-version=7&x=y");
    for (model, body, expected_path, expected_body) in [
        ("d", r#"{"a":1}"#, "/d/deployed/chat/completions?v=1&x=y", r#"{"a":1}"#),
        (
            "d",
            r#"{"model":"d"}"#,
            "/d/deployed/chat/completions?v=1&x=y",
            r#"{"model":"deployed"}"#,
        ),
        // Whatever the body has in its place, the path's wins.
        (
            "d",
            r#"{"model":"s"}"#,
            "/d/deployed/chat/completions?v=1&x=y",
            r#"{"model":"deployed"}"#,
        ),
        (
            "d",
            r#"{"a":1,"model": null }"#,
            "/d/deployed/chat/completions?v=1&x=y",
            r#"{"a":1,"model": "deployed" }"#,
        ),
        ("d", r#"{"model":""}"#, "/d/deployed/chat/completions?v=1&x=y", r#"{"model":"deployed"}"#),
        (
            "d",
            r#"{"model":{"model":"s"}}"#,
            "/d/deployed/chat/completions?v=1&x=y",
            r#"{"model":"deployed"}"#,
        ),
        ("s", r#"{ }"#, "/openai/deployments/s/chat/completions?x=y", r#"{ }"#),
    ] {
        let (rewrite, edited) = carry_out("POST", &deployments(model), &[], body).unwrap();
        assert_eq!((path(&rewrite), edited.as_str()), (expected_path, expected_body));
    }
    let unnamed = carry_out("POST", "/openai/deployments/%ff/embeddings", &[], "{}").unwrap_err();
    assert_eq!(unnamed.code, "invalid_model");
}

#[test]
fn a_model_is_put_into_a_body_that_needs_one() {
    let configuration = json!({
        "providers": {"groq": {"cluster": "groq", "kind": "groq", "client_credentials": true}},
        "teams": {"t": {"keys": [{"env": "KEY"}], "models": ["*"]}},
        "models": {"m": {}},
    });
    let environment = |_: &str| Some("vk".to_owned());
    let loaded =
        Router::from_configuration(configuration.to_string().as_bytes(), &environment).unwrap();
    let router = Rc::new(loaded.router);
    for (body, expected) in [
        (r#" { } "#, r#" {"model":"m" } "#),
        (r#"{"a":1}"#, r#"{"model":"m","a":1}"#),
        (r#"{"provider_data":{}}"#, r#"{"model":"m"}"#),
        (r#"{"provider_data":{},"a":1}"#, r#"{"model":"m","a":1}"#),
        (r#"{"a":1,"provider_data":{}}"#, r#"{"model":"m","a":1}"#),
    ] {
        let headers: Headers = [
            (":method", "POST"),
            (":path", "/openai/deployments/m/chat/completions"),
            ("api-key", "vk"),
            ("x-llm-provider-data", r#"{"groq_api_key":"k"}"#),
        ]
        .into_iter()
        .collect();
        let mut exchange = Exchange::new(Rc::clone(&router));
        assert!(matches!(exchange.begin(headers, false, &Still::default()), Step::Hold));
        exchange.feed(body.as_bytes()).unwrap();
        let rewrite = exchange.finish(&Still::default()).unwrap();
        let mut edited = body.to_owned();
        for splice in rewrite.body.iter().rev() {
            edited.replace_range(
                splice.range.clone(),
                std::str::from_utf8(&splice.replacement).unwrap(),
            );
        }
        assert_eq!(edited, expected);
        assert_eq!(path(&rewrite), "/openai/v1/chat/completions");
    }
}

#[test]
fn a_form_is_edited_in_place() {
    let body = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n{\"model\"}\r\n--b\r\n\
                Content-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b--\r\n";
    let form = ("content-type", "multipart/form-data; boundary=b");
    let data = ("x-llm-provider-data", r#"{"own_api_key":"k"}"#);
    let (_, edited) = carry_out("POST", "/v1/audio/transcriptions", &[form, data], body).unwrap();
    assert_eq!(edited, body.replace("\r\nm\r\n", "\r\nupstream\r\n"));
    for (body, code) in [
        (body.replace("name=\"model\"", "name=\"other\""), "missing_model"),
        (body.replace("name=\"file\"; filename=\"a\"", "name=\"model\""), "duplicate_field"),
        (
            body.replace("\"other\"", "\"api_key\"").replace("name=\"file\"", "name=\"api_key\""),
            "forbidden_field",
        ),
        (body.replace("\r\nm\r\n", "\r\n\r\n"), "invalid_model"),
        (body.replace("--b--", "--b"), "invalid_multipart"),
    ] {
        let refused =
            carry_out("POST", "/v1/audio/transcriptions", &[form, data], &body).unwrap_err();
        assert_eq!(refused.code, code, "{body}");
    }
}

#[test]
fn realtime_names_its_model_in_the_query() {
    let upgrade = [("upgrade", "websocket"), ("x-llm-provider-data", r#"{"own_api_key":"k"}"#)];
    let protocols =
        ("sec-websocket-protocol", "realtime, openai-insecure-api-key.vk,openai-organization.org");
    let offers = [upgrade[0], upgrade[1], protocols];
    let (rewrite, _) = carry_out("GET", "/v1/realtime?a=b&model=m&c", &offers, "").unwrap();
    assert_eq!(path(&rewrite), "/v1/realtime?a=b&model=upstream&c");
    assert_eq!(set(&rewrite, "authorization"), [b"Bearer k"]);
    assert_eq!(set(&rewrite, "sec-websocket-protocol"), [b"realtime"]);
    // Azure's clients name a deployment, beside the version of an API that is not the provider's.
    let azure = "/openai/realtime?api-version=7&deployment=m&c";
    let (rewrite, _) = carry_out("GET", azure, &upgrade, "").unwrap();
    assert_eq!(path(&rewrite), "/openai/realtime?deployment=upstream&c");
    for (query, code) in [
        ("", "missing_model"),
        ("?model=m&deployment=m", "duplicate_field"),
        ("?deployment=m&Deployment=m", "duplicate_field"),
        ("?Deployment=m", "missing_model"),
        ("?model=", "invalid_model"),
        ("?model=m&model=m", "duplicate_field"),
        ("?model=%00", "invalid_model"),
        ("?model=nope", "model_not_found"),
    ] {
        let refused = carry_out("GET", &format!("/v1/realtime{query}"), &upgrade, "").unwrap_err();
        assert_eq!(refused.code, code, "{query}");
    }
}

/// A parser that does not mind case would take the last of two.
#[test]
fn another_spelling_of_model_is_refused_also_where_the_path_names_it() {
    let path = "/openai/deployments/m/chat/completions";
    let refused = carry_out("POST", path, &[], r#"{"Model":"s"}"#).unwrap_err();
    assert_eq!((refused.status, refused.code), (400, "duplicate_field"));
}
