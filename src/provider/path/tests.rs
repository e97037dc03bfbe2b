use super::{PathRule, RequestPath, Template, TemplateError, UnsafeModel};

fn sent<'a>(path: &'a str, query: Option<&'a str>) -> RequestPath<'a> {
    let endpoint = path.strip_prefix("/v1/").unwrap();
    RequestPath { path: path.as_bytes(), base: "/v1", endpoint, query: query.map(str::as_bytes) }
}

fn rewritten(rule: &PathRule, query: Option<&str>, model: &str) -> Option<String> {
    let path = rule.rewrite(sent("/v1/chat/completions", query), model).unwrap();
    path.map(|path| String::from_utf8(path).unwrap())
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
        (PathRule::AsSent, Some("a=1"), None),
        (PathRule::Base("/openai/v1".into()), None, Some("/openai/v1/chat/completions")),
        (PathRule::Base("".into()), Some("a=1"), Some("/chat/completions?a=1")),
        (front("/v1", "/x"), Some("a=1"), Some("/x/chat/completions?a=1")),
        (front("", "/x"), None, Some("/x/v1/chat/completions")),
        (front("/v1/ch", "/x"), None, None),
        (front("/v2", "/x"), None, None),
        (
            template(azure),
            None,
            Some("/openai/deployments/gpt%204%2Fo/chat/completions?api-version=2024-10-21"),
        ),
        (
            template(azure),
            Some("a=1"),
            Some("/openai/deployments/gpt%204%2Fo/chat/completions?api-version=2024-10-21&a=1"),
        ),
        (template("/m/{model}"), Some("a=1"), Some("/m/gpt%204%2Fo?a=1")),
    ] {
        assert_eq!(rewritten(&rule, query, "gpt 4/o").as_deref(), expected, "{rule:?}");
    }
}

#[test]
fn a_model_never_becomes_a_dot_segment() {
    let rule = template("/deployments/{model}/{endpoint}");
    for model in ["..", ".", "../other", "a/../b", "a\\..", "a/."] {
        assert_eq!(rule.rewrite(sent("/v1/embeddings", None), model), Err(UnsafeModel), "{model}");
    }
    assert!(rule.rewrite(sent("/v1/embeddings", None), "v1.5..2").is_ok());
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
