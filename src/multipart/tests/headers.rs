//! The header fields of parts: which are read, and which are refused.

use super::super::{Error, ErrorKind, ScannedForm};
use super::{scan, spell_out, unmark};

/// Scans a body of one part with these headers.
fn scan_headers(terse: &[u8]) -> (Result<ScannedForm, Error>, Vec<u8>) {
    let body = spell_out(&[b"--xyz|", terse, b"||value|--xyz--"].concat());
    (scan(&body), body)
}

#[test]
fn headers_of_the_model() {
    for (name, terse) in MODEL {
        let (found, _) = scan_headers(terse);
        let document = found.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(document.model.unwrap().text, b"value", "{name}");
    }
}

#[test]
fn headers_of_other_parts() {
    for (name, terse) in OTHER {
        let (found, body) = scan_headers(terse);
        let document = found.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            document,
            ScannedForm {
                len: body.len(),
                model: None,
                forbidden: None,
                needs_permission: Vec::new()
            },
            "{name}"
        );
    }
}

#[test]
fn invalid_headers() {
    for (name, marked, kind) in INVALID {
        let (body, offset) = unmark(&spell_out(&[b"--xyz|", *marked, b"||value|--xyz--"].concat()));
        assert_eq!(scan(&body), Err(Error { offset, kind: *kind }), "{name}");
    }
}

#[test]
fn the_content_length_of_the_model_is_found() {
    for terse in [&b"@model|Content-Length: \t5 "[..], b"content-length:5|@model"] {
        let (found, body) = scan_headers(terse);
        let model = found.unwrap().model.unwrap();
        assert_eq!(body[model.content_length.unwrap()], *b"5");
    }
    let (found, _) = scan_headers(b"@model");
    assert_eq!(found.unwrap().model.unwrap().content_length, None);
}

const MODEL: &[(&str, &[u8])] = &[
    ("quoted", b"Content-Disposition: form-data; name=\"model\""),
    ("token", b"Content-Disposition: form-data; name=model"),
    ("lower case", b"content-disposition: form-data; name=\"model\""),
    ("upper case", b"CONTENT-DISPOSITION: FORM-DATA; name=\"model\""),
    ("no blank", b"Content-Disposition:form-data;name=\"model\""),
    ("blanks", b"Content-Disposition: \t form-data;   name=\"model\" \t"),
    ("other parameter", b"Content-Disposition: form-data; size=5; name=\"model\"; a=\"b;c\""),
    ("text", b"@model|Content-Type: text/plain"),
    ("text before", b"Content-Type: text/plain|@model"),
    ("UTF-8", b"@model|Content-Type: text/plain; charset=utf-8"),
    ("UTF-8 in other spelling", b"@model|CONTENT-TYPE: Text/Plain;Charset=\"UTF-8\""),
    ("US-ASCII", b"@model|Content-Type: text/plain; charset=US-ASCII"),
    ("ISO-8859-1", b"@model|Content-Type: text/plain; charset=ISO-8859-1"),
    ("windows-1252", b"@model|Content-Type: text/plain; charset=windows-1252"),
    ("octets", b"@model|Content-Type: application/octet-stream"),
    ("7bit", b"@model|Content-Transfer-Encoding: 7bit"),
    ("8bit", b"@model|Content-Transfer-Encoding: 8BIT"),
    ("binary", b"@model|Content-Transfer-Encoding: binary"),
    ("length", b"@model|Content-Length: 5"),
    ("other headers", b"MIME-Version: 1.0|@model|X-Empty:|X-Token!#$%&'*+-.^_`~: a\tb"),
    ("header twice", b"@model|X-A: 1|X-A: 2"),
];

