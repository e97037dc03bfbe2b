//! The parts of a form, and what is remembered of them.

use super::field_name::FieldName;
use super::part_headers::{ContentLength, Described, PartHeaders};
use super::{Error, ErrorKind, Part, MAX_HEADERS, MAX_MODEL, MAX_PARTS, MAX_PART_HEADERS};

/// The parts found so far, and the one at hand.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) model: Option<Part>,
    pub(super) forbidden: Option<&'static str>,
    pub(super) needs_permission: Vec<&'static str>,
    parts: usize,
    /// How many bytes more all headers together may take.
    header_budget: usize,
    part: Option<OpenPart>,
}

/// A part that is being read.
#[derive(Debug)]
enum OpenPart {
    Headers(PartHeaders),
    Content(Content),
}

/// The content of a part, as far as it was read.
#[derive(Debug)]
struct Content {
    start: usize,
    end: usize,
    content_length: Option<ContentLength>,
    /// What was read of it, if it is the model.
    text: Option<Vec<u8>>,
    /// Offset of the header by which it is text only as far as it is ASCII.
    is_ascii_at: Option<usize>,
}

impl Form {
    pub(super) fn new() -> Self {
        Self {
            model: None,
            forbidden: None,
            needs_permission: Vec::new(),
            parts: 0,
            header_budget: MAX_HEADERS,
            part: None,
        }
    }

    /// Begins a part at an offset in the body.
    pub(super) fn begin_part(&mut self, offset: usize) -> Result<(), Error> {
        self.parts = self.parts.saturating_add(1);
        if self.parts > MAX_PARTS {
            return Err(Error { offset, kind: ErrorKind::TooManyParts });
        }
        let budget = self.header_budget.min(MAX_PART_HEADERS);
        self.part = Some(OpenPart::Headers(PartHeaders::new(offset, budget)));
        Ok(())
    }

    /// Reads the next bytes of the part.
    pub(super) fn read(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        if let Some(OpenPart::Headers(headers)) = &mut self.part {
            let Some(described) = headers.read(&mut bytes)? else {
                return Ok(());
            };
            self.begin_content(described)?;
        }
        match &mut self.part {
            Some(OpenPart::Content(content)) => content.read(bytes),
            _ => Ok(()),
        }
    }

    /// Ends the part.
    pub(super) fn end_part(&mut self) -> Result<(), Error> {
        match self.part.take() {
            Some(OpenPart::Headers(headers)) => {
                Err(Error { offset: headers.offset(), kind: ErrorKind::UnfinishedHeaders })
            }
            Some(OpenPart::Content(content)) => self.end_content(content),
            None => Ok(()),
        }
    }

    fn begin_content(&mut self, described: Described) -> Result<(), Error> {
        self.header_budget = self.header_budget.saturating_sub(described.length);
        let mut text = None;
        match described.disposition.name {
            FieldName::Model => {
                self.check_model(&described)?;
                text = Some(Vec::new());
            }
            FieldName::Forbidden(name) => {
                self.forbidden.get_or_insert(name);
            }
            FieldName::NeedsPermission(name) => {
                if !self.needs_permission.contains(&name) {
                    self.needs_permission.push(name);
                }
            }
            FieldName::Charset => {
                let offset = described.disposition.offset;
                return Err(Error { offset, kind: ErrorKind::CharsetPart });
            }
            FieldName::Other => {}
        }
        let Described { content_length, end: start, is_ascii_at, .. } = described;
        let content = Content { start, end: start, content_length, text, is_ascii_at };
        self.part = Some(OpenPart::Content(content));
        Ok(())
    }

    /// The model is one part of plain text.
    fn check_model(&self, described: &Described) -> Result<(), Error> {
        let offset = described.disposition.offset;
        if self.model.is_some() {
            return Err(Error { offset, kind: ErrorKind::DuplicateModel });
        }
        if described.disposition.is_file {
            return Err(Error { offset, kind: ErrorKind::ModelIsFile });
        }
        match described.encoded_at {
            Some(offset) => Err(Error { offset, kind: ErrorKind::ModelIsEncoded }),
            None => Ok(()),
        }
    }

    fn end_content(&mut self, content: Content) -> Result<(), Error> {
        let length = content.end.saturating_sub(content.start);
        if let Some(claimed) = content.content_length.as_ref().filter(|it| it.length != length) {
            let offset = claimed.digits.start;
            return Err(Error { offset, kind: ErrorKind::WrongContentLength });
        }
        if let Some(text) = content.text {
            if let Some(offset) = content.is_ascii_at.filter(|_| !text.is_ascii()) {
                return Err(Error { offset, kind: ErrorKind::ModelIsEncoded });
            }
            let value = content.start..content.end;
            let content_length = content.content_length.map(|claimed| claimed.digits);
            self.model = Some(Part { value, text, content_length });
        }
        Ok(())
    }
}

impl Content {
    fn read(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.end = self.end.saturating_add(bytes.len());
        if let Some(text) = &mut self.text {
            if bytes.len() > MAX_MODEL.saturating_sub(text.len()) {
                let offset = self.start.saturating_add(MAX_MODEL);
                return Err(Error { offset, kind: ErrorKind::ModelTooLong });
            }
            text.extend_from_slice(bytes);
        }
        Ok(())
    }
}
