//! What holds for random forms, however they are cut into pieces.

use proptest::prelude::*;

use super::super::{Boundary, Scanner, MAX_HEADERS, MAX_MODEL};
use super::{boundary, scan_chunks, show, BOUNDARY};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_model_is_found_where_it_was_written(
        separator in separator(),
        before in prop::collection::vec((other_name(), content()), 0..4),
        model in content(),
        after in prop::collection::vec((other_name(), content()), 0..4),
        size in 1usize..100,
    ) {
        let mut body = Vec::new();
        for (name, content) in &before {
            write_file(&mut body, &separator, name, &content.bytes(&separator));
        }
        let model = model.bytes(&separator);
        write_head(&mut body, &separator, "name=\"model\"");
        let value = body.len()..body.len() + model.len();
        body.extend_from_slice(&model);
        body.extend_from_slice(b"\r\n");
        for (name, content) in &after {
            write_file(&mut body, &separator, name, &content.bytes(&separator));
        }
        body.extend_from_slice(format!("--{separator}--\r\n").as_bytes());

        let document = scan_chunks(&boundary(&separator), body.chunks(size)).unwrap();
        prop_assert_eq!(document.len, body.len());
        let found = document.model.unwrap();
        prop_assert_eq!(found.value, value);
        prop_assert_eq!(found.text, model);
    }

    #[test]
    fn chunks_make_no_difference(
        body in body(),
        mutation in prop::option::of(mutation()),
        sizes in prop::collection::vec(0usize..40, 1..20),
    ) {
        let mut body = body;
        if let Some((at, byte)) = mutation {
            let at = at.index(body.len());
            body[at] = byte;
        }
        let separator = boundary(BOUNDARY);
        let whole = scan_chunks(&separator, [body.as_slice()]);
        prop_assert_eq!(scan_chunks(&separator, body.chunks(1)), whole.clone(), "{}", show(&body));

        let mut scanner = Scanner::new(&separator);
        let mut rest = body.as_slice();
        for size in sizes {
            let (chunk, later) = rest.split_at(size.min(rest.len()));
            rest = later;
            let _ = scanner.feed(chunk);
        }
        let _ = scanner.feed(rest);
        prop_assert_eq!(scanner.finish(), whole, "{}", show(&body));
    }

    /// The scanner's parts are those of the plainest of parsers, which splits the body at each
    /// `--boundary` and each part at its first blank line.
    #[test]
    fn an_accepted_body_is_read_alike_by_splitting(body in body()) {
        let Ok(document) = scan_chunks(&boundary(BOUNDARY), [body.as_slice()]) else {
            return Ok(());
        };
        let text: String = body.iter().copied().map(char::from).collect();
        let models: Vec<_> = text
            .split(&format!("--{BOUNDARY}"))
            .filter_map(|part| part.strip_prefix("\r\n")?.strip_suffix("\r\n"))
            .filter_map(|part| part.split_once("\r\n\r\n"))
            .filter(|(headers, _)| headers.to_lowercase().contains("name=\"model\""))
            .map(|(_, value)| value.chars().map(|byte| byte as u8).collect::<Vec<_>>())
            .collect();
        let found: Vec<_> = document.model.into_iter().map(|model| model.text).collect();
        prop_assert_eq!(models, found, "{}", show(&body));
    }

    #[test]
    fn no_body_is_too_odd(body in prop::collection::vec(any::<u8>(), 0..300), size in 1usize..50) {
        let separator = boundary(BOUNDARY);
        let head = b"--xyz\r\ncontent-disposition: form-data; name=\"model\"\r\n";
        for start in [b"".as_slice(), head, &[&head[..], b"\r\n"].concat()] {
            let body = [start, &body].concat();
            let mut scanner = Scanner::new(&separator);
            for chunk in body.chunks(size) {
                let _ = scanner.feed(chunk);
            }
            // `Debug` prints a byte as at most five characters.
            let printed = format!("{scanner:?}");
            prop_assert!(printed.len() < 5 * (MAX_HEADERS + MAX_MODEL));
            prop_assert!(scanner.finish().is_err());
        }
    }

    #[test]
    fn no_content_type_is_too_odd(rest in prop::collection::vec(content_type_byte(), 0..40)) {
        let _ = Boundary::from_content_type(&rest);
        let value = [b"multipart/form-data; ".as_slice(), &rest].concat();
        if Boundary::from_content_type(&value).is_ok() {
            prop_assert!(value.to_ascii_lowercase().windows(9).any(|word| word == b"boundary="));
        }
    }
}