const OTHER: &[(&str, &[u8])] = &[
    ("file", b"@file; filename=\"a.mp3\"|Content-Type: audio/mpeg"),
    ("file name as a token", b"@file; filename=a.mp3"),
    ("file name first", b"Content-Disposition: form-data; filename=\"a.mp3\"; name=\"file\""),
    ("empty file name", b"@file; filename=\"\""),
    ("name inside a file name behind it", b"@file; filename=\"name=model.mp3\""),
    ("escaped quotes in a file name", b"@file; filename=\"a\\\"b\\\".mp3\""),
    ("file named model", b"@file; filename=\"model\""),
    ("non-ASCII file name", b"@file; filename=\"caf\xc3\xa9.mp3\""),
    ("file name in Latin-1", b"@file; filename=\"caf\xe9.mp3\""),
    ("percent sign in a file name", b"@file; filename=\"%22.mp3\""),
    ("semicolon in a file name", b"@file; filename=\"a;b.mp3\""),
    ("backslash in a file name", b"@file; filename=\"C:\\a\\b.mp3\""),
    ("extended file name", b"@file; filename=a.mp3; filename*=utf-8''a.mp3"),
    ("only an extended file name", b"@file; filename*=utf-8''caf%C3%A9.mp3"),
    ("encoded", b"@file; filename=a|Content-Type: a/b|Content-Transfer-Encoding: base64"),
    ("other charset", b"@prompt|Content-Type: text/plain; charset=iso-8859-1"),
    ("JSON", b"@chunking|Content-Type: application/json"),
    ("length", b"@file; filename=a|Content-Length: 5"),
];

