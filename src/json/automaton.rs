//! The grammar of JSON as a push-down automaton that is fed a document in pieces, and the trait of those who listen to it.

use super::cursor::Cursor;
use super::nesting::{Container, Nesting};
use super::number::{Number, NumberProgress};
use super::string::{Piece, StringReader};
use super::{Error, ErrorKind, ValueKind};

/// The grammar of one document that must be an object, and a listener that receives what it reads.
pub(super) struct Automaton<L> {
    scanned: usize,
    /// Offset behind the document's opening brace.
    inside: usize,
    state: State,
    nesting: Nesting,
    string: StringReader,
    listener: L,
    error: Option<Error>,
}

/// Receives what it follows of a document, in the order of the document. The rules and an example stand in `json.rs`.
///
/// In every call the cursor stands where the automaton has got to.
pub(super) trait Listener {
    /// Whether it follows what the innermost container holds, where `depth` containers are open. For what it does
    /// not follow only [`Self::close`] is called.
    fn follows(&self, depth: u32) -> bool;

    /// A name begins, at its opening quote.
    fn begin_name(&mut self, cursor: &Cursor);

    /// A part of a name.
    fn name_piece(&mut self, piece: Piece);

    /// A name is over: the cursor is behind its closing quote.
    fn end_name(&mut self, cursor: &Cursor) -> Result<(), Error>;

    /// A whole name of ASCII characters without escapes, as nearly all names are. The cursor is behind its closing quote.
    /// Replaces `name_piece` and `end_name`.
    fn plain_name(&mut self, name: &[u8], cursor: &Cursor) -> Result<(), Error>;

    /// A value begins, at its first byte. Not called for the document itself.
    fn begin_value(&mut self, kind: ValueKind, cursor: &Cursor);

    /// A value is over: the cursor is behind its last byte. Not called for the document itself.
    fn end_value(&mut self, cursor: &Cursor);

    /// A comma separates two members: the cursor is at it.
    fn comma(&mut self, cursor: &Cursor);

    /// A container has closed, followed or not, and `depth` are still open.
    fn close(&mut self, depth: u32);

    /// The chunk is over: its bytes do not come again.
    fn end_chunk(&mut self, cursor: &Cursor);
}

/// What may come next.
#[derive(Clone, Copy)]
enum State {
    /// The document.
    Document,
    /// An object has opened: a member's name or the closing bracket.
    FirstName,
    /// A comma in an object: a member's name.
    NextName,
    /// The rest of a member's name.
    Name,
    /// A member's name is over.
    Colon,
    /// A colon, or a comma in an array: a value.
    Value,
    /// An array has opened: a value or the closing bracket.
    FirstValue,
    /// The rest of a string.
    String,
    /// The rest of a number.
    Number(Number),
    /// This rest of `true`, `false` or `null`.
    Literal(&'static [u8]),
    /// A value in a container is over: a comma or the closing bracket.
    Separator,
    /// The document is over.
    End,
}

impl<L: Listener> Automaton<L> {
    pub(super) fn new(listener: L) -> Self {
        Self {
            scanned: 0,
            inside: 0,
            state: State::Document,
            nesting: Nesting::default(),
            string: StringReader::default(),
            listener,
            error: None,
        }
    }

    /// Reads the next piece of the document. Once there is an error, every call returns it.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> Result<(), Error> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let mut cursor = Cursor::new(chunk, self.scanned);
        self.scanned = self.scanned.saturating_add(chunk.len());
        let result = self.scan(&mut cursor);
        self.error = result.clone().err();
        result
    }

    /// How many bytes were fed, up to the end of the chunk with the first error in it.
    pub(super) fn scanned(&self) -> usize {
        self.scanned
    }

    /// Offset behind the document's opening brace, once that was fed.
    pub(super) fn inside(&self) -> usize {
        self.inside
    }

