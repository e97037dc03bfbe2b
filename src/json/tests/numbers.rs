//! Which numbers of a document are read.

use super::super::{ErrorKind, NumberReader, NumberSchema, SchemaMember, MAX_DEPTH, MAX_TEXT};

/// The numbers `n` and the texts `t` of the document, of the objects `inner` in it and so on, and of those in the
/// array `list`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Found(Vec<Call>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Call {
    Begin(Place),
    End(Place),
    Number(Place, Option<u64>),
    Text(Place, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Document,
    Inner,
    Element,
}

impl NumberSchema for Found {
    type Object = Place;
    type Field = Place;

    const DOCUMENT: Place = Place::Document;

    fn member(object: Place, name: &[u8]) -> Option<SchemaMember<Place, Place>> {
        match name {
            b"n" => Some(SchemaMember::Number(object)),
            b"t" => Some(SchemaMember::Text(object)),
            b"inner" => Some(SchemaMember::Object(Place::Inner)),
            b"list" => Some(SchemaMember::Array(Place::Element)),
            _ => None,
        }
    }

    fn begin_object(&mut self, object: Place) {
        self.0.push(Call::Begin(object));
    }

    fn end_object(&mut self, object: Place) {
        self.0.push(Call::End(object));
    }

    fn number(&mut self, field: Place, value: Option<u64>) {
        self.0.push(Call::Number(field, value));
    }

    fn text(&mut self, field: Place, raw: &[u8]) {
        self.0.push(Call::Text(field, String::from_utf8_lossy(raw).into_owned()));
    }
}

impl Found {
    fn numbers(&self) -> Vec<(Place, u64)> {
        let numbers = self.0.iter().filter_map(|call| match call {
            Call::Number(place, value) => Some((*place, (*value)?)),
            _ => None,
        });
        numbers.collect()
    }
}

fn calls(document: &str) -> Found {
    let read = |size| {
        let mut numbers = NumberReader::new(Found::default());
        document.as_bytes().chunks(size).for_each(|chunk| numbers.feed(chunk).unwrap());
        assert!(numbers.is_complete(), "{document}");
        assert_eq!(numbers.scanned(), document.len());
        numbers.schema().clone()
    };
    let whole = read(document.len());
    for size in 1..document.len() {
        assert_eq!(read(size), whole, "by {size}: {document}");
    }
    whole
}

fn found(document: &str) -> Vec<(Place, u64)> {
    calls(document).numbers()
}

