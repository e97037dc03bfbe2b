//! Where the watched members of a document are found.

use std::rc::Rc;

use super::super::{Error, ErrorKind, Keep, Member, Noted, Scanner, ValueKind, Watch, MAX_KEPT};
use super::{scan, scan_chunks, WATCHED};

fn member(body: &str, name: &str) -> Option<Member> {
    scan(body.as_bytes()).unwrap().member(name).cloned()
}

#[test]
fn spans_and_commas() {
    let body = r#" {"a" : [1, {"model":2}] , "model" : "gpt-4o" , "stream":true}  "#;
    let document = scan(body.as_bytes()).unwrap();
    assert_eq!(document.len(), body.len());
    let [model, stream] = document.members() else { panic!("{document:?}") };

    assert_eq!((model.name, model.kind), ("model", ValueKind::String));
    assert_eq!(&body[model.key.clone()], r#""model""#);
    assert_eq!(&body[model.value.clone()], r#""gpt-4o""#);
    assert_eq!(model.raw, br#""gpt-4o""#);
    assert_eq!(model.comma_before, Some(body.find(r#", "model""#).unwrap()));
    assert_eq!(model.comma_after, Some(body.find(r#", "stream""#).unwrap()));

    assert_eq!((stream.name, stream.kind), ("stream", ValueKind::Bool));
    assert_eq!(&body[stream.value.clone()], "true");
    assert_eq!(stream.raw, b"", "only its span was asked for");
    assert_eq!(stream.comma_before, model.comma_after);
    assert_eq!(stream.comma_after, None);
}

#[test]
fn the_commas_of_other_members_are_not_those_of_the_watched() {
    let only = member(r#"{"model":1}"#, "model").unwrap();
    assert_eq!((only.comma_before, only.comma_after), (None, None));
    let first = member(r#"{"model":[1,2],"a":3,"b":4}"#, "model").unwrap();
    assert_eq!((first.comma_before, first.comma_after), (None, Some(14)));
    let last = member(r#"{"a":3,"b":4,"model":{"c":1,"d":2}}"#, "model").unwrap();
    assert_eq!((last.comma_before, last.comma_after), (Some(12), None));
}

#[test]
fn every_kind_of_value_is_kept_as_it_was_written() {
    let values = [
        ("null", ValueKind::Null),
        ("true", ValueKind::Bool),
        ("false", ValueKind::Bool),
        ("-0.50E+01", ValueKind::Number),
        ("7", ValueKind::Number),
        (r#""""#, ValueKind::String),
        (r#""caf\u00e9 \"é\" 🚀""#, ValueKind::String),
        ("[]", ValueKind::Array),
        ("[ 1 , [\"]\"] ]", ValueKind::Array),
        ("{}", ValueKind::Object),
        (r#"{ "model" : { "model" : "}" } }"#, ValueKind::Object),
    ];
    for (value, kind) in values {
        for body in [
            format!(r#"{{"model":{value}}}"#),
            format!("{{\"x\":[{value}],\r\n\t\"model\" : {value}\n, \"y\":{value} }}"),
        ] {
            let model = member(&body, "model").unwrap();
            assert_eq!(model.kind, kind, "{body}");
            assert_eq!(model.raw, value.as_bytes(), "{body}");
            assert_eq!(&body[model.value], value, "{body}");
        }
    }
}

#[test]
fn a_long_value_is_kept_whole() {
    let value = format!("\"{}\"", "long ünd \\n wide ".repeat(1000));
    let body = format!(r#"{{"model":{value}}}"#);
    assert_eq!(member(&body, "model").unwrap().raw, value.as_bytes());
}

#[test]
fn only_the_top_level_counts() {
    let body = r#"{"a":{"model":1},"b":[{"model":2},{"stream":3}],"c":"model"}"#;
    assert_eq!(scan(body.as_bytes()).unwrap().members(), []);
}

#[test]
fn names_are_compared_after_unescaping() {
    let spellings =
        [r#""model""#, r#""m\u006fdel""#, r#""\u006D\u006f\u0064\u0065\u006c""#, r#""mode\u006C""#];
    for spelling in spellings {
        let body = format!(r#"{{{spelling}:1}}"#);
        let model = member(&body, "model").unwrap_or_else(|| panic!("{spelling}"));
        assert_eq!(&body[model.key], spelling);
    }
    assert!(member(r#"{"\u0061pi\u005Fkey":1}"#, "api_key").is_some());
}

#[test]
fn other_names_are_other_members() {
    let names = [
        "",
        "mode",
        "models",
        "xmodel",
        " model",
        "model ",
        "mödel",
        "model\\u0000",
        "model\\n",
        "\\\"model\\\"",
        "m\\\\u006fdel",
        "MODEL",
        "Model",
        "\\u004dodel",
        "model\\ud800",
        "\\udc00model",
        "mod\\ud83d\\ude80el",
        "mod🚀el",
        "provider-data",
        "api_\u{212a}ey",
    ];
    for name in names {
        let document = scan(format!(r#"{{"{name}":1}}"#).as_bytes()).unwrap();
        assert_eq!(document.members(), [], "{name}");
    }
    let long = format!(r#"{{"{}":1,"model":2}}"#, "model".repeat(10_000));
    assert_eq!(member(&long, "model").unwrap().raw, b"2");
}

#[test]
fn a_name_beyond_the_basic_plane_is_matched_however_it_is_spelt() {
    const ROCKET: &[Watch] = &[Watch { name: "a🚀é", keep: Keep::Value }];
    for spelling in ["a🚀é", r"a\ud83d\ude80\u00e9", r"\u0061🚀\u00E9", r"A🚀é"] {
        let body = format!(r#"{{"{spelling}":1}}"#);
        let document = scan_chunks(ROCKET, body.as_bytes().chunks(1)).unwrap();
        let exact = !spelling.starts_with('A');
        assert_eq!(document.member("a🚀é").is_some(), exact, "{spelling}");
    }
}

#[test]
fn a_watched_member_may_not_repeat_in_any_case() {
    let pairs = [
        (r#"{"model":"a","model":"b"}"#, "model", 13),
        (r#"{"model":"a","MODEL":"b"}"#, "model", 13),
        (r#"{"MODEL":"a","model":"b"}"#, "model", 13),
        (r#"{"Model":"a","mOdel":"b"}"#, "model", 13),
        (r#"{"model":"a","m\u006fdel":"b"}"#, "model", 13),
        (r#"{"model":"a","m\u004Fdel":"b"}"#, "model", 13),
        (r#"{"stream":{"a":1},"x":[],"stream":{"a":1}}"#, "stream", 25),
        (r#"{"api_key":1,"API_KEY":1}"#, "api_key", 13),
        ("{\"api_key\":1,\"api_\u{212a}ey\":1}", "api_key", 13),
        (r#"{"\u017ftream":1,"stream":1}"#, "stream", 17),
    ];
    for (body, name, offset) in pairs {
        let error = scan(body.as_bytes()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::DuplicateMember(name), "{body}");
        assert_eq!(error.offset, offset, "{body}");
    }
}

#[test]
fn a_variant_may_be_longer_than_the_name() {
    const KK: &[Watch] = &[Watch { name: "kk", keep: Keep::Span }];
    let body = "{\"kk\":1,\"\u{212a}\u{212a}\":2}";
    let error = scan_chunks(KK, [body.as_bytes()]).unwrap_err();
    assert_eq!(error, Error { offset: 8, kind: ErrorKind::DuplicateMember("kk") });
}

#[test]
fn other_members_may_repeat() {
    let body = r#"{"a":1,"A":2,"a":3,"model":4,"b":{"model":1,"model":2}}"#;
    assert_eq!(member(body, "model").unwrap().raw, b"4");
}

#[test]
fn text_decodes_escapes() {
    let text = |body: &str| member(body, "model").unwrap().text();
    assert_eq!(text(r#"{"model":"gpt-4o"}"#).unwrap(), "gpt-4o");
    assert_eq!(text(r#"{"model":"a\/\u0062\n\ud83d\ude80"}"#).unwrap(), "a/b\n🚀");
    assert!(text(r#"{"model":"a\ud83d"}"#).is_none(), "half a surrogate pair is no text");
    assert!(text(r#"{"model":7}"#).is_none());
    assert!(member(r#"{"stream":"x"}"#, "stream").unwrap().text().is_none(), "not kept");
}

/// What is noted of a body, however it is cut.
fn all_noted(body: &str, names: &[&str]) -> Vec<Noted> {
    let names: Rc<[Rc<str>]> = names.iter().map(|name| Rc::from(*name)).collect();
    let scanned = |size: usize| {
        let mut scanner = Scanner::noting(WATCHED, Rc::clone(&names));
        body.as_bytes().chunks(size).try_for_each(|chunk| scanner.feed(chunk)).unwrap();
        scanner.finish().unwrap().into_noted()
    };
    let whole = scanned(body.len());
    for size in [1, 2, 7] {
        assert_eq!(scanned(size), whole, "{size}");
    }
    whole
}

fn noted(body: &str, names: &[&str]) -> Vec<(String, String)> {
    let whole = all_noted(body, names).into_iter().filter(|noted| noted.whole().is_some());
    let text = |noted: Noted| (noted.name.to_string(), String::from_utf8(noted.raw).unwrap());
    whole.map(text).collect()
}

#[test]
fn noted_members_lie_where_they_are_and_tell_whether_they_are_repeated() {
    let body = r#"{"a" : 1,"model":"m", "b":{"a":2} ,"a":3,"c":null}"#;
    let noted = all_noted(body, &["a", "b", "c"]);
    let told: Vec<_> = noted
        .iter()
        .map(|noted| {
            let Noted { name, kind, place, is_repeated, .. } = noted;
            let comma = |at: Option<usize>| at.map(|at| &body[at..=at]);
            (
                &**name,
                *kind,
                &body[place.key.clone()],
                &body[place.value.clone()],
                comma(place.comma_before),
                comma(place.comma_after),
                *is_repeated,
            )
        })
        .collect();
    let comma = Some(",");
    assert_eq!(
        told,
        [
            ("a", ValueKind::Number, "\"a\"", "1", None, comma, true),
            ("b", ValueKind::Object, "\"b\"", "{\"a\":2}", comma, comma, false),
            ("c", ValueKind::Null, "\"c\"", "null", comma, None, false),
        ]
    );
}

#[test]
fn first_values_of_noted_members_are_kept_and_nothing_is_refused_for_them() {
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    };
    let body = r#"{"USER":0,"model":"m","\u0075ser":"a","user":"b","x":{"user":1},"metadata":{"user_id":[1]}}"#;
    assert_eq!(
        noted(body, &["metadata", "user"]),
        pairs(&[("user", r#""a""#), ("metadata", r#"{"user_id":[1]}"#)])
    );
    assert_eq!(noted(body, &["absent"]), []);
    assert_eq!(noted(body, &[]), []);
    let long = format!(r#"{{"user":"{}","other":1}}"#, "x".repeat(MAX_KEPT));
    assert_eq!(noted(&long, &["user", "other"]), pairs(&[("other", "1")]));
}
