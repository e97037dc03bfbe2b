use std::collections::HashSet;
use std::rc::Rc;

use serde_json::json;

use super::Traces;
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
fn a_key_is_found_again_and_as_the_same() {
    let keys = router().keys;
    let first = ["vk-a", "vk-b"].map(|key| Rc::clone(keys.shown(key.as_bytes()).unwrap()));
    let again = ["vk-a", "vk-b"].map(|key| Rc::clone(keys.shown(key.as_bytes()).unwrap()));
    assert_eq!(first.each_ref().map(|key| &*key.id), ["a", "b"]);
    assert!(first.iter().zip(&again).all(|(first, again)| Rc::ptr_eq(first, again)));
    assert_eq!(keys.found.seen.borrow().len(), 2);
}

#[test]
fn what_is_no_key_leaves_no_trace() {
    let keys = router().keys;
    for text in ["", "vk", "vk-", "vk-c", "vk-a ", "VK-A", "vk-a\0", "\0vk-a"] {
        assert!(keys.shown(text.as_bytes()).is_none(), "{text:?}");
        keys.shown(b"vk-a").unwrap();
        assert!(keys.shown(text.as_bytes()).is_none(), "{text:?}, once the key was shown");
    }
    assert_eq!(keys.found.seen.borrow().len(), 1);
}

#[test]
fn traces_differ_by_text_and_by_secret() {
    let secrets = [Traces::default(), Traces::default()];
    let texts = (0..1000).map(|number| format!("vk-{number}")).chain([String::new()]);
    let halves: HashSet<u64> = texts
        .flat_map(|text| secrets.each_ref().map(|secret| secret.trace(text.as_bytes()).0))
        .flatten()
        .collect();
    assert_eq!(halves.len(), 1001 * 2 * 2);
    assert!(secrets[0].trace(b"vk") == secrets[0].trace(b"vk"));
}

#[test]
fn nothing_of_a_trace_is_printed() {
    let keys = router().keys;
    keys.shown(b"vk-a").unwrap();
    assert_eq!(format!("{:?}", keys.found), "[redacted]");
}
