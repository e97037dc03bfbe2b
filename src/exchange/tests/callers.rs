//! Callers who are recognised without a virtual key.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{json, Value};

use super::{Exchange, Headers, Router, Step};
use crate::host::tests::Still;

const PATH: &str = "metadata.filter_metadata.jwt.payload";

fn router(identity: &Value) -> Rc<Router> {
    let configuration = json!({
        "providers": {"p": {"cluster": "p", "auth": "none"}},
        "models": {"m": {}, "for-analysts": {"roles": ["analyst"]}},
        "teams": {
            "keyed": {"keys": [{"id": "k", "env": "KEY"}], "models": ["*"]},
            "other": {"models": ["*"]},
            "public": {"models": ["m"]},
        },
        "identity": identity,
    });
    let environment = |_: &str| Some("vk".to_owned());
    Rc::new(
        Router::from_configuration(configuration.to_string().as_bytes(), &environment)
            .unwrap()
            .router,
    )
}

/// The team as which a request for `model` is sent on, or the error's code.
fn outcome(
    identity: &Value,
    headers: &[(&str, &str)],
    metadata: &[(&str, Vec<u8>)],
    model: &str,
) -> String {
    let usual = [(":method", "POST"), (":path", "/v1/completions")];
    let headers: Headers = usual.iter().chain(headers).copied().collect();
    let metadata: HashMap<_, _> =
        metadata.iter().map(|(key, value)| (format!("{PATH}.{key}"), value.clone())).collect();
    let host = Still { metadata, ..Still::default() };
    let mut exchange = Exchange::new(router(identity));
    let end = match exchange.begin(headers, false, &host) {
        Step::Hold => {
            exchange.feed(json!({"model": model}).to_string().as_bytes()).unwrap();
            exchange.finish(&host).map(|_| ())
        }
        Step::Reply(reply) => Err(reply),
        Step::Forward(_) => Ok(()),
    };
    match end {
        Ok(()) => exchange.record().team.as_deref().unwrap_or_default().to_owned(),
        Err(reply) => reply.code.to_owned(),
    }
}

const KEY: (&str, &str) = ("authorization", "Bearer vk");
const TOKEN: (&str, &str) = ("authorization", "Bearer eyJhbGciOiJub25lIn0.e30.");

#[test]
fn metadata_comes_before_any_key() {
    let identity = json!({"team_metadata": ["jwt", "payload", "team"]});
    for (headers, team, expected) in [
        (&[TOKEN][..], Some("other"), "other"),
        (&[KEY], Some("other"), "other"),
        (&[KEY], None, "keyed"),
        (&[TOKEN], None, "invalid_api_key"),
        (&[], None, "missing_api_key"),
        (&[KEY], Some("nobody"), "invalid_api_key"),
        (&[KEY], Some("a\nb"), "invalid_api_key"),
    ] {
        let metadata: Vec<_> =
            team.map(|team| ("team", team.as_bytes().to_vec())).into_iter().collect();
        assert_eq!(outcome(&identity, headers, &metadata, "m"), expected, "{headers:?} {team:?}");
    }
}

#[test]
fn attributes_are_added_from_metadata() {
    let identity = json!({
        "team_metadata": ["jwt", "payload", "team"],
        "attributes_metadata": {"roles": ["jwt", "payload", "roles"]},
    });
    let team = ("team", b"other".to_vec());
    for (roles, first, expected) in [
        (Some(pairs(&[("x", b""), ("analyst", b"")])), Some("x"), "other"),
        (Some(b"analyst".to_vec()), None, "other"),
        (Some(b"analysts".to_vec()), None, "model_not_found"),
        (None, None, "model_not_found"),
        // The members of an object are no items of a list. Of booleans the true ones count.
        (Some(pairs(&[("x", b"\x01"), ("analyst", b"\x01")])), None, "other"),
        (Some(pairs(&[("x", b"\x01"), ("analyst", b"\x00")])), None, "model_not_found"),
        (Some(pairs(&[("analyst", b"true")])), None, "model_not_found"),
        (Some(pairs(&[("analyst", b"")])), None, "model_not_found"),
        (Some(pairs(&[("x", b""), ("analyst", b"")])), Some("y"), "model_not_found"),
    ] {
        let mut metadata = vec![team.clone()];
        metadata.extend(roles.clone().map(|roles| ("roles", roles)));
        metadata.extend(first.map(|first| ("roles.0", first.as_bytes().to_vec())));
        assert_eq!(outcome(&identity, &[TOKEN], &metadata, "for-analysts"), expected, "{roles:?}");
    }
}

