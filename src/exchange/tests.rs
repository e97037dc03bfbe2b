//! Exchanges from header fields to answers, and what their tests share.

mod answers;
mod apis;
mod callers;
mod costs;
mod limits;
mod places;
mod refusals;
mod stored;

use std::rc::Rc;

use serde_json::json;

use super::{Exchange, Rewrite, Step};
use crate::header::{HeaderEdit, Headers};
use crate::host::tests::Still;
use crate::reject::Reply;
use crate::router::Router;

fn router() -> Rc<Router> {
    let configuration = json!({
        "providers": {"p": {"cluster": "p", "authority": "p.example", "headers": {"x-set": "1"}}},
        "models": {"m": {"targets": [{"provider": "p", "model": "a-longer-name"}]}},
        "credentials": {"c": {"provider": "p", "value": "sk-of-p"}},
        "teams": {"t": {"keys": [{"id": "k", "env": "KEY"}], "models": ["*"], "credentials": ["c"]}},
        "max_body_bytes": 64,
        "other_paths": "pass",
    });
    let environment = |_: &str| Some("vk".to_owned());
    Rc::new(
        Router::from_configuration(configuration.to_string().as_bytes(), &environment)
            .unwrap()
            .router,
    )
}

fn post(further: &[(&str, &str)]) -> Headers {
    let usual =
        [(":method", "POST"), (":path", "/v1/chat/completions"), ("authorization", "Bearer vk")];
    usual.iter().chain(further).copied().collect()
}

fn held(further: &[(&str, &str)]) -> Exchange {
    let mut exchange = Exchange::new(router());
    assert!(matches!(exchange.begin(post(further), false, &Still::default()), Step::Hold));
    exchange
}

fn sent(exchange: &mut Exchange, body: &str) -> Result<Rewrite, Reply> {
    exchange.feed(body.as_bytes())?;
    exchange.finish(&Still::default())
}

fn set<'a>(rewrite: &'a Rewrite, wanted: &str) -> Vec<&'a [u8]> {
    let of = |edit: &'a HeaderEdit| match edit {
        HeaderEdit::Set(name, value) if **name == *wanted => Some(&**value),
        _ => None,
    };
    rewrite.headers.iter().filter_map(of).collect()
}