    /// Whether what was fed is a whole document, without an error.
    pub(super) fn check(&self) -> Result<(), Error> {
        match (&self.error, self.state) {
            (Some(error), _) => Err(error.clone()),
            (None, State::End) => Ok(()),
            (None, _) => Err(Error { offset: self.scanned, kind: ErrorKind::UnexpectedEnd }),
        }
    }

    /// Goes back to the beginning of a document.
    pub(super) fn restart(&mut self) {
        self.scanned = 0;
        self.inside = 0;
        self.state = State::Document;
        self.nesting = Nesting::default();
        self.string = StringReader::default();
        self.error = None;
    }

    pub(super) fn listener(&self) -> &L {
        &self.listener
    }

    pub(super) fn listener_mut(&mut self) -> &mut L {
        &mut self.listener
    }

    pub(super) fn into_listener(self) -> L {
        self.listener
    }

    /// Whether the listener wants what the innermost container holds.
    #[inline]
    fn is_followed(&self) -> bool {
        self.listener.follows(self.nesting.depth())
    }

    fn scan(&mut self, cursor: &mut Cursor) -> Result<(), Error> {
        while let Some(byte) = cursor.peek() {
            match self.state {
                State::Name => self.name(cursor)?,
                State::String => self.string(cursor)?,
                State::Number(number) => self.number(number, cursor)?,
                State::Literal(rest) => self.literal(rest, cursor)?,
                _ if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') => cursor.skip_whitespace(),
                _ => self.token(byte, cursor)?,
            }
        }
        self.listener.end_chunk(cursor);
        Ok(())
    }

    /// Takes a byte that stands between values, names and white space.
    fn token(&mut self, byte: u8, cursor: &mut Cursor) -> Result<(), Error> {
        match (self.state, byte) {
            (State::Document, b'{') => {
                self.open(Container::Object, cursor)?;
                self.inside = cursor.offset();
                Ok(())
            }
            (State::Document, 0xEF | 0xFE | 0xFF) if cursor.offset() == 0 => {
                Err(cursor.error(ErrorKind::ByteOrderMark))
            }
            (State::Document, _) => Err(cursor.error(ErrorKind::NotAnObject)),
            (State::FirstName | State::NextName, b'"') => self.begin_name(cursor),
            (State::FirstName, b'}') => self.close(cursor),
            (State::FirstName | State::NextName, _) => Err(cursor.error(ErrorKind::ExpectedName)),
            (State::Colon, b':') => self.advance(State::Value, cursor),
            (State::Colon, _) => Err(cursor.error(ErrorKind::ExpectedColon)),
            (State::FirstValue, b']') => self.close(cursor),
            (State::Separator, _) => self.separator(byte, cursor),
            (State::End, _) => Err(cursor.error(ErrorKind::TrailingByte)),
            _ => self.begin_value(byte, cursor),
        }
    }

    /// Reads one byte and moves on.
    fn advance(&mut self, next: State, cursor: &mut Cursor) -> Result<(), Error> {
        cursor.advance(1);
        self.state = next;
        Ok(())
    }

    fn separator(&mut self, byte: u8, cursor: &mut Cursor) -> Result<(), Error> {
        match (self.nesting.innermost(), byte) {
            (Container::Object, b'}') | (Container::Array, b']') => self.close(cursor),
            (Container::Object, b',') => {
                if self.is_followed() {
                    self.listener.comma(cursor);
                }
                self.advance(State::NextName, cursor)
            }
            (Container::Array, b',') => self.advance(State::Value, cursor),
            _ => Err(cursor.error(ErrorKind::ExpectedComma)),
        }
    }

    fn begin_name(&mut self, cursor: &mut Cursor) -> Result<(), Error> {
        if self.is_followed() {
            self.listener.begin_name(cursor);
        }
        self.advance(State::Name, cursor)?;
        let Some(name) = cursor.plain_string() else { return self.name(cursor) };
        self.state = State::Colon;
        if self.is_followed() {
            self.listener.plain_name(name, cursor)?;
        }
        // Nearly always the colon follows at once.
        match cursor.peek() {
            Some(b':') => self.advance(State::Value, cursor),
            _ => Ok(()),
        }
    }

