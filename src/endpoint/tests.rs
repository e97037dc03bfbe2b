//! Which paths are endpoints, below every base path and in every API's form.

use super::{BasePaths, Dialect, Endpoint, Form, Operation};

fn endpoint(method: &str, path: &str) -> Option<Endpoint> {
    let bases = BasePaths::new(vec!["/v1".into(), "/v1/openai/v1".into(), "".into()]);
    let split = bases.split(path.as_bytes())?;
    split.endpoint(method.as_bytes(), b"WebSocket")
}

#[test]
fn every_operation_is_found_below_every_base_path() {
    for operation in Operation::ALL.iter().copied() {
        let is_realtime = operation == Operation::Realtime;
        let (method, other) = if is_realtime { ("GET", "POST") } else { ("POST", "GET") };
        for base in ["/v1", "/v1/openai/v1", ""] {
            let path = match Form::native(operation) {
                Some(Form::Bedrock) => format!("{base}/model/m/{}?a=b", operation.path()),
                Some(_) => format!("{base}/models/m:{}?a=b", operation.path()),
                None => format!("{base}/{}?a=b", operation.path()),
            };
            assert_eq!(endpoint(method, &path), Some(Endpoint::Call(operation)), "{path}");
            assert_eq!(endpoint(other, &path), None, "{path}");
            assert_eq!(endpoint("PUT", &path), None, "{path}");
        }
    }
}

#[test]
fn models_are_listed_and_retrieved() {
    for path in
        ["/v1/models", "/v1/models/", "/v1//models", "/openai/models?api-version=1", "/models"]
    {
        assert_eq!(endpoint("GET", path), Some(Endpoint::ListModels), "{path}");
    }
    for (path, name) in [
        ("/v1/models/gpt-4o", Some("gpt-4o")),
        ("/v1/models/groq/llama?x", Some("groq/llama")),
        ("/v1/models/groq%2Fllama%3A8b", Some("groq/llama:8b")),
        ("/v1/models/%ff", None),
        ("/v1/models/groq/llama/", Some("groq/llama")),
        ("/openai/models/gpt-4o", Some("gpt-4o")),
    ] {
        let expected = name.map(|name| Endpoint::RetrieveModel(name.to_owned()));
        assert_eq!(endpoint("GET", path), expected, "{path}");
    }
}

#[test]
fn what_is_nearly_an_endpoint_is_none() {
    for path in [
        "/v1/Chat/completions",
        "/v1/chat/completions/x",
        "/v1/chat/./completions",
        "/v1/x/../chat/completions",
        "/v11/chat/completions",
        "/v1/v1/v1/v1/chat/completions",
        "/v2/chat/completions",
        "/v2/embeddings",
        "/openaix/chat/completions",
        "/v1/chat%2fcompletions",
        "/v1chat/completions",
        "/v1",
        "/",
        "chat/completions",
    ] {
        assert_eq!(endpoint("POST", path), None, "{path}");
    }
}

#[test]
fn a_path_is_the_same_with_slashes_too_many_and_with_two_base_paths() {
    let bases = BasePaths::new(vec!["/v1".into(), "/api/v1".into()]);
    for (path, operation, canonical, usual) in [
        (
            "/v1/chat/completions",
            Operation::ChatCompletions,
            "/v1/chat/completions",
            "/v1/chat/completions",
        ),
        (
            "/v1/chat/completions/",
            Operation::ChatCompletions,
            "/v1/chat/completions",
            "/v1/chat/completions",
        ),
        (
            "//v1//chat///completions//",
            Operation::ChatCompletions,
            "/v1/chat/completions",
            "/v1/chat/completions",
        ),
        ("/v1/v1/messages", Operation::Messages, "/v1/messages", "/v1/messages"),
        (
            "/api//v1/v1/messages/count_tokens",
            Operation::CountTokens,
            "/v1/messages/count_tokens",
            "/v1/messages/count_tokens",
        ),
        ("/api/v1/embeddings/", Operation::Embeddings, "/api/v1/embeddings", "/api/v1/embeddings"),
        ("/openai/v1/responses", Operation::Responses, "/openai/v1/responses", "/v1/responses"),
        ("/openai/responses/", Operation::Responses, "/openai/responses", "/v1/responses"),
        ("/v1/openai/v1/responses", Operation::Responses, "/openai/v1/responses", "/v1/responses"),
        ("/v2/rerank", Operation::Rerank, "/v2/rerank", "/v1/rerank"),
        ("/v1/v2/rerank", Operation::Rerank, "/v2/rerank", "/v1/rerank"),
        (
            "/v1/deployments/m/embeddings",
            Operation::Embeddings,
            "/v1/deployments/m/embeddings",
            "/v1/embeddings",
        ),
        (
            "/v1/openai/deployments/m//embeddings/",
            Operation::Embeddings,
            "/openai/deployments/m/embeddings",
            "/v1/embeddings",
        ),
    ] {
        let found = bases.split(path.as_bytes()).unwrap();
        assert_eq!(found.endpoint(b"POST", b""), Some(Endpoint::Call(operation)), "{path}");
        assert_eq!(&*found.canonical(), canonical.as_bytes(), "{path}");
        assert_eq!(&*found.usual(), usual.as_bytes(), "{path}");
    }
    // Without a base path only where there is an empty one.
    assert!(bases.split(b"/chat/completions").is_none());
    let empty = BasePaths::new(vec!["".into()]);
    assert_eq!(&*empty.split(b"//chat/completions").unwrap().canonical(), b"/chat/completions");
}

