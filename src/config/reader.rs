//! The JSON of a configuration, read from its front to its end in one go.
//!
//! Nothing is built of it but what asks for a value: a text without escapes is a part of the configuration itself. What is
//! valid is what `serde_json` takes, which also reads what is not as plain as most of a configuration is: numbers, and texts
//! with escapes.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;

use serde_json::Number;

use crate::json::Run;
use crate::node::Node;

/// How deep objects and lists can be in each other: as deep as `serde_json` goes.
const DEEPEST: u8 = 127;

/// A text of the configuration.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text<'a>(Cow<'a, str>);

impl<'a> Text<'a> {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, not of the configuration any more.
    pub fn into_owned(self) -> String {
        self.0.into_owned()
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Borrow<str> for Text<'_> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// What stands between a place in a configuration and its end. After the first error nothing does.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    text: &'a str,
    rest: &'a [u8],
    depth: u8,
    is_valid: bool,
    /// Whether this is the text that the operator has written, and no other form of it.
    is_as_written: bool,
}

impl<'a> Reader<'a> {
    /// The whole of a configuration.
    pub fn new(text: &'a str, is_as_written: bool) -> Self {
        Self { text, rest: text.as_bytes(), depth: 0, is_valid: true, is_as_written }
    }

    /// Whether the text is that of the operator.
    pub fn is_as_written(&self) -> bool {
        self.is_as_written
    }

    /// Whether all of it was valid JSON, and one value.
    pub fn is_at_valid_end(mut self) -> bool {
        self.next_byte().is_none() && self.is_valid
    }

    /// What the next value is, for "expected a string, found …". Never the value itself: it may be a secret.
    pub fn kind(&mut self) -> &'static str {
        match self.next_byte() {
            Some(b'{') => "an object",
            Some(b'[') => "a list",
            Some(b'"') => "a string",
            Some(b't' | b'f') => "a boolean",
            Some(b'n') => "null",
            _ => "a number",
        }
    }

    /// The byte that follows, white space aside.
    pub fn next_byte(&mut self) -> Option<u8> {
        while let [b' ' | b'\n' | b'\t' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
        self.rest.first().copied()
    }

    /// Reads an object, which must be next. `each` is told each name, and must read the value.
    pub fn object(&mut self, each: &mut dyn FnMut(&mut Self, Text<'a>)) {
        self.container(b'}', &mut |reader| {
            let name = reader.text();
            if reader.next_byte() != Some(b':') {
                return reader.fail();
            }
            reader.advance(1);
            each(reader, name);
        });
    }

    /// Reads a list, which must be next. `each` must read an item.
    pub fn list(&mut self, each: &mut dyn FnMut(&mut Self)) {
        self.container(b']', each);
    }

    fn container(&mut self, end: u8, each: &mut dyn FnMut(&mut Self)) {
        if self.depth == DEEPEST {
            return self.fail();
        }
        self.depth = self.depth.saturating_add(1);
        self.advance(1);
        if self.next_byte() == Some(end) {
            self.advance(1);
        } else {
            loop {
                each(self);
                match self.next_byte() {
                    Some(b',') => self.advance(1),
                    Some(byte) if byte == end => break self.advance(1),
                    _ => break self.fail(),
                }
            }
        }
        self.depth = self.depth.saturating_sub(1);
    }

    /// Reads a string, which should be next.
    pub fn text(&mut self) -> Text<'a> {
        let (written, has_escapes) = self.string();
        if !has_escapes {
            // Without the quotes.
            let plain = written.get(1..written.len().saturating_sub(1)).unwrap_or_default();
            return Text(Cow::Borrowed(plain));
        }
        match serde_json::from_slice(written.as_bytes()) {
            Ok(Node::Text(text)) => Text(Cow::Owned(text)),
            _ => {
                self.fail();
                Text(Cow::Borrowed(""))
            }
        }
    }

    /// A string as it is written, and whether there are escapes in it.
    fn string(&mut self) -> (&'a str, bool) {
        let Some(b'"') = self.next_byte() else {
            self.fail();
            return ("", false);
        };
        let start = self.rest;
        self.advance(1);
        let mut has_escapes = false;
        loop {
            self.advance(Run::of(self.rest).len);
            match self.rest.first() {
                Some(b'"') => break self.advance(1),
                Some(b'\\') => {
                    has_escapes = true;
                    self.advance(2);
                }
                _ => {
                    self.fail();
                    return ("", false);
                }
            }
        }
        (self.since(start), has_escapes)
    }

    /// Reads a number, `true`, `false` or `null`, one of which must be next.
    pub fn scalar(&mut self) -> Node {
        let start = self.rest;
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        let len = self.rest.iter().take_while(|byte| is_part(byte)).count();
        self.advance(len);
        match serde_json::from_slice(self.since(start).as_bytes()) {
            Ok(node) => node,
            Err(_) => {
                self.fail();
                Node::Null
            }
        }
    }

    /// Reads any value, and gives it as it is written.
    pub fn skip(&mut self) -> &'a str {
        let first = self.next_byte();
        let start = self.rest;
        match first {
            Some(b'{') => self.object(&mut |reader, _| {
                reader.skip();
            }),
            Some(b'[') => self.list(&mut |reader| {
                reader.skip();
            }),
            Some(b'"') => drop(self.text()),
            _ => drop(self.scalar()),
        }
        self.since(start)
    }

    /// What lies between `start`, which was the rest then, and here.
    fn since(&self, start: &'a [u8]) -> &'a str {
        let from = self.text.len().saturating_sub(start.len());
        let to = self.text.len().saturating_sub(self.rest.len());
        self.text.get(from..to).unwrap_or_default()
    }

    fn advance(&mut self, len: usize) {
        self.rest = self.rest.get(len..).unwrap_or_default();
    }

    fn fail(&mut self) {
        self.is_valid = false;
        self.rest = &[];
    }
}

/// The number that a text is.
pub fn number_in(text: &str) -> Option<Number> {
    match serde_json::from_slice(text.as_bytes()) {
        Ok(Node::Number(number)) => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