    fn name(&mut self, cursor: &mut Cursor) -> Result<(), Error> {
        if !self.is_followed() {
            if self.string.read(cursor, |_| {})? {
                self.state = State::Colon;
            }
        } else if self.string.read(cursor, |piece| self.listener.name_piece(piece))? {
            self.state = State::Colon;
            self.listener.end_name(cursor)?;
        }
        Ok(())
    }

    fn begin_value(&mut self, byte: u8, cursor: &mut Cursor) -> Result<(), Error> {
        let Some((kind, inside)) = Self::value(byte) else {
            return Err(cursor.error(ErrorKind::ExpectedValue));
        };
        if self.is_followed() {
            self.listener.begin_value(kind, cursor);
        }
        match kind {
            ValueKind::Object => self.open(Container::Object, cursor),
            ValueKind::Array => self.open(Container::Array, cursor),
            ValueKind::String => {
                self.advance(inside, cursor)?;
                self.string(cursor)
            }
            _ => self.advance(inside, cursor),
        }
    }

    /// The value that begins with a byte, and what comes next in it.
    fn value(byte: u8) -> Option<(ValueKind, State)> {
        Some(match byte {
            b'{' => (ValueKind::Object, State::FirstName),
            b'[' => (ValueKind::Array, State::FirstValue),
            b'"' => (ValueKind::String, State::String),
            b't' => (ValueKind::Bool, State::Literal(b"rue")),
            b'f' => (ValueKind::Bool, State::Literal(b"alse")),
            b'n' => (ValueKind::Null, State::Literal(b"ull")),
            _ => (ValueKind::Number, State::Number(Number::begin(byte)?)),
        })
    }

    fn end_value(&mut self, cursor: &Cursor) {
        self.state = State::Separator;
        if self.is_followed() {
            self.listener.end_value(cursor);
        }
    }

    fn open(&mut self, container: Container, cursor: &mut Cursor) -> Result<(), Error> {
        if !self.nesting.open(container) {
            return Err(cursor.error(ErrorKind::TooDeep));
        }
        match container {
            Container::Object => self.advance(State::FirstName, cursor),
            Container::Array => self.advance(State::FirstValue, cursor),
        }
    }

    fn close(&mut self, cursor: &mut Cursor) -> Result<(), Error> {
        cursor.advance(1);
        self.nesting.close();
        self.listener.close(self.nesting.depth());
        if self.nesting.is_empty() {
            self.state = State::End;
        } else {
            self.end_value(cursor);
        }
        Ok(())
    }

    fn string(&mut self, cursor: &mut Cursor) -> Result<(), Error> {
        let is_over = self.string.is_between_characters() && cursor.skip_string();
        if is_over || self.string.read(cursor, |_| {})? {
            self.end_value(cursor);
        }
        Ok(())
    }

    fn number(&mut self, number: Number, cursor: &mut Cursor) -> Result<(), Error> {
        match number.read(cursor.rest()) {
            NumberProgress::Open(number) => {
                self.state = State::Number(number);
                cursor.advance(cursor.rest().len());
            }
            NumberProgress::Complete(bytes) => {
                cursor.advance(bytes);
                self.end_value(cursor);
            }
            NumberProgress::Invalid(bytes) => {
                cursor.advance(bytes);
                return Err(cursor.error(ErrorKind::InvalidNumber));
            }
        }
        Ok(())
    }

    fn literal(&mut self, rest: &'static [u8], cursor: &mut Cursor) -> Result<(), Error> {
        let rest = match rest.split_first() {
            Some((&expected, rest)) if cursor.peek() == Some(expected) => rest,
            _ => return Err(cursor.error(ErrorKind::InvalidLiteral)),
        };
        self.advance(State::Literal(rest), cursor)?;
        if rest.is_empty() {
            self.end_value(cursor);
        }
        Ok(())
    }
}
