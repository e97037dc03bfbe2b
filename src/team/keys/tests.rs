//! Virtual keys are found by their text alone.

use serde_json::json;

use crate::router::Router;

fn router() -> Router {
    let configuration = json!({
        "providers": {"p": {"cluster": "p", "auth": "none"}},
        "models": {"m": {}},
        "teams": {
            "a": {"keys": [{"id": "a", "env": "vk-a"}], "models": ["*"]},
            "b": {"keys": [{"id": "b", "env": "vk-b"}], "models": ["*"]},
        },
    });
    let environment = |name: &str| Some(name.to_owned());
    Router::from_configuration(configuration.to_string().as_bytes(), &environment).unwrap().router
}

#[test]
fn a_key_is_found_by_its_text_and_by_no_other() {
    let keys = router().keys;
    for key in ["a", "b"] {
        assert_eq!(&*keys.shown(format!("vk-{key}").as_bytes()).unwrap().id, key);
    }
    for text in ["", "vk", "vk-", "vk-c", "vk-a ", "VK-A", "vk-a\0", "\0vk-a"] {
        assert!(keys.shown(text.as_bytes()).is_none(), "{text:?}");
    }
}
