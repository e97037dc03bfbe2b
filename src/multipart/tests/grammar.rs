//! Which bodies are forms, and where others go wrong.

use super::super::{Error, ErrorKind};
use super::{scan, scan_with, spell_out, unmark};

#[test]
fn valid_bodies() {
    for (name, terse, model) in VALID {
        let body = spell_out(terse);
        let document = scan(&body).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(document.len, body.len(), "{name}");
        assert_eq!(document.forbidden, None, "{name}");
        let found = document.model.map(|found| {
            assert_eq!(body[found.value], found.text, "{name}");
            String::from_utf8(found.text).unwrap()
        });
        assert_eq!(found.as_deref(), *model, "{name}");
    }
}

#[test]
fn invalid_bodies() {
    for (name, marked, kind) in INVALID {
        let (body, offset) = unmark(&spell_out(marked));
        assert_eq!(scan(&body), Err(Error { offset, kind: *kind }), "{name}");
    }
}

/// Every prefix of a valid body but those that end after the last delimiter is cut short.
#[test]
fn a_body_ends_with_its_last_delimiter() {
    let body =
        b"\r\n--xyz\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--xyz--\r\n";
    for end in 0..=body.len() {
        let found = scan(&body[..end]);
        if [0, 2].contains(&(body.len() - end)) {
            assert_eq!(found.unwrap().len, end);
        } else {
            assert_eq!(found, Err(Error { offset: end, kind: ErrorKind::UnexpectedEnd }));
        }
    }
}

#[test]
fn a_boundary_of_hyphens_is_a_boundary() {
    let hyphens = super::boundary("--");
    let body = b"----\r\ncontent-disposition: form-data; name=model\r\n\r\n-\r\n---\r\n-\r\n------";
    let document = scan_with(&hyphens, body).unwrap();
    assert_eq!(document.model.unwrap().text, b"-\r\n---\r\n-");
    let body = b"----\r\ncontent-disposition: form-data; name=model\r\n\r\nm\r\n-----\r\n------";
    let error = Error { offset: 60, kind: ErrorKind::AmbiguousDelimiter };
    assert_eq!(scan_with(&hyphens, body), Err(error));
}

const VALID: &[(&str, &[u8], Option<&str>)] = &[
    ("no part", b"--xyz--", None),
    ("no part, line break", b"--xyz--|", None),
    ("line break before", b"|--xyz--", None),
    ("one part", b"--xyz|@model||m|--xyz--|", Some("m")),
    ("line breaks around", b"|--xyz|@model||m|--xyz--|", Some("m")),
    ("no line break around", b"--xyz|@model||m|--xyz--", Some("m")),
    ("empty value", b"--xyz|@model|||--xyz--", Some("")),
    ("line breaks in a value", b"--xyz|@model|||m\n\r||--xyz--", Some("\r\nm\n\r\r\n")),
    ("other part", b"--xyz|@file||m|--xyz--", None),
    (
        "file before",
        b"--xyz|@file; filename=\"a.mp3\"|Content-Type: audio/mpeg||\0\xff|--xyz|@model||m|--xyz--",
        Some("m"),
    ),
    ("file after", b"--xyz|@model||m|--xyz|@file; filename=\"a.mp3\"||\0\xff|--xyz--", Some("m")),
    (
        "same file twice",
        b"--xyz|@image[]; filename=\"a\"||1|--xyz|@image[]; filename=\"a\"||2|--xyz--",
        None,
    ),
    (
        "start of a delimiter in a value",
        b"--xyz|@model|||--xy|-xyz|--|--xy|--xyz--",
        Some("\r\n--xy\r\n-xyz\r\n--\r\n--xy"),
    ),
    ("boundary without hyphens", b"--xyz|@model||xyz|xyz|-xyz|--xyz--", Some("xyz\r\nxyz\r\n-xyz")),
    ("boundary in another case", b"--xyz|@model|||--XYZ||--xyz--", Some("\r\n--XYZ\r\n")),
    (
        "headers in a value",
        b"--xyz|@model||@model||m|--xyz--",
        Some("Content-Disposition: form-data; name=\"model\"\r\n\r\nm"),
    ),
    ("delimiter of another boundary", b"--xyz|@a||--b|@model||m|--b--|--xyz--", None),
];

