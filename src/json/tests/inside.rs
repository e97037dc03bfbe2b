//! Names that are looked for inside a document.

use super::super::{ErrorKind, Inside, Keep, ScannedJson, Scanner, Watch};

const WATCHED: &[Watch] = &[Watch { name: "model", keep: Keep::Value }];

const NAMES: &[(&str, Inside)] = &[
    ("model", Inside::Place),
    ("id", Inside::Place),
    ("requests", Inside::Into),
    ("inner", Inside::Into),
    ("cached", Inside::Notice("cached")),
    ("Cache_d", Inside::Notice("cached")),
];

/// What is found in a body that comes in pieces of this size.
fn scanned(body: &str, size: usize) -> Result<ScannedJson, ErrorKind> {
    let mut scanner = Scanner::new(WATCHED).looking_inside(NAMES);
    let mut pieces = body.as_bytes().chunks(size);
    let fed = pieces.try_for_each(|piece| scanner.feed(piece));
    fed.and_then(|()| scanner.finish()).map_err(|error| error.kind)
}

/// The values whose places are found, and what is noticed; the same however the body is cut.
fn found(body: &str) -> (Vec<&str>, Vec<&'static str>) {
    let whole = scanned(body, body.len()).unwrap();
    for size in [1, 2, 3, 7] {
        assert_eq!(scanned(body, size).as_ref(), Ok(&whole), "{body} in pieces of {size}");
    }
    let values = whole.places.iter().map(|place| &body[place.clone()]);
    (values.collect(), whole.noticed.to_vec())
}

#[test]
fn what_lies_further_inside_is_found_where_the_names_lead() {
    for (body, values, noticed) in [
        (r#"{"model":"a","id":"b"}"#, vec![r#""b""#], vec![]),
        (
            r#"{"requests":[{"model":"a"},{"model" : {"model":1} }]}"#,
            vec![r#""a""#, r#"{"model":1}"#],
            vec![],
        ),
        (
            r#"{"inner":{"model":"a","inner":{"mod\u0065l":null}},"model":"b"}"#,
            vec![r#""a""#, "null"],
            vec![],
        ),
        (
            r#"{"requests":[[[{"model":[1,2]}]],7,"model",{"x":{"model":1}}]}"#,
            vec!["[1,2]"],
            vec![],
        ),
        (
            r#"{"inner":{"x":[{"model":1}],"model":2},"x":{"model":3},"id":4}"#,
            vec!["2", "4"],
            vec![],
        ),
        (r#"{"inner":7,"model":"a","requests":"x"}"#, vec![], vec![]),
        (r#"{"inner":{"model":1},"inner":[{"model":2}]}"#, vec!["1", "2"], vec![]),
        (r#"{"cached":1,"inner":{"Cache_d":{"model":1},"cached":[]}}"#, vec![], vec!["cached"]),
        (r#"{"inner":{},"requests":[],"id":1}"#, vec!["1"], vec![]),
    ] {
        assert_eq!(found(body), (values, noticed), "{body}");
    }
}

#[test]
fn the_documents_own_members_are_found_as_without_it() {
    let body = r#"{"inner":{"model":"x","a":1,"b":2},"model":"m","requests":[{"c":3}]}"#;
    let whole = scanned(body, body.len()).unwrap();
    let model = whole.member("model").unwrap();
    assert_eq!((&body[model.value.clone()], whole.count()), (r#""m""#, 3));
    assert_eq!((model.comma_before, model.comma_after), (Some(34), Some(46)));
    assert_eq!(model.raw, br#""m""#);
}

#[test]
fn a_name_in_another_case_is_refused_wherever_it_is_looked_for() {
    for body in [
        r#"{"inner":{"Model":1}}"#,
        r#"{"Inner":{}}"#,
        r#"{"reque\u017fts":[]}"#,
        r#"{"requests":[{"a":1,"MODEL":1}]}"#,
        r#"{"Cached":1}"#,
    ] {
        let refused = scanned(body, 3);
        assert!(matches!(refused, Err(ErrorKind::DuplicateMember(_))), "{body}: {refused:?}");
    }
    assert!(scanned(r#"{"x":{"Model":1,"Inner":1}}"#, 3).is_ok());
}

#[test]
fn places_are_kept_up_to_a_number() {
    let body =
        |count: usize| format!(r#"{{"requests":[{}{{}}]}}"#, r#"{"model":1},"#.repeat(count));
    assert_eq!(scanned(&body(1024), 4096).unwrap().places.len(), 1024);
    assert_eq!(scanned(&body(1025), 4096), Err(ErrorKind::TooMany("model")));
}
