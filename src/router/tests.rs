//! Restrictions, aliases and pins, on every path to a model.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{json, Value};

use super::{Decision, ModelRequest, Router};
use crate::cooldown::Signal;
use crate::endpoint::Operation;
use crate::header::Headers;
use crate::host::tests::Still;
use crate::host::Host;
use crate::identity::Elsewhere;
use crate::provider_data::ProviderData;
use crate::reject::Reject;
use crate::team::Caller;

fn router(configuration: &Value) -> Router {
    let environment = |name: &str| Some(format!("vk-{name}"));
    Router::from_configuration(configuration.to_string().as_bytes(), &environment).unwrap().router
}

fn caller(router: &Router, key: &str) -> Caller {
    let headers: Headers = [("authorization", format!("Bearer vk-{key}"))].into_iter().collect();
    router.identify(&headers, Elsewhere::Nowhere, &Still::default()).unwrap().0
}

fn route(router: &Router, key: &str, model: &str, random: u64) -> Result<Decision, Reject> {
    let host = Still { random, ..Still::default() };
    let request = ModelRequest {
        operation: Operation::ChatCompletions,
        asked: model,
        client_keys: &ProviderData::default(),
        needs_permission: &[],
        session: None,
    };
    router.route(&caller(router, key), &request, &host)
}

/// Where `model` goes, as `provider upstream-model`, or the error's code.
fn outcome(router: &Router, key: &str, model: &str) -> String {
    match route(router, key, model, 0) {
        Ok(decision) => format!("{} {}", decision.provider.name, decision.upstream_model),
        Err(reject) => reject.class().code.to_owned(),
    }
}

#[test]
fn what_is_restricted_is_restricted_on_every_path_to_it() {
    let router = router(&json!({
        "providers": {"groq": {"cluster": "groq", "auth": "none"}, "xai": {"cluster": "xai", "auth": "none"}},
        "models": {
            "secret": {"teams": ["insiders"], "aliases": ["hush"], "targets": [{"provider": "groq", "model": "s-1"}]},
            "lab-*": {"teams": ["insiders"], "targets": [{"provider": "xai", "model": "lab/*"}]},
            "any-*": {"targets": [{"provider": "groq", "model": "*"}]},
            "two-*": {"targets": [{"provider": "groq", "model": "*"}, {"provider": "xai", "model": "*"}]},
        },
        "teams": {
            "insiders": {"keys": [{"env": "in"}], "models": ["*"]},
            "others": {"keys": [{"env": "out"}], "models": ["*"], "aliases": {"mine": "groq/s-1", "mine2": "any-s-1"}},
        },
    }));
    for name in
        ["secret", "hush", "secret:groq", "hush:groq", "groq/s-1", "any-s-1", "lab-x", "xai/lab/x"]
    {
        assert_eq!(outcome(&router, "out", name), "model_not_found", "{name}");
        assert!(outcome(&router, "in", name).contains(' '), "{name}");
    }
    for name in ["mine", "mine2", "mine:groq"] {
        assert_eq!(outcome(&router, "out", name), "model_not_found", "{name}");
    }
    // A pattern with another target still serves: there the name is nobody's own.
    assert_eq!(outcome(&router, "out", "two-s-1"), "xai s-1");
    assert_eq!(outcome(&router, "out", "groq/s-2"), "groq s-2");
}

#[test]
fn an_alias_of_a_pinned_name_stays_where_it_is_pinned() {
    let router = router(&json!({
        "providers": {"groq": {"cluster": "g", "auth": "none"}, "xai": {"cluster": "x", "auth": "none"}},
        "models": {"glm-5": {"targets": [{"provider": "groq"}, {"provider": "xai"}]}},
        "teams": {"t": {"keys": [{"env": "k"}], "models": ["fast", "groq/x"], "aliases": {"fast": "glm-5:xai"}}},
    }));
    assert_eq!(outcome(&router, "k", "fast"), "xai glm-5");
    assert_eq!(outcome(&router, "k", "fast:xai"), "xai glm-5");
    let refused = route(&router, "k", "fast:groq", 0).unwrap_err().to_string();
    assert_eq!(refused, "Provider 'groq' does not support model 'fast'. Available providers: xai");
    assert_eq!(outcome(&router, "k", "glm-5"), "model_not_found");
    let caller = caller(&router, "k");
    for (asked, pin) in [("fast", Some("xai")), ("glm-5:groq", Some("groq")), ("glm-5", None)] {
        let pinned_to = router.catalog.resolve(&caller.team().aliases, asked).unwrap().pinned_to();
        assert_eq!(pinned_to.map(|provider| &*provider.name), pin, "{asked}");
    }
}

