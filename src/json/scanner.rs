use super::cursor::Cursor;
use super::members::Members;
use super::nesting::{Container, Nesting};
use super::number::{Number, Progress};
use super::string::StringReader;
use super::{Document, Error, ErrorKind, Kind, Watch};

/// Scans one body, chunk by chunk.
///
/// What it reports, errors and their offsets included, depends on the bytes alone, not on how they
/// are cut into chunks. White space may surround the document, which must be an object.
///
/// Watched names are compared after unescaping, so `"m\u006fdel"` is `model`. A member whose name
/// differs from a watched one only by case is not that member, but counts as a repetition of it
/// ([`ErrorKind::DuplicateMember`]): some parsers, Go's encoding/json among them, would let the one
/// override the other. Members that are not watched may repeat.
pub struct Scanner {
    scanned: usize,
    state: State,
    nesting: Nesting,
    string: StringReader,
    members: Members,
    error: Option<Error>,
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

impl Scanner {
    /// A scanner that reports these top-level members.
    pub fn new(watched: &'static [Watch]) -> Self {
        Self {
            scanned: 0,
            state: State::Document,
            nesting: Nesting::default(),
            string: StringReader::default(),
            members: Members::new(watched),
            error: None,
        }
    }

    /// Scans the next piece of the body, which may be empty.
    ///
    /// # Errors
    ///
    /// The first error in the body; once there is one, every call returns it.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), Error> {
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
    pub fn scanned(&self) -> usize {
        self.scanned
    }

    /// Ends the body.
    ///
    /// # Errors
    ///
    /// The first error in the body, or that it ended too early.
    pub fn finish(self) -> Result<Document, Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        match self.state {
            State::End => Ok(Document { len: self.scanned, members: self.members.into_found() }),
            _ => Err(Error { offset: self.scanned, kind: ErrorKind::UnexpectedEnd }),
        }
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
        self.members.keep(cursor);
        Ok(())
    }

    /// Takes a byte that stands between values, names and white space.
    fn token(&mut self, byte: u8, cursor: &mut Cursor) -> Result<(), Error> {
        match (self.state, byte) {
            (State::Document, b'{') => self.open(Container::Object, cursor),
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
                if self.nesting.at_top_level() {
                    self.members.comma(cursor);
                }
                self.advance(State::NextName, cursor)
            }
            (Container::Array, b',') => self.advance(State::Value, cursor),
            _ => Err(cursor.error(ErrorKind::ExpectedComma)),
        }
    }

    fn begin_name(&mut self, cursor: &mut Cursor) -> Result<(), Error> {
        if self.nesting.at_top_level() {
            self.members.begin_name(cursor);
        }
        self.advance(State::Name, cursor)?;
        self.name(cursor)
    }

    fn name(&mut self, cursor: &mut Cursor) -> Result<(), Error> {
        if !self.nesting.at_top_level() {
            if self.string.read(cursor, |_| {})? {
                self.state = State::Colon;
            }
        } else if self.string.read(cursor, |piece| self.members.name_piece(piece))? {
            self.state = State::Colon;
            self.members.end_name(cursor)?;
        }
        Ok(())
    }

    fn begin_value(&mut self, byte: u8, cursor: &mut Cursor) -> Result<(), Error> {
        let Some((kind, inside)) = Self::value(byte) else {
            return Err(cursor.error(ErrorKind::ExpectedValue));
        };
        if self.nesting.at_top_level() {
            self.members.begin_value(kind, cursor);
        }
        match kind {
            Kind::Object => self.open(Container::Object, cursor),
            Kind::Array => self.open(Container::Array, cursor),
            Kind::String => {
                self.advance(inside, cursor)?;
                self.string(cursor)
            }
            _ => self.advance(inside, cursor),
        }
    }

    /// The value that begins with a byte, and what comes next in it.
    fn value(byte: u8) -> Option<(Kind, State)> {
        Some(match byte {
            b'{' => (Kind::Object, State::FirstName),
            b'[' => (Kind::Array, State::FirstValue),
            b'"' => (Kind::String, State::String),
            b't' => (Kind::Bool, State::Literal(b"rue")),
            b'f' => (Kind::Bool, State::Literal(b"alse")),
            b'n' => (Kind::Null, State::Literal(b"ull")),
            _ => (Kind::Number, State::Number(Number::begin(byte)?)),
        })
    }

    fn end_value(&mut self, cursor: &Cursor) {
        self.state = State::Separator;
        if self.nesting.at_top_level() {
            self.members.end_value(cursor);
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
        if self.nesting.is_empty() {
            self.state = State::End;
        } else {
            self.end_value(cursor);
        }
        Ok(())
    }

    fn string(&mut self, cursor: &mut Cursor) -> Result<(), Error> {
        if self.string.read(cursor, |_| {})? {
            self.end_value(cursor);
        }
        Ok(())
    }

    fn number(&mut self, number: Number, cursor: &mut Cursor) -> Result<(), Error> {
        match number.read(cursor.rest()) {
            Progress::Open(number) => {
                self.state = State::Number(number);
                cursor.advance(cursor.rest().len());
            }
            Progress::Complete(bytes) => {
                cursor.advance(bytes);
                self.end_value(cursor);
            }
            Progress::Invalid(bytes) => {
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
