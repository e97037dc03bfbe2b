//! Which bodies are taken, by their header fields.

use std::rc::Rc;

use crate::body::BodyReader;
use crate::endpoint::ModelSource;
use crate::header::Headers;
use crate::reject::Reject;

fn check_as(source: ModelSource, headers: &[(&str, &str)]) -> Result<(), Reject> {
    BodyReader::new(source, &headers.iter().copied().collect::<Headers>(), 1000, &Rc::default())
        .map(|_| ())
}

fn check(headers: &[(&str, &str)]) -> Result<(), Reject> {
    check_as(ModelSource::Json, headers)
}

#[test]
fn json_is_taken_in_every_way_it_is_declared() {
    for headers in [
        &[][..],
        &[("content-type", "application/json")],
        &[("content-type", "Application/JSON; charset=UTF-8")],
        &[("content-type", "application/json;charset=\"utf-8\"; a=b")],
        &[("content-type", "application/vnd.api+json")],
        &[("content-encoding", "identity, Identity"), ("content-length", "1000")],
    ] {
        assert_eq!(check(headers), Ok(()), "{headers:?}");
    }
}

#[test]
fn what_could_not_be_read_is_refused() {
    let (encoding, kind) = (
        Reject::UnsupportedContentEncoding,
        Reject::UnsupportedContentType("application/json in UTF-8"),
    );
    let too_large = Reject::RequestTooLarge { limit: 1000 };
    for (headers, reject) in [
        (&[("content-encoding", "gzip")][..], &encoding),
        (&[("content-encoding", "identity, br")], &encoding),
        (&[("content-encoding", "identity"), ("content-encoding", "br")], &encoding),
        (&[("content-type", "")], &kind),
        (&[("content-type", "text/plain")], &kind),
        (&[("content-type", "application/x-www-form-urlencoded")], &kind),
        (&[("content-type", "application/jsonx")], &kind),
        (&[("content-type", "application/json; charset=utf-16")], &kind),
        (&[("content-type", "application/json"), ("content-type", "application/json")], &kind),
        (&[("content-length", "1001")], &too_large),
        (&[("content-length", "99999999999999999999999999")], &too_large),
    ] {
        assert_eq!(check(headers).as_ref(), Err(reject), "{headers:?}");
    }
}

#[test]
fn forms_are_taken_where_they_belong_and_nowhere_else() {
    let form = ("content-type", "multipart/form-data; boundary=x");
    assert_eq!(check_as(ModelSource::Form, &[form]), Ok(()));
    assert!(matches!(check(&[form]), Err(Reject::UnsupportedContentType(_))));
    for headers in [&[][..], &[("content-type", "application/json")], &[form, form]] {
        let refused = check_as(ModelSource::Form, headers);
        assert!(matches!(refused, Err(Reject::UnsupportedContentType(_))), "{headers:?}");
    }
    for boundary in ["multipart/form-data", "multipart/form-data; boundary=x; boundary=y"] {
        let refused = check_as(ModelSource::Form, &[("content-type", boundary)]);
        assert!(matches!(refused, Err(Reject::InvalidBoundary(_))), "{boundary}");
    }
}
