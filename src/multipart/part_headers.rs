//! The header fields of one part of a form.

use std::ops::Range;

use super::disposition::Disposition;
use super::parameters::{is_token, Parameters};
use super::{Error, ErrorKind, MAX_HEADERS_OF_PART};

/// Reads the headers of one part, line by line.
#[derive(Debug)]
pub(super) struct PartHeaders {
    start: usize,
    /// Offset in the body of the line at hand.
    line_offset: usize,
    /// As much of the line as was read.
    line: Vec<u8>,
    /// Offset in the body that the headers may reach.
    limit: usize,
    /// How many headers came.
    count: usize,
    disposition: Option<Disposition>,
    content_length: Option<ContentLength>,
    encoded_at: Option<usize>,
    is_ascii_at: Option<usize>,
}

/// What the headers of a part say.
#[derive(Debug)]
pub(super) struct Described {
    pub(super) disposition: Disposition,
    pub(super) content_length: Option<ContentLength>,
    /// Offset of the first header by which some parsers would decode the part.
    pub(super) encoded_at: Option<usize>,
    /// Offset of the header by which the part is text only as far as it is ASCII.
    pub(super) is_ascii_at: Option<usize>,
    /// How many bytes they take.
    pub(super) length: usize,
    /// Offset in the body of what follows them.
    pub(super) end: usize,
}

/// A part's own `content-length`.
#[derive(Debug, Clone)]
pub(super) struct ContentLength {
    pub(super) digits: Range<usize>,
    pub(super) length: usize,
}

impl PartHeaders {
    /// Headers that begin at an offset in the body and may take so many bytes.
    pub(super) fn new(offset: usize, budget: usize) -> Self {
        Self {
            start: offset,
            line_offset: offset,
            line: Vec::new(),
            limit: offset.saturating_add(budget),
            count: 0,
            disposition: None,
            content_length: None,
            encoded_at: None,
            is_ascii_at: None,
        }
    }

    /// Offset in the body of the next byte.
    pub(super) fn offset(&self) -> usize {
        self.line_offset.saturating_add(self.line.len())
    }

    /// Reads on from `bytes`, of which it leaves what follows the blank line; then all is known.
    pub(super) fn read(&mut self, bytes: &mut &[u8]) -> Result<Option<Described>, Error> {
        while !bytes.is_empty() {
            let line_feed = memchr::memchr(b'\n', bytes);
            let length = line_feed.map_or(bytes.len(), |at| at.saturating_add(1));
            if length > self.limit.saturating_sub(self.offset()) {
                return Err(Error { offset: self.limit, kind: ErrorKind::HeadersTooLong });
            }
            let (piece, rest) = bytes.split_at_checked(length).unwrap_or_default();
            self.line.extend_from_slice(piece);
            *bytes = rest;
            if line_feed.is_some() {
                let line = std::mem::take(&mut self.line);
                let end = self.line_offset.saturating_add(line.len());
                if line == b"\r\n" {
                    return self.end(end).map(Some);
                }
                self.end_line(&line)?;
                self.line_offset = end;
            }
        }
        Ok(None)
    }

    fn end(&mut self, end: usize) -> Result<Described, Error> {
        let disposition =
            self.disposition.ok_or_else(|| self.error(0, ErrorKind::MissingDisposition))?;
        Ok(Described {
            disposition,
            content_length: self.content_length.take(),
            encoded_at: self.encoded_at,
            is_ascii_at: self.is_ascii_at,
            length: end.saturating_sub(self.start),
            end,
        })
    }

    /// Takes a line that ends in LF.
    fn end_line(&mut self, line: &[u8]) -> Result<(), Error> {
        let text = line.strip_suffix(b"\r\n").unwrap_or(line);
        if let Some(at) = text.iter().position(|&byte| byte.is_ascii_control() && byte != b'\t') {
            return Err(match text.get(at) {
                Some(b'\r' | b'\n') => self.error(at, ErrorKind::BareLineBreak),
                _ => self.error(at, ErrorKind::ControlCharacter),
            });
        }
        if text.starts_with(b" ") || text.starts_with(b"\t") {
            return Err(self.error(0, ErrorKind::FoldedHeader));
        }
        let colon = text.iter().take_while(|&&byte| is_token(byte)).count();
        match text.split_at_checked(colon) {
            Some((name @ [_, ..], [b':', value @ ..])) => {
                let after_colon = colon.saturating_add(1);
                let blanks = value.len().saturating_sub(value.trim_ascii_start().len());
                self.field(name, value.trim_ascii(), after_colon.saturating_add(blanks))
            }
            _ => Err(self.error(colon, ErrorKind::InvalidHeader)),
        }
    }