#[test]
fn objects_and_texts_are_told_in_their_order() {
    use Call::{Begin, End, Number, Text};
    use Place::{Document, Element, Inner};
    let text = |place, text: &str| Text(place, text.to_owned());
    let document = r#"{"inner":{"m":{"t":"x"},"t":"é\n","n":1.5},"t":"","list":[{"n":-1},{"t":"0123456789abcdef"}],"t":7}"#;
    let expected = [
        Begin(Inner),
        text(Inner, r#""é\n""#),
        Number(Inner, None),
        End(Inner),
        text(Document, r#""""#),
        Begin(Element),
        Number(Element, None),
        End(Element),
        Begin(Element),
        text(Element, &r#""0123456789abcdef""#[..MAX_TEXT]),
        End(Element),
    ];
    assert_eq!(calls(document).0, expected);
}

#[test]
fn numbers_are_found_where_the_schema_has_them() {
    use Place::{Document, Element, Inner};
    let cases: &[(&str, &[(Place, u64)])] = &[
        ("{}", &[]),
        (r#"{"n":1}"#, &[(Document, 1)]),
        (r#" { "n" : 1 , "m" : 2 } "#, &[(Document, 1)]),
        (r#"{"n":1,"n":2}"#, &[(Document, 1), (Document, 2)]),
        (r#"{"\u006e":1,"N":2,"nn":3,"":4}"#, &[(Document, 1)]),
        (r#"{"inner":{"n":1},"n":2}"#, &[(Inner, 1), (Document, 2)]),
        (r#"{"inner":{"inner":{"n":1},"n":2}}"#, &[(Inner, 1), (Inner, 2)]),
        (r#"{"inner":{},"m":{"n":1},"n":2}"#, &[(Document, 2)]),
        (r#"{"list":[{"n":1},{"m":2},{"n":3}]}"#, &[(Element, 1), (Element, 3)]),
        (r#"{"list":[{"inner":{"n":1}},{"list":[{"n":2}]}]}"#, &[(Inner, 1), (Element, 2)]),
        (r#"{"list":[1,[{"n":2}],"n",null,{"n":3}]}"#, &[(Element, 3)]),
        (r#"{"list":{"n":1},"inner":[{"n":2}],"n":{"n":3}}"#, &[]),
        (r#"{"list":[],"n":[4],"inner":5,"m":6}"#, &[]),
        (r#"{"m":[{"inner":{"n":1}}],"inner":{"m":{"inner":{"n":2}}}}"#, &[]),
        (r#"{"m":"\"n\":1","x":"n","n":"1"}"#, &[]),
    ];
    for (document, expected) in cases {
        assert_eq!(found(document), *expected, "{document}");
    }
}

#[test]
fn numbers_that_are_not_whole_are_passed_over() {
    for (number, expected) in [
        ("0", Some(0)),
        ("10203", Some(10203)),
        ("7.000", Some(7)),
        ("18446744073709551615", Some(u64::MAX)),
        ("18446744073709551616", None),
        ("184467440737095516150", None),
        ("7.001", None),
        ("7e0", None),
        ("7.0E+1", None),
        ("-7", None),
        ("-0", None),
    ] {
        let found = found(&format!(r#"{{"n":{number},"m":1}}"#));
        let expected: Vec<_> = expected.map(|value| (Place::Document, value)).into_iter().collect();
        assert_eq!(found, expected, "{number}");
    }
}

#[test]
fn names_are_read_up_to_a_limit() {
    let long = "n".repeat(10_000);
    assert_eq!(found(&format!(r#"{{"{long}":1,"n":2}}"#)), [(Place::Document, 2)]);
}

#[test]
fn an_error_stays_until_another_document_begins() {
    let mut numbers = NumberReader::new(Found::default());
    let error = numbers.feed(br#"{"inner":{"n":1,"n":2]"#).unwrap_err();
    assert_eq!((error.offset, &error.kind), (21, &ErrorKind::ExpectedComma));
    assert_eq!(numbers.feed(b"}}"), Err(error));
    assert!(!numbers.is_complete());
    assert_eq!(numbers.schema().numbers(), [(Place::Inner, 1), (Place::Inner, 2)]);

    *numbers.schema_mut() = Found::default();
    numbers.restart();
    assert!(!numbers.is_complete());
    numbers.feed(br#"{"n":3}"#).unwrap();
    assert!(numbers.is_complete());
    assert_eq!(numbers.schema().numbers(), [(Place::Document, 3)]);
}

#[test]
fn nothing_is_left_of_a_document_that_was_cut_off() {
    let document = r#"{"inner":{"list":[{"n":12,"\ud83d\ude00":"é\n"}]}}"#;
    for length in 0..document.len() {
        let mut numbers = NumberReader::new(Found::default());
        numbers.feed(&document.as_bytes()[..length]).unwrap();
        *numbers.schema_mut() = Found::default();
        numbers.restart();
        numbers.feed(br#"{"m":5,"n":3,"inner":{"n":4}}"#).unwrap();
        assert!(numbers.is_complete());
        assert_eq!(
            numbers.schema().numbers(),
            [(Place::Document, 3), (Place::Inner, 4)],
            "{length}"
        );
    }
}

#[test]
fn wanted_objects_may_nest_as_deep_as_any() {
    let limit = usize::try_from(MAX_DEPTH).unwrap();
    let document =
        |depth| [&r#"{"inner":"#.repeat(depth), r#"{"n":1}"#, &"}".repeat(depth)].concat();
    assert_eq!(found(&document(limit - 1)), [(Place::Inner, 1)]);
    let error = NumberReader::new(Found::default()).feed(document(limit).as_bytes()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooDeep);
}