#[test]
fn the_nearest_endpoint_is_named_if_there_is_one() {
    let bases = BasePaths::new(vec!["/v1".into()]);
    for (path, nearest) in [
        ("/v1/chat/completion", Some("POST /v1/chat/completions")),
        ("/v1/chat/completions", Some("POST /v1/chat/completions")),
        ("/chat/completions", Some("POST /v1/chat/completions")),
        ("/v1/Embedding", Some("POST /v1/embeddings")),
        ("/v1/model", Some("GET /v1/models")),
        ("/v1/message", Some("POST /v1/messages")),
        ("/v1/images/generate", Some("POST /v1/images/generations")),
        ("/favicon.ico", None),
        ("/", None),
        ("/v1", None),
        ("/api/hello", None),
    ] {
        assert_eq!(bases.nearest(path.as_bytes()).as_deref(), nearest, "{path}");
    }
    assert_eq!(bases.nearest(&[b'a'; 1000]), None);
    assert_eq!(bases.nearest(b"/v1/chat/completion\xff"), None);
}

#[test]
fn paths_of_apis_with_the_model_in_them_are_taken_apart_at_the_last_mark() {
    let bases = BasePaths::new(vec!["/v1".into(), "/api/v1".into()]);
    for (path, operation, model, canonical) in [
        (
            "/v1beta/models/a:b:generateContent?alt=sse",
            Operation::GenerateContent,
            "a:b",
            "/v1beta/models/a:b:generateContent",
        ),
        (
            "/api/v1/models/a/b:countTokens/",
            Operation::CountContentTokens,
            "a/b",
            "/api/v1/models/a/b:countTokens",
        ),
        (
            "/v1/v1beta/models/a%2Fb:embedContent",
            Operation::EmbedContent,
            "a/b",
            "/v1beta/models/a%2Fb:embedContent",
        ),
        ("/model/v1/converse", Operation::Converse, "v1", "/model/v1/converse"),
        ("/model/a/b:0/invoke", Operation::Invoke, "a/b:0", "/model/a/b:0/invoke"),
        (
            "//model/arn%3Aa%2Fb/converse-stream",
            Operation::ConverseStream,
            "arn:a/b",
            "/model/arn%3Aa%2Fb/converse-stream",
        ),
    ] {
        let found = bases.split(path.as_bytes()).unwrap();
        assert_eq!(found.endpoint(b"POST", b""), Some(Endpoint::Call(operation)), "{path}");
        assert_eq!(found.model_in_path().unwrap().as_deref(), Some(model), "{path}");
        assert_eq!(&*found.canonical(), canonical.as_bytes(), "{path}");
        assert_eq!(&*found.usual(), canonical.as_bytes(), "{path}");
        assert!(found.has_no_upgrade() && found.resource(b"POST").is_none(), "{path}");
    }
    for path in [
        "/v1beta/models/a:predict",
        "/v1beta/models/generateContent",
        "/v1beta/chat/completions",
        "/v1beta/tunedModels/a:generateContent",
        "/v1/models/a:converse",
        "/v1/generateContent",
        "/openai/deployments/m/converse",
        "/model/a",
        "/model/converse",
        "/model/a/b/generateContent",
        "/v1/m/converse",
    ] {
        assert_eq!(endpoint("POST", path), None, "{path}");
    }
}

#[test]
fn messages_speak_anthropic() {
    let bases = BasePaths::new(vec!["/v1".into()]);
    for (path, dialect) in [
        ("/v1/messages", Dialect::Anthropic),
        ("/v1/messages/batches", Dialect::Anthropic),
        ("/v1/messages?x", Dialect::Anthropic),
        ("/v1/messagesx", Dialect::OpenAi),
        ("/v1/chat/completions", Dialect::OpenAi),
    ] {
        assert_eq!(bases.split(path.as_bytes()).unwrap().dialect(), dialect, "{path}");
    }
}

#[test]
fn azure_clients_name_the_model_in_the_path() {
    let bases = BasePaths::new(vec!["/v1".into(), "".into()]);
    for (path, found) in [
        ("/openai/deployments/gpt%2D4o/chat/completions?api-version=1", Some("gpt-4o")),
        ("/openai/deployments/a%2Fb/embeddings", Some("a/b")),
        ("/openai/deployments//embeddings", Some("")),
        ("/openai/deployments/a/b/embeddings", None),
        ("/openai/deployments/a/realtime", None),
        ("/openai/deployments/a", None),
    ] {
        let model = bases.split(path.as_bytes()).and_then(|split| {
            split.endpoint(b"POST", b"")?;
            split.model_in_path()?
        });
        assert_eq!(model.as_deref(), found, "{path}");
    }
    let not_utf8 = bases.split(b"/openai/deployments/%ff/embeddings").unwrap();
    assert_eq!(not_utf8.model_in_path(), Some(None));
}

#[test]
fn realtime_is_a_websocket_or_nothing() {
    let bases = BasePaths::new(vec!["/v1".into()]);
    let path = bases.split(b"/v1/realtime?model=x").unwrap();
    assert_eq!(path.endpoint(b"GET", b"websocket"), Some(Endpoint::Call(Operation::Realtime)));
    assert_eq!(path.endpoint(b"GET", b""), None);
    assert_eq!(path.endpoint(b"GET", b"h2c"), None);
}