const INVALID: &[(&str, &[u8], ErrorKind)] = &[
    ("disposition: none", b"Content-Type: text/plain|^", ErrorKind::MissingDisposition),
    (
        "disposition: similar",
        b"XContent-Disposition: form-data; name=\"model\"|^",
        ErrorKind::MissingDisposition,
    ),
    ("disposition: twice", b"@model|^@a", ErrorKind::RepeatedDisposition),
    ("disposition: twice the same", b"@model|^@model", ErrorKind::RepeatedDisposition),
    ("disposition: empty", b"Content-Disposition:^", ErrorKind::InvalidDisposition),
    (
        "disposition: other type",
        b"Content-Disposition: ^attachment; name=\"model\"",
        ErrorKind::InvalidDisposition,
    ),
    (
        "disposition: no type",
        b"Content-Disposition: ^name=\"model\"",
        ErrorKind::InvalidDisposition,
    ),
    (
        "disposition: two types",
        b"Content-Disposition: ^form-data form-data; name=\"model\"",
        ErrorKind::InvalidDisposition,
    ),
    ("disposition: no name", b"Content-Disposition: ^form-data", ErrorKind::InvalidDisposition),
    (
        "disposition: only a file name",
        b"Content-Disposition: ^form-data; filename=\"a\"",
        ErrorKind::InvalidDisposition,
    ),
    (
        "disposition: comma",
        b"Content-Disposition: ^form-data, name=\"model\"",
        ErrorKind::InvalidDisposition,
    ),
    (
        "parameter: open quote",
        b"Content-Disposition: form-data; name=\"model^",
        ErrorKind::InvalidDisposition,
    ),
    ("parameter: text after a quote", b"@model^a", ErrorKind::InvalidDisposition),
    ("parameter: blank before a semicolon", b"@model^ ; x=a", ErrorKind::InvalidDisposition),
    ("parameter: tab", b"@a;^\tx=a", ErrorKind::InvalidDisposition),
    ("parameter: semicolon at the end", b"@model;^", ErrorKind::InvalidDisposition),
    (
        "parameter: blank after the type",
        b"Content-Disposition: ^form-data ; name=model",
        ErrorKind::InvalidDisposition,
    ),
    ("parameter: no semicolon", b"@model^ filename=a", ErrorKind::InvalidDisposition),
    (
        "parameter: two semicolons",
        b"Content-Disposition: form-data;^; name=\"model\"",
        ErrorKind::InvalidDisposition,
    ),
    (
        "parameter: no value",
        b"Content-Disposition: form-data; name=^",
        ErrorKind::InvalidDisposition,
    ),
    (
        "parameter: no equals sign",
        b"Content-Disposition: form-data; name^",
        ErrorKind::InvalidDisposition,
    ),
    (
        "parameter: blank before the equals sign",
        b"Content-Disposition: form-data; name^ =\"model\"",
        ErrorKind::InvalidDisposition,
    ),
    (
        "parameter: blank after the equals sign",
        b"Content-Disposition: form-data; name=^ \"model\"",
        ErrorKind::InvalidDisposition,
    ),
    (
        "parameter: no parameter's name",
        b"Content-Disposition: form-data; ^=\"model\"",
        ErrorKind::InvalidDisposition,
    ),
    (
        "parameter: comment",
        b"Content-Disposition: form-data; name=^(a)model",
        ErrorKind::InvalidDisposition,
    ),
    (
        "parameter: unquoted brackets",
        b"Content-Disposition: form-data; name=image^[]",
        ErrorKind::InvalidDisposition,
    ),
    ("parameter: name twice", b"@model; ^name=\"model\"", ErrorKind::RepeatedDisposition),
    (
        "parameter: name but for case",
        b"Content-Disposition: form-data; ^NAME=\"model\"",
        ErrorKind::AmbiguousDisposition,
    ),
    ("parameter: filename but for case", b"@a; ^FileName=a", ErrorKind::AmbiguousDisposition),
    ("parameter: name twice but for case", b"@a; ^NAME=\"model\"", ErrorKind::RepeatedDisposition),
    ("parameter: file name twice", b"@a; filename=a; ^filename=b", ErrorKind::RepeatedDisposition),
    ("parameter: another twice", b"@a; size=1; ^size=1", ErrorKind::RepeatedDisposition),
    (
        "parameter: escaped quote",
        b"@a; filename=\"a^\\\"; name=model; x=\\\"b\"",
        ErrorKind::AmbiguousDisposition,
    ),
    (
        "parameter: escaped quote in another than a file name",
        b"@a; x=\"a^\\\"b\"",
        ErrorKind::AmbiguousDisposition,
    ),
    (
        "parameter: escaped quote before the name",
        b"Content-Disposition: form-data; filename=\"a^\\\"b\"; name=\"a\"",
        ErrorKind::AmbiguousDisposition,
    ),
    (
        "parameter: escaped quote and name inside a file name",
        b"@a; ^filename=\"a\\\" name=model\"",
        ErrorKind::AmbiguousDisposition,
    ),
    (
        "parameter: file name with a name in it before the name",
        b"Content-Disposition: form-data; ^filename=\" name=model\"; name=\"a\"",
        ErrorKind::AmbiguousDisposition,
    ),
    (
        "parameter: backslash at the end",
        b"@a; filename=\"C:\\dir^\\\"",
        ErrorKind::AmbiguousDisposition,
    ),
    (
        "parameter: two backslashes at the end",
        b"@a; filename=\"a\\^\\\"",
        ErrorKind::AmbiguousDisposition,
    ),
    (
        "parameter: name inside a file name",
        b"@a; ^filename=\"; name=model\"",
        ErrorKind::AmbiguousDisposition,
    ),
    (
        "parameter: name inside another",
        b"Content-Disposition: form-data; ^x=\"Name=model\"; name=\"a\"",
        ErrorKind::AmbiguousDisposition,
    ),
    (
        "non-ASCII: name",
        b"Content-Disposition: form-data; ^name=\"mod\xc3\xa9l\"",
        ErrorKind::NonAscii,
    ),
    ("non-ASCII: another parameter", b"@a; ^x=\"\xc3\xa9\"", ErrorKind::NonAscii),
    ("non-ASCII: unquoted file name", b"@a; filename=^\xc3\xa9", ErrorKind::InvalidDisposition),
    ("non-ASCII: another header", b"@a|X-A: b^\xc3\xa9", ErrorKind::NonAscii),
    ("non-ASCII: a header's name", b"@a|X^\xc3\xa9: b", ErrorKind::InvalidHeader),
    ("line: no colon", b"@a|X-A^", ErrorKind::InvalidHeader),
    ("line: only a colon", b"@a|^:", ErrorKind::InvalidHeader),
    (
        "line: blank before the colon",
        b"Content-Disposition^ : form-data; name=\"model\"",
        ErrorKind::InvalidHeader,
    ),
    (
        "line: folded",
        b"Content-Disposition: form-data; name=\"model\"|^ ; filename=a",
        ErrorKind::FoldedHeader,
    ),
    ("line: folded after another", b"X-A: b|^\tc|@model", ErrorKind::FoldedHeader),
    ("line: blank first", b"^ @model", ErrorKind::FoldedHeader),
    ("line: only blanks", b"@model|^ ", ErrorKind::FoldedHeader),
    ("line: line feed", b"X-A: b^\n@model", ErrorKind::BareLineBreak),
    ("line: line feed first", b"^\n@model", ErrorKind::BareLineBreak),
    ("line: line feed for the blank line", b"@model|^\nvalue", ErrorKind::BareLineBreak),
    ("line: carriage return", b"X-A: b^\r@model", ErrorKind::BareLineBreak),
    ("line: two carriage returns", b"@model^\r|", ErrorKind::BareLineBreak),
    (
        "line: NUL",
        b"Content-Disposition: form-data; name=\"model^\0\"",
        ErrorKind::ControlCharacter,
    ),
    ("line: vertical tab", b"X-A:^\x0bb|@model", ErrorKind::ControlCharacter),
    ("line: delete", b"X-A:^\x7f|@model", ErrorKind::ControlCharacter),
    ("line: NUL in a header's name", b"X^\0A: b|@model", ErrorKind::ControlCharacter),
    (
        "model: file",
        b"Content-Disposition: ^form-data; name=\"model\"; filename=\"a\"",
        ErrorKind::ModelIsFile,
    ),
    (
        "model: empty file name",
        b"Content-Disposition: ^form-data; name=\"model\"; filename=\"\"",
        ErrorKind::ModelIsFile,
    ),
    (
        "model: file name first",
        b"Content-Disposition: ^form-data; filename=a; name=\"model\"",
        ErrorKind::ModelIsFile,
    ),
    (
        "model: extended file name",
        b"Content-Disposition: ^form-data; name=\"model\"; filename*=utf-8''a",
        ErrorKind::ModelIsFile,
    ),
    (
        "model: continued file name",
        b"Content-Disposition: ^form-data; name=\"model\"; filename*0=a",
        ErrorKind::ModelIsFile,
    ),
    ("model: base64", b"@model|^Content-Transfer-Encoding: base64", ErrorKind::ModelIsEncoded),
    (
        "model: quoted-printable before",
        b"^content-transfer-encoding: Quoted-Printable|@model",
        ErrorKind::ModelIsEncoded,
    ),
    (
        "model: no transfer encoding",
        b"@model|^Content-Transfer-Encoding:",
        ErrorKind::ModelIsEncoded,
    ),
    (
        "model: second transfer encoding",
        b"@model|Content-Transfer-Encoding: 8bit|^Content-Transfer-Encoding: base64",
        ErrorKind::ModelIsEncoded,
    ),
    ("model: compressed", b"@model|^Content-Encoding: gzip", ErrorKind::ModelIsEncoded),
    ("model: UTF-7", b"@model|^Content-Type: text/plain; charset=utf-7", ErrorKind::ModelIsEncoded),
    (
        "model: two charsets",
        b"@model|^Content-Type: text/plain; charset=utf-8; charset=utf-16",
        ErrorKind::ModelIsEncoded,
    ),
    (
        "model: malformed type",
        b"@model|^Content-Type: text/plain; charset",
        ErrorKind::ModelIsEncoded,
    ),
    (
        "model: other parameter of its type",
        b"@model|^Content-Type: text/plain; format=flowed",
        ErrorKind::ModelIsEncoded,
    ),
    ("model: empty type", b"@model|^Content-Type:", ErrorKind::ModelIsEncoded),
    ("model: JSON", b"@model|^Content-Type: application/json", ErrorKind::ModelIsEncoded),
    (
        "model: nested form",
        b"@model|^Content-Type: multipart/mixed; boundary=a",
        ErrorKind::ModelIsEncoded,
    ),
    ("length: too short", b"@model|Content-Length: ^4", ErrorKind::WrongContentLength),
    ("length: too long", b"@model|Content-Length: ^6", ErrorKind::WrongContentLength),
    ("length: of a file", b"@file; filename=a|Content-Length: ^50", ErrorKind::WrongContentLength),
    (
        "length: twice",
        b"@model|Content-Length: 5|Content-Length: ^5",
        ErrorKind::WrongContentLength,
    ),
    ("length: sign", b"@model|Content-Length: ^+5", ErrorKind::WrongContentLength),
    ("length: negative", b"@model|Content-Length: ^-5", ErrorKind::WrongContentLength),
    ("length: list", b"@model|Content-Length: ^5, 5", ErrorKind::WrongContentLength),
    ("length: none", b"@model|Content-Length:^", ErrorKind::WrongContentLength),
    (
        "length: beyond every number",
        b"@model|Content-Length: ^99999999999999999999999",
        ErrorKind::WrongContentLength,
    ),
    (
        "charset: part",
        b"Content-Disposition: ^form-data; name=\"_charset_\"",
        ErrorKind::CharsetPart,
    ),
    (
        "charset: part in another case",
        b"Content-Disposition: ^form-data; name=_CharSet_",
        ErrorKind::CharsetPart,
    ),
];
