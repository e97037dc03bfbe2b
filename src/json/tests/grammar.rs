//! Which texts are documents, and where others go wrong.

use super::super::{Error, ErrorKind, MAX_DEPTH};
use super::scan;

#[test]
fn valid_documents() {
    for (name, body) in VALID {
        let document = scan(body).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(document.len(), body.len(), "{name}");
        assert_eq!(document.members(), [], "{name}");
    }
}

/// In an invalid document a `^` stands before the byte that the error points at.
#[test]
fn invalid_documents() {
    for (name, marked, kind) in INVALID {
        let [before, after] = marked.split(|&byte| byte == b'^').collect::<Vec<_>>()[..] else {
            panic!("{name}: not one mark");
        };
        let offset = before.len();
        let body = [before, after].concat();
        assert_eq!(scan(&body), Err(Error { offset, kind: kind.clone() }), "{name}");
    }
}

#[test]
fn nesting_has_a_limit() {
    let limit = usize::try_from(MAX_DEPTH).unwrap();
    let arrays = |depth| format!(r#"{{"a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    let objects = |depth| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let too_deep = |offset| Err(Error { offset, kind: ErrorKind::TooDeep });

    assert!(scan(arrays(limit - 1).as_bytes()).is_ok(), "the document itself counts");
    assert_eq!(scan(arrays(limit).as_bytes()), too_deep(5 + limit - 1));
    assert!(scan(objects(limit).as_bytes()).is_ok());
    assert_eq!(scan(objects(limit + 1).as_bytes()), too_deep(5 * limit));
    assert_eq!(scan(arrays(100_000).as_bytes()), too_deep(5 + limit - 1));
}

#[test]
fn brackets_match_at_every_depth() {
    let (mut opening, mut closing) = (String::new(), String::new());
    for level in 0..MAX_DEPTH {
        let array = level != 0 && (level * level / 3) % 2 == 0;
        opening.push_str(if array { "[" } else { r#"{"a":"# });
        closing.insert(0, if array { ']' } else { '}' });
    }
    let body = format!("{opening}null{closing}");
    assert!(scan(body.as_bytes()).is_ok());
    for level in 0..closing.len() {
        let at = opening.len() + 4 + level;
        let mut wrong = body.clone().into_bytes();
        wrong[at] = if wrong[at] == b']' { b'}' } else { b']' };
        assert_eq!(scan(&wrong), Err(Error { offset: at, kind: ErrorKind::ExpectedComma }));
    }
}

#[test]
fn breadth_has_none() {
    let body = format!(r#"{{"a":[{}0],"b":[]}}"#, "[{}],".repeat(10_000));
    assert!(scan(body.as_bytes()).is_ok());
}

const VALID: &[(&str, &[u8])] = &[
    ("empty object", b"{}"),
    ("empty object with white space", b" \t\r\n{ \t\r\n} \t\r\n"),
    ("empty array", br#"{"a":[]}"#),
    ("empty array with white space", b"{\"a\":[ \n]}"),
    ("empty name", br#"{"":1}"#),
    ("empty string", br#"{"a":""}"#),
    ("literals", br#"{"a":true,"b":false,"c":null}"#),
    ("array of literals", br#"{"a":[true,false,null]}"#),
    ("white space everywhere", br#"{ "a" : [ 1 , 2 ] , "b" : { "c" : null } }"#),
    ("repeated unwatched name", br#"{"a":1,"a":2}"#),
    ("containers in containers", br#"{"a":[[],{},[{}],{"b":[]}]}"#),
    ("zero", br#"{"a":0}"#),
    ("negative zero", br#"{"a":-0}"#),
    ("one digit", br#"{"a":7}"#),
    ("many digits", br#"{"a":12345678901234567890123456789}"#),
    ("negative integer", br#"{"a":-12}"#),
    ("fraction", br#"{"a":1.5}"#),
    ("zero fraction", br#"{"a":0.0}"#),
    ("negative zero fraction", br#"{"a":-0.01}"#),
    ("exponent", br#"{"a":1e5}"#),
    ("capital exponent", br#"{"a":1E5}"#),
    ("positive exponent", br#"{"a":1e+5}"#),
    ("negative exponent", br#"{"a":1E-5}"#),
    ("zero exponent", br#"{"a":0e0}"#),
    ("leading zero in an exponent", br#"{"a":1e007}"#),
    ("fraction and exponent", br#"{"a":-1.25e-10}"#),
    ("number too big for a double", br#"{"a":1e999999}"#),
    ("number too small for a double", br#"{"a":1e-999999}"#),
    ("number before a bracket", br#"{"a":[1]}"#),
    ("number before a comma", br#"{"a":[1,-2]}"#),
    ("number before white space", br#"{"a":1 }"#),
    ("number before a line feed", b"{\"a\":[0\n]}"),
    ("the nine escapes", br#"{"a":"\" \\ \/ \b \f \n \r \t \u0041"}"#),
    ("nothing but an escape", br#"{"a":"\n"}"#),
    ("escaped control character", br#"{"a":"\u0000\u001f"}"#),
    ("hex digits of both cases", br#"{"a":"\uabCD\uEf01"}"#),
    ("escape in a name", br#"{"\u0061\n":1}"#),
    ("surrogate pair", br#"{"a":"\ud83d\ude80"}"#),
    ("lone high surrogate", br#"{"a":"\ud83d"}"#),
    ("lone low surrogate", br#"{"a":"\ude80"}"#),
    ("swapped surrogates", br#"{"a":"\ude80\ud83d"}"#),
    ("high surrogate before text", br#"{"a":"\ud83dx"}"#),
    ("high surrogate before an escape", br#"{"a":"\ud83d\n"}"#),
    ("lone surrogate in a name", br#"{"\ud83d":1}"#),
    ("escaped noncharacter", br#"{"a":"\uffff"}"#),
    ("escaped byte order mark", br#"{"a":"\ufeff"}"#),
    ("escape before the end", br#"{"a":"x\\"}"#),
    ("escaped quote before the end", br#"{"a":"x\""}"#),
    ("solidus unescaped", br#"{"a":"/"}"#),
    ("apostrophe", br#"{"a":"'"}"#),
    ("comment inside a string", br#"{"a":"/* // #"}"#),
    ("structure inside a string", br#"{"a":"{}[],:"}"#),
    ("delete character", b"{\"a\":\"\x7f\"}"),
    ("two-byte characters", b"{\"a\":\"\xc2\x80\xdf\xbf\"}"),
    ("three-byte characters", b"{\"a\":\"\xe0\xa0\x80\xef\xbf\xbf\"}"),
    ("around the surrogates", b"{\"a\":\"\xed\x9f\xbf\xee\x80\x80\"}"),
    ("four-byte characters", b"{\"a\":\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"}"),
    ("non-ASCII name", b"{\"\xc3\xa9\":1}"),
    ("byte order mark inside a string", b"{\"a\":\"\xef\xbb\xbf\"}"),
    ("line separators", b"{\"a\":\"\xe2\x80\xa8\xe2\x80\xa9\"}"),
    ("non-ASCII beside escapes", b"{\"a\":\"\xc3\xa9\\n\xc3\xa9\\u00e9\xc3\xa9\"}"),
];

const INVALID: &[(&str, &[u8], ErrorKind)] = &[
    ("end: nothing", b"^", ErrorKind::UnexpectedEnd),
    ("end: only white space", b" \n^", ErrorKind::UnexpectedEnd),
    ("end: opening brace", b"{^", ErrorKind::UnexpectedEnd),
    ("end: opening brace and space", b"{ ^", ErrorKind::UnexpectedEnd),
    ("end: inside a name", br#"{"a^"#, ErrorKind::UnexpectedEnd),
    ("end: after a name", br#"{"a"^"#, ErrorKind::UnexpectedEnd),
    ("end: after a colon", br#"{"a":^"#, ErrorKind::UnexpectedEnd),
    ("end: after a value", br#"{"a":1 ^"#, ErrorKind::UnexpectedEnd),
    ("end: inside a number", br#"{"a":1^"#, ErrorKind::UnexpectedEnd),
    ("end: after a minus", br#"{"a":-^"#, ErrorKind::UnexpectedEnd),
    ("end: after a point", br#"{"a":1.^"#, ErrorKind::UnexpectedEnd),
    ("end: after an e", br#"{"a":1e^"#, ErrorKind::UnexpectedEnd),
    ("end: inside a literal", br#"{"a":tru^"#, ErrorKind::UnexpectedEnd),
    ("end: after a literal", br#"{"a":null^"#, ErrorKind::UnexpectedEnd),
    ("end: after a comma", br#"{"a":1,^"#, ErrorKind::UnexpectedEnd),
    ("end: inside a string", br#"{"a":"b^"#, ErrorKind::UnexpectedEnd),
    ("end: after a backslash", br#"{"a":"b\^"#, ErrorKind::UnexpectedEnd),
    ("end: inside a unicode escape", br#"{"a":"\u00^"#, ErrorKind::UnexpectedEnd),
    ("end: inside a character", b"{\"a\":\"\xe2\x82^", ErrorKind::UnexpectedEnd),
    ("end: after a string", br#"{"a":"b"^"#, ErrorKind::UnexpectedEnd),
    ("end: inside an array", br#"{"a":[1^"#, ErrorKind::UnexpectedEnd),
    ("end: after a comma in an array", br#"{"a":[1,^"#, ErrorKind::UnexpectedEnd),
    ("end: after an opening bracket", br#"{"a":[^"#, ErrorKind::UnexpectedEnd),
    ("end: after a nested object", br#"{"a":{}^"#, ErrorKind::UnexpectedEnd),
    ("end: after a nested array", br#"{"a":[]^"#, ErrorKind::UnexpectedEnd),
    ("top: array", b"^[]", ErrorKind::NotAnObject),
    ("top: string", br#"^"a""#, ErrorKind::NotAnObject),
    ("top: number", b" ^1", ErrorKind::NotAnObject),
    ("top: literal", b"^null", ErrorKind::NotAnObject),
    ("top: word", b"^model", ErrorKind::NotAnObject),
    ("top: closing brace", b"^}", ErrorKind::NotAnObject),
    ("top: byte order mark", b"^\xef\xbb\xbf{}", ErrorKind::ByteOrderMark),
    ("top: byte order mark behind a blank", b" ^\xef\xbb\xbf{}", ErrorKind::NotAnObject),
    ("top: UTF-16", b"^\xff\xfe{\0}\0", ErrorKind::ByteOrderMark),
    ("top: UTF-16 without a mark", b"^\0{\0}", ErrorKind::NotAnObject),
    ("top: form feed", b"^\x0c{}", ErrorKind::NotAnObject),
    ("top: no-break space", b"^\xc2\xa0{}", ErrorKind::NotAnObject),
    ("top: comment before", b"^/**/{}", ErrorKind::NotAnObject),
    ("top: server-sent event", b"^data: {}", ErrorKind::NotAnObject),
    ("after: brace", b"{}^}", ErrorKind::TrailingByte),
    ("after: second object", b"{}\n^{}", ErrorKind::TrailingByte),
    ("after: comma", b"{}^,", ErrorKind::TrailingByte),
    ("after: comment", b"{} ^// x", ErrorKind::TrailingByte),
    ("after: hash", b"{}^#", ErrorKind::TrailingByte),
    ("after: NUL", b"{}^\0", ErrorKind::TrailingByte),
    ("after: letter", br#"{"a":1}^x"#, ErrorKind::TrailingByte),
    ("after: byte order mark", b"{}^\xef\xbb\xbf", ErrorKind::TrailingByte),
    ("after: form feed", b"{}^\x0c", ErrorKind::TrailingByte),
    ("name: comma first", br#"{^,"a":1}"#, ErrorKind::ExpectedName),
    ("name: trailing comma", br#"{"a":1,^}"#, ErrorKind::ExpectedName),
    ("name: two commas", br#"{"a":1,^,"b":2}"#, ErrorKind::ExpectedName),
    ("name: number", b"{^1:1}", ErrorKind::ExpectedName),
    ("name: unquoted", b"{^a:1}", ErrorKind::ExpectedName),
    ("name: single quotes", b"{^'a':1}", ErrorKind::ExpectedName),
    ("name: literal", b"{^null:1}", ErrorKind::ExpectedName),
    ("name: array", b"{^[]:1}", ErrorKind::ExpectedName),
    ("name: colon", b"{^:1}", ErrorKind::ExpectedName),
    ("name: wrong bracket", b"{^]", ErrorKind::ExpectedName),
    ("name: comment", b"{^/**/}", ErrorKind::ExpectedName),
    ("name: non-ASCII", b"{^\xc3\xa9:1}", ErrorKind::ExpectedName),
    ("colon: none", br#"{"a"^}"#, ErrorKind::ExpectedColon),
    ("colon: comma", br#"{"a"^,1}"#, ErrorKind::ExpectedColon),
    ("colon: value", br#"{"a" ^1}"#, ErrorKind::ExpectedColon),
    ("colon: equals sign", br#"{"a"^=1}"#, ErrorKind::ExpectedColon),
    ("colon: second name", br#"{"a"^"b"}"#, ErrorKind::ExpectedColon),
    ("colon: text after a name", br#"{"a"^b:1}"#, ErrorKind::ExpectedColon),
    ("value: none", br#"{"a":^}"#, ErrorKind::ExpectedValue),
    ("value: two colons", br#"{"a":^:1}"#, ErrorKind::ExpectedValue),
    ("value: comma", br#"{"a":^,"b":1}"#, ErrorKind::ExpectedValue),
    ("value: comma first in an array", br#"{"a":[^,1]}"#, ErrorKind::ExpectedValue),
    ("value: two commas in an array", br#"{"a":[1,^,2]}"#, ErrorKind::ExpectedValue),
    ("value: trailing comma in an array", br#"{"a":[1,^]}"#, ErrorKind::ExpectedValue),
    ("value: wrong bracket after a comma", br#"{"a":[1,^}"#, ErrorKind::ExpectedValue),
    ("value: wrong bracket", br#"{"a":[^}"#, ErrorKind::ExpectedValue),
    ("value: capital literal", br#"{"a":^True}"#, ErrorKind::ExpectedValue),
    ("value: NaN", br#"{"a":^NaN}"#, ErrorKind::ExpectedValue),
    ("value: Infinity", br#"{"a":^Infinity}"#, ErrorKind::ExpectedValue),
    ("value: undefined", br#"{"a":^undefined}"#, ErrorKind::ExpectedValue),
    ("value: plus", br#"{"a":^+1}"#, ErrorKind::ExpectedValue),
    ("value: bare point", br#"{"a":^.5}"#, ErrorKind::ExpectedValue),
    ("value: single quotes", br#"{"a":^'b'}"#, ErrorKind::ExpectedValue),
    ("value: word", br#"{"a":^model}"#, ErrorKind::ExpectedValue),
    ("value: backslash", br#"{"a":^\n}"#, ErrorKind::ExpectedValue),
    ("value: comment", br#"{"a":^/*x*/1}"#, ErrorKind::ExpectedValue),
    ("value: non-ASCII digit", b"{\"a\":^\xef\xbc\x91}", ErrorKind::ExpectedValue),
    ("value: invalid UTF-8", b"{\"a\":^\xff}", ErrorKind::ExpectedValue),
    ("value: NUL", b"{\"a\":^\0}", ErrorKind::ExpectedValue),
    ("value: form feed", b"{\"a\":^\x0c1}", ErrorKind::ExpectedValue),
    ("value: escaped quote", br#"{"a":^\"b"}"#, ErrorKind::ExpectedValue),
    ("comma: two values", br#"{"a":1 ^2}"#, ErrorKind::ExpectedComma),
    ("comma: two strings", br#"{"a":"b"^"c"}"#, ErrorKind::ExpectedComma),
    ("comma: missing between members", br#"{"a":1 ^"b":2}"#, ErrorKind::ExpectedComma),
    ("comma: missing in an array", br#"{"a":[1 ^2]}"#, ErrorKind::ExpectedComma),
    ("comma: colon in an array", br#"{"a":["b"^:1]}"#, ErrorKind::ExpectedComma),
    ("comma: wrong bracket for an array", br#"{"a":[1^}}"#, ErrorKind::ExpectedComma),
    ("comma: wrong bracket for an object", br#"{"a":{"b":1^]}"#, ErrorKind::ExpectedComma),
    ("comma: second colon", br#"{"a":1^:2}"#, ErrorKind::ExpectedComma),
    ("comma: semicolon", br#"{"a":1^;"b":2}"#, ErrorKind::ExpectedComma),
    ("comma: letters after a literal", br#"{"a":true^x}"#, ErrorKind::ExpectedComma),
    ("comma: letters after a number", br#"{"a":1^x}"#, ErrorKind::ExpectedComma),
    ("comma: hexadecimal", br#"{"a":0^x1}"#, ErrorKind::ExpectedComma),
    ("comma: second point", br#"{"a":1.2^.3}"#, ErrorKind::ExpectedComma),
    ("comma: second exponent", br#"{"a":1e2^e3}"#, ErrorKind::ExpectedComma),
    ("comma: minus inside a number", br#"{"a":1^-2}"#, ErrorKind::ExpectedComma),
    ("comma: digit separator", br#"{"a":1^_000}"#, ErrorKind::ExpectedComma),
    ("comma: suffix", br#"{"a":1^f}"#, ErrorKind::ExpectedComma),
    ("comma: text after a string", br#"{"a":"b"^c}"#, ErrorKind::ExpectedComma),
    ("literal: true", br#"{"a":tru^}"#, ErrorKind::InvalidLiteral),
    ("literal: false", br#"{"a":fals^x}"#, ErrorKind::InvalidLiteral),
    ("literal: null", br#"{"a":nul^,"#, ErrorKind::InvalidLiteral),
    ("literal: capitals", br#"{"a":t^RUE}"#, ErrorKind::InvalidLiteral),
    ("literal: nil", br#"{"a":n^il}"#, ErrorKind::InvalidLiteral),
    ("literal: nan", br#"{"a":n^an}"#, ErrorKind::InvalidLiteral),
    ("literal: cut by white space", br#"{"a":nu^ ll}"#, ErrorKind::InvalidLiteral),
    ("number: only a minus", br#"{"a":-^}"#, ErrorKind::InvalidNumber),
    ("number: two minuses", br#"{"a":-^-1}"#, ErrorKind::InvalidNumber),
    ("number: minus and plus", br#"{"a":-^+1}"#, ErrorKind::InvalidNumber),
    ("number: minus and point", br#"{"a":-^.5}"#, ErrorKind::InvalidNumber),
    ("number: minus and space", br#"{"a":-^ 1}"#, ErrorKind::InvalidNumber),
    ("number: minus Infinity", br#"{"a":-^Infinity}"#, ErrorKind::InvalidNumber),
    ("number: leading zero", br#"{"a":0^1}"#, ErrorKind::InvalidNumber),
    ("number: negative leading zero", br#"{"a":-0^1}"#, ErrorKind::InvalidNumber),
    ("number: two zeros", br#"{"a":0^0}"#, ErrorKind::InvalidNumber),
    ("number: no digit after the point", br#"{"a":1.^}"#, ErrorKind::InvalidNumber),
    ("number: no digit between point and exponent", br#"{"a":1.^e5}"#, ErrorKind::InvalidNumber),
    ("number: two points", br#"{"a":1.^.2}"#, ErrorKind::InvalidNumber),
    ("number: sign after the point", br#"{"a":1.^-2}"#, ErrorKind::InvalidNumber),
    ("number: no digit in the exponent", br#"{"a":1e^}"#, ErrorKind::InvalidNumber),
    ("number: no digit after the exponent's sign", br#"{"a":1e+^}"#, ErrorKind::InvalidNumber),
    ("number: two signs in the exponent", br#"{"a":1e+^-1}"#, ErrorKind::InvalidNumber),
    ("number: point in the exponent", br#"{"a":1e^.5}"#, ErrorKind::InvalidNumber),
    ("number: two exponents", br#"{"a":1e^e1}"#, ErrorKind::InvalidNumber),
    ("number: zero, then exponent without digits", br#"{"a":0E^]"#, ErrorKind::InvalidNumber),
    ("escape: letter", br#"{"a":"\^a"}"#, ErrorKind::InvalidEscape),
    ("escape: capital", br#"{"a":"\^N"}"#, ErrorKind::InvalidEscape),
    ("escape: hex", br#"{"a":"\^x41"}"#, ErrorKind::InvalidEscape),
    ("escape: octal", br#"{"a":"\^0"}"#, ErrorKind::InvalidEscape),
    ("escape: apostrophe", br#"{"a":"\^'"}"#, ErrorKind::InvalidEscape),
    ("escape: line feed", b"{\"a\":\"\\^\n\"}", ErrorKind::InvalidEscape),
    ("escape: non-ASCII", b"{\"a\":\"\\^\xc3\xa9\"}", ErrorKind::InvalidEscape),
    ("escape: NUL", b"{\"a\":\"\\^\0\"}", ErrorKind::InvalidEscape),
    ("escape: no hex digit", br#"{"a":"\u^"}"#, ErrorKind::InvalidEscape),
    ("escape: three hex digits", br#"{"a":"\u004^"}"#, ErrorKind::InvalidEscape),
    ("escape: wrong hex digit", br#"{"a":"\u00^g0"}"#, ErrorKind::InvalidEscape),
    ("escape: sign among the hex digits", br#"{"a":"\u^+041"}"#, ErrorKind::InvalidEscape),
    ("escape: braces", br#"{"a":"\u^{41}"}"#, ErrorKind::InvalidEscape),
    ("escape: capital U", br#"{"a":"\^U00000041"}"#, ErrorKind::InvalidEscape),
    ("escape: second half of a pair cut", br#"{"a":"\ud83d\ude8^"}"#, ErrorKind::InvalidEscape),
    ("escape: in a name", br#"{"\^a":1}"#, ErrorKind::InvalidEscape),
    ("escape: full-width hex digit", b"{\"a\":\"\\u^\xef\xbc\x91000\"}", ErrorKind::InvalidEscape),
    ("control: NUL", b"{\"a\":\"^\0\"}", ErrorKind::ControlCharacter),
    ("control: line feed", b"{\"a\":\"b^\n\"}", ErrorKind::ControlCharacter),
    ("control: carriage return", b"{\"a\":\"b^\r\"}", ErrorKind::ControlCharacter),
    ("control: tab", b"{\"a\":\"b^\t\"}", ErrorKind::ControlCharacter),
    ("control: last one", b"{\"a\":\"^\x1f\"}", ErrorKind::ControlCharacter),
    ("control: escape character", b"{\"a\":\"^\x1b[0m\"}", ErrorKind::ControlCharacter),
    ("control: in a name", b"{\"^\n\":1}", ErrorKind::ControlCharacter),
    ("control: after an escape", b"{\"a\":\"\\n^\n\"}", ErrorKind::ControlCharacter),
    ("UTF-8: lone continuation", b"{\"a\":\"^\x80\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: two continuations", b"{\"a\":\"x^\xbf\xbf\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: cut two-byte", b"{\"a\":\"^\xc3\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: cut three-byte", b"{\"a\":\"^\xe2\x82\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: cut four-byte", b"{\"a\":\"^\xf0\x9f\x9a\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: cut by a character", b"{\"a\":\"^\xe2\x82\xc3\xa9\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: cut by a letter", b"{\"a\":\"^\xc3a\xa9\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: cut by an escape", b"{\"a\":\"^\xe2\\u0082\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: cut by a control character", b"{\"a\":\"^\xe2\n\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: overlong two-byte", b"{\"a\":\"^\xc0\xaf\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: overlong C1", b"{\"a\":\"^\xc1\xbf\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: overlong three-byte", b"{\"a\":\"^\xe0\x9f\xbf\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: overlong four-byte", b"{\"a\":\"^\xf0\x8f\xbf\xbf\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: overlong NUL", b"{\"a\":\"^\xc0\x80\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: first surrogate", b"{\"a\":\"^\xed\xa0\x80\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: last surrogate", b"{\"a\":\"^\xed\xbf\xbf\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: above U+10FFFF", b"{\"a\":\"^\xf4\x90\x80\x80\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: F5", b"{\"a\":\"^\xf5\x80\x80\x80\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: five-byte", b"{\"a\":\"^\xf8\x88\x80\x80\x80\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: FE", b"{\"a\":\"^\xfe\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: FF", b"{\"a\":\"^\xff\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: Latin-1", b"{\"a\":\"caf^\xe9 x\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: in a name", b"{\"^\xff\":1}", ErrorKind::InvalidUtf8),
    ("UTF-8: after a valid character", b"{\"a\":\"\xc3\xa9^\xc3\"}", ErrorKind::InvalidUtf8),
    ("UTF-8: before a control character", b"{\"a\":\"^\xff\n\"}", ErrorKind::InvalidUtf8),
    (
        "UTF-8: far into a string",
        b"{\"a\":\"0123456789012345678901234567890123456789\xc3\xa9^\x80\"}",
        ErrorKind::InvalidUtf8,
    ),
];
