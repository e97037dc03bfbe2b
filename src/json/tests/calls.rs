//! The calls that a listener gets. The worked example in `src/json.rs` is compared with them.

use std::cell::RefCell;

use super::super::automaton::{Automaton, Listener};
use super::super::cursor::Cursor;
use super::super::string::Piece;
use super::super::{Error, ValueKind};

/// Follows the document's own members and writes down every call.
#[derive(Default)]
struct Recorder(RefCell<Vec<String>>);

impl Recorder {
    fn note(&self, call: &str, cursor: &Cursor) {
        self.0.borrow_mut().push(format!("{call} at {}", cursor.offset()));
    }
}

impl Listener for Recorder {
    fn follows(&self, depth: u32) -> bool {
        depth == 1
    }

    fn begin_name(&mut self, cursor: &Cursor) {
        self.note("begin_name", cursor);
    }

    fn name_piece(&mut self, piece: Piece) {
        let piece = match piece {
            Piece::Plain(bytes) => format!("{:?}", std::str::from_utf8(bytes).unwrap()),
            Piece::Escaped(unit) => format!("\\u{unit:04x}"),
        };
        self.0.borrow_mut().push(format!("name_piece({piece})"));
    }

    fn end_name(&mut self, cursor: &Cursor) -> Result<(), Error> {
        self.note("end_name", cursor);
        Ok(())
    }

    fn plain_name(&mut self, name: &[u8], cursor: &Cursor) -> Result<(), Error> {
        self.note(&format!("plain_name({:?})", std::str::from_utf8(name).unwrap()), cursor);
        Ok(())
    }

    fn begin_value(&mut self, kind: ValueKind, cursor: &Cursor) {
        self.note(&format!("begin_value({kind:?})"), cursor);
    }

    fn end_value(&mut self, cursor: &Cursor) {
        self.note("end_value", cursor);
    }

    fn comma(&mut self, cursor: &Cursor) {
        self.note("comma", cursor);
    }

    fn close(&mut self, depth: u32) {
        self.0.borrow_mut().push(format!("close({depth})"));
    }

    fn end_chunk(&mut self, cursor: &Cursor) {
        self.note("end_chunk", cursor);
    }
}

fn calls(chunks: &[&str]) -> Vec<String> {
    let mut automaton = Automaton::new(Recorder::default());
    chunks.iter().for_each(|chunk| automaton.feed(chunk.as_bytes()).unwrap());
    automaton.check().unwrap();
    automaton.into_listener().0.into_inner()
}

#[test]
fn the_calls_are_those_of_the_worked_example() {
    let source = include_str!("../../json.rs");
    let documented = source
        .lines()
        .skip_while(|line| *line != "//! | call | |")
        .filter_map(|line| line.strip_prefix("//! | `")?.split_once('`'));
    let documented: Vec<&str> = documented.map(|(call, _)| call).collect();
    let chunks = [r#"{"model":"a","x"#, r#"":[1]}"#];
    assert_eq!(documented, calls(&chunks), "the table in src/json.rs");
    assert!(source.contains(&format!("`{}` and `{}`", chunks[0], chunks[1])));
}

#[test]
fn a_name_comes_whole_or_in_pieces() {
    let in_pieces = |name: &str| calls(&[&format!(r#"{{"{name}":1}}"#)])[1..4].to_vec();
    assert_eq!(
        in_pieces("x"),
        ["plain_name(\"x\") at 4", "begin_value(Number) at 5", "end_value at 6"]
    );
    assert_eq!(in_pieces("é"), ["name_piece(\"é\")", "end_name at 5", "begin_value(Number) at 6"]);
    assert_eq!(in_pieces("\\n"), ["name_piece(\"\")", "name_piece(\\u000a)", "name_piece(\"\")"]);
}

#[test]
fn what_is_not_followed_is_not_told() {
    assert_eq!(
        calls(&[r#"{"x":{"y":[2]}}"#])[1..],
        [
            "plain_name(\"x\") at 4",
            "begin_value(Object) at 5",
            "close(2)",
            "close(1)",
            "end_value at 14",
            "close(0)",
            "end_chunk at 15",
        ]
    );
}