#[test]
fn the_body_is_edited_only_where_the_model_changes() {
    let body = r#"{"model": "m"}"#;
    let rewrite = sent(&mut held(&[("content-length", "14")]), body).unwrap();
    let [splice] = &*rewrite.body else { panic!("{rewrite:?}") };
    assert_eq!(
        (body.get(splice.range.clone()).unwrap(), &*splice.replacement),
        (r#""m""#, &br#""a-longer-name""#[..])
    );
    assert_eq!(set(&rewrite, "content-length"), [b"26"]);
    assert_eq!(set(&rewrite, "authorization"), [b"Bearer sk-of-p"]);
    assert_eq!(set(&rewrite, "x-llm-cluster"), [b"p"]);

    let same =
        sent(&mut held(&[("content-length", "28")]), r#"{"model": "p\/a-longer-name"}"#).unwrap();
    assert_eq!(same.body.len(), 1);
    let same = sent(&mut held(&[]), r#"{"model":"p/x"}"#).unwrap();
    assert!(same.body.len() == 1 && set(&same, "content-length").is_empty());
}

#[test]
fn nothing_is_written_where_the_name_stays() {
    let configuration = json!({
        "providers": {"p": {"cluster": "p", "auth": "none"}},
        "models": {"m": {}},
        "teams": {"t": {"keys": [{"env": "KEY"}], "models": ["m"]}},
    });
    let environment = |_: &str| Some("vk".to_owned());
    let loaded =
        Router::from_configuration(configuration.to_string().as_bytes(), &environment).unwrap();
    let mut exchange = Exchange::new(Rc::new(loaded.router));
    assert!(matches!(
        exchange.begin(post(&[("content-length", "19")]), false, &Still::default()),
        Step::Hold
    ));
    let rewrite = sent(&mut exchange, r#"{"model": "\u006d"}"#).unwrap();
    assert_eq!(rewrite.body, []);
    assert!(set(&rewrite, "content-length").is_empty());
}

#[test]
fn a_body_above_the_limit_is_refused_as_soon_as_it_is() {
    let mut exchange = held(&[]);
    assert_eq!(exchange.feed(&[b' '; 64]), Ok(()));
    let reply = exchange.feed(b" ").unwrap_err();
    assert_eq!((reply.status, reply.code), (413, "request_too_large"));
    assert!(!exchange.is_held());
    // What still comes is nobody's.
    assert_eq!(exchange.feed(b"x"), Ok(()));
    assert_eq!(exchange.record().code, "request_too_large");
}

#[test]
fn what_became_of_a_request_is_on_record() {
    let mut exchange = held(&[]);
    sent(&mut exchange, r#"{"model": "m"}"#).unwrap();
    let fields: Vec<_> = exchange.record().fields().collect();
    let expected = [
        ("team", "t"),
        ("key_id", "k"),
        ("model", "m"),
        ("provider", "p"),
        ("upstream_model", "a-longer-name"),
    ];
    assert_eq!(fields, expected);

    let mut exchange = held(&[]);
    sent(&mut exchange, r#"{"model": "nope"}"#).unwrap_err();
    let fields: Vec<_> = exchange.record().fields().collect();
    assert_eq!(
        fields,
        [("team", "t"), ("key_id", "k"), ("model", "nope"), ("code", "model_not_found")]
    );
}

#[test]
fn a_request_without_a_body_is_not_held() {
    let mut exchange = Exchange::new(router());
    let Step::Reply(reply) = exchange.begin(post(&[]), true, &Still::default()) else {
        panic!("held")
    };
    assert_eq!((reply.status, reply.code), (400, "invalid_json"));
}

#[test]
fn another_path_loses_the_cluster_header_and_nothing_else() {
    let begin = |headers: &[(&str, &str)]| {
        let headers =
            [(":method", "GET"), (":path", "/healthz")].iter().chain(headers).copied().collect();
        match Exchange::new(router()).begin(headers, true, &Still::default()) {
            Step::Forward(rewrite) => rewrite,
            step => panic!("{step:?}"),
        }
    };
    assert_eq!(
        begin(&[("authorization", "x")]),
        Rewrite { headers: vec![], body: vec![], failover_context: None }
    );
    let forged = begin(&[("x-llm-cluster", "a"), ("X-LLM-Cluster", "b")]);
    assert_eq!(forged.headers, [HeaderEdit::Remove("x-llm-cluster".into())]);
}

#[test]
fn a_field_that_comes_twice_is_removed_before_it_is_set() {
    let mut exchange = held(&[
        ("x-llm-cluster", "evil"),
        ("x-llm-cluster", "worse"),
        ("x-set", "2"),
        ("X-Set", "3"),
    ]);
    let rewrite = sent(&mut exchange, r#"{"model": "m"}"#).unwrap();
    for name in ["x-llm-cluster", "x-set"] {
        let at = |wanted: &HeaderEdit| rewrite.headers.iter().position(|edit| edit == wanted);
        let removed = at(&HeaderEdit::Remove(name.into())).unwrap();
        let value = set(&rewrite, name)[0].to_vec();
        assert!(removed < at(&HeaderEdit::Set(name.into(), value)).unwrap(), "{name}");
    }
    // To replace what comes once is enough.
    assert!(!rewrite.headers.contains(&HeaderEdit::Remove("authorization".into())));
}

#[test]
fn nothing_that_is_printed_shows_a_credential() {
    let rewrite = sent(&mut held(&[]), r#"{"model": "m"}"#).unwrap();
    assert!(!format!("{rewrite:?} {:?} {:?}", router(), post(&[])).contains("sk-of-p"));
    assert!(!format!("{:?}", post(&[])).contains("vk"));
}

#[test]
fn what_would_never_be_given_a_body_is_not_held() {
    for (method, upgrade, refused) in [
        ("GET", "websocket", Some((426, "upgrade_not_supported"))),
        ("POST", "websocket", Some((400, "upgrade_not_supported"))),
        ("POST", "h2c", Some((400, "upgrade_not_supported"))),
        ("POST", "", None),
    ] {
        let headers = [(":method", method), (":path", "/v1/responses"), ("upgrade", upgrade)];
        let key = [("authorization", "Bearer vk")];
        let headers: Headers = headers.into_iter().chain(key).collect();
        let step = Exchange::new(router()).begin(headers, false, &Still::default());
        let reply = match step {
            Step::Reply(reply) => Some((reply.status, reply.code)),
            Step::Hold => None,
            Step::Forward(_) => panic!("sent on"),
        };
        assert_eq!(reply, refused, "{method} {upgrade}");
    }
}

#[test]
fn a_compressed_body_that_is_broken_is_told_as_one() {
    let answer = |trailer: &str| {
        let mut exchange = held(&[]);
        let fed = exchange.feed(br#"{"model": "m"#);
        exchange.note_trailers(&[(trailer, "1")].into_iter().collect());
        let reply = fed.and_then(|()| exchange.finish(&Still::default()).map(drop)).unwrap_err();
        assert_eq!((reply.status, reply.code), (400, "invalid_json"));
        String::from_utf8(reply.body).unwrap()
    };
    let told = "It was sent compressed, and may have been cut off or damaged.";
    assert!(answer("x-envoy-decompressor-gzip-compressed-bytes").contains(told));
    assert!(!answer("x-checksum").contains("compressed"));
}
