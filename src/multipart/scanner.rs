//! Takes a form apart, piece by piece as it comes in.

use super::form::Form;
use super::search::Search;
use super::{Boundary, Error, ErrorKind, ScannedForm};

/// Scans one body, chunk by chunk.
///
/// What it reports, errors and their offsets included, depends on the bytes alone, not on how they
/// are cut into chunks.
#[derive(Debug)]
pub struct Scanner {
    scanned: usize,
    state: State,
    search: Search,
    form: Form,
    error: Option<Error>,
}

/// What may come next.
#[derive(Debug, Clone, Copy)]
enum State {
    /// `--boundary`, or a line break before it.
    Start,
    /// The line feed of the line break before the first `--boundary`.
    StartLineFeed,
    /// The rest of the first `--boundary`, of which so many bytes were read.
    FirstBoundary(usize),
    /// The rest of a part, or the delimiter after it.
    Part,
    /// `--boundary` is over: CRLF or `--`.
    Boundary,
    /// The line feed of a delimiter.
    LineFeed,
    /// The second hyphen of the last delimiter.
    Hyphen,
    /// The last delimiter is over: the end, or a line break.
    Close,
    /// The line feed after the last delimiter.
    CloseLineFeed,
    /// The end, or an empty line.
    EmptyLine,
    /// The line feed of the empty line.
    EmptyLineFeed,
    /// The end.
    End,
}

impl Scanner {
    /// A scanner for a body with this boundary.
    #[must_use]
    pub fn new(boundary: &Boundary) -> Self {
        Self {
            scanned: 0,
            state: State::Start,
            search: Search::new(boundary),
            form: Form::new(),
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
        let base = self.scanned;
        self.scanned = base.saturating_add(chunk.len());
        let result = self.scan(chunk, base);
        self.error = result.clone().err();
        result
    }

    /// How many bytes were fed, up to the end of the chunk with the first error in it.
    #[must_use]
    pub fn scanned(&self) -> usize {
        self.scanned
    }

    /// Ends the body.
    ///
    /// # Errors
    ///
    /// The first error in the body, or that it ended too early.
    pub fn finish(self) -> Result<ScannedForm, Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        match self.state {
            State::Close | State::EmptyLine | State::End => Ok(ScannedForm {
                len: self.scanned,
                model: self.form.model,
                forbidden: self.form.forbidden,
                needs_permission: self.form.needs_permission,
            }),
            _ => Err(Error { offset: self.scanned, kind: ErrorKind::UnexpectedEnd }),
        }
    }

    /// Scans a chunk that begins at the offset `base` in the body.
    fn scan(&mut self, chunk: &[u8], base: usize) -> Result<(), Error> {
        let mut rest = chunk;
        while let Some((&byte, after)) = rest.split_first() {
            let offset = base.saturating_add(chunk.len().saturating_sub(rest.len()));
            rest = match self.state {
                State::Part => self.part(rest, offset)?,
                _ => {
                    self.state = self.next(byte, offset)?;
                    after
                }
            };
        }
        Ok(())
    }

    /// Reads a part up to the delimiter, and returns what follows it.
    fn part<'a>(&mut self, rest: &'a [u8], offset: usize) -> Result<&'a [u8], Error> {
        let Some(found) = self.search.read(rest, &mut |bytes| self.form.read(bytes))? else {
            return Ok(&[]);
        };
        if !found.is_after_line_break {
            let end = offset.saturating_add(found.end);
            let start = end.saturating_sub(self.search.dashed().len());
            return Err(Error { offset: start, kind: ErrorKind::BoundaryInPart });
        }
        self.form.end_part()?;
        self.state = State::Boundary;
        Ok(rest.get(found.end..).unwrap_or_default())
    }

    /// Reads a byte outside the parts.
    fn next(&mut self, byte: u8, offset: usize) -> Result<State, Error> {
        let kind = match (self.state, byte) {
            (State::Start, b'\r') => return Ok(State::StartLineFeed),
            (State::StartLineFeed, b'\n') => return Ok(State::FirstBoundary(0)),
            (State::Start, _) => return self.first_boundary(0, byte, offset),
            (State::FirstBoundary(read), _) => return self.first_boundary(read, byte, offset),
            (State::Boundary, b'\r') => return Ok(State::LineFeed),
            (State::LineFeed, b'\n') => {
                return self.form.begin_part(offset.saturating_add(1)).map(|()| State::Part);
            }
            (State::Boundary, b'-') => return Ok(State::Hyphen),
            (State::Hyphen, b'-') => return Ok(State::Close),
            (State::Close, b'\r') => return Ok(State::CloseLineFeed),
            (State::CloseLineFeed, b'\n') => return Ok(State::EmptyLine),
            (State::EmptyLine, b'\r') => return Ok(State::EmptyLineFeed),
            (State::EmptyLineFeed, b'\n') => return Ok(State::End),
            (State::StartLineFeed, _) => ErrorKind::Preamble,
            (
                State::Close
                | State::CloseLineFeed
                | State::EmptyLine
                | State::EmptyLineFeed
                | State::End,
                _,
            ) => ErrorKind::Epilogue,
            _ => ErrorKind::AmbiguousDelimiter,
        };
        Err(Error { offset, kind })
    }

    fn first_boundary(&self, read: usize, byte: u8, offset: usize) -> Result<State, Error> {
        let dashed = self.search.dashed();
        if dashed.get(read) != Some(&byte) {
            return Err(Error { offset, kind: ErrorKind::Preamble });
        }
        let read = read.saturating_add(1);
        Ok(if read == dashed.len() { State::Boundary } else { State::FirstBoundary(read) })
    }
}
