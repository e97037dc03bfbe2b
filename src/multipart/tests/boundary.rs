//! Content types with and without a boundary that can be used.

use super::super::{Boundary, BoundaryError};

#[test]
fn valid_content_types() {
    let longest = format!("multipart/form-data; boundary={}", "b".repeat(70));
    let rows: &[(&str, &str, &str)] = &[
        ("token", "multipart/form-data; boundary=abc", "abc"),
        ("quoted", "multipart/form-data; boundary=\"abc\"", "abc"),
        (
            "browser",
            "multipart/form-data; boundary=----WebKitFormBoundary7M",
            "----WebKitFormBoundary7M",
        ),
        ("quoted characters", "multipart/form-data; boundary=\"a'()+_,-./:=?9\"", "a'()+_,-./:=?9"),
        ("space inside", "multipart/form-data; boundary=\"a b\"", "a b"),
        (
            "Python's email",
            "multipart/form-data; boundary=\"===============1==\"",
            "===============1==",
        ),
        ("no blank", "multipart/form-data;boundary=abc", "abc"),
        ("many blanks", " multipart/form-data;   boundary=abc \t", "abc"),
        ("case of the type", "Multipart/Form-Data; boundary=abc", "abc"),
        ("case of the name", "multipart/form-data; BOUNDARY=abc", "abc"),
        ("case of the value", "multipart/form-data; boundary=aBc", "aBc"),
        ("charset before", "multipart/form-data; charset=utf-8; boundary=abc", "abc"),
        ("charset after", "multipart/form-data; boundary=abc; charset=\"utf-8\"", "abc"),
        ("one character", "multipart/form-data; boundary=a", "a"),
        ("seventy characters", &longest, &longest[30..]),
    ];
    for (name, content_type, boundary) in rows {
        let found = Boundary::from_content_type(content_type.as_bytes());
        assert_eq!(found.map(|found| found.dashed()), Ok(format!("--{boundary}").into()), "{name}");
    }
}

#[test]
fn invalid_content_types() {
    let too_long = [b"multipart/form-data; boundary=", [b'b'; 71].as_slice()].concat();
    let rows: &[(&str, &[u8], BoundaryError)] = &[
        ("nothing", b"", BoundaryError::NotFormData),
        ("JSON", b"application/json", BoundaryError::NotFormData),
        ("other multipart", b"multipart/mixed; boundary=abc", BoundaryError::NotFormData),
        ("longer type", b"multipart/form-data2; boundary=abc", BoundaryError::NotFormData),
        ("comma after the type", b"multipart/form-data, boundary=abc", BoundaryError::NotFormData),
        ("no semicolon", b"multipart/form-data boundary=abc", BoundaryError::NotFormData),
        ("no parameter", b"multipart/form-data", BoundaryError::Missing),
        ("only a semicolon", b"multipart/form-data; ", BoundaryError::Malformed),
        ("tab after a semicolon", b"multipart/form-data;\tboundary=a", BoundaryError::Malformed),
        ("semicolon at the end", b"multipart/form-data; boundary=a;", BoundaryError::Malformed),
        (
            "blank before a semicolon",
            b"multipart/form-data; boundary=a ; b=c",
            BoundaryError::Malformed,
        ),
        ("blank after the type", b"multipart/form-data ; boundary=a", BoundaryError::NotFormData),
        ("UTF-7", b"multipart/form-data; boundary=abc; charset=utf-7", BoundaryError::Charset),
        (
            "charset in front",
            b"multipart/form-data; CHARSET=utf-16; boundary=abc",
            BoundaryError::Charset,
        ),
        ("other parameter", b"multipart/form-data; charset=utf-8", BoundaryError::Missing),
        ("twice", b"multipart/form-data; boundary=a; boundary=b", BoundaryError::Repeated),
        ("twice the same", b"multipart/form-data; boundary=a; boundary=a", BoundaryError::Repeated),
        (
            "twice but for case",
            b"multipart/form-data; boundary=a; Boundary=b",
            BoundaryError::Repeated,
        ),
        ("empty quoted", b"multipart/form-data; boundary=\"\"", BoundaryError::Invalid),
        ("too long", &too_long, BoundaryError::Invalid),
        ("space at the end", b"multipart/form-data; boundary=\"a \"", BoundaryError::Invalid),
        ("space at the start", b"multipart/form-data; boundary=\" a\"", BoundaryError::Invalid),
        ("only a space", b"multipart/form-data; boundary=\" \"", BoundaryError::Invalid),
        ("semicolon inside", b"multipart/form-data; boundary=\"a;b\"", BoundaryError::Invalid),
        ("quoted pair", b"multipart/form-data; boundary=\"a\\b\"", BoundaryError::Invalid),
        ("token of other characters", b"multipart/form-data; boundary=a*b", BoundaryError::Invalid),
        ("tab inside", b"multipart/form-data; boundary=\"a\tb\"", BoundaryError::Invalid),
        ("line break inside", b"multipart/form-data; boundary=\"a\r\nb\"", BoundaryError::Invalid),
        ("non-ASCII", b"multipart/form-data; boundary=\"\xc3\xa9\"", BoundaryError::Invalid),
        (
            "parameter inside",
            b"multipart/form-data; boundary=\"a boundary=b\"",
            BoundaryError::Invalid,
        ),
        ("empty", b"multipart/form-data; boundary=", BoundaryError::Malformed),
        ("empty before another", b"multipart/form-data; boundary=; a=b", BoundaryError::Malformed),
        ("no equals sign", b"multipart/form-data; boundary", BoundaryError::Malformed),
        (
            "blank before the equals sign",
            b"multipart/form-data; boundary =a",
            BoundaryError::Malformed,
        ),
        (
            "blank after the equals sign",
            b"multipart/form-data; boundary= a",
            BoundaryError::Malformed,
        ),
        ("unquoted slash", b"multipart/form-data; boundary=a/b", BoundaryError::Malformed),
        ("unquoted equals sign", b"multipart/form-data; boundary==a=", BoundaryError::Malformed),
        ("unquoted non-ASCII", b"multipart/form-data; boundary=\xc3\xa9", BoundaryError::Malformed),
        ("comma after the value", b"multipart/form-data; boundary=a, b", BoundaryError::Malformed),
        ("two values", b"multipart/form-data; boundary=a b", BoundaryError::Malformed),
        ("open quote", b"multipart/form-data; boundary=\"a", BoundaryError::Malformed),
        ("text after a quote", b"multipart/form-data; boundary=\"a\"b", BoundaryError::Malformed),
        ("escaped quote", b"multipart/form-data; boundary=\"a\\\"b\"", BoundaryError::Malformed),
        ("two semicolons", b"multipart/form-data;; boundary=a", BoundaryError::Malformed),
        ("extended", b"multipart/form-data; boundary*=utf-8''a", BoundaryError::Malformed),
        ("continued", b"multipart/form-data; boundary*0=a; boundary*1=b", BoundaryError::Malformed),
        (
            "extended besides",
            b"multipart/form-data; boundary=a; boundary*=b",
            BoundaryError::Malformed,
        ),
        (
            "in another's value",
            b"multipart/form-data; a=\"; boundary=b\"; boundary=c",
            BoundaryError::Malformed,
        ),
        (
            "in another's name",
            b"multipart/form-data; xBoundary=b; boundary=c",
            BoundaryError::Malformed,
        ),
    ];
    for (name, content_type, error) in rows {
        assert_eq!(Boundary::from_content_type(content_type), Err(*error), "{name}");
    }
}