/// A list or an object as the host hands it over: the count, the lengths of names and values, then those.
fn pairs(pairs: &[(&str, &[u8])]) -> Vec<u8> {
    let length = |len: usize| u32::try_from(len).unwrap().to_le_bytes();
    let mut bytes = length(pairs.len()).to_vec();
    for (name, value) in pairs {
        bytes.extend(length(name.len()));
        bytes.extend(length(value.len()));
    }
    for part in pairs.iter().flat_map(|(name, value)| [name.as_bytes(), value]) {
        bytes.extend(part);
        bytes.push(0);
    }
    bytes
}

#[test]
fn a_trusted_header_names_the_team_once() {
    let identity = json!({"team_header": "X-Team-Id"});
    for (headers, expected) in [
        (&[("x-team-id", "other"), KEY][..], "other"),
        (&[KEY], "keyed"),
        (&[("x-team-id", "nobody"), KEY], "invalid_api_key"),
        (&[("x-team-id", ""), KEY], "invalid_api_key"),
        (&[("x-team-id", "other"), ("x-team-id", "other")], "invalid_api_key"),
        (&[("x-team-id", "other"), KEY, KEY], "invalid_api_key"),
    ] {
        assert_eq!(outcome(&identity, headers, &[], "m"), expected, "{headers:?}");
    }
}

#[test]
fn the_anonymous_team_is_for_those_who_bring_no_key_at_all() {
    let identity = json!({"anonymous_team": "public"});
    for (headers, model, expected) in [
        (&[][..], "m", "public"),
        (&[("authorization", "")], "m", "public"),
        (&[], "for-analysts", "model_not_found"),
        (&[KEY], "m", "keyed"),
        (&[("x-api-key", "wrong")], "m", "invalid_api_key"),
    ] {
        assert_eq!(outcome(&identity, headers, &[], model), expected, "{headers:?}");
    }
}

#[test]
fn a_key_that_ends_while_the_body_comes_is_refused() {
    let configuration = json!({
        "providers": {"p": {"cluster": "p", "auth": "none"}},
        "models": {"m": {}},
        "teams": {"t": {
            "keys": [{"id": "k", "env": "KEY", "expires_at": "1970-01-01T00:01:40Z"}],
            "models": ["m"],
        }},
    });
    let environment = |_: &str| Some("vk".to_owned());
    let loaded =
        Router::from_configuration(configuration.to_string().as_bytes(), &environment).unwrap();
    let router = Rc::new(loaded.router);
    let headers: Headers =
        [(":method", "POST"), (":path", "/v1/completions"), KEY].into_iter().collect();
    for (end, expected) in
        [(99, None), (100, Some("invalid_api_key")), (200, Some("invalid_api_key"))]
    {
        let mut exchange = Exchange::new(Rc::clone(&router));
        let host = Still { now: 99, ..Still::default() };
        assert!(matches!(exchange.begin(headers.clone(), false, &host), Step::Hold));
        exchange.feed(br#"{"model": "m"}"#).unwrap();
        let sent = exchange.finish(&Still { now: end, ..Still::default() });
        assert_eq!(sent.err().map(|reply| reply.code), expected, "{end}");
    }
}