fn separator() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-z0-9]{6,40}",
        "-{1,30}[A-Za-z0-9]{6,40}",
        "[-=_+a]{6,70}",
        "[-A-Za-z0-9'()+_,./:=?][-A-Za-z0-9'()+_,./:=? ]{5,68}[-A-Za-z0-9'()+_,./:=?]",
    ]
}

fn other_name() -> impl Strategy<Value = String> {
    prop_oneof![Just("file".into()), Just("image[]".into()), "[b-l]{1,8}"]
}

/// Random bytes with pieces of delimiters among them.
fn content() -> impl Strategy<Value = Content> {
    prop::collection::vec(piece(), 0..20).prop_map(Content)
}

#[derive(Debug, Clone)]
struct Content(Vec<Piece>);

#[derive(Debug, Clone)]
enum Piece {
    Bytes(Vec<u8>),
    /// Of CRLF and `--boundary`, from one place to another.
    Delimiter(prop::sample::Index, prop::sample::Index),
}

fn piece() -> impl Strategy<Value = Piece> {
    let fragment = (any::<prop::sample::Index>(), any::<prop::sample::Index>());
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Piece::Bytes),
        prop::sample::select(vec!["\r\n", "\r", "\n", "-", "--", "\r\n--", "\r\n\r\n"])
            .prop_map(|text| Piece::Bytes(text.into())),
        fragment.prop_map(|(from, to)| Piece::Delimiter(from, to)),
    ]
}

impl Content {
    /// The bytes, which may hold anything but the boundary: what fits not is left out.
    fn bytes(&self, separator: &str) -> Vec<u8> {
        let delimiter = format!("\r\n--{separator}").into_bytes();
        let dashed = &delimiter[2..];
        let mut bytes = Vec::new();
        for piece in &self.0 {
            let before = bytes.len();
            match piece {
                Piece::Bytes(piece) => bytes.extend_from_slice(piece),
                Piece::Delimiter(from, to) => {
                    let (from, to) = (from.index(delimiter.len()), to.index(delimiter.len()));
                    bytes.extend_from_slice(&delimiter[from.min(to)..from.max(to)]);
                }
            }
            if bytes.windows(dashed.len()).any(|window| window == dashed) {
                bytes.truncate(before);
            }
        }
        bytes
    }
}

fn write_file(body: &mut Vec<u8>, separator: &str, name: &str, content: &[u8]) {
    write_head(body, separator, &format!("name=\"{name}\"; filename=\"a\""));
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n");
}

fn write_head(body: &mut Vec<u8>, separator: &str, parameters: &str) {
    let head = format!("--{separator}\r\nContent-Disposition: form-data; {parameters}\r\n\r\n");
    body.extend_from_slice(head.as_bytes());
}

/// Bodies made of the pieces of bodies: some are valid, most are nearly so.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let part = prop::sample::select(vec![
        "--xyz\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ngpt\r\n",
        "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n\r\n--xy\r\n",
        "--xyz\r\ncontent-length: 3\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nabc\r\n",
        "--xyz\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\nname=\"model\"\r\n",
    ]);
    let odd = prop::sample::select(vec![
        "--xyz",
        "--xyz--",
        "--xyz \r\n",
        "\n--xyz\r\n",
        "\r\n",
        "\r",
        "\n",
        "-",
        "--",
        "xyz",
        "Content-Disposition: form-data; name=\"model\"",
        "\r\n\r\n",
        "a",
    ]);
    let piece = prop_oneof![6 => part, 1 => odd];
    prop::collection::vec(piece, 0..6)
        .prop_map(|pieces| [&pieces.concat(), "--xyz--"].concat().into())
}

fn mutation() -> impl Strategy<Value = (prop::sample::Index, u8)> {
    let byte = prop_oneof![any::<u8>(), prop::sample::select(b"\r\n-;=\"\\ :".to_vec())];
    (any::<prop::sample::Index>(), byte)
}

fn content_type_byte() -> impl Strategy<Value = u8> {
    prop_oneof![any::<u8>(), prop::sample::select(b"boundary=;\"\\ ".to_vec())]
}