const INVALID: &[(&str, &[u8], ErrorKind)] = &[
    ("end: nothing", b"^", ErrorKind::UnexpectedEnd),
    ("end: only a line break", b"|^", ErrorKind::UnexpectedEnd),
    ("end: inside the first boundary", b"--x^", ErrorKind::UnexpectedEnd),
    ("end: after the first boundary", b"--xyz^", ErrorKind::UnexpectedEnd),
    ("end: in the headers", b"--xyz|@model|^", ErrorKind::UnexpectedEnd),
    ("end: before the last delimiter", b"--xyz|@model||m^", ErrorKind::UnexpectedEnd),
    ("end: a line break for a delimiter", b"--xyz|@model||m|^", ErrorKind::UnexpectedEnd),
    ("end: a delimiter for the last", b"--xyz|@model||m|--xyz^", ErrorKind::UnexpectedEnd),
    ("end: one hyphen", b"--xyz-^", ErrorKind::UnexpectedEnd),
    ("end: half a line break", b"--xyz--\r^", ErrorKind::UnexpectedEnd),
    ("preamble: text", b"^This is MIME.|--xyz--", ErrorKind::Preamble),
    ("preamble: two line breaks", b"|^|--xyz--", ErrorKind::Preamble),
    ("preamble: line feed", b"^\n--xyz--", ErrorKind::Preamble),
    ("preamble: carriage return", b"\r^--xyz--", ErrorKind::Preamble),
    ("preamble: blank", b"^ --xyz--", ErrorKind::Preamble),
    ("preamble: byte order mark", b"^\xef\xbb\xbf--xyz--", ErrorKind::Preamble),
    ("preamble: NUL", b"^\0--xyz--", ErrorKind::Preamble),
    ("preamble: other boundary", b"--^a|--xyz--", ErrorKind::Preamble),
    ("preamble: boundary in another case", b"--^XYZ--", ErrorKind::Preamble),
    ("preamble: one hyphen", b"-^xyz--", ErrorKind::Preamble),
    ("preamble: three hyphens", b"--^-xyz--", ErrorKind::Preamble),
    ("preamble: part without a boundary", b"^@model||m|--xyz--", ErrorKind::Preamble),
    ("preamble: JSON", b"^{\"model\":\"m\"}", ErrorKind::Preamble),
    ("epilogue: text", b"--xyz--^a", ErrorKind::Epilogue),
    ("epilogue: text after a line break", b"--xyz--|^a", ErrorKind::Epilogue),
    ("epilogue: two empty lines", b"--xyz--||^|", ErrorKind::Epilogue),
    ("epilogue: text after an empty line", b"--xyz--||^a", ErrorKind::Epilogue),
    ("epilogue: line feed after a line break", b"--xyz--|^\n", ErrorKind::Epilogue),
    ("epilogue: line feed", b"--xyz--^\n", ErrorKind::Epilogue),
    ("epilogue: carriage returns", b"--xyz--\r^\r", ErrorKind::Epilogue),
    ("epilogue: blank", b"--xyz--^ |", ErrorKind::Epilogue),
    ("epilogue: third hyphen", b"--xyz--^-", ErrorKind::Epilogue),
    ("epilogue: another part", b"--xyz--|^--xyz|@model||m|--xyz--", ErrorKind::Epilogue),
    ("epilogue: last delimiter twice", b"--xyz--|^--xyz--", ErrorKind::Epilogue),
    ("delimiter: line feed", b"--xyz^\n@model\n\nm\n--xyz--\n", ErrorKind::AmbiguousDelimiter),
    ("delimiter: carriage return", b"--xyz\r^a", ErrorKind::AmbiguousDelimiter),
    ("delimiter: longer", b"--xyz^z|", ErrorKind::AmbiguousDelimiter),
    ("delimiter: space", b"--xyz^ |", ErrorKind::AmbiguousDelimiter),
    ("delimiter: tab", b"--xyz^\t|", ErrorKind::AmbiguousDelimiter),
    ("delimiter: header in its line", b"--xyz^@model||m|--xyz--", ErrorKind::AmbiguousDelimiter),
    ("delimiter: hyphen and letter", b"--xyz-^a", ErrorKind::AmbiguousDelimiter),
    ("delimiter: hyphen and line break", b"--xyz-^|", ErrorKind::AmbiguousDelimiter),
    ("delimiter: space before hyphens", b"--xyz^ --", ErrorKind::AmbiguousDelimiter),
    ("delimiter: longer inside", b"--xyz|@model||m|--xyz^z|--xyz--", ErrorKind::AmbiguousDelimiter),
    (
        "delimiter: blanks inside",
        b"--xyz|@model||m|--xyz^ \t|--xyz--",
        ErrorKind::AmbiguousDelimiter,
    ),
    (
        "delimiter: line feed inside",
        b"--xyz|@model||m|--xyz^\n@model||n|--xyz--",
        ErrorKind::AmbiguousDelimiter,
    ),
    ("boundary inside: after text", b"--xyz|@model||m^--xyz|--xyz--", ErrorKind::BoundaryInPart),
    (
        "boundary inside: after a line feed",
        b"--xyz|@model||m\n^--xyz--|--xyz--",
        ErrorKind::BoundaryInPart,
    ),
    (
        "boundary inside: after a carriage return",
        b"--xyz|@model||m\r^--xyz--|--xyz--",
        ErrorKind::BoundaryInPart,
    ),
    (
        "boundary inside: after line breaks swapped",
        b"--xyz|@model||m\n\r^--xyz--|--xyz--",
        ErrorKind::BoundaryInPart,
    ),
    (
        "boundary inside: three hyphens",
        b"--xyz|@model||m|-^--xyz--|--xyz--",
        ErrorKind::BoundaryInPart,
    ),
    (
        "boundary inside: after a blank",
        b"--xyz|@model||m| ^--xyz--|--xyz--",
        ErrorKind::BoundaryInPart,
    ),
    (
        "boundary inside: in a file name",
        b"--xyz|@a; filename=\"^--xyz\"||m|--xyz--",
        ErrorKind::BoundaryInPart,
    ),
    ("boundary inside: for a part", b"--xyz|^--xyz--", ErrorKind::BoundaryInPart),
    ("headers: none, nor a blank line", b"--xyz|^|--xyz--", ErrorKind::UnfinishedHeaders),
    ("headers: no blank line", b"--xyz|@model^|--xyz--", ErrorKind::UnfinishedHeaders),
    (
        "headers: the blank line is the delimiter's",
        b"--xyz|@model|^|--xyz--",
        ErrorKind::UnfinishedHeaders,
    ),
    ("headers: none", b"--xyz|^|m|--xyz--", ErrorKind::MissingDisposition),
    (
        "model: twice",
        b"--xyz|@model||m|--xyz|Content-Disposition: ^form-data; name=\"model\"||n|--xyz--",
        ErrorKind::DuplicateModel,
    ),
    (
        "model: twice the same",
        b"--xyz|@model||m|--xyz|Content-Disposition: ^form-data; name=model||m|--xyz--",
        ErrorKind::DuplicateModel,
    ),
    (
        "model: twice, the first empty",
        b"--xyz|@model|||--xyz|Content-Disposition: ^form-data; name=\"model\"||m|--xyz--",
        ErrorKind::DuplicateModel,
    ),
    (
        "model: once more in another case",
        b"--xyz|@model||m|--xyz|Content-Disposition: form-data; ^name=\"Model\"||m|--xyz--",
        ErrorKind::AmbiguousName,
    ),
];