/// The alias, what it stands for, and the registered name that this leads to.
#[test]
fn an_alias_may_be_used_where_any_of_its_names_is_allowed() {
    let router = router(&json!({
        "providers": {"groq": {"cluster": "g", "auth": "none"}, "xai": {"cluster": "x", "auth": "none"}},
        "models": {
            "glm-5": {"aliases": ["glm"], "targets": [{"provider": "groq"}, {"provider": "xai"}]},
            "other": {"targets": [{"provider": "groq"}]},
            "any/*": {"targets": [{"provider": "groq", "model": "*"}]},
        },
        "teams": {
            "alias": {"keys": [{"env": "alias"}], "models": ["quick"], "aliases": {"quick": "glm-5:xai"}},
            "meant": {"keys": [{"env": "meant"}], "models": ["glm-5:xai"], "aliases": {"quick": "glm-5:xai"}},
            "registered": {"keys": [{"env": "registered"}], "models": ["glm-5"], "aliases": {"quick": "glm-5:xai"}},
            "none": {"keys": [{"env": "none"}], "models": ["other"], "aliases": {"quick": "glm-5:xai"}},
            "pattern": {"keys": [{"env": "pattern"}], "models": ["any/*"], "aliases": {"quick": "any/x"}},
        },
    }));
    for key in ["alias", "meant", "registered"] {
        assert_eq!(outcome(&router, key, "quick"), "xai glm-5", "{key}");
    }
    assert_eq!(outcome(&router, "none", "quick"), "model_not_found");
    assert_eq!(outcome(&router, "pattern", "quick"), "groq x");
    assert!(outcome(&router, "registered", "glm").ends_with(" glm-5"));
}

#[test]
fn a_pin_takes_no_notice_of_cooldowns_also_between_two_targets_at_its_provider() {
    let router = router(&json!({
        "providers": {"groq": {"cluster": "g", "auth": "none"}, "xai": {"cluster": "x", "auth": "none"}},
        "models": {"m": {"targets": [
            {"provider": "groq", "model": "large"}, {"provider": "groq", "model": "small", "priority": 1},
            {"provider": "xai", "model": "last", "priority": 2},
        ]}},
        "teams": {"t": {"keys": [{"env": "t"}], "models": ["*"]}},
    }));
    let (caller, host) = (caller(&router, "t"), Still { now: 100, ..Still::default() });
    let client_keys = ProviderData::default();
    let ask = |asked| {
        let operation = Operation::ChatCompletions;
        let client_keys = &client_keys;
        let request =
            ModelRequest { operation, asked, client_keys, needs_permission: &[], session: None };
        router.route(&caller, &request, &host).unwrap()
    };
    let Decision { provider, authorization, registered, upstream_model, .. } = ask("m");
    let model = registered.as_deref();
    let keys = super::cooldown_keys(&caller, &provider, &authorization, model, &upstream_model);
    let limited = Signal::Failure { is_of_model: true, wait: Some(Duration::from_secs(60)) };
    assert!(router.settings.cooldown.note(&keys.unwrap(), limited, host.now(), &host));
    assert_eq!(ask("m").upstream_model, "small");
    assert_eq!(ask("m:groq").upstream_model, "large");
}

#[test]
fn equal_targets_are_all_used() {
    let targets: Vec<_> =
        (0..4).map(|n| json!({"provider": "p", "model": format!("m-{n}")})).collect();
    let router = router(&json!({
        "providers": {"p": {"cluster": "p", "auth": "none"}},
        "models": {"m": {"targets": targets}},
        "teams": {"t": {"keys": [{"env": "k"}], "models": ["m"]}},
    }));
    let used: BTreeSet<_> =
        (0..8).map(|random| route(&router, "k", "m", random).unwrap().upstream_model).collect();
    assert_eq!(used.len(), 4);
}