    /// Takes a header whose value lies `at` bytes into its line.
    fn field(&mut self, name: &[u8], value: &[u8], at: usize) -> Result<(), Error> {
        self.count = self.count.saturating_add(1);
        if self.count > MAX_HEADERS_OF_PART {
            return Err(self.error(0, ErrorKind::TooManyHeaders));
        }
        let name = name.to_ascii_lowercase();
        if name == b"content-disposition" {
            return self.disposition(value, at);
        }
        if let Some(position) = value.iter().position(|byte| !byte.is_ascii()) {
            return Err(self.error(at.saturating_add(position), ErrorKind::NonAscii));
        }
        let is_harmless = match name.as_slice() {
            b"content-length" => return self.content_length(value, at),
            b"content-type" => match Text::of(value) {
                Text::Utf8 => true,
                Text::Ascii => {
                    self.is_ascii_at.get_or_insert(self.line_offset);
                    true
                }
                Text::Unknown => false,
            },
            b"content-transfer-encoding" => is_one_of(value, &[b"7bit", b"8bit", b"binary"]),
            other => !other.starts_with(b"content-"),
        };
        if !is_harmless {
            self.encoded_at.get_or_insert(self.line_offset);
        }
        Ok(())
    }

    fn disposition(&mut self, value: &[u8], at: usize) -> Result<(), Error> {
        if self.disposition.is_some() {
            return Err(self.error(0, ErrorKind::RepeatedDisposition));
        }
        self.disposition = Some(Disposition::read(value, self.line_offset.saturating_add(at))?);
        Ok(())
    }

    fn content_length(&mut self, value: &[u8], at: usize) -> Result<(), Error> {
        let wrong = self.error(at, ErrorKind::WrongContentLength);
        let digits = std::str::from_utf8(value).ok().filter(|text| !text.starts_with('+'));
        let length = digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| wrong.clone())?;
        let start = self.line_offset.saturating_add(at);
        let digits = start..start.saturating_add(value.len());
        match self.content_length.replace(ContentLength { digits, length }) {
            None => Ok(()),
            Some(_) => Err(wrong),
        }
    }

    /// An error so many bytes into the line at hand.
    fn error(&self, at: usize, kind: ErrorKind) -> Error {
        Error { offset: self.line_offset.saturating_add(at), kind }
    }
}

/// What of a part can be read as it is written, by its `content-type`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    /// All of it.
    Utf8,
    /// What is ASCII: the charset extends it, or none is declared. Apache's HttpClient marks text so.
    Ascii,
    /// Nothing.
    Unknown,
}

impl Text {
    fn of(value: &[u8]) -> Self {
        let (media_type, mut parameters) = Parameters::split(value);
        if media_type.eq_ignore_ascii_case(b"application/octet-stream") {
            return match parameters.next() {
                Ok(None) => Self::Ascii,
                _ => Self::Unknown,
            };
        }
        if !media_type.eq_ignore_ascii_case(b"text/plain") {
            return Self::Unknown;
        }
        let mut text = Self::Utf8;
        loop {
            text = match parameters.next() {
                Ok(None) => return text,
                Ok(Some(parameter)) if parameter.name.eq_ignore_ascii_case(b"charset") => {
                    match text {
                        Self::Utf8 => Self::of_charset(parameter.value),
                        Self::Ascii | Self::Unknown => return Self::Unknown,
                    }
                }
                _ => return Self::Unknown,
            };
        }
    }

    fn of_charset(charset: &[u8]) -> Self {
        let charset = charset.to_ascii_lowercase();
        match charset.as_slice() {
            b"utf-8" | b"us-ascii" => Self::Utf8,
            b"latin1" => Self::Ascii,
            other if other.starts_with(b"iso-8859-") || other.starts_with(b"windows-125") => {
                Self::Ascii
            }
            _ => Self::Unknown,
        }
    }
}

fn is_one_of(value: &[u8], choices: &[&[u8]]) -> bool {
    choices.iter().any(|choice| value.eq_ignore_ascii_case(choice))
}
