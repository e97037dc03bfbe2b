//! How clients' paths become those of providers.

use super::{PathRule, Template, TemplateError, UnsafeModel};
use crate::endpoint::{Form, PathModel, RequestPath};

fn sent<'a>(path: &'a str, query: Option<&'a str>) -> RequestPath<'a> {
    let query = query.map(str::as_bytes);
    match path.strip_prefix("/openai/deployments/").and_then(|rest| rest.split_once('/')) {
        Some((deployment, endpoint)) => RequestPath {
            path: path.as_bytes(),
            front: "/openai",
            base: "/v1",
            endpoint,
            model: Some(PathModel { form: Form::Deployment, name: deployment }),
            query,
        },
        None => {
            let endpoint = path.strip_prefix("/v1/").unwrap();
            RequestPath {
                path: path.as_bytes(),
                front: "/v1",
                base: "/v1",
                endpoint,
                model: None,
                query,
            }
        }
    }
}

fn rewritten(rule: &PathRule, path: &str, query: Option<&str>, model: &str) -> String {
    let sent = sent(path, query);
    String::from_utf8(rule.rewrite(sent, sent.query, model).unwrap().into_owned()).unwrap()
}

fn front(strip: &str, prefix: &str) -> PathRule {
    PathRule::Front { strip: strip.into(), prefix: prefix.into() }
}

fn template(text: &str) -> PathRule {
    PathRule::Template(Template::parse(text).unwrap())
}

#[test]
fn each_rule_rewrites_the_path_and_keeps_the_query() {
    let azure = "/openai/deployments/{model}/{endpoint}?api-version=2024-10-21";
    for (rule, query, expected) in [
        (PathRule::AsSent, Some("a=1"), "/v1/chat/completions?a=1"),
        (PathRule::Base("/openai/v1".into()), None, "/openai/v1/chat/completions"),
        (PathRule::Base("".into()), Some("a=1"), "/chat/completions?a=1"),
        (front("/v1", "/x"), Some("a=1"), "/x/chat/completions?a=1"),
        (front("", "/x"), None, "/x/v1/chat/completions"),
        (front("/v1/ch", "/x"), None, "/v1/chat/completions"),
        (front("/v2", "/x"), None, "/v1/chat/completions"),
        (
            template(azure),
            None,
            "/openai/deployments/gpt%204%2Fo/chat/completions?api-version=2024-10-21",
        ),
        (
            template(azure),
            Some("a=1"),
            "/openai/deployments/gpt%204%2Fo/chat/completions?api-version=2024-10-21&a=1",
        ),
        (template("/m/{model}"), Some("a=1"), "/m/gpt%204%2Fo?a=1"),
    ] {
        assert_eq!(
            rewritten(&rule, "/v1/chat/completions", query, "gpt 4/o"),
            expected,
            "{rule:?}"
        );
    }
}

#[test]
fn an_azure_clients_path_becomes_the_providers() {
    for (rule, expected) in [
        (PathRule::AsSent, "/openai/deployments/gpt%204%2Fo/chat/completions?a=1"),
        (PathRule::Base("/openai/v1".into()), "/openai/v1/chat/completions?a=1"),
        (front("/v1", "/x"), "/x/chat/completions?a=1"),
        (front("/v2", "/x"), "/v1/chat/completions?a=1"),
        (template("/d/{model}/{endpoint}?v=1"), "/d/gpt%204%2Fo/chat/completions?v=1&a=1"),
    ] {
        let path = "/openai/deployments/asked/chat/completions";
        assert_eq!(rewritten(&rule, path, Some("a=1"), "gpt 4/o"), expected, "{rule:?}");
    }
}

#[test]
fn a_model_never_becomes_a_dot_segment() {
    let rule = template("/deployments/{model}/{endpoint}");
    for model in ["..", ".", "../other", "a/../b", "a\\..", "a/."] {
        assert_eq!(
            rule.rewrite(sent("/v1/embeddings", None), None, model),
            Err(UnsafeModel),
            "{model}"
        );
    }
    assert!(rule.rewrite(sent("/v1/embeddings", None), None, "v1.5..2").is_ok());
}

#[test]
fn templates_that_cannot_be_used_are_refused() {
    for (text, error) in [
        ("openai/{model}", TemplateError::NotAPath),
        ("/a b", TemplateError::NotAPath),
        ("/{model", TemplateError::Unclosed),
        ("/{modle}", TemplateError::UnknownPlace("modle".into())),
    ] {
        assert_eq!(Template::parse(text), Err(error), "{text}");
    }
}