#[test]
fn what_is_listed_can_be_called() {
    let router = router(&json!({
        "providers": {
            "open": {"cluster": "o", "auth": "none"},
            "locked": {"cluster": "l"},
        },
        "models": {
            "here": {"aliases": ["alias"], "targets": [{"provider": "open"}]},
            "no-key": {"targets": [{"provider": "locked"}]},
            "denied": {"teams": [], "targets": [{"provider": "open"}]},
            "open/*": {"targets": [{"provider": "open", "model": "*"}]},
        },
        "teams": {"t": {
            "keys": [{"env": "k"}], "models": ["*", "open/x", "locked/y", "here:locked"],
            "aliases": {"mine": "here"},
        }},
    }));
    let caller = caller(&router, "k");
    let list = router.list_models(&caller, &ProviderData::default());
    let ids: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| model["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["alias", "here", "mine", "open/x"]);
    for id in ids {
        assert!(route(&router, "k", id, 0).is_ok(), "{id}");
    }
}

#[test]
fn a_pattern_does_not_get_around_the_restriction_of_another() {
    let router = router(&json!({
        "providers": {"p": {"cluster": "p", "auth": "none", "unregistered_models": false}},
        "models": {
            "sec-*": {"teams": ["alpha"], "targets": [{"provider": "p"}]},
            "any/*": {"targets": [{"provider": "p", "model": "*"}]},
        },
        "teams": {
            "alpha": {"keys": [{"env": "alpha"}], "models": ["*"]},
            "beta": {"keys": [{"env": "beta"}], "models": ["*"]},
        },
    }));
    assert_eq!(outcome(&router, "alpha", "any/sec-x"), "p sec-x");
    assert_eq!(outcome(&router, "beta", "any/sec-x"), "model_not_found");
    assert_eq!(outcome(&router, "beta", "sec-x"), "model_not_found");
    assert_eq!(outcome(&router, "beta", "any/other"), "p other");
}

#[test]
fn a_pin_tells_nothing_of_providers_that_are_none_of_the_callers() {
    let router = router(&json!({
        "providers": {
            "p": {"cluster": "p", "auth": "none"},
            "secret": {"cluster": "secret", "kind": "groq"},
            "open": {"cluster": "open", "auth": "none"},
        },
        "models": {
            "m": {"targets": [{"provider": "p"}]},
            "s": {"targets": [{"provider": "secret"}], "teams": ["alpha"]},
        },
        "credentials": {"c": {"provider": "secret", "value": "key"}},
        "teams": {
            "alpha": {"keys": [{"env": "alpha"}], "models": ["m", "s"], "credentials": ["c"]},
            "beta": {"keys": [{"env": "beta"}], "models": ["m"]},
            "gamma": {"keys": [{"env": "gamma"}], "models": ["m", "open/*"]},
        },
    }));
    assert_eq!(outcome(&router, "alpha", "m:secret"), "provider_not_found_for_model");
    for (key, model) in [("beta", "m:secret"), ("beta", "m:open"), ("beta", "m:nosuch")] {
        assert_eq!(outcome(&router, key, model), "model_not_found", "{key} {model}");
    }
    assert_eq!(outcome(&router, "gamma", "m:open"), "provider_not_found_for_model");
}

#[test]
fn a_pin_names_a_provider_that_serves_the_caller_by_a_pattern_or_an_alias_alone() {
    let bare =
        |cluster: &str| json!({"cluster": cluster, "auth": "none", "unregistered_models": false});
    let router = router(&json!({
        "providers": {"p": bare("p"), "patterned": bare("patterned"), "aliased": bare("aliased")},
        "models": {
            "m": {"targets": [{"provider": "p"}]},
            "pattern-*": {"targets": [{"provider": "patterned"}]},
            "named": {"aliases": ["quick"], "targets": [{"provider": "aliased"}]},
        },
        "teams": {
            "one": {"keys": [{"env": "one"}], "models": ["m", "pattern-*"]},
            "two": {"keys": [{"env": "two"}], "models": ["m", "quick"]},
        },
    }));
    for (key, model, expected) in [
        ("one", "m:patterned", "provider_not_found_for_model"),
        ("two", "m:aliased", "provider_not_found_for_model"),
        ("one", "m:aliased", "model_not_found"),
        ("two", "m:patterned", "model_not_found"),
    ] {
        assert_eq!(outcome(&router, key, model), expected, "{key} {model}");
    }
}

#[test]
fn a_model_is_described_with_the_endpoints_for_which_there_is_a_credential() {
    let router = router(&json!({
        "providers": {
            "p": {"cluster": "p", "authority": "p", "apis": {"anthropic": {"auth": "none"}}},
        },
        "credentials": {"c": {"provider": "p", "value": "secret"}},
        "teams": {
            "rich": {"keys": [{"env": "rich"}], "models": ["*"], "credentials": ["c"]},
            "poor": {"keys": [{"env": "poor"}], "models": ["*"]},
        },
    }));
    let endpoints = |key: &str| {
        let keys = ProviderData::default();
        let model = router.describe_model(&caller(&router, key), "p/m", &keys).unwrap();
        let paths = model["endpoints"].as_array().unwrap().iter();
        paths.map(|path| path.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (rich, poor) = (endpoints("rich"), endpoints("poor"));
    assert!(poor.iter().all(|path| path.contains("messages")) && !poor.is_empty(), "{poor:?}");
    assert!(rich.iter().any(|path| path.contains("chat/completions")), "{rich:?}");
    assert!(poor.iter().all(|path| rich.contains(path)), "{rich:?}");
}

/// What is remembered must not grow with the names that clients make up.
#[test]
fn names_that_clients_make_up_share_256_cooldowns_and_no_configured_name_is_among_them() {
    let router = router(&json!({
        "providers": {"p": {"cluster": "p", "auth": "none"}},
        "models": {
            "m": {"targets": [{"provider": "p", "model": "configured"}]},
            "any-*": {"targets": [{"provider": "p", "model": "*"}]},
        },
        "teams": {"t": {"keys": [{"env": "t"}], "models": ["*"]}},
    }));
    let caller = caller(&router, "t");
    let remembered = |asked: &str| {
        let Decision { provider, authorization, registered, upstream_model, .. } =
            route(&router, "t", asked, 0).unwrap();
        let model = registered.as_deref();
        let keys = super::cooldown_keys(&caller, &provider, &authorization, model, &upstream_model);
        keys.unwrap().model
    };
    let made_up: BTreeSet<_> = (0..4096).map(|n| remembered(&format!("any-{n}"))).collect();
    assert_eq!(made_up.len(), 256);
    assert!(!made_up.contains(&remembered("m")));
    assert!(made_up.contains(&remembered("any-configured")));
    assert_eq!(made_up, (0..4096).map(|n| remembered(&format!("p/{n}"))).collect());
}

#[test]
fn a_cooldown_is_of_one_secret_at_one_place_whatever_they_are_called() {
    let remembered = |name: &str, secret: &str, cluster: &str, authority: &str| {
        let router = router(&json!({
            "providers": {"p": {"cluster": cluster, "authority": authority}},
            "credentials": {name: {"provider": "p", "value": secret}},
            "teams": {"t": {"keys": [{"env": "t"}], "models": ["*"], "credentials": [name]}},
        }));
        let Decision { provider, authorization, upstream_model, .. } =
            route(&router, "t", "p/m", 0).unwrap();
        let caller = caller(&router, "t");
        super::cooldown_keys(&caller, &provider, &authorization, None, &upstream_model).unwrap()
    };
    let before = remembered("c", "secret-1", "p", "p.example");
    assert_eq!(remembered("renamed", "secret-1", "p", "p.example"), before);
    for (secret, cluster, authority) in [
        ("secret-2", "p", "p.example"),
        ("secret-1", "p2", "p.example"),
        ("secret-1", "p", "p2.example"),
    ] {
        let other = remembered("c", secret, cluster, authority);
        assert!(other.credential != before.credential && other.model != before.model, "{other:?}");
        assert!(!other.credential.contains("secret-"), "{other:?}");
    }
}
