//! What a target's parameters make of the members of a body.

mod spellings;

use std::rc::Rc;

use proptest::prelude::*;
use serde_json::{json, Map, Value};

use super::super::{Body, BodyChanges, BodyReader};
use super::*;
use crate::endpoint::ModelSource;
use crate::header::Headers;

/// A body as the router has read it, with these members noted.
fn read(body: &str, noted: &[&str]) -> Result<Body, Reject> {
    let noted: Rc<[Rc<str>]> = noted.iter().map(|name| Rc::from(*name)).collect();
    let headers: Headers = [("content-type", "application/json")].into_iter().collect();
    let mut reader = BodyReader::new(ModelSource::Json, &headers, 1 << 20, &noted)?;
    // A cut in every place would make it longer, and the scanner's tests do that.
    for piece in body.as_bytes().chunks(7) {
        reader.feed(piece)?;
    }
    reader.finish()
}

fn parameters(default: &[(&str, &str)], set: &[(&str, &str)], remove: &[&str]) -> Parameters {
    let given = |list: &[(&str, &str)]| {
        list.iter().map(|(name, value)| (Box::from(*name), Box::from(*value))).collect()
    };
    Parameters {
        default: given(default),
        set: given(set),
        remove: remove.iter().map(|name| Box::from(*name)).collect(),
    }
}

/// What a target with these parameters is sent.
fn sent(body: &str, parameters: &Parameters, tells_usage: bool) -> Result<String, Reject> {
    let mut noted: Vec<&str> = parameters.names().collect();
    noted.extend([STREAM, STREAM_OPTIONS].iter().filter(|_| tells_usage));
    let read = read(body, &noted)?;
    let splices = read.layout.splices(BodyChanges {
        model: "up",
        needs_model: true,
        parameters: Some(parameters),
        tells_usage,
    })?;
    let (mut out, mut done) = (String::new(), 0);
    for splice in splices {
        assert!(done <= splice.range.start, "two changes overlap");
        out.push_str(body.get(done..splice.range.start).unwrap());
        out.push_str(std::str::from_utf8(&splice.replacement).unwrap());
        done = splice.range.end;
    }
    out.push_str(body.get(done..).unwrap());
    Ok(out)
}

#[test]
fn a_default_is_given_where_the_member_is_missing_or_null() {
    let defaults = parameters(&[("max_tokens", "4096")], &[], &[]);
    for (body, expected) in [
        (r#"{"model":"m"}"#, r#"{"max_tokens":4096,"model":"up"}"#),
        (r#"{"model":"m","max_tokens":null}"#, r#"{"model":"up","max_tokens":4096}"#),
        (r#"{"model":"m","max_tokens":7}"#, r#"{"model":"up","max_tokens":7}"#),
        (r#"{"model":"m","max_tokens":"x"}"#, r#"{"model":"up","max_tokens":"x"}"#),
        (r#"{}"#, r#"{"model":"up","max_tokens":4096}"#),
        (r#"{"model":"m","max\u005ftokens":7}"#, r#"{"model":"up","max\u005ftokens":7}"#),
    ] {
        assert_eq!(sent(body, &defaults, false).unwrap(), expected, "{body}");
    }
}

#[test]
fn a_member_is_set_whatever_the_client_sent() {
    let set = parameters(&[], &[("service_tier", "\"flex\""), ("n", "1")], &[]);
    for (body, expected) in [
        (r#"{"model":"up"}"#, r#"{"service_tier":"flex","n":1,"model":"up"}"#),
        (
            r#"{ "n" : [1, {"n": 2}] , "model":"m","service_tier":"auto"}"#,
            r#"{ "n" : 1 , "model":"up","service_tier":"flex"}"#,
        ),
    ] {
        assert_eq!(sent(body, &set, false).unwrap(), expected, "{body}");
    }
}

#[test]
fn what_is_left_out_leaves_a_valid_body_wherever_it_stands() {
    let remove = parameters(&[], &[], &["a", "b"]);
    for (body, expected) in [
        (r#"{"a":1,"model":"m"}"#, r#"{"model":"up"}"#),
        (r#"{"model":"m","a":1}"#, r#"{"model":"up"}"#),
        (r#"{"model":"m" , "a":1 , "b":2}"#, r#"{"model":"up" }"#),
        (r#"{"a":1,"b":2,"model":"m"}"#, r#"{"model":"up"}"#),
        (r#"{"a":1,"model":"m","b":2}"#, r#"{"model":"up"}"#),
        (r#"{"x":0,"a":1,"b":2,"y":3}"#, r#"{"model":"up","x":0,"y":3}"#),
        (r#"{"a":1,"b":2}"#, r#"{"model":"up"}"#),
        (r#"{"b":2}"#, r#"{"model":"up"}"#),
        (r#"{"b":2,"provider_data":{},"model":"m"}"#, r#"{"model":"up"}"#),
        (r#"{"model":"m","provider_data":{},"b":2}"#, r#"{"model":"up"}"#),
    ] {
        let body = body.replace("provider_data", crate::provider_data::MEMBER);
        assert_eq!(sent(&body, &remove, false).unwrap(), expected, "{body}");
    }
}

#[test]
fn a_member_that_is_there_twice_is_refused_where_it_is_changed() {
    let changed = parameters(&[("d", "1")], &[("s", "1")], &["r"]);
    for name in ["d", "s", "r"] {
        let body = format!(r#"{{"model":"m","{name}":1,"x":2,"x":3,"{name}":4}}"#);
        assert_eq!(sent(&body, &changed, false), Err(Reject::RepeatedMember(name.into())));
    }
    let others = r#"{"model":"m","x":2,"x":3}"#;
    assert!(sent(others, &changed, false).unwrap().contains(r#""x":2,"x":3"#));
}

#[test]
fn a_stream_is_made_to_tell_its_tokens() {
    let none = Parameters::default();
    let body = |rest: &str| format!(r#"{{"model":"up",{rest}}}"#);
    for (given, expected) in [
        (
            r#""stream":true"#,
            Some(r#"{"stream_options":{"include_usage":true},"model":"up","stream":true}"#),
        ),
        (
            r#""stream":true,"stream_options":null"#,
            Some(r#"{"model":"up","stream":true,"stream_options":{"include_usage":true}}"#),
        ),
        (
            r#""stream_options": {"include_usage": false, "x": 1e400}, "stream":true"#,
            Some(
                r#"{"model":"up","stream_options": {"include_usage": true, "x": 1e400}, "stream":true}"#,
            ),
        ),
        (
            r#""stream":true,"stream_options":{"x":1}"#,
            Some(r#"{"model":"up","stream":true,"stream_options":{"include_usage":true,"x":1}}"#),
        ),
        (
            r#""stream":true,"stream_options":{"include_usage":false,"include_usage":false}"#,
            Some(r#"{"model":"up","stream":true,"stream_options":{"include_usage":true}}"#),
        ),
        (
            r#""stream":true,"stream_options":{"include_usage":true,"Include_Usage":false}"#,
            Some(r#"{"model":"up","stream":true,"stream_options":{"include_usage":true}}"#),
        ),
        (r#""stream":true,"stream_options":{"include_usage":true}"#, None),
        (r#""stream":false"#, None),
        (r#""stream":"true""#, None),
        (r#""stream":null,"stream_options":{"include_usage":false}"#, None),
        (r#""stream":true,"stream_options":"x""#, None),
        (r#""x":true"#, None),
    ] {
        let body = body(given);
        let expected = expected.map_or_else(|| body.clone(), str::to_owned);
        assert_eq!(sent(&body, &none, true).unwrap(), expected, "{body}");
    }
    // What a target says of the options counts.
    let own = parameters(&[], &[(STREAM_OPTIONS, "{}")], &[]);
    assert_eq!(
        sent(&body(r#""stream":true"#), &own, true).unwrap(),
        r#"{"stream_options":{},"model":"up","stream":true}"#
    );
    let twice = body(r#""stream":true,"stream_options":{},"stream_options":{}"#);
    let refused = Err(Reject::RepeatedMember(STREAM_OPTIONS.into()));
    assert_eq!(sent(&twice, &none, true), refused);
}

/// JSON numbers that no double holds, among other values.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?[1-9][0-9]{0,32}",
        "[0-9]\\.[0-9]{1,30}",
        "\"[ -!#-\\[\\]-~]{0,9}\"",
        Just("[1, 2,{\"z\":1 }]".to_owned()),
        Just("{\"model\":\"x\",\"z\":{}}".to_owned()),
    ]
}

const NAMES: [&str; 6] = ["model", "a", "b", "c", "d", "e"];

fn blank() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just(""), 1 => Just(" "), 1 => Just("\n\t ")]
}

proptest! {
    #[test]
    fn the_changes_are_those_of_the_parsed_document_and_no_other_byte_changes(
        members in prop::collection::vec((0..NAMES.len(), value(), blank(), blank()), 0..7),
        deeds in prop::collection::vec((1..NAMES.len(), 0..3_usize, value()), 0..4),
    ) {
        let mut seen = std::collections::BTreeSet::new();
        let members: Vec<_> = members.into_iter().filter(|member| seen.insert(member.0)).collect();
        let text = |value: &String| if value.is_empty() { "0".to_owned() } else { value.clone() };
        let mut body = String::from("{");
        for (index, (name, value, before, after)) in members.iter().enumerate() {
            let value = if *name == 0 { "\"m\"".to_owned() } else { text(value) };
            let comma = if index == 0 { "" } else { "," };
            body += &format!("{comma}{before}\"{}\"{after}:{before}{value}{after}", NAMES[*name]);
        }
        body.push('}');
        let mut done = std::collections::BTreeSet::new();
        let mut all = Parameters::default();
        for (name, deed, value) in deeds.iter().filter(|deed| done.insert(deed.0)) {
            let (name, value) = (NAMES[*name].into(), text(value).into());
            match deed {
                0 => all.default.push((name, value)),
                1 => all.set.push((name, value)),
                _ => all.remove.push(name),
            }
        }
        let sent = sent(&body, &all, false).unwrap();

        let mut expected: Map<String, Value> = serde_json::from_str(&body).unwrap();
        expected.insert("model".to_owned(), json!("up"));
        let parsed = |value: &str| serde_json::from_str::<Value>(value).unwrap();
        for (name, value) in &all.default {
            if expected.get(&**name).is_none_or(Value::is_null) {
                expected.insert(name.to_string(), parsed(value));
            }
        }
        for (name, value) in &all.set {
            expected.insert(name.to_string(), parsed(value));
        }
        for name in &all.remove {
            expected.remove(&**name);
        }
        prop_assert_eq!(&serde_json::from_str::<Map<String, Value>>(&sent).unwrap(), &expected);
        // What is not changed is there byte for byte, in its order.
        let changed: Vec<&str> = all.names().chain(["model"]).collect();
        let mut rest = &*sent;
        for (name, value, _, after) in &members {
            if !changed.contains(&NAMES[*name]) {
                let kept = format!("\"{}\"{after}:", NAMES[*name]);
                let (_, behind) = rest.split_once(&kept).expect("the member");
                prop_assert!(behind.trim_start().starts_with(&text(value)), "{} in {}", kept, sent);
                rest = behind;
            }
        }
    }
}
